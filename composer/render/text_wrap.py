"""Wraps plain text by its width on a screen, where a Chinese character has two cells.

Input: text with line breaks. Output: text whose lines fit, except lines with a single word that is too long.
Guarantees: does not break URLs, emoji or words; leaves no blanks at the end of a line.
"""

import re
from collections.abc import Callable
from functools import cache, lru_cache
from itertools import pairwise

from composer.content.values.merge_fields import TOKEN

#: Blanks that may become a line break, without no-break spaces.
_BLANKS = re.compile(r"[^\S\u00a0\u202f\u2007]+")
#: `<https://..>`, or a bare address up to its last ASCII character.
_ADDRESS = re.compile(r"<[a-z][a-z0-9+.-]*:[^\s<>]*>|https?://[!-;=?-~]+", re.IGNORECASE)
#: Ideographs, kana, bopomofo, and full-width forms: a line may break before and after them.
_CJK = (
    "\u2e80-"
    r"\u303e\u3041-\u312f\u3190-\u31ff\u3220-\ua4cf\uf900-\ufaff\ufe30-\ufe4f\uff01-\uff60\U00020000-\U0003ffff"
)
_JOINED = "\u00a0\u202f\u2007\u2060\ufeff"
_NOT_FIRST = re.escape(
    "，。．、！？；：）］｝〕」』】》〉”’…—～·％‰々〻ーぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ⁰¹²³⁴⁵⁶⁷⁸⁹,.!?;:)]}>%\"'"
    + _JOINED
)
_NOT_LAST = re.escape("（［｛〔「『【《〈“‘—([{<$¥￥€£\"'" + _JOINED + "\u200d")
_BREAK = re.compile(rf"(?<![{_NOT_LAST}])(?:(?<=[{_CJK}])|(?=[{_CJK}]))(?![{_NOT_FIRST}])")
_PLAIN = re.compile("[ -~]*")
#: First and last characters that all have the same width, in cells, and of which none combines with another.
_USUAL = (
    (" ", "~", 1),
    ("\u00a0", "\u02ff", 1),
    ("\u0370", "\u0482", 1),
    ("\u048a", "\u052f", 1),
    ("\u2010", "\u2027", 1),
    ("\u2030", "\u205e", 1),
    ("\u20a0", "\u20bf", 1),
    ("\u2190", "\u21ff", 1),
    ("\u3000", "\u3029", 2),
    ("\u3041", "\u3096", 2),
    ("\u30a0", "\u30ff", 2),
    ("\u4e00", "\u9fff", 2),
    ("\uac00", "\ud7a3", 2),
    ("\uff01", "\uff60", 2),
    ("\U0001f337", "\U0001f37c", 2),
    ("\U0001f37e", "\U0001f393", 2),
    ("\U0001f3a0", "\U0001f3ca", 2),
    ("\U0001f400", "\U0001f43e", 2),
    ("\U0001f442", "\U0001f4fc", 2),
    ("\U0001f600", "\U0001f64f", 2),
    ("\U0001f680", "\U0001f6c5", 2),
    ("\U0001f947", "\U0001f9ff", 2),
)


@cache
def _usual(character: str) -> int | None:
    """Return the width of a character in cells if the tables of wcwidth, which are slow to import, are not needed."""
    return next((width for first, last, width in _USUAL if first <= character <= last), None)


@cache
def _measures() -> tuple[Callable[[str], int], Callable[[str], int]]:
    from wcwidth import wcswidth, wcwidth

    return wcswidth, cache(wcwidth)


@lru_cache(maxsize=8192)
def cells(s: str) -> int:
    """Return the width of `s` in terminal cells; control characters have no width."""
    # A merge field's token contains the width of its values.
    if "w" in s and TOKEN.search(s):
        s = TOKEN.sub(lambda token: "w" * int(token[1]), s)
    if _PLAIN.fullmatch(s):
        return len(s)
    widths = [_usual(character) for character in s]
    if None not in widths:
        return sum(width for width in widths if width)
    whole, one = _measures()
    width = whole(s)
    return width if width >= 0 else sum(max(0, one(character)) for character in s)


def _segments(word: str) -> list[str]:
    """Split a word between CJK characters where Chinese and Japanese typesetting allows it."""
    cuts, position = [0], 0
    for address in _ADDRESS.finditer(word):
        cuts += _variants(word, position, address.start())
        cuts += [end for end in address.span() if 0 < end < len(word) and _may_break(word, end)]
        position = address.end()
    cuts += _variants(word, position, len(word))
    cuts = sorted({*cuts, len(word)})
    return [word[start:end] for start, end in pairwise(cuts)]


def _variants(word: str, start: int, end: int) -> list[int]:
    return [
        at for match in _BREAK.finditer(word, start, end) if start < (at := match.start()) < end and _stands(word[at])
    ]


def _may_break(word: str, at: int) -> bool:
    return _BREAK.match(word, at) is not None and _stands(word[at])


def _stands(character: str) -> bool:
    """Check that a character is not a combining mark, variation selector or joiner, which belong to the one before."""
    return _usual(character) is not None or _measures()[1](character) > 0 or ord(character) < 32


@lru_cache(maxsize=2048)
def wrap(text: str, width: int = 72, first: str = "", rest: str = "") -> str:
    """Wrap `text` to lines of at most `width` cells, `first` and `rest` included.

    `first` is put before the first line, `rest` before all others. Several blanks become one; line breaks are kept. A
    word, address or emoji wider than the line gets its own line. A merge field has the width of its values.
    """
    lines: list[str] = []
    fields = TOKEN.search(text)
    for paragraph in text.split("\n"):
        prefix = rest if lines else first
        line, used, empty = [prefix], cells(prefix), True
        for word in _BLANKS.split(paragraph.strip()):
            if not word:
                continue
            plain = _PLAIN.fullmatch(word)
            # Lines break only between words, and next to CJK characters.
            is_whole = plain or max(word) < _CJK[0]
            for index, segment in enumerate((word,) if is_whole else _segments(word)):
                size = len(segment) if plain and not fields else cells(segment)
                gap = 0 if index or empty else 1
                if not empty and used + gap + size > width:
                    lines.append("".join(line).rstrip())
                    line, used, gap = [rest], cells(rest), 0
                if gap:
                    line.append(" ")
                line.append(segment)
                used += gap + size
                empty = False
        lines.append("".join(line).rstrip())
    return "\n".join(lines)
