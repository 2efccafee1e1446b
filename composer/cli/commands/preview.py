"""The command `compose preview`: a page that editors keep open while they write."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from composer.cli.ui import console
from composer.cli.ui.completions import issue_names
from composer.cli.ui.option_errors import naming_as

if TYPE_CHECKING:
    from composer.app.issues.issue_lookup import IssueFile
    from composer.web.preview.simulation.sample_subscribers import SampleSubscriber


@click.command("preview")
@click.argument("issue", required=False, metavar="[ISSUE]", shell_complete=issue_names)
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    metavar="N",
    help="Port to listen on.  [default: 8700, or the next free one]",
)
@click.option("--no-open", is_flag=True, help="Do not open the browser.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write the page to files instead of serving it.",
)
@click.option("--as", "address", metavar="ADDRESS", help="Show the issue as this subscriber gets it.")
def command(issue: str | None, port: int | None, no_open: bool, out: Path | None, address: str | None) -> int:
    """Preview an issue in the browser while you write it.

    Without ISSUE, shows the current issue. The page updates whenever you save the issue, newsletter.yaml, the theme or
    a picture. Press Ctrl-C to stop. Only this computer can open the page.
    """
    # Imported late: only this command needs a web server.
    from composer.app.issues.issue_lookup import find_current_issue, find_issue
    from composer.app.issues.preview import serve_preview

    found, subscriber = find_current_issue()[0] if issue is None else find_issue(issue), None
    if address is not None:
        # Imported late: only this option needs a database.
        from composer.app.issues.simulated_subscriber import find_preview_subscriber

        with naming_as():
            subscriber = find_preview_subscriber(found, address)
    if out is not None:
        return _write(found, out, subscriber)

    def opened(url: str) -> None:
        console.answer(url)
        console.talk(f"shows {found.name} while you write; press Ctrl-C to stop")
        if not no_open:
            import webbrowser

            webbrowser.open(url)

    serve_preview(found, opened, port=port, subscriber=subscriber)
    console.talk("preview stopped")
    return 0


def _write(issue: "IssueFile", folder: Path, subscriber: "SampleSubscriber | None") -> int:
    from composer.app.issues.preview import write_preview

    written = write_preview(issue, folder, subscriber=subscriber)
    if written.page is None:
        console.problems(written.problems)
        if written.error:
            console.talk(f"error: {written.error}")
        console.talk(f"{issue.name}: no preview was written")
        return 1
    console.answer(str(written.page))
    return 0
