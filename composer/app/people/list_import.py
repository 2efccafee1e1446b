"""Imports a list of people: staged, counted, decided by the caller, and only then written.

Input: the tables of a file, what the caller chose, and a function that decides. Output: what must be decided first, or what
became of every row. Guarantees: the database changes in one transaction, and only after the decision; what was not taken is
written to a private file in the outbox.
"""

import csv
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, islice
from pathlib import Path

from sqlalchemy import Connection, exists, select

from composer.app.context import MailingContext
from composer.app.people.subscriber_edits import own_fields, tag_word
from composer.audience.importing.apply import ImportResult, apply_import
from composer.audience.importing.plan import (
    ImportSummary,
    Remark,
    StatusChoice,
    UnderstoodList,
    first_rows,
    left_earlier,
    remarks,
    summarise,
)
from composer.audience.importing.staging import ListPart, incoming_hashes, stage
from composer.audience.importing.suppression_import import suppression_part
from composer.audience.lists.formula_guard import guarded
from composer.audience.lists.list_table import ListTable
from composer.audience.lists.meaning.columns import columns_of
from composer.audience.lists.meaning.dates import DateOrder
from composer.audience.lists.meaning.subscription_status import Doubts
from composer.core.folders import make_private
from composer.core.workspace import OUTBOX, Workspace

#: How many rows a preview shows as they were understood, and how many of the bad ones; the report has all of these.
_EXAMPLES, _MOST_BAD = 3, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRequest:
    """What is to be done with a list."""

    #: The file it comes from: its name is recorded, and the report is called by it.
    file: Path
    #: How, when, to which words they agreed; without it new subscribers stay pending.
    consent: str = ""
    #: Tags for those who come with the list.
    tags: tuple[str, ...] = ()
    #: Whether known subscribers take over what the list says of them.
    is_update: bool = False
    #: What a column is, or a word in it: by its name in the list.
    meanings: Mapping[str, str] = field(default_factory=dict)
    #: What comes first in dates that can be read in two ways.
    dates: DateOrder | None = None

    @property
    def choice(self) -> StatusChoice:
        """What becomes of the people of the list. Raises UsageError for a tag that cannot be one."""
        tags = tuple(dict.fromkeys(map(tag_word, self.tags)))
        return StatusChoice(consent=" ".join(self.consent.split()), tags=tags, is_update=self.is_update)


@dataclass(frozen=True, slots=True, kw_only=True)
class TablePreview:
    """One list of a file, as it was understood."""

    name: str
    #: The service that it was exported from; `list` for any other.
    kind: str
    #: What was assumed while reading.
    notes: tuple[str, ...]
    #: Columns that are not imported.
    left_out: tuple[str, ...]
    #: Whether it says who has unsubscribed.
    tells_who_left: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPreview:
    """What would become of a list."""

    tables: tuple[TablePreview, ...]
    summary: ImportSummary
    examples: tuple[UnderstoodList, ...]
    first_bad: tuple[Remark, ...]
    #: Dates that are not understood and are left empty, by column.
    lost_dates: Mapping[str, int]
    #: Where every remark on a row was written; None where there is none.
    report: Path | None
    #: Whether an import would change anything.
    has_changes: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ListImport:
    """What became of a list: questions that are open, or a preview and, if the caller went on, a result."""

    #: What a person must decide first; None where everything was understood.
    doubts: Doubts | None = None
    preview: ImportPreview | None = None
    #: What the import did; None where nothing was changed.
    result: ImportResult | None = None


def import_list(
    context: MailingContext,
    tables: Sequence[ListTable],
    request: ImportRequest,
    *,
    decide: Callable[[ImportPreview], bool],
    clock: Callable[[], datetime],
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> ListImport:
    """Import subscribers. `decide` sees the preview and says whether to go on; `tell` gets bytes done and in all.

    Nothing is written where a value about leaving is not understood: `doubts` says which. Raises UsageError, ListError,
    DatabaseError.
    """
    fields, labels = own_fields(context.newsletter), context.newsletter.labels

    def part(connection: Connection, table: ListTable) -> ListPart:
        return ListPart(table=table, columns=columns_of(table, fields, request.meanings, labels))

    return _import(context, tables, request, part, fields, decide, clock, tell)


def import_suppressions(
    context: MailingContext,
    tables: Sequence[ListTable],
    request: ImportRequest,
    *,
    decide: Callable[[ImportPreview], bool],
    clock: Callable[[], datetime],
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> ListImport:
    """Put the addresses of a list on the suppression list, as `import_list` does; nobody becomes a subscriber by it."""

    def part(connection: Connection, table: ListTable) -> ListPart:
        return suppression_part(connection, table, request.meanings)

    return _import(context, tables, request, part, (), decide, clock, tell)


def _import(
    context: MailingContext,
    tables: Sequence[ListTable],
    request: ImportRequest,
    part_of: Callable[[Connection, ListTable], ListPart],
    fields: tuple[str, ...],
    decide: Callable[[ImportPreview], bool],
    clock: Callable[[], datetime],
    tell: Callable[[int, int], None],
) -> ListImport:
    choice = request.choice
    with context.database.stage() as connection:
        with connection.begin():
            parts = tuple(part_of(connection, table) for table in tables)
        doubts = stage(connection, parts, fields, tell, order=request.dates)
        if doubts.is_open:
            return ListImport(doubts=doubts)
        preview = _preview(connection, context.workspace, parts, request.file, choice, doubts)
        if not (decide(preview) and preview.has_changes):
            return ListImport(preview=preview)
        kind = parts[0].columns.kind
        with context.database.writing(connection):
            result = apply_import(connection, choice, file=request.file.name, kind=kind, now=clock())
    return ListImport(preview=preview, result=result)


def _preview(
    connection: Connection,
    workspace: Workspace,
    parts: Sequence[ListPart],
    file: Path,
    choice: StatusChoice,
    doubts: Doubts,
) -> ImportPreview:
    summary = summarise(connection, choice)
    found = chain(remarks(connection), left_earlier(connection))
    report = _report(workspace, file, [each.table.name for each in parts], found, summary)
    has_changes = bool(summary.new + summary.pending + summary.leaving + summary.agreeing)
    has_changes = has_changes or (choice.is_update and bool(summary.known)) or _has_hashes(connection)
    return ImportPreview(
        tables=tuple(_table(each) for each in parts),
        summary=summary,
        examples=tuple(first_rows(connection, _EXAMPLES)),
        first_bad=tuple(islice(remarks(connection, bad_only=True), _MOST_BAD)),
        lost_dates=dict(doubts.lost),
        report=report,
        has_changes=has_changes,
    )


def _table(part: ListPart) -> TablePreview:
    columns = part.columns
    return TablePreview(
        name=part.table.name,
        kind=columns.kind,
        notes=part.table.notes,
        left_out=columns.left_out,
        tells_who_left=columns.tells_who_left,
    )


def _has_hashes(connection: Connection) -> bool:
    with connection.begin():
        return bool(connection.scalar(select(exists(incoming_hashes))))


def _report(
    workspace: Workspace, file: Path, names: Sequence[str], found: Iterable[Remark], summary: ImportSummary
) -> Path | None:
    """Write the remarks on single rows to a private file in the outbox; none where there is no remark."""
    if not (summary.bad or summary.notes or summary.left):
        return None
    outbox = workspace.root / OUTBOX
    make_private(outbox / "imports", outbox)
    path = outbox / "imports" / f"{file.stem}.rows.csv"
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(("list", "row", "what", "why", "written"))
        for each in found:
            writer.writerow((names[each.part], each.number, each.verdict.value, each.reason, guarded(each.written)))
    return path
