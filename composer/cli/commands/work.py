"""The command `compose work`: do everything that is scheduled."""

import os
from pathlib import Path

import click

from composer.cli.ui import console
from composer.cli.ui.log_options import with_log


@click.command("work")
@click.option("--name", metavar="NAME", help="The name of this machine.  [default: its host name]")
@click.option(
    "--publish", "archive", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
    help="Write the online archive to this folder after each mailing.",
)  # fmt: skip
@click.option(
    "--backups", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
    help="Copy the database to this folder every night.",
)  # fmt: skip
@click.option(
    "--keys", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
    help="Copy the keys to this folder every night, encrypted.",
)  # fmt: skip
@click.option(
    "--metrics-port", type=click.IntRange(1, 65535), metavar="N",
    help="Serve the figures of compose metrics at http://127.0.0.1:N/metrics.",
)  # fmt: skip
@with_log
def command(
    name: str | None, archive: Path | None, backups: Path | None, keys: Path | None, metrics_port: int | None
) -> int:
    """Do everything that is scheduled: mailings, bounces, archive, backups.

    Runs until it is stopped. Sends mailings that are due, reads the bounce mailbox, sends the mail of the public pages,
    and logs alerts. With the options, this machine also publishes the archive and makes backups. The files of `compose
    deploy` run it as a service. With PostgreSQL, any number of machines can work together
    (docs/how-to/run-several-machines.md).

    SIGTERM and Ctrl-C stop it: a mailing in progress records what it has sent, and the next start continues it.
    """
    import socket

    from composer.app.clock import now
    from composer.app.work.job_order import JobOrder, WorkFolders
    from composer.app.work.work_session import work
    from composer.cli.ui.signals import listen
    from composer.core.event_log import said_to
    from composer.database.machines import Machine
    from composer.web.public.server import systemd

    stop = listen()
    folders = WorkFolders(
        archive=_absolute(archive),
        backups=_absolute(backups),
        keys=_absolute(keys),
        passphrase=os.environ.get("COMPOSE_KEYS_PASSPHRASE", ""),
    )
    order = JobOrder(machine=name or socket.gethostname(), folders=folders, stop=stop, metrics_port=metrics_port)

    def opened(machine: Machine) -> None:
        console.answer(f"{machine.name}: {', '.join(machine.jobs)}")
        console.talk("press Ctrl-C to stop")
        systemd.ready("working")

    with said_to(lambda line: console.talk(f"{now():%Y-%m-%dT%H:%M:%SZ} {line}")):
        work(order, opened=opened)
    console.talk("stopped")
    return 0


def _absolute(folder: Path | None) -> Path | None:
    return None if folder is None else folder.resolve()
