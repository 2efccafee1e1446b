"""`compose preview`: the page that editors keep open while they write."""

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from composer.cli.ui import console
from composer.core.workspace import Workspace

if TYPE_CHECKING:
    from composer.web.preview.view_model import Attempt


@click.command("preview")
@click.argument("issue", metavar="ISSUE")
@click.option(
    "--port", type=click.IntRange(1, 65535), metavar="N", help="Port to answer on.  [default: 8700 or the next]"
)
@click.option("--no-open", is_flag=True, help="Do not open the browser.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Write the page as files.")
@click.option("--as", "address", metavar="ADDRESS", help="See it as this subscriber does.")
def command(issue: str, port: int | None, no_open: bool, out: Path | None, address: str | None) -> int:
    """Show an issue in the browser while it is written.

    The page follows every save of the issue, newsletter.yaml, the theme and the pictures, until Ctrl-C. It answers on
    this computer only.
    """
    # Late: only this command needs a web server.
    from composer.web.preview.build_preview import always, preview_builder

    start = Path(issue)
    workspace = Workspace.find(start.parent if start.is_file() else Path.cwd())
    path = workspace.issue(issue)
    asked = None
    if address is not None:
        # Late: without it no database is needed.
        from composer.cli.ui.as_subscriber import subscriber_named

        asked = subscriber_named(workspace, path, address)
    rebuild = preview_builder(workspace, path, lambda: datetime.datetime.now().astimezone(), asked=asked)
    if out is not None:
        return _write(rebuild, out, workspace.name(path), is_private=asked is not None)
    from composer.web.preview.preview_server import serve

    def opened(url: str) -> None:
        console.answer(url)
        console.talk(f"{workspace.name(path)} is shown there while you write; Ctrl-C ends it")
        if not no_open:
            import webbrowser

            webbrowser.open(url)

    serve(rebuild, port=port, opened=opened, inputs=always(workspace, path))
    console.talk("the preview has ended")
    return 0


def _write(rebuild: "Callable[[], Attempt]", folder: Path, name: str, *, is_private: bool) -> int:
    from composer.web.preview.preview_export import write
    from composer.web.preview.view_model import ShownVariant

    attempt = rebuild()
    if attempt.model is None:
        console.problems(attempt.problems)
        if attempt.error:
            console.talk(f"error: {attempt.error}")
        console.talk(f"{name}: there is nothing to show yet")
        return 1
    made = datetime.datetime.now().astimezone()
    shown = ShownVariant(version=1, edition=1, model=attempt.model, problems=attempt.model.findings, built=made)
    console.answer(str(write(shown, folder, is_private=is_private)))
    return 0
