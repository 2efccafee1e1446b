"""Lists to import, and the function that imports them in tests."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from composer.audience.importing.apply import ImportResult, apply_import
from composer.audience.importing.plan import (
    ImportSummary,
    Remark,
    RowVerdict,
    StatusChoice,
    left_earlier,
    remarks,
    summarise,
)
from composer.audience.importing.staging import ListPart, stage
from composer.audience.importing.suppression_import import suppression_part
from composer.audience.lists.formats.detection import tables_in
from composer.audience.lists.meaning.columns import columns_of
from composer.database.engine import Database
from tests.audience.people import NOW


@dataclass(frozen=True)
class Import:
    """The result of an import."""

    kinds: tuple[str, ...]
    summary: ImportSummary
    said: tuple[Remark, ...]
    left: tuple[Remark, ...]
    notes: tuple[str, ...]
    left_out: tuple[str, ...]
    taken: ImportResult

    @property
    def bad(self) -> dict[int, str]:
        """The reasons of bad rows, by row number; in an archive, of the last list."""
        return {each.number: each.reason for each in self.said if each.verdict is RowVerdict.BAD}


def take(
    database: Database,
    file: Path,
    *,
    consent: str = "form",
    tags: tuple[str, ...] = (),
    is_update: bool = False,
    fields: tuple[str, ...] = ("company",),
    given: Mapping[str, str] | None = None,
    encoding: str = "",
    is_suppression: bool = False,
    labels: Mapping[str, str] | None = None,
) -> Import:
    """Import a list."""
    choice = StatusChoice(consent=consent, tags=tags, is_update=is_update)
    with tables_in(file, encoding) as tables, database.stage() as connection:
        with connection.begin():
            if is_suppression:
                parts = tuple(suppression_part(connection, table, given or {}) for table in tables)
            else:
                parts = tuple(
                    ListPart(table=each, columns=columns_of(each, fields, given or {}, labels)) for each in tables
                )
        stage(connection, parts, fields)
        summary = summarise(connection, choice)
        said, left = tuple(remarks(connection)), tuple(left_earlier(connection))
        with database.writing(connection):
            taken = apply_import(connection, choice, file=file.name, kind=parts[0].columns.kind, now=NOW)
    return Import(
        kinds=tuple(part.columns.kind for part in parts),
        summary=summary,
        said=said,
        left=left,
        notes=tuple(note for part in parts for note in part.table.notes),
        left_out=tuple(name for part in parts for name in part.columns.left_out),
        taken=taken,
    )


def written(folder: Path, text: str | bytes, name: str = "list.csv") -> Path:
    """Write a list."""
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path
