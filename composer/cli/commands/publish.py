"""The command `compose publish`: write the online archive."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from composer.app.clock import now
from composer.cli.ui import console
from composer.core.workspace import Workspace

if TYPE_CHECKING:
    from composer.app.publishing.archive_publication import PublishResult


@click.command("publish")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="The folder to write.  [default: public/]"
)
@click.option(
    "--unsent", is_flag=True, help="Publish the issue files as they are, sent or not, up to the issue of today."
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(out: Path | None, unsent: bool, as_json: bool) -> int:
    """Write the online archive: pages, feeds and calendar files, for any web server.

    Publishes every issue that was sent, as it was sent. If its file was changed since, the page shows the new text with
    a note about the correction, and a link to the text as it was sent. The folder is replaced as a whole; only what has
    changed is made again.
    """
    # Imported late: the help needs no renderer.
    from composer.app.publishing.issue_file_archive import publish_files

    with console.progress("publishing") as progress:
        if unsent:
            from composer.app.publishing.address_lookup import address_lookup
            from composer.core.environment import environment

            workspace = Workspace.find(Path.cwd())
            with address_lookup(workspace, environment()) as is_subscriber:
                result = publish_files(workspace, out, now=now(), progress=progress, is_subscriber=is_subscriber)
        else:
            from composer.app.context import open_newsletter
            from composer.app.publishing.sent_archive import expect_database, publish_sent
            from composer.core.environment import environment

            expect_database(Workspace.find(Path.cwd()), environment())
            with open_newsletter() as context:
                result = publish_sent(context, out, now=now(), progress=progress)
    if as_json:
        console.answer_json(_as_json(result))
        return 0
    console.answer(_short(result.folder))
    console.problems(result.problems)
    console.talk(_summary(result))
    for line in (*_left_out(result), *_still_readable(result)):
        console.talk(line)
    if result.url is None:
        console.talk("without feeds and sitemap, because newsletter.yaml has no   archive: url:")
    return 0


def _summary(result: "PublishResult") -> str:
    issues = f"{result.issues} {'page' if result.issues == 1 else 'pages'} of issues"
    languages = f" in {result.languages} languages" if result.languages > 1 else ""
    return f"{issues}{languages}: {result.rendered} rendered, {result.written} files written"


def _left_out(result: "PublishResult") -> Iterator[str]:
    if result.later:
        issues = "issue with a later date" if len(result.later) == 1 else "issues with a later date"
        yield f"{len(result.later)} {issues} left out"
    for name in result.misnamed:
        yield f"{name} left out: its name is not a date"
    if not result.is_checked:
        yield "no database: pages were not searched for addresses of subscribers"


def _still_readable(result: "PublishResult") -> Iterator[str]:
    for stem in result.still_readable:
        yield f"{stem} is still readable, although the issue was withdrawn in another language: write   withdrawn:   there, too"


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
        "addresses_checked": result.is_checked,
        "still_readable": list(result.still_readable),
        "left_out": [*result.later, *result.misnamed],
        "problems": console.problems_as_json(result.problems),
    }
