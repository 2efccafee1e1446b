"""Write subscribers, or the suppression list, to a file that spreadsheets and `compose` can read.

Input: a connection, a selection, a text file. Output: how many were written. Guarantees: streams; a value that a
spreadsheet would read as a formula gets an apostrophe in front, which `formula_guard.unguarded` removes again.
"""

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Protocol

from sqlalchemy import Connection, func, select

from composer.audience.lists.formula_guard import guarded
from composer.audience.subscribers import Status, meant
from composer.audience.suppression import listed
from composer.core.audience_filter import AudienceFilter
from composer.database.tables.subscriber_tables import consents, subscriber_tags, subscribers

_FIRST = ("email", "name", "first_name", "last_name", "language")
_LAST = ("tags", "status", "consented", "consent")
#: The columns of the suppression list.
SUPPRESSION_COLUMNS = ("email", "hash", "reason", "since", "source")


class Rows(Protocol):
    """Where rows are written."""

    def write(self, text: str, /) -> int:
        """Write a row."""
        ...


class ExportFormat(StrEnum):
    """The format of an exported list."""

    CSV = "csv"
    JSON_LINES = "jsonl"


def export_subscribers(
    connection: Connection,
    condition: AudienceFilter,
    status: Iterable[Status],
    fields: Sequence[str],
    file: Rows,
    form: ExportFormat,
) -> int:
    """Write the selected subscribers, of any status if none is selected; `fields` are the newsletter's own fields."""
    columns = (*_FIRST, *fields, *_LAST)
    return _write(columns, _subscribers(connection, condition, status, fields), file, form)


def export_suppressions(connection: Connection, file: Rows, form: ExportFormat) -> int:
    """Write the suppression list: addresses in normal form, and hashes of erased people."""
    lines = (
        (each.normal, each.hash, each.reason.value, each.since.isoformat(), each.source) for each in listed(connection)
    )
    return _write(SUPPRESSION_COLUMNS, lines, file, form)


def _subscribers(
    connection: Connection, condition: AudienceFilter, status: Iterable[Status], fields: Sequence[str]
) -> Iterator[Sequence[str]]:
    tags = select(func.aggregate_strings(subscriber_tags.c.tag, ",")).where(
        subscriber_tags.c.subscriber_id == subscribers.c.id
    )
    table = subscribers.c
    query = (
        select(table.address, table.name, table.first_name, table.last_name, table.language, table.fields,
               tags.scalar_subquery(), table.status, table.consented, consents.c.evidence)
        .outerjoin(consents, consents.c.id == table.consent_id)
        .where(*meant(condition, status))
        .order_by(table.created, table.id)
    )  # fmt: skip
    for row in connection.execute(query.execution_options(yield_per=1000)):
        *first, kept, has, stands, consented, evidence = row
        own = json.loads(kept) if fields and kept != "{}" else {}
        yield (
            *first,
            *(own.get(name, "") for name in fields),
            ", ".join(sorted(has.split(","))) if has else "",
            stands,
            consented.isoformat() if consented else "",
            evidence or "",
        )


def _write(columns: Sequence[str], rows: Iterable[Sequence[str]], file: Rows, form: ExportFormat) -> int:
    number = 0
    match form:
        case ExportFormat.CSV:
            writer = csv.writer(file, lineterminator="\r\n")
            writer.writerow(columns)
            for row in rows:
                number += 1
                writer.writerow([guarded(cell) for cell in row])
        case ExportFormat.JSON_LINES:
            for row in rows:
                number += 1
                kept = {name: cell for name, cell in zip(columns, row, strict=True) if cell}
                file.write(json.dumps(kept, ensure_ascii=False) + "\n")
    return number
