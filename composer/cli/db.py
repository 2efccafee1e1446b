"""`compose db`: the database itself."""

from pathlib import Path

import click

from composer.cli import console
from composer.cli.database import opened, place


@click.group("db")
def command() -> None:
    """Look after the database: bring it up to date, copy it."""


@command.command("upgrade")
def upgrade() -> int:
    """Bring the database up to this program's version. SQLite does it by itself; PostgreSQL waits for this."""
    from composer.database.engine import connect
    from composer.database.schema import upgrade as run

    _, location = place()
    with connect(location) as database:
        before, after = run(database)
    console.answer(f"{location.name}: version {after}" if before == after else f"{location.name}: {before} -> {after}")
    return 0


@command.command("backup")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
def backup(file: Path) -> int:
    """Copy the database to a new FILE while it is in use. It holds every reader: keep it as private as the original."""
    from composer.database.backup import backup as copy

    with opened() as (_, database):
        size = copy(database, file)
    console.answer(f"{file}: {size:,} bytes")
    return 0
