"""Detect the character encoding of a list.

Input: bytes that can be read twice. Output: an encoding, and what was assumed. Guarantees: reads all bytes, in pieces,
because the only name with an accent in a list of ten thousand may be the last one.
"""

import codecs
import re
from dataclasses import dataclass

from composer.audience.lists.list_table import ListError, ListFile

_PIECE = 1 << 20
#: A file with this many bytes and no line break is not a list.
_LONGEST_LINE = 32 << 20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    # Before UTF-16: the byte order mark of UTF-32 begins with that of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HIGH = re.compile(rb"[\x80-\xff]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """How to decode bytes. `errors` is for bytes that are not text."""

    name: str
    errors: str = "strict"
    note: str = ""


def encoding_of(source: ListFile, given: str = "") -> Encoding:
    """Return the encoding of a list. Raises ListError if it is not text, or if the given encoding is unknown."""
    if given:
        try:
            return Encoding(name=codecs.lookup(given).name, errors="replace")
        except LookupError:
            raise ListError(
                f"the encoding “{given}” is unknown", "use one such as utf-8, windows-1252, gb18030, shift_jis"
            ) from None
    with source.open() as file:
        start = file.read(65536)
    if b"\x00" not in start and start.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"{\\rtf")):
        raise ListError(f"{source.name} is not a list", "save it as CSV or XLSX")
    for mark, name in _MARKS:
        if start.startswith(mark):
            return Encoding(name=name, errors="replace")
    if (wide := _wide(start)) is not None:
        return Encoding(name=wide, errors="replace")
    good, bad = _as_utf8(source)
    if not bad:
        return Encoding(name="utf-8")
    if good >= 3 * bad:
        # One row in another encoding must not corrupt every other name: only that row is reported as bad.
        return Encoding(name="utf-8", errors="surrogateescape")
    return _older(source)


def _wide(start: bytes) -> str | None:
    """Recognise UTF-16 without a byte order mark: Western letters have a zero byte on the same side."""
    if len(start) < 4 or b"\x00" not in start:
        return None
    half = len(start) // 2
    if start[1::2].count(0) > 0.4 * half and start[0::2].count(0) < 0.1 * half:
        return "utf-16-le"
    if start[0::2].count(0) > 0.4 * half and start[1::2].count(0) < 0.1 * half:
        return "utf-16-be"
    return None


def _as_utf8(source: ListFile) -> tuple[int, int]:
    """Count the characters outside ASCII that are valid UTF-8, and the bytes that are not."""
    good = bad = since_line = 0
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    with source.open() as file:
        while piece := file.read(_PIECE):
            cut = max(piece.rfind(b"\n"), piece.rfind(b"\r"))
            since_line = since_line + len(piece) if cut < 0 else len(piece) - cut
            if since_line > _LONGEST_LINE:
                raise ListError(f"{source.name} has no line breaks, so it is not a list", "save it as CSV or XLSX")
            if piece.isascii() and not decoder.getstate()[0]:
                continue
            wrong, letters = _beyond_ascii(decoder.decode(piece))
            good, bad = good + letters, bad + wrong
    wrong, letters = _beyond_ascii(decoder.decode(b"", True))
    return good + letters, bad + wrong


def _beyond_ascii(text: str) -> tuple[int, int]:
    if text.isascii():
        return 0, 0
    wrong = len(re.findall("[\udc80-\udcff]", text))
    return wrong, len(re.findall("[^\x00-\x7f]", text)) - wrong


def _older(source: ListFile) -> Encoding:
    """Choose between the encodings of old spreadsheets: Chinese if high bytes come in pairs, otherwise Western."""
    pairs = singles = 0
    with source.open() as file:
        sample = file.read(_PIECE)
    for run in _HIGH.findall(sample):
        if (
            len(run) % 2 == 0
            and all(0xB0 <= lead <= 0xF7 for lead in run[0::2])
            and all(low >= 0xA1 for low in run[1::2])
        ):
            pairs += 1
        else:
            singles += 1
    name, shown = ("gb18030", "Chinese (GB 18030)") if pairs > singles else ("cp1252", "Western (Windows-1252)")
    others = " or ".join(f"--encoding {other}" for other in _likely(sample, name))
    note = f"the file is not UTF-8 and is read as {shown}; if names look wrong, try {others}"
    return Encoding(name=name, errors="replace", note=note)


#: Encodings of old programs, most usual first.
_OLD = (
    "mac_roman",
    "cp1252",
    "shift_jis",
    "gb18030",
    "big5",
    "euc_kr",
    "euc_jp",
    "cp1250",
    "cp1251",
    "cp1253",
)
_SHOWN = 3
#: Characters outside ASCII in spreadsheets that are not letters.
_USUAL_SIGNS = frozenset("’‘“”–—…€°´·«»“„、。（）・ー々〆　")


def _likely(sample: bytes, taken: str) -> list[str]:
    """Return the encodings, other than the chosen one, in which a sample reads best."""
    lines = [line for line in re.split(rb"[\r\n]+", sample) if not line.isascii()][:2000]
    worth = {name: _worth(lines, name) for name in _OLD if name != taken}
    best = sorted(worth, key=lambda name: (-worth[name], _OLD.index(name)))
    return best[:_SHOWN]


def _worth(lines: list[bytes], name: str) -> float:
    """Return the share of characters outside ASCII that are letters in a plausible place."""
    good = bad = 0
    for line in lines:
        try:
            text = line.decode(name)
        except UnicodeDecodeError:
            bad += len(line)
            continue
        for before, sign in zip(f" {text}", text, strict=False):
            if sign.isascii():
                continue
            is_capital_inside = sign.isupper() and before.islower()
            is_alien = before.isalpha() and sign.isalpha() and before.isascii() and ord(sign) > 0x24F
            is_letter = sign.isalpha() and not is_capital_inside and not is_alien
            good += is_letter or sign in _USUAL_SIGNS
            bad += not (is_letter or sign in _USUAL_SIGNS)
    return good / (good + bad) if good + bad else 0.0
