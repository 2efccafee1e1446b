"""The text of one file, with the line and column of each character.

Input: bytes. Output: a `SourceText` with normal line ends, or problems with the encoding. Guarantees: does not parse.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from composer.content.yaml.invisible_characters import BLANK_LINE
from composer.core.errors import ContentError, Problem
from composer.core.untrusted.file_types import FileType, how_to_draft, is_utf16, kind_of_start

#: The maximum size of a file: an issue of 2,500 words has about 25 KB.
LARGEST = 1_000_000
#: The maximum number of invalid characters reported for a file.
MOST_TOLD = 20
_TEXTEDIT = "in TextEdit, choose Format > Make Plain Text, and save it as .yaml in UTF-8"
#: Characters that no text contains: controls except tab and line end, line separators, surrogates, noncharacters.
FORBIDDEN = re.compile(
    "[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufdd0-\ufdef\ufeff\ufffd-\uffff"
    + "".join(f"{chr(plane * 0x10000 + 0xFFFE)}{chr(plane * 0x10000 + 0xFFFF)}" for plane in range(1, 17))
    + "]"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePlace:
    """A place in a file: 1-based line and column, counted in characters."""

    path: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"

    def problem(self, code: str, message: str, hint: str = "") -> Problem:
        """Return a problem at this place."""
        return Problem(path=self.path, line=self.line, column=self.column, code=code, message=message, hint=hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceText:
    """A file's text with normal line ends, in Unicode form C. `name` is its name in messages, `path` its location."""

    name: str
    path: Path
    text: str
    starts: tuple[int, ...] = field(repr=False)
    #: Rows that were repaired in memory so that parsing could continue, as written in the file.
    mended: Mapping[int, str] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, text: str, *, name: str, path: Path | None = None) -> "SourceText":
        """Return a source made from decoded text."""
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        # An é pasted from macOS is two characters; after composition it is one letter everywhere.
        text = text if text.isascii() else unicodedata.normalize("NFC", text)
        # A line without visible characters is an empty line for people, and so for YAML.
        text = BLANK_LINE.sub("", text)
        starts = [0, *(match.end() for match in re.finditer("\n", text))]
        return cls(name=name, path=path or Path(name), text=text, starts=tuple(starts))

    def place(self, offset: int) -> SourcePlace:
        """Return the line and column of a character offset."""
        row = bisect_right(self.starts, offset) - 1
        column = offset - self.starts[row]
        if row in self.mended:
            column = _column_as_written(self.line(row), self.mended[row], column)
        return SourcePlace(path=self.name, line=row + 1, column=column + 1)

    def mend(self, rows: Mapping[int, str]) -> "SourceText":
        """Return the source with other lines in some rows; places still refer to the file as written."""
        lines = self.text.split("\n")
        written = dict(self.mended)
        for row, line in rows.items():
            written.setdefault(row, lines[row])
            lines[row] = line
        return replace(SourceText.of("\n".join(lines), name=self.name, path=self.path), mended=written)

    def line(self, row: int) -> str:
        """Return the text of a 0-based row, without its line end."""
        if not 0 <= row < len(self.starts):
            return ""
        end = self.starts[row + 1] - 1 if row + 1 < len(self.starts) else len(self.text)
        return self.text[self.starts[row] : end]


def _column_as_written(mended: str, written: str, column: int) -> int:
    """Return the column in the line as written for a character of the repaired line."""
    same = next((at for at, pair in enumerate(zip(mended, written, strict=False)) if pair[0] != pair[1]), column)
    if column > same:
        # The inserted characters (a quotation mark, spaces) are between the unchanged start and the rest.
        places = (written.find(mended[column : column + length], same) for length in (12, 6, 3, 1))
        column = next((at for at in places if at >= 0), len(written) - (len(mended) - column))
    return max(0, min(column, len(written)))


def read_source(path: Path, name: str) -> SourceText:
    """Read a text file.

    Raises ContentError if it is too large, not UTF-8, or contains invalid characters.
    """
    start = SourcePlace(path=name, line=1, column=1)
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
            kind = kind_of_start(data, file)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ContentError((start.problem("file", f"this file cannot be read: {reason}"),)) from None
    if kind is not None:
        # In TextEdit, RTF is the usual format: this is an issue, saved in the wrong format.
        hint = _TEXTEDIT if kind.type is FileType.RTF else how_to_draft(kind, name)
        raise ContentError((start.problem("file", f"this file is {kind.name}, not an issue file", hint),))
    if len(data) > LARGEST:
        megabytes = path.stat().st_size / 1_000_000
        raise ContentError(
            (
                start.problem(
                    "size",
                    f"this file is too large: {megabytes:.1f} MB (limit: {LARGEST // 1_000_000} MB)",
                    "put pictures in separate files, in assets/ next to the issue",
                ),
            )
        )
    text = _decode(data, start)
    source = SourceText.of(text, name=name, path=path)
    problems = _control_characters(source)
    if problems:
        raise ContentError(tuple(problems))
    return source


def _decode(data: bytes, start: SourcePlace) -> str:
    if is_utf16(data):
        # Notepad on Windows calls this encoding “Unicode”. A workspace uses only UTF-8.
        problem = start.problem(
            "encoding",
            "this file is saved as UTF-16, not UTF-8",
            "in your editor, choose “Save as” and the encoding UTF-8",
        )
        raise ContentError((problem,))
    try:
        return data.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].removeprefix(b"\xef\xbb\xbf").decode("utf-8")
        rows = before.replace("\r\n", "\n").split("\n")
        place = SourcePlace(path=start.path, line=len(rows), column=len(rows[-1]) + 1)
        problem = place.problem(
            "encoding",
            "this file is not saved as UTF-8: there is an invalid byte here",
            "in your editor, choose “Save as” and the encoding UTF-8, then check the letters in this line",
        )
        raise ContentError((problem,)) from None


def _control_characters(source: SourceText) -> list[Problem]:
    """Report characters that no keyboard types: C0 and C1 controls, line separators, lone surrogates, noncharacters.

    Report a run of the same character once, and the zero bytes that a failed save leaves at the end once.
    """
    text = source.text
    end = len(text.rstrip("\0\n"))
    padding = _padding(source, end) if "\0" in text[end:] else None
    problems: list[Problem] = []
    last = -2
    for match in FORBIDDEN.finditer(text, 0, end if padding else len(text)):
        is_more = match.start() == last + 1 and match[0] == text[last]
        last = match.start()
        if is_more:
            continue
        if len(problems) == MOST_TOLD:
            break
        name = unicodedata.name(match[0], f"U+{ord(match[0]):04X}")
        problem = source.place(match.start()).problem(
            "control",
            f"there is an invisible character here ({name})",
            "delete it: put the cursor after it and press Backspace, or retype the line",
        )
        problems.append(problem)
    return [*problems, padding] if padding else problems


def _padding(source: SourceText, end: int) -> Problem:
    zeros = source.text.count("\0", end)
    number = "1 zero byte" if zeros == 1 else f"{zeros:,} zero bytes"
    if end:
        message = f"this file was not saved completely: it ends with {number}"
        hint = "check that the text is complete, delete everything after its last line, and save it again"
    else:
        message = f"this file was not saved: it contains only {number}"
        hint = "restore an earlier version from git, a backup or your sync program"
    return source.place(source.text.index("\0", end)).problem("control", message, hint)
