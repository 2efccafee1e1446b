"""The command `compose init`: create a newsletter."""

from pathlib import Path

import click

from composer.cli.ui import console


@click.command("init")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def command(folder: Path) -> int:
    """Create a newsletter in DIR, with a sample issue.

    Writes newsletter.yaml, a sample issue in English and German with its pictures, and a .gitignore. Existing files are
    not overwritten.
    """
    from composer.app.starter import create_newsletter

    for path in create_newsletter(folder):
        console.answer(str(path))
    console.talk("")
    console.talk("Next:")
    console.talk(f"  cd {folder}")
    console.talk("  compose build 2025-01-30      then open outbox/2025-01-30/issue.html")
    console.talk("  edit newsletter.yaml          set name, sender, sections")
    console.talk("  compose new                   start your first issue")
    return 0
