"""`compose suppression`: the addresses that get nothing."""

from pathlib import Path

import click

from composer.cli.ui import console
from composer.cli.ui.clock import now
from composer.cli.ui.confirmation import Confirmation
from composer.cli.ui.export_view import run_export
from composer.cli.ui.import_view import read_map, run_import


@click.group("suppression")
def command() -> None:
    """Keep the list of addresses that get nothing, whatever else is said."""


@command.command("add")
@click.argument("addresses", metavar="ADDRESS...", nargs=-1, required=True)
def add(addresses: tuple[str, ...]) -> int:
    """Put addresses on the list; a subscriber among them gets nothing from now on."""
    from composer.app.context import open_newsletter
    from composer.app.people.suppression_edits import suppress_addresses
    from composer.audience.subscribers import address_of

    people = [address_of(each).address for each in addresses]
    with open_newsletter() as context:
        suppress_addresses(context, people, now())
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
    from composer.app.context import open_newsletter
    from composer.app.people.list_import import ImportRequest, import_suppressions
    from composer.audience.lists.formats.detection import tables_in

    question = Confirmation(is_dry_run=is_dry_run, is_yes=is_yes, as_json=as_json)
    request = ImportRequest(file=file, meanings=read_map(mapped))
    with tables_in(file, encoding) as tables, open_newsletter() as context:
        return run_import(import_suppressions, context, tables, request, question)


@command.command("export")
@click.argument("file", metavar="[FILE]", required=False, type=click.Path(path_type=Path, dir_okay=False))
def export(file: Path | None) -> int:
    """Write the list to FILE, CSV or (.jsonl) JSON lines; without FILE to stdout."""
    from composer.app.context import open_newsletter
    from composer.app.people.list_export import write_suppressions

    with open_newsletter() as context:
        return run_export(file, lambda to: write_suppressions(context, to))
