"""The command `compose suppression`: the suppression list."""

from pathlib import Path

import click

from composer.app.clock import now
from composer.cli.ui import console
from composer.cli.ui.confirmation import Confirmation
from composer.cli.ui.export_view import run_export
from composer.cli.ui.import_view import read_map, run_import


@click.group("suppression")
def command() -> None:
    """Manage the suppression list: addresses that never get mail."""


@command.command("add")
@click.argument("addresses", metavar="ADDRESS...", nargs=-1, required=True)
def add(addresses: tuple[str, ...]) -> int:
    """Add addresses to the suppression list."""
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
@click.option(
    "--map", "mapped", multiple=True, metavar="COLUMN=FIELD", help="The column with the addresses: --map COLUMN=email."
)
@click.option("--encoding", metavar="NAME", default="", help="The encoding of the file.  [default: detected]")
@click.option("--dry-run", "is_dry_run", is_flag=True, help="Only show what would change.")
@click.option("--yes", "is_yes", is_flag=True, help="Do not ask for confirmation.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def take_list(file: Path, mapped: tuple[str, ...], encoding: str, is_dry_run: bool, is_yes: bool, as_json: bool) -> int:
    """Add a list of addresses from a file.

    The file can come from another service or from `compose suppression export`.
    """
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
    """Write the list to a file, or to stdout.

    Writes CSV, or JSON lines if FILE ends in .jsonl.
    """
    from composer.app.context import open_newsletter
    from composer.app.people.list_export import write_suppressions

    with open_newsletter() as context:
        return run_export(file, lambda to: write_suppressions(context, to))
