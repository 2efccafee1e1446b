"""The command `compose deploy`: the files for a server."""

from dataclasses import replace
from pathlib import Path, PurePosixPath

import click

from composer.cli.ui import console
from composer.core.workspace import Workspace

_MARKS = {"written": "written", "replaced": "replaced", "unchanged": "unchanged", "kept": "DIFFERS, kept"}


@click.command("deploy")
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option("--folder", metavar="PATH", help="The newsletter's folder on another computer.  [default: this one]")
@click.option("--user", metavar="NAME", help="The user that runs compose.  [default: the owner of the folder]")
@click.option("--program", metavar="PATH", help="The path of compose there.  [default: the one that runs now]")
@click.option(
    "--name", "unit", default="compose", metavar="NAME",
    help="What the names of units and files begin with; use another one for each newsletter on a computer."
    "  [default: compose]",
)  # fmt: skip
@click.option(
    "--port", type=click.IntRange(1, 65535), default=8800, metavar="N",
    help="The port of the public pages on that computer.  [default: 8800]",
)  # fmt: skip
@click.option(
    "--metrics-port", type=click.IntRange(1, 65535), metavar="N",
    help="Serve figures for monitoring at this port of that computer, for programs there only.",
)  # fmt: skip
@click.option("--force", "replaces", is_flag=True, help="Replace files that differ, except the one for secrets.")
def command(
    directory: Path,
    folder: str | None,
    user: str | None,
    program: str | None,
    unit: str,
    port: int,
    metrics_port: int | None,
    replaces: bool,
) -> int:
    """Write the files for a server into DIR: systemd, nginx, Caddy, DNS, secrets.

    The files contain this newsletter's names, addresses and folders. The file for secrets contains only the names of
    environment variables. Files that exist and differ are kept, unless you use --force. Nothing is installed: the
    command prints what to do next.
    """
    from composer.app.deployment.deployment import FileResult, check_names, write_server_files
    from composer.app.deployment.server_place import place_elsewhere, place_here
    from composer.core.environment import environment

    workspace = Workspace.find(Path.cwd())
    place = place_here(workspace.root) if folder is None else place_elsewhere(PurePosixPath(folder))
    place = replace(place, unit=unit, port=port, metrics_port=metrics_port)
    if user is not None:
        place = replace(place, user=user, group=user)
    if program is not None:
        place = replace(place, program=PurePosixPath(program))
    if folder is None:
        check_names(place)
    done = write_server_files(workspace, environment(), place, directory, replaces=replaces)
    for name, result in done.files.items():
        console.answer(f"{_MARKS[result]:<14} {directory / name}")
    if FileResult.KEPT in done.files.values():
        console.talk(
            "files that differ were kept; to replace them, use --force (the file for secrets is never replaced)"
        )
    console.talk("")
    if folder is None and place.is_personal:
        console.talk(
            f"The files contain {place.folder}, the newsletter's folder on this computer. If it is another one on"
        )
        console.talk("the server, run the command again with   --folder PATH   (and --force)")
        console.talk("")
    console.talk(done.next_steps.rstrip())
    return 0
