"""Imports a list at the command line: shows what would change, asks for confirmation, prints the result.

Input: a file's tables and the options of a command. Output: an exit code. Guarantees: nothing is changed before the
question is answered. The work itself is done in composer/app/people/list_import.py.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from composer.cli.ui import console
from composer.cli.ui.list_questions import questions, show_questions
from composer.core.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Protocol

    from composer.app.context import MailingContext
    from composer.app.people.list_import import ImportPreview, ImportRequest, ListImport
    from composer.audience.importing.apply import ImportResult
    from composer.audience.importing.plan import ImportSummary, StatusChoice, UnderstoodList
    from composer.audience.lists.list_table import ListTable
    from composer.cli.ui.confirmation import Confirmation

    class Importer(Protocol):
        """`import_list` or `import_suppressions`."""

        def __call__(
            self,
            context: MailingContext,
            tables: Sequence[ListTable],
            request: ImportRequest,
            *,
            decide: Callable[[ImportPreview], bool],
            clock: Callable[[], datetime],
            tell: Callable[[int, int], None],
        ) -> ListImport: ...


#: The maximum number of ignored columns that are listed.
_SHOWN = 10
#: From this number of rows on, writing takes some seconds.
_MANY = 20_000
#: Who is not active according to the list.
_OUT = "unsubscribed, bounced or complained in this list"


def run_import(
    importer: "Importer",
    context: "MailingContext",
    tables: "Sequence[ListTable]",
    request: "ImportRequest",
    question: "Confirmation",
) -> int:
    """Show a list, ask for confirmation, import it; return exit code 1 if values about unsubscribing are not understood."""
    from composer.app.clock import now

    question.check_terminal()
    with ExitStack() as reading:
        tell = reading.enter_context(console.progress("reading"))
        dialog = _Dialog(choice=request.choice, question=question, reading_ended=reading.close)
        done = importer(context, tables, request, decide=dialog.decide, clock=now, tell=tell)
    if done.preview is None:
        assert done.doubts is not None
        if question.as_json:
            console.answer_json({"questions": questions(done.doubts)})
        show_questions(done.doubts)
        return 1
    if done.result is None and done.preview.has_changes and not question.is_dry_run:
        # The answer to the question was no.
        return 1
    if question.as_json:
        console.answer_json(_as_data(done.preview, done.result))
    elif done.result is not None:
        _say(done.result)
    return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dialog:
    """Shows a preview and asks for confirmation."""

    choice: "StatusChoice"
    question: "Confirmation"
    #: Ends the progress bar of the reading.
    reading_ended: Callable[[], None]

    def decide(self, preview: "ImportPreview") -> bool:
        self.reading_ended()
        if not self.question.as_json:
            _show(preview, self.choice)
        if self.question.is_dry_run or not preview.has_changes:
            console.talk("nothing was changed" if self.question.is_dry_run else "there is nothing to import")
            return False
        if not self.question.agreed("Import this list?"):
            console.talk("nothing was changed")
            return False
        if preview.summary.rows >= _MANY and sys.stderr.isatty():
            console.talk("writing; if you stop this, nothing is changed")
        return True


def _as_data(preview: "ImportPreview", result: "ImportResult | None") -> dict[str, object]:
    report = _report(preview)
    return {
        "rows": preview.summary.rows,
        **asdict(preview.summary),
        "report": str(report) if report else None,
        "first_bad": [asdict(each) for each in preview.first_bad],
        "lost_dates": dict(preview.lost_dates),
        "taken": asdict(result) if result else None,
    }


def _report(preview: "ImportPreview") -> Path | None:
    """Return the path of the report, relative to the current folder if it is inside it."""
    if preview.report is not None and preview.report.is_relative_to(Path.cwd()):
        return preview.report.relative_to(Path.cwd())
    return preview.report


def _show(preview: "ImportPreview", choice: "StatusChoice") -> None:
    _show_counts(preview, choice)
    _show_first(preview.examples)
    for column, many in preview.lost_dates.items():
        dates = "1 date" if many == 1 else f"{many:,} dates"
        console.talk(f"  {dates} in the column “{column}” not understood, and left empty")
    _show_bad(preview)


def _show_counts(preview: "ImportPreview", choice: "StatusChoice") -> None:
    tables, summary = preview.tables, preview.summary
    kinds = ", ".join(dict.fromkeys(table.kind for table in tables if table.kind != "list"))
    lists = f"{len(tables)} lists, " if len(tables) > 1 else ""
    console.talk(f"{kinds + ': ' if kinds else ''}{lists}{summary.rows:,} row{'' if summary.rows == 1 else 's'}")
    for number, word, what in _lines(summary, choice):
        if number:
            console.talk(f"  {number:>9,} {word:<9} {what}")
    for table in tables:
        for note in table.notes:
            console.talk(f"{table.name}: {note}" if len(tables) > 1 else note)
        if not table.tells_who_left:
            console.talk(
                f"{table.name} does not show who unsubscribed; first export those people from {table.kind}, and run"
            )
            console.talk("    compose suppression import FILE")
    if left_out := list(dict.fromkeys(name for table in tables for name in table.left_out)):
        more = ", …" if len(left_out) > _SHOWN else ""
        console.talk(f"ignored columns: {', '.join(left_out[:_SHOWN])}{more}")


def _lines(summary: "ImportSummary", choice: "StatusChoice") -> Iterator[tuple[int, str, str]]:
    yield summary.new, "new", "will be active and get the newsletter"
    why = (
        "the list shows that they have not consented"
        if choice.consent
        else "to make them active, record their consent with --consent"
    )
    yield summary.pending, "new", f"will be pending: {why}"
    known = (
        "will be updated from the list" if choice.is_update else "will not be changed (to update them, use --update)"
    )
    yield summary.known, "known", known
    if summary.agreeing:
        yield summary.agreeing, "pending", "known subscribers who will be active"
    yield summary.left, "left", "on the suppression list: will not be imported"
    yield summary.leaving, "out", f"{_OUT}: will be added to the suppression list"
    yield summary.out, "out", f"{_OUT}, and already on the suppression list"
    yield summary.bad, "bad", "will not be imported"


def _show_first(rows: "Sequence[UnderstoodList]") -> None:
    """Print the first rows as they were read, so that a wrong encoding or column is seen immediately."""
    for each in rows:
        name = each.name or f"{each.first_name} {each.last_name}".strip()
        cells = (each.address, name, each.language, "" if each.standing == "subscriber" else each.standing)
        console.talk(f"  read as: {'   '.join(cell for cell in cells if cell)}")


def _show_bad(preview: "ImportPreview") -> None:
    bad, summary, names = preview.first_bad, preview.summary, [each.name for each in preview.tables]
    for each in bad:
        where = f"{names[each.part]}, " if len(names) > 1 else ""
        console.talk(f"  {where}row {each.number}: {each.reason}" + (f"   {each.written}" if each.written else ""))
    if summary.bad > len(bad):
        console.talk(f"  … and {summary.bad - len(bad):,} more")
    if summary.notes:
        rows = "1 remark" if summary.notes == 1 else f"{summary.notes:,} remarks"
        console.talk(f"  {rows} on imported rows: a value was left empty or ignored")
    if report := _report(preview):
        console.talk(f"all rows that are not imported, and all remarks: {report}")


def _say(taken: "ImportResult") -> None:
    counts = (
        (taken.new, "new"),
        (taken.updated, "updated"),
        (taken.agreed, "active now"),
        (taken.suppressed, "suppressed"),
    )
    said = ", ".join(f"{number:,} {word}" for number, word in counts if number)
    console.answer(f"import {taken.number}: {said or 'no changes'}")
    console.talk("to undo it:   compose subscribers import --undo")


def read_map(given: tuple[str, ...]) -> dict[str, str]:
    """Read `--map COLUMN=FIELD`. Raises UsageError."""
    found: dict[str, str] = {}
    for each in given:
        column, equals, field = each.rpartition("=")
        if not equals or not column.strip():
            raise UsageError(
                f"--map {each}: there is no “=” between column and field", "write   --map 'Phone number=phone'"
            )
        found[column.strip()] = field.strip()
    return found
