"""The command `compose subscribers import`: import a list of people from a file."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from composer.app.clock import now
from composer.cli.ui import console
from composer.cli.ui.confirmation import Confirmation
from composer.cli.ui.import_view import read_map, run_import
from composer.core.audience_filter import WordError, normal_tag
from composer.core.errors import UsageError

if TYPE_CHECKING:
    from composer.audience.importing.undo import Import


@click.command("import")
@click.argument("file", metavar="[FILE]", required=False, type=click.Path(path_type=Path))
@click.option(
    "--map",
    "mapped",
    multiple=True,
    metavar="COLUMN=FIELD",
    help="Assign a field to a column; COLUMN= ignores the column.",
)
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="A tag for everyone in this list.")
@click.option("--consent", metavar="WORDS", default="", help="How and when they agreed, and to which text.")
@click.option(
    "--update", "is_update", is_flag=True, help="Also update existing subscribers from the list, including tags."
)
@click.option("--encoding", metavar="NAME", default="", help="The encoding of the file.  [default: detected]")
@click.option(
    "--dates", type=click.Choice(["dmy", "mdy"]), help="What comes first in dates such as 03/04/2024: day or month."
)
@click.option("--dry-run", "is_dry_run", is_flag=True, help="Only show what would change.")
@click.option("--yes", "is_yes", is_flag=True, help="Do not ask for confirmation.")
@click.option("--undo", "is_undo", is_flag=True, help="Undo the last import.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def take_list(
    file: Path | None,
    mapped: tuple[str, ...],
    tags: tuple[str, ...],
    consent: str,
    is_update: bool,
    encoding: str,
    dates: str | None,
    is_dry_run: bool,
    is_yes: bool,
    is_undo: bool,
    as_json: bool,
) -> int:
    """Import subscribers from a list.

    Reads CSV, XLSX and JSON lines, and exports from Mailchimp, listmonk, Buttondown and Substack. Shows first what
    would change, then asks for confirmation. People who unsubscribed stay unsubscribed. Without --consent, new
    subscribers stay pending.
    """
    question = Confirmation(is_dry_run=is_dry_run, is_yes=is_yes, as_json=as_json)
    if is_undo:
        if file is not None:
            raise UsageError("--undo undoes the last import, and takes no file")
        return _undo(question)
    if file is None:
        raise UsageError("no file given", "run   compose subscribers import FILE")
    from composer.app.context import open_newsletter
    from composer.app.people.list_import import ImportRequest, import_list
    from composer.audience.lists.formats.detection import tables_in
    from composer.audience.lists.meaning.dates import DateOrder

    try:
        words = tuple(map(normal_tag, tags))
    except WordError as error:
        raise UsageError(f"--tag: {error}", error.hint) from None
    request = ImportRequest(
        file=file,
        consent=consent,
        tags=words,
        is_update=is_update,
        meanings=read_map(mapped),
        dates=DateOrder(dates) if dates else None,
    )
    with tables_in(file, encoding) as tables, open_newsletter() as context:
        return run_import(import_list, context, tables, request, question)


def _undo(question: Confirmation) -> int:
    from composer.app.context import open_newsletter
    from composer.app.people.import_undo import import_to_undo, undo_import

    question.check_terminal()
    with open_newsletter() as context:
        last = import_to_undo(context)
        console.talk(f"import {last.number} of {last.at:%Y-%m-%d %H:%M} UTC, {last.file}:")
        lines = (
            (last.came, "subscribers added by it; will be removed"),
            (last.left, "added by it and unsubscribed since; will stay unsubscribed"),
            (
                last.others,
                "added by it and since erased, or confirmed by themselves; will not be changed",
            ),
            (last.changes, "changes to existing subscribers; will be undone unless the value has changed since"),
            (last.suppressed, "entries of the suppression list; will be removed"),
        )
        for many, what in lines:
            if many:
                console.talk(f"  {many:>9,} {what}")
        if not any(many for many, _ in lines):
            console.talk("  there is nothing to undo")
        for each in last.mailed:
            console.talk(
                f"  {each.received:>9,} of those to be removed have received mailing {each.mailing} ({each.issue})"
            )
            if each.unconfirmed:
                console.talk(f"  {each.unconfirmed:>9,} of them may have received it (unconfirmed)")
        if last.mailed:
            console.talk("  If you import them again, they do not get these issues a second time.")
        if question.is_dry_run:
            console.talk("nothing was changed")
            if question.as_json:
                console.answer_json(_as_data(last, is_undone=False))
            return 0
        if not question.agreed("Undo this import?"):
            console.talk("nothing was changed")
            return 1
        undo_import(context, last.number, now())
    if question.as_json:
        console.answer_json(_as_data(last, is_undone=True))
    else:
        console.answer(f"import {last.number} undone")
    return 0


def _as_data(last: "Import", *, is_undone: bool) -> dict[str, object]:
    names = ("came", "left", "others", "changes", "suppressed")
    return {
        "import": last.number,
        "file": last.file,
        "at": last.at.isoformat(),
        **{name: getattr(last, name) for name in names},
        "mailings": [asdict(each) for each in last.mailed],
        "undone": is_undone,
    }
