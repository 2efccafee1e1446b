"""`compose suppression`: the addresses that get nothing."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from composer.cli.ui import console
from composer.cli.ui.list_import import ListQuestion, read_map, take, write_list
from composer.cli.ui.open_database import now, opened

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from composer.audience.importing.staging import ListPart
    from composer.audience.lists.list_table import ListTable


@click.group("suppression")
def command() -> None:
    """Keep the list of addresses that get nothing, whatever else is said."""


@command.command("add")
@click.argument("addresses", metavar="ADDRESS...", nargs=-1, required=True)
def add(addresses: tuple[str, ...]) -> int:
    """Put addresses on the list; a subscriber among them gets nothing from now on."""
    from composer.audience.subscribers import address_of
    from composer.audience.suppression import Reason, suppress
    from composer.core.addresses import normal_address

    people = [address_of(each).address for each in addresses]
    with opened() as (_, database), database.write() as connection:
        for address in people:
            suppress(connection, normal_address(address), Reason.BY_HAND, "by hand", now())
    for address in people:
        console.answer(f"{address}: suppressed")
    return 0


@command.command("import")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--map", "mapped", multiple=True, metavar="COLUMN=FIELD", help="Which column holds the addresses.")
@click.option("--encoding", metavar="NAME", default="", help="How the file is encoded.  [default: found out]")
@click.option("--dry-run", "is_dry_run", is_flag=True, help="Only say what would become of each row.")
@click.option("--yes", "is_yes", is_flag=True, help="Do it without asking.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def take_list(file: Path, mapped: tuple[str, ...], encoding: str, is_dry_run: bool, is_yes: bool, as_json: bool) -> int:
    """Put a list of addresses on it, from elsewhere or from our own export."""
    from composer.audience.importing.plan import StatusChoice
    from composer.audience.importing.suppression_import import suppression_part
    from composer.audience.lists.formats.detection import tables_in

    question = ListQuestion(is_dry_run=is_dry_run, is_yes=is_yes, as_json=as_json)
    given = read_map(mapped)
    with tables_in(file, encoding) as tables, opened() as (_, database):

        def part(connection: "Connection", table: "ListTable") -> "ListPart":
            return suppression_part(connection, table, given)

        return take(database, tables, part, (), StatusChoice(), question, file)


@command.command("export")
@click.argument("file", metavar="[FILE]", required=False, type=click.Path(path_type=Path, dir_okay=False))
def export(file: Path | None) -> int:
    """Write the list to FILE, CSV or (.jsonl) JSON lines; without FILE to stdout."""
    from composer.audience.export import export_suppressions

    with opened() as (_, database), database.read() as connection:
        return write_list(file, lambda out, form: export_suppressions(connection, out, form))
