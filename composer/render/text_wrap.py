"""Wraps plain text by the width it has on a screen, where a Chinese character counts two cells.

Input: text, its newlines being line breaks. Output: text whose lines fit, unless one unbreakable word does not.
Never breaks a URL, an emoji or a word; never leaves a blank at the end of a line.
"""

import re
from collections.abc import Callable
from functools import cache, lru_cache
from itertools import pairwise

from composer.content.values.merge_fields import TOKEN

#: Every blank that may become a line break; no-break spaces may not.
_BLANKS = re.compile(r"[^\S\u00a0\u202f\u2007]+")
#: `<https://..>`, or a bare address as far as its ASCII characters reach.
_ADDRESS = re.compile(r"<[a-z][a-z0-9+.-]*:[^\s<>]*>|https?://[!-;=?-~]+", re.IGNORECASE)
#: Ideographs, kana, bopomofo, and full-width forms: a line may break before and after them.
_CJK = (
    r"\u2e80-\u303e\u3041-\u312f\u3190-\u31ff\u3220-\ua4cf\uf900-\ufaff\ufe30-\ufe4f\uff01-\uff60\U00020000-\U0003ffff"
)
_JOINED = "\u00a0\u202f\u2007\u2060\ufeff"
_NOT_FIRST = re.escape(
    "，。．、！？；：）］｝〕」』】》〉”’…—～·％‰々〻ーぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ,.!?;:)]}>%\"'"
    + _JOINED
)
_NOT_LAST = re.escape("（［｛〔「『【《〈“‘—([{<$¥￥€£\"'" + _JOINED + "\u200d")
_BREAK = re.compile(rf"(?<![{_NOT_LAST}])(?:(?<=[{_CJK}])|(?=[{_CJK}]))(?![{_NOT_FIRST}])")
_PLAIN = re.compile("[ -~]*")


@cache
def _measures() -> tuple[Callable[[str], int], Callable[[str], int]]:
    from wcwidth import wcswidth, wcwidth

    return wcswidth, cache(wcwidth)


@lru_cache(maxsize=8192)
def cells(s: str) -> int:
    """Return how many cells of a terminal `s` takes; control characters take none."""
    # A merge field's token says how wide its values are.
    if "w" in s and TOKEN.search(s):
        s = TOKEN.sub(lambda token: "w" * int(token[1]), s)
    if _PLAIN.fullmatch(s):
        return len(s)
    whole, one = _measures()
    width = whole(s)
    return width if width >= 0 else sum(max(0, one(character)) for character in s)


def _segments(word: str) -> list[str]:
    """Split a word between CJK characters, as far as Chinese and Japanese typesetting allows."""
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
    """Combining marks, variation selectors and joiners belong to what stands before them."""
    return _measures()[1](character) > 0 or ord(character) < 32


@lru_cache(maxsize=2048)
def wrap(text: str, width: int = 72, first: str = "", rest: str = "") -> str:
    """Wrap `text` to lines of at most `width` cells, `first` and `rest` included.

    `first` stands before the first line, `rest` before all others. Runs of blanks become one; newlines stay. A word,
    address or emoji wider than the line gets a line of its own. A merge field is as wide as its values are.
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
            for index, segment in enumerate((word,) if plain else _segments(word)):
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
