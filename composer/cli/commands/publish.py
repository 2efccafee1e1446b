"""The command `compose publish`: write the online archive."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from composer.app.clock import now
from composer.cli.ui import console
from composer.core.workspace import Workspace

if TYPE_CHECKING:
    from composer.app.issues.archive_publication import PublishResult


@click.command("publish")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="The folder to write.  [default: public/]"
)
@click.option("--unsent", is_flag=True, help="Publish the issue files as they are, sent or not; needs no database.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(out: Path | None, unsent: bool, as_json: bool) -> int:
    """Write the online archive: pages, feeds and calendar files, for any web server.

    Publishes every issue that was sent, as it was sent. If its file was changed since, the page shows the new text with
    a note about the correction, and a link to the text as it was sent. The folder is replaced as a whole; only what has
    changed is made again.
    """
    # Imported late: the help needs no renderer.
    from composer.app.issues.archive_publication import publish_files

    with console.progress("publishing") as progress:
        if unsent:
            result = publish_files(Workspace.find(Path.cwd()), out, now=now(), progress=progress)
        else:
            from composer.app.context import open_newsletter
            from composer.app.issues.sent_archive import expect_database, publish_sent
            from composer.core.environment import environment

            expect_database(Workspace.find(Path.cwd()), environment())
            with open_newsletter() as context:
                result = publish_sent(context, out, now=now(), progress=progress)
    if as_json:
        console.answer_json(_as_json(result))
        return 0
    console.answer(_short(result.folder))
    console.talk(_summary(result))
    if result.url is None:
        console.talk("without feeds and sitemap, because newsletter.yaml has no   archive: url:")
    return 0


def _summary(result: "PublishResult") -> str:
    issues = f"{result.issues} {'page' if result.issues == 1 else 'pages'} of issues"
    languages = f" in {result.languages} languages" if result.languages > 1 else ""
    return f"{issues}{languages}: {result.rendered} rendered, {result.written} files written"


def _short(folder: Path) -> str:
    """Return a path relative to the current folder if it is inside it."""
    try:
        return str(folder.relative_to(Path.cwd().resolve()))
    except ValueError:
        return str(folder)


def _as_json(result: "PublishResult") -> dict[str, object]:
    return {
        "folder": str(result.folder),
        "issues": result.issues,
        "languages": result.languages,
        "rendered": result.rendered,
        "files_written": result.written,
        "url": result.url,
    }
