"""Imports a list of people: stages and counts it, lets the caller decide, and then writes it.

Input: the tables of a file, the caller's options, and a function that decides. Output: open questions, or the result.
Guarantees: the database changes in one transaction, and only after the decision; rows that are not imported are written
to a private file in the outbox.
"""

import csv
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, islice
from pathlib import Path

from sqlalchemy import Connection, exists, select

from composer.app.clock import now
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

#: The most example rows and bad rows in a preview; the report contains all bad rows.
_EXAMPLES, _MOST_BAD = 3, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRequest:
    """The options of an import."""

    #: The file of the list: its name is recorded, and used for the report.
    file: Path
    #: How and when they agreed, and to which text; without it, new subscribers stay pending.
    consent: str = ""
    #: Tags for everyone in the list.
    tags: tuple[str, ...] = ()
    #: Whether existing subscribers are updated from the list.
    is_update: bool = False
    #: The meaning of a column or of a value, by its name in the list.
    meanings: Mapping[str, str] = field(default_factory=dict)
    #: What comes first in dates that can be read in two ways.
    dates: DateOrder | None = None

    @property
    def choice(self) -> StatusChoice:
        """What happens to the people of the list. Raises UsageError for an invalid tag."""
        tags = tuple(dict.fromkeys(map(tag_word, self.tags)))
        return StatusChoice(consent=" ".join(self.consent.split()), tags=tags, is_update=self.is_update)


@dataclass(frozen=True, slots=True, kw_only=True)
class TablePreview:
    """One list of a file, as it was read."""

    name: str
    #: The service that exported it, or `list`.
    kind: str
    #: What was assumed while reading.
    notes: tuple[str, ...]
    #: Columns that are not imported.
    left_out: tuple[str, ...]
    #: Whether it shows who unsubscribed.
    tells_who_left: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPreview:
    """The effects that an import would have."""

    tables: tuple[TablePreview, ...]
    summary: ImportSummary
    examples: tuple[UnderstoodList, ...]
    first_bad: tuple[Remark, ...]
    #: The number of dates that are not understood and left empty, by column.
    lost_dates: Mapping[str, int]
    #: The file with all remarks on rows; None without remarks.
    report: Path | None
    #: Whether an import would change anything.
    has_changes: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ListImport:
    """The outcome for a list: open questions, or a preview and, if the caller continued, a result."""

    #: What a person must decide first; None if everything was understood.
    doubts: Doubts | None = None
    preview: ImportPreview | None = None
    #: The result of the import; None if nothing was changed.
    result: ImportResult | None = None


def import_list(
    context: MailingContext,
    tables: Sequence[ListTable],
    request: ImportRequest,
    *,
    decide: Callable[[ImportPreview], bool],
    clock: Callable[[], datetime] = now,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> ListImport:
    """Import subscribers. `decide` gets the preview and returns whether to go on; `tell` gets bytes done and in total.

    Nothing is written if a value about unsubscribing is not understood; `doubts` contains these values. Raises UsageError,
    ListError, DatabaseError.
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
    """Add the addresses of a list to the suppression list, as `import_list` does; it adds no subscribers."""

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
    """Write the remarks on single rows to a private file in the outbox; None without remarks."""
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
