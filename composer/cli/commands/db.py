"""The command `compose db`: upgrade, back up and restore the database."""

from pathlib import Path

import click

from composer.app.clock import now
from composer.cli.ui import console
from composer.core.workspace import Workspace


@click.group("db")
def command() -> None:
    """Manage the database: upgrade, back up, continue after a restore."""


@command.command("upgrade")
def upgrade() -> int:
    """Upgrade the database to this program's version.

    SQLite databases are upgraded automatically; PostgreSQL needs this command.
    """
    from composer.app.administration.database_versions import upgrade_database
    from composer.core.environment import environment

    done = upgrade_database(Workspace.find(Path.cwd()), environment())
    versions = f"version {done.after}" if done.before == done.after else f"{done.before} -> {done.after}"
    console.answer(f"{done.name}: {versions}")
    return 0


@command.command("backup")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
def backup(file: Path) -> int:
    """Copy the database to a new FILE, also while it is in use.

    The copy contains all subscribers: keep it as private as the original. It does not contain the keys; back them up
    with `compose keys backup`.
    """
    from composer.app.administration.database_versions import back_up_database
    from composer.app.context import open_newsletter

    with open_newsletter() as context:
        done = back_up_database(context, file, now())
    console.answer(f"{file}: {done.size:,} bytes")
    if done.keys is not None and done.keys.step:
        console.talk(f"the copy does not contain the keys ({done.keys.seen}): {done.keys.step}")
    return 0


@command.command("restored")
@click.option(
    "--issue", "named", metavar="KEY", multiple=True, help="An issue that was sent after the backup; can be repeated."
)
@click.option("--yes", "is_yes", is_flag=True, help="Do not ask for confirmation.")
def restored(named: tuple[str, ...], is_yes: bool) -> int:
    """Continue after a restore, copy or move of the database.

    Nothing is sent from a restored, copied or moved database, because messages may have been sent that it has no record
    of. This command accepts it as the original. In unfinished mailings, all recipients whose delivery is not proven
    become unconfirmed. If a mailing is missing from the database, all subscribers become unconfirmed for its issue.
    Resolve them with `compose settle`. Use --issue for an issue that is not listed, but that you know was sent after
    the backup.
    """
    from composer.app.context import open_newsletter
    from composer.cli.sending import restore_dialog

    with open_newsletter() as publication:
        return restore_dialog.run(publication, named, is_yes=is_yes)
