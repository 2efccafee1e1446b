"""Writes subscribers, or the suppression list, to a new private file or to a stream.

Input: a newsletter's context, a filter, a file or stream. Output: the number of rows written. Guarantees: no file is
overwritten, and only its owner can read it.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from composer.app.context import MailingContext
from composer.app.people.subscriber_edits import own_fields
from composer.audience.export import ExportFormat, Rows, export_subscribers, export_suppressions
from composer.audience.subscribers import Status
from composer.core.audience_filter import AudienceFilter
from composer.core.errors import UsageError

#: A function that writes the rows to a stream or file, and returns their number.
Writer = Callable[[Rows, ExportFormat], int]


def write_subscribers(
    context: MailingContext, to: Path | Rows, condition: AudienceFilter, statuses: Sequence[Status] = ()
) -> int:
    """Write the selected subscribers; without a status, of any status. Raises UsageError for a file that exists."""
    fields = own_fields(context.newsletter)
    with context.database.read() as connection:
        return _written(to, lambda rows, form: export_subscribers(connection, condition, statuses, fields, rows, form))


def write_suppressions(context: MailingContext, to: Path | Rows) -> int:
    """Write the suppression list. Raises UsageError for a file that exists."""
    with context.database.read() as connection:
        return _written(to, lambda rows, form: export_suppressions(connection, rows, form))


def _written(to: Path | Rows, write: Writer) -> int:
    if not isinstance(to, Path):
        return write(to, ExportFormat.CSV)
    form = ExportFormat.JSON_LINES if to.suffix.lower() in (".jsonl", ".ndjson") else ExportFormat.CSV
    with _new_file(to, form) as file:
        return write(file, form)


@contextmanager
def _new_file(path: Path, form: ExportFormat) -> Iterator[Rows]:
    # With a byte order mark, spreadsheet programs detect the encoding.
    encoding = "utf-8" if form is ExportFormat.JSON_LINES else "utf-8-sig"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise UsageError(f"{path} already exists, and is not overwritten", "choose another file name") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}") from None
    with os.fdopen(descriptor, "w", encoding=encoding, newline="") as file:
        yield file
