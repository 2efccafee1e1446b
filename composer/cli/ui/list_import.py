"""Takes a list in at the command line: reads it, says what would become of it, asks, and does it.

Comes in: a file's tables and the choices of a command. Goes out: an exit code. Nothing is changed before the question is
answered; what was not taken is written to a file, wholly, and shown in part.
"""

import csv
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from composer.cli.ui import console
from composer.cli.ui.list_questions import questions, show_questions
from composer.core.errors import UsageError
from composer.core.untrusted_text import in_json
from composer.core.workspace import OUTBOX, Workspace

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from composer.audience.export import ExportFormat, Rows
    from composer.audience.importing.apply import ImportResult
    from composer.audience.importing.plan import ImportSummary, Remark, StatusChoice, UnderstoodList
    from composer.audience.importing.staging import ListPart
    from composer.audience.lists.list_table import ListTable
    from composer.audience.lists.meaning.dates import DateOrder
    from composer.database.engine import Database

#: How many bad rows are shown; the file has all of them.
_SHOWN = 10
#: Rows that take some seconds to write.
_MANY = 20_000
#: How many rows are shown as they were understood.
_EXAMPLES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuestion:
    """How a command is to go on once it is known what would happen."""

    is_dry_run: bool
    #: Nobody is asked.
    is_yes: bool
    as_json: bool

    def judge(self) -> None:
        """Refuse before anything is read what could not be asked in the end. Raises UsageError."""
        if not (self.is_dry_run or self.is_yes or sys.stdin.isatty()):
            raise UsageError("nobody is here to be asked", "add --yes, or look first with --dry-run")

    def agreed(self, text: str) -> bool:
        """Ask, unless it was said already."""
        return self.is_yes or click.confirm(console.shown(text), err=True)


def take(
    database: "Database",
    tables: "tuple[ListTable, ...]",
    part_of: "Callable[[Connection, ListTable], ListPart]",
    known: tuple[str, ...],
    choice: "StatusChoice",
    question: ListQuestion,
    file: Path,
    order: "DateOrder | None" = None,
) -> int:
    """Take a list in, after a look at it and a question. What is not understood about leaving is asked first: exit code 1."""
    from composer.audience.importing.apply import apply_import
    from composer.audience.importing.plan import first_rows, left_earlier, remarks, summarise
    from composer.audience.importing.staging import stage
    from composer.cli.ui.open_database import now

    question.judge()
    with database.stage() as connection:
        with connection.begin():
            parts = tuple(part_of(connection, table) for table in tables)
        with console.progress("reading") as tell:
            doubts = stage(connection, parts, known, tell, order=order)
        if doubts.is_open:
            if question.as_json:
                console.answer_json({"questions": questions(doubts)})
            show_questions(doubts)
            return 1
        summary = summarise(connection, choice)
        names = [part.table.name for part in parts]
        report = _report(file, names, chain(remarks(connection), left_earlier(connection)), summary)
        if question.as_json:
            first = [asdict(each) for each in _first(remarks(connection, bad_only=True))]
        else:
            _show(parts, summary, choice)
            _show_first(first_rows(connection, _EXAMPLES))
            for column, many in doubts.lost.items():
                dates = "1 date is" if many == 1 else f"{many:,} dates are"
                console.talk(f"  {dates} not understood in the column “{column}” and will be left empty")
            _show_bad(_first(remarks(connection, bad_only=True)), names, summary, report)
        taken: ImportResult | None = None
        is_nothing = not (summary.new + summary.pending + summary.leaving + summary.agreeing)
        is_nothing = is_nothing and not (choice.is_update and summary.known) and not _has_hashes(connection)
        if question.is_dry_run or is_nothing:
            console.talk("nothing was changed" if question.is_dry_run else "there is nothing to take in")
        elif question.agreed("Take them in?"):
            if summary.rows >= _MANY and sys.stderr.isatty():
                console.talk("writing; nothing is changed if this is stopped")
            with database.writing(connection):
                taken = apply_import(connection, choice, file=file.name, kind=parts[0].columns.kind, now=now())
        else:
            console.talk("nothing was changed")
            return 1
    if question.as_json:
        counts = asdict(summary)
        console.answer_json(
            {
                "rows": summary.rows,
                **counts,
                "report": str(report) if report else None,
                "first_bad": first,
                "lost_dates": dict(doubts.lost),
                "taken": asdict(taken) if taken else None,
            }
        )
    elif taken is not None:
        _say(taken)
    return 0


def _first(found: "Iterator[Remark]") -> "list[Remark]":
    return [each for each, _ in zip(found, range(_SHOWN), strict=False)]


def _has_hashes(connection: "Connection") -> bool:
    from sqlalchemy import select

    from composer.audience.importing.staging import incoming_hashes

    with connection.begin():
        return connection.execute(select(incoming_hashes.c.hash).limit(1)).first() is not None


def _show(parts: "tuple[ListPart, ...]", summary: "ImportSummary", choice: "StatusChoice") -> None:
    kinds = ", ".join(dict.fromkeys(part.columns.kind for part in parts if part.columns.kind != "list"))
    lists = f"{len(parts)} lists, " if len(parts) > 1 else ""
    console.talk(f"{kinds + ': ' if kinds else ''}{lists}{summary.rows:,} row{'' if summary.rows == 1 else 's'}")
    for number, word, what in _lines(summary, choice):
        if number:
            console.talk(f"  {number:>9,} {word:<9} {what}")
    for part in parts:
        for note in part.table.notes:
            console.talk(f"{part.table.name}: {note}" if len(parts) > 1 else note)
        if not part.columns.tells_who_left:
            console.talk(
                f"{part.table.name} does not say who unsubscribed: export those people from {part.columns.kind}, too, and first"
            )
            console.talk("    compose suppression import FILE")
    if left_out := list(dict.fromkeys(name for part in parts for name in part.columns.left_out)):
        more = ", …" if len(left_out) > _SHOWN else ""
        console.talk(f"columns left out: {', '.join(left_out[:_SHOWN])}{more}")


def _lines(summary: "ImportSummary", choice: "StatusChoice") -> Iterator[tuple[int, str, str]]:
    yield summary.new, "new", "they get the newsletter"
    why = "the list says that they have not agreed" if choice.consent else "say how they agreed: --consent"
    yield summary.pending, "new", f"they stay pending: {why}"
    known = "they take over what the list says" if choice.is_update else "they stay as they are (or say --update)"
    yield summary.known, "known", known
    if summary.agreeing:
        yield summary.agreeing, "pending", "of the known ones: they become active"
    yield summary.left, "left", "on the suppression list: they stay out"
    yield summary.leaving, "out", "by this list: they go onto the suppression list"
    yield summary.out, "out", "by this list, and on the suppression list already"
    yield summary.bad, "bad", "not taken in"


def _show_first(rows: "list[UnderstoodList]") -> None:
    """Show the first rows as they were understood: a wrong encoding or column is seen at once."""
    for each in rows:
        name = each.name or f"{each.first_name} {each.last_name}".strip()
        cells = (each.address, name, each.language, "" if each.standing == "subscriber" else each.standing)
        console.talk(f"  for example: {'   '.join(cell for cell in cells if cell)}")


def _show_bad(bad: "list[Remark]", names: list[str], summary: "ImportSummary", report: Path | None) -> None:
    for each in bad:
        where = f"{names[each.part]}, " if len(names) > 1 else ""
        console.talk(f"  {where}row {each.number}: {each.reason}" + (f"   {each.written}" if each.written else ""))
    if summary.bad > len(bad):
        console.talk(f"  … and {summary.bad - len(bad):,} more")
    if summary.notes:
        rows = "1 remark" if summary.notes == 1 else f"{summary.notes:,} remarks"
        console.talk(f"  {rows} on rows that are taken with something left empty or left out")
    if report:
        console.talk(f"every row that was not taken, and every remark: {report}")


def _report(file: Path, names: list[str], found: "Iterable[Remark]", summary: "ImportSummary") -> Path | None:
    """Write what is said of single rows to a private file in the outbox; none where nothing is."""
    from composer.audience.lists.formula_guard import guarded
    from composer.core.folders import make_private

    if not (summary.bad or summary.notes or summary.left):
        return None
    outbox = Workspace.find(Path.cwd()).root / OUTBOX
    make_private(outbox / "imports", outbox)
    path = outbox / "imports" / f"{file.stem}.rows.csv"
    path.unlink(missing_ok=True)
    with os.fdopen(
        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8-sig", newline=""
    ) as out:
        writer = csv.writer(out)
        writer.writerow(("list", "row", "what", "why", "written"))
        for each in found:
            writer.writerow((names[each.part], each.number, each.verdict.value, each.reason, guarded(each.written)))
    try:
        return path.relative_to(Path.cwd())
    except ValueError:
        return path


def _say(taken: "ImportResult") -> None:
    counts = (
        (taken.new, "new"),
        (taken.updated, "updated"),
        (taken.agreed, "active now"),
        (taken.suppressed, "suppressed"),
    )
    said = ", ".join(f"{number:,} {word}" for number, word in counts if number)
    console.answer(f"import {taken.number}: {said or 'nothing new'}")
    console.talk("to take it back:   compose subscribers import --undo")


def read_map(given: tuple[str, ...]) -> dict[str, str]:
    """Read `--map COLUMN=FIELD`. Raises UsageError."""
    found: dict[str, str] = {}
    for each in given:
        column, equals, field = each.rpartition("=")
        if not equals or not column.strip():
            raise UsageError(f"--map {each}: it has no =", "write   --map 'Phone number=phone'")
        found[column.strip()] = field.strip()
    return found


def as_line(value: object) -> str:
    """Give a value as one line of JSON."""
    is_unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    return in_json(json.dumps(value, ensure_ascii=not is_unicode, default=str))


def write_list(path: Path | None, write: "Callable[[Rows, ExportFormat], int]") -> int:
    """Write a list to a new private file, or to stdout. Raises UsageError for a file that is there already."""
    from composer.audience.export import ExportFormat

    if path is None:
        sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]
        many = write(console.ConsoleTable(), ExportFormat.CSV)
        console.talk(f"{many:,} rows")
        return 0
    form = ExportFormat.JSON_LINES if path.suffix.lower() in (".jsonl", ".ndjson") else ExportFormat.CSV
    # With a mark of its encoding at the beginning a spreadsheet shows every letter right.
    encoding = "utf-8" if form is ExportFormat.JSON_LINES else "utf-8-sig"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise UsageError(f"{path} is there already and stays as it is", "name another file") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}") from None
    with os.fdopen(descriptor, "w", encoding=encoding, newline="") as file:
        many = write(file, form)
    console.answer(f"{path}: {many:,} rows")
    return 0
