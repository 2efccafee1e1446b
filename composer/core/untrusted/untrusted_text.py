"""Makes text from outside safe to show: file names, addresses, server replies, cells of lists.

Input: any text. Output: the same text without characters that control a terminal, or hide or reverse the text next to
them. `visible` shows such characters as their code, for terminals and reports; `tame` removes them, for pages;
`in_json` writes them as JSON escapes, without loss. Guarantees: pure. Editions do not need this: the text of an editor
is sent unchanged.
"""

import re
import unicodedata
from collections.abc import Callable

#: Controls except tab and line feed, characters that split or reverse lines, invisible characters, and surrogates.
_HARMFUL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff"
    "\uffa0\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e00ff\U000e01f0-\U000e0fff]"
)
_JOINERS, _MARKS = "\u200c\u200d", "\u061c\u200e\u200f"
#: The flags of England, Scotland and Wales are written with tags.
_FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,6}\U000e007f")
_SKIN = re.compile("[\ufe0f\U0001f3fb-\U0001f3ff]")


def visible(text: str) -> str:
    """Return a text for a terminal: with harmful characters as their code."""
    return _replaced(text, _code)


def tame(text: str) -> str:
    """Return a text for a page: without harmful characters."""
    return _replaced(text, lambda character: "")


def finished(value: object) -> object:
    """Return a value for the template of a page: text without harmful characters; markup and other values unchanged."""
    return tame(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


def in_json(text: str) -> str:
    """Return equivalent JSON with harmful characters as escapes."""
    return _HARMFUL.sub(lambda found: "".join(f"\\u{each:04x}" for each in _utf16(found[0])), text)


def _replaced(text: str, by: Callable[[str], str]) -> str:
    if _HARMFUL.search(text) is None:
        return text
    is_right_to_left = any(unicodedata.bidirectional(each) in ("R", "AL") and each not in _MARKS for each in text)
    flags = {at for flag in _FLAG.finditer(text) for at in range(*flag.span())}

    def replace(found: re.Match[str]) -> str:
        character, at = found[0], found.start()
        # These marks correct commas and brackets in Arabic and Hebrew, and reverse nothing else.
        is_joiner, is_mark = character in _JOINERS and _joins(text, at), character in _MARKS and is_right_to_left
        return character if is_joiner or is_mark or at in flags else by(character)

    return _HARMFUL.sub(replace, text)


def _joins(text: str, at: int) -> bool:
    """Return whether a joiner is between letters of a script that uses it, or between two emoji."""
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    if not before or not after:
        return False
    if all("\u0600" <= each <= "\u1aff" and unicodedata.category(each)[0] in "LM" for each in (before, after)):
        return True
    return (unicodedata.category(before) == "So" or bool(_SKIN.match(before))) and unicodedata.category(after) == "So"


def _code(character: str) -> str:
    point = ord(character)
    return f"\\x{point:02x}" if point < 0x100 else f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


def _utf16(character: str) -> tuple[int, ...]:
    point = ord(character)
    return (point,) if point < 0x10000 else (0xD800 + (point - 0x10000 >> 10), 0xDC00 + (point & 0x3FF))
