"""`compose init`: a new newsletter."""

from pathlib import Path

import click

from composer.cli.ui import console


@click.command("init")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def command(folder: Path) -> int:
    """Make a new newsletter in DIR, with a sample issue.

    Writes newsletter.yaml, a sample issue in English and German with its pictures, and a .gitignore. Nothing that is
    there already is overwritten.
    """
    from composer.app.starter import create_newsletter

    for path in create_newsletter(folder):
        console.answer(str(path))
    console.talk("")
    console.talk("Next:")
    console.talk(f"  cd {folder}")
    console.talk("  compose build 2025-01-30      look at outbox/2025-01-30/issue.html")
    console.talk("  edit newsletter.yaml          name, sender, sections")
    console.talk("  compose new                   your first issue")
    return 0
