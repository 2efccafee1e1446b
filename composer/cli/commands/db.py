"""`compose db`: the database itself."""

from pathlib import Path

import click

from composer.cli.ui import console
from composer.cli.ui.clock import now
from composer.core.workspace import Workspace


@click.group("db")
def command() -> None:
    """Look after the database: bring it up to date, copy it."""


@command.command("upgrade")
def upgrade() -> int:
    """Bring the database up to this program's version. SQLite does it by itself; PostgreSQL waits for this."""
    from composer.app.administration.database_versions import upgrade_database
    from composer.core.environment import environment

    done = upgrade_database(Workspace.find(Path.cwd()), environment())
    versions = f"version {done.after}" if done.before == done.after else f"{done.before} -> {done.after}"
    console.answer(f"{done.name}: {versions}")
    return 0


@command.command("backup")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
def backup(file: Path) -> int:
    """Copy the database to a new FILE while it is in use. It holds every subscriber: keep it as private as the original.

    The keys are not in it: compose keys backup.
    """
    from composer.app.administration.database_versions import back_up_database
    from composer.app.context import open_newsletter

    with open_newsletter() as context:
        done = back_up_database(context, file, now())
    console.answer(f"{file}: {done.size:,} bytes")
    if done.keys is not None and done.keys.step:
        console.talk(f"the keys are not in it, and of them {done.keys.seen}: {done.keys.step}")
    return 0


@command.command("restored")
@click.option("--issue", "named", metavar="KEY", multiple=True, help="An issue that was sent since; may be repeated.")
@click.option("--yes", "is_yes", is_flag=True, help="Do not ask.")
def restored(named: tuple[str, ...], is_yes: bool) -> int:
    """Go on after a backup was restored, or the database was copied or moved.

    Nothing is sent from such a database, because messages may have gone out of which it knows nothing. This accepts it as
    the original. In mailings that were not finished, everyone who is not provably reached becomes unconfirmed, and so does
    everyone for an issue whose mailing is missing from it: compose settle decides about them. Name an issue with --issue
    if you know that it was sent since, and it is not listed.
    """
    from composer.app.context import open_newsletter
    from composer.cli.sending import restore_dialog

    with open_newsletter() as publication:
        return restore_dialog.run(publication, named, is_yes=is_yes)
