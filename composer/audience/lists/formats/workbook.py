"""Read XLSX and similar files: the first sheet that is a list of people.

Input: a file. Output: a `ListTable`. Guarantees: a workbook is a ZIP file whose content can be a thousand times larger;
one that declares too large a size is rejected before it is unpacked.
"""

import datetime
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from composer.audience.lists.formats.header_row import Header, find_header, has_addresses
from composer.audience.lists.list_table import ListError, ListTable, Row
from composer.core.untrusted.zip_limits import size_fault

if TYPE_CHECKING:
    from python_calamine import CalamineSheet

#: Bytes of the content; about a million rows. The whole sheet is in memory while it is read.
LARGEST = 400 << 20
#: Cells of the rectangle around all cells of a sheet: each needs memory, even an empty one.
_MOST_CELLS = 32 << 20
#: A cell beyond column AF: only then can a sheet of a million rows exceed the limit. Other spellings are checked
#: closely.
_FAR = re.compile(rb'r="(?:[Aa][G-Zg-z]|[B-Zb-z][A-Za-z]|[A-Za-z]{3})\d')
_UNUSUAL = re.compile(rb"r='|r\s+=|r=\s")
_REFERENCE = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]{1,3})(\d{1,9})["']""")
_PIECE, _OVERLAP = 1 << 20, 64
_Cell = int | float | str | bool | datetime.time | datetime.date | datetime.datetime | datetime.timedelta


def read_workbook(path: Path) -> ListTable:
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
        raise ListError(f"{path.name} is password-protected", "save it without a password, or as CSV") from None
    except (CalamineError, OSError, ValueError) as error:
        raise ListError(f"{path.name} cannot be read: {error}", "save it as CSV") from None
    filled = [(name, sheet) for name, sheet in sheets if sheet.height]
    if not filled:
        raise ListError(f"{path.name} is empty")
    # The first sheet with people: a cover sheet or a sheet of figures may come before it.
    name, sheet = next((each for each in filled if has_addresses(_header(each[1], path.name))), filled[0])
    done = _Done()
    header = find_header(_rows(sheet, done), path.name)
    others = ", ".join(f"“{other}”" for other, _ in filled if other != name)
    notes = (header.note, f"only the sheet “{name}” is read, not {others}" if others else "")
    return ListTable(
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
        if fault := size_fault(inside.infolist(), most_bytes=LARGEST):
            raise ListError(f"{path.name} {fault}", "save it as CSV")
        for entry in inside.infolist():
            if entry.filename.lower().endswith(".xml") and _cells(inside, entry) > _MOST_CELLS:
                raise ListError(
                    f"{path.name}: a sheet is too large because of a cell far from the others",
                    "delete the empty rows below the list and the empty columns next to it, or save it as CSV",
                )


def _cells(inside: zipfile.ZipFile, entry: zipfile.ZipInfo) -> int:
    """Return the number of cells in the rectangle around all cells of a sheet; 0 if there cannot be too many."""
    if not any(_FAR.search(piece) or _UNUSUAL.search(piece) for piece in _pieces(inside, entry)):
        return 0
    columns = rows = 0
    for piece in _pieces(inside, entry):
        for letters, digits in _REFERENCE.findall(piece):
            columns, rows = max(columns, _column(letters)), max(rows, int(digits))
    return columns * rows


def _pieces(inside: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield a file in pieces, each with the end of the piece before, so that no short text is cut in two."""
    end = b""
    try:
        with inside.open(entry) as file:
            while piece := file.read(_PIECE):
                yield end + piece
                end = piece[-_OVERLAP:]
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, zlib.error):
        # Encrypted or damaged: the actual reader reports it.
        return


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return number


def _text(cell: _Cell) -> str:
    """Return a cell as a person would write it: 49, not 49.0; a date as year-month-day."""
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
