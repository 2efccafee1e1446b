"""Wraps words by what they take up on a screen: a Chinese character or an emoji takes two cells.

Comes in: words. Goes out: lines. Breaks at spaces and between CJK characters, never inside an address or before
closing punctuation.
"""

import re
from functools import lru_cache

#: What must not begin a line, and what must not end one (the usual prohibitions of Chinese and Japanese setting).
_NO_START = "，。、．；：！？）」』】》〉〕］｝〗〙…—～·’”％%,.;:!?)]}»ーぁぃぅぇぉっゃゅょァィゥェォッャュョ"
_NO_END = "（「『【《〈〔［｛〖〘‘“«([{$￥＄"
#: Spaces that a line may end at; a no-break space is not among them.
_SPACE = re.compile(r"[ \t\r\f\v\u1680\u2000-\u2006\u2008-\u200a\u205f\u3000]+")
_WIDE = re.compile(
    r"[\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f"
    r"\uff00-\uff60\uffe0-\uffe6\U00020000-\U0003fffd]"
)
_HANGUL = re.compile(r"[\u1100-\u11ff\uac00-\ud7a3]")


@lru_cache(maxsize=4096)
def cells(text: str) -> int:
    """Give the width of a text in cells; what is invisible counts nothing."""
    if text.isascii():
        return len(text)
    from wcwidth import wcswidth, wcwidth

    width = wcswidth(text)
    return width if width >= 0 else sum(max(wcwidth(character), 0) for character in text)


def wrap(text: str, width: int = 72, first: str = "", rest: str = "") -> str:
    """Wrap a paragraph; `first` and `rest` stand before its first and its other lines and count for the width.

    Runs of spaces become one. A line break in the text stays. A word wider than a line stands alone, whole.
    """
    lines: list[str] = []
    for piece in text.split("\n"):
        lines.extend(_lines(piece, width, rest if lines else first, rest))
    return "\n".join(line.rstrip(" ") for line in lines)


def _lines(text: str, width: int, first: str, rest: str) -> list[str]:
    lines: list[str] = []
    line, used, is_begun = first, cells(first), False
    for word, is_spaced in _words(text):
        size = cells(word)
        gap = " " if is_spaced and is_begun else ""
        if is_begun and used + len(gap) + size > width:
            lines.append(line)
            line, used, gap = rest, cells(rest), ""
        line += gap + word
        used += len(gap) + size
        is_begun = True
    lines.append(line)
    return lines


def _words(text: str) -> list[tuple[str, bool]]:
    """Cut a text into what must stay together; True where a space stood before it."""
    words: list[tuple[str, bool]] = []
    for chunk in _SPACE.split(text):
        if not chunk:
            continue
        pieces = [chunk] if chunk.isascii() or not _WIDE.search(chunk) else _pieces(chunk)
        words.append((pieces[0], True))
        words.extend((piece, False) for piece in pieces[1:])
    return words


def _pieces(chunk: str) -> list[str]:
    """Cut a chunk without spaces where a line may end: beside CJK characters, not inside `<…>`."""
    pieces: list[str] = []
    start = 0
    bracket = False
    for index in range(1, len(chunk)):
        before, after = chunk[index - 1], chunk[index]
        bracket = (bracket or before == "<") and before != ">"
        if bracket or after in _NO_START or before in _NO_END:
            continue
        if after in "\ufe0e\ufe0f\u200d" or before == "\u200d" or cells(after) == 0:
            continue
        if _HANGUL.match(before) and _HANGUL.match(after):
            continue
        if _WIDE.match(before) or _WIDE.match(after):
            pieces.append(chunk[start:index])
            start = index
    pieces.append(chunk[start:])
    return pieces
