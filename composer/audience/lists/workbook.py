"""XLSX and its relatives: the first sheet that is a list of people.

Comes in: a file. Goes out: a `Table`. A workbook is a ZIP whose inside may be a thousand times larger: what says it is too
large is refused before anything is unpacked.
"""

import datetime
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from composer.audience.lists.header import Header, find_header, has_addresses
from composer.audience.lists.table import ListError, Row, Table

if TYPE_CHECKING:
    from python_calamine import CalamineSheet

#: Bytes of what is inside; about a million rows. The whole sheet is in memory while it is read.
LARGEST = 400 << 20
_Cell = int | float | str | bool | datetime.time | datetime.date | datetime.datetime | datetime.timedelta


def read_workbook(path: Path) -> Table:
    """Read the first visible sheet that is not empty. Raises ListError."""
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

    _judge_size(path)
    try:
        with path.open("rb") as file:
            book = CalamineWorkbook.from_filelike(file)
            names = [
                each.name
                for each in book.sheets_metadata
                if each.visible is SheetVisibleEnum.Visible and each.typ is SheetTypeEnum.WorkSheet
            ]
            sheets = [(name, book.get_sheet_by_name(name)) for name in names]
    except PasswordError:
        raise ListError(f"{path.name} is locked by a password", "save it without one, or as CSV") from None
    except (CalamineError, OSError, ValueError) as error:
        raise ListError(f"{path.name} cannot be read: {error}", "save it as CSV") from None
    filled = [(name, sheet) for name, sheet in sheets if sheet.height]
    if not filled:
        raise ListError(f"{path.name} is empty")
    # The first sheet that is one of people; a cover sheet, or one of figures, may stand before it.
    name, sheet = next((each for each in filled if has_addresses(_header(each[1], path.name))), filled[0])
    done = _Done()
    header = find_header(_rows(sheet, done), path.name)
    others = ", ".join(f"“{other}”" for other, _ in filled if other != name)
    notes = (header.note, f"only the sheet “{name}” is read, not {others}" if others else "")
    return Table(
        name=path.name,
        header=header.names,
        width=header.width,
        at_address=header.at_address,
        rows=header.rows,
        notes=tuple(note for note in notes if note),
        progress=lambda: (done.rows, max(1, sheet.height)),
    )


class _Done:
    """How many rows have been read."""

    rows = 0


def _header(sheet: "CalamineSheet", name: str) -> Header:
    return find_header(_rows(sheet, _Done()), name)


def _rows(sheet: "CalamineSheet", done: _Done) -> Iterator[Row]:
    first = sheet.start[0] if sheet.start else 0
    for number, cells in enumerate(sheet.iter_rows(), 1):
        done.rows = number
        texts = [_text(cell) for cell in cells]
        if any(texts):
            yield first + number, texts


def _judge_size(path: Path) -> None:
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as inside:
        size = sum(entry.file_size for entry in inside.infolist())
    if size > LARGEST:
        raise ListError(f"{path.name} unpacks to {size >> 20:,} MB, {LARGEST >> 20} are allowed", "save it as CSV")


def _text(cell: _Cell) -> str:
    """Give a cell as a person would write it: 49, not 49.0; a date as year-month-day."""
    match cell:
        case str():
            return cell.strip()
        case bool():
            return "true" if cell else "false"
        case float():
            return str(int(cell)) if cell.is_integer() else repr(cell)
        case datetime.datetime():
            return cell.isoformat(sep=" ")
        case datetime.date() | datetime.time():
            return cell.isoformat()
        case _:
            return str(cell)
