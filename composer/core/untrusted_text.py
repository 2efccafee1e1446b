"""Makes text from elsewhere harmless to look at: file names, addresses, servers' words, cells of lists.

Input: any text. Output: the same text without what acts on a terminal or hides and turns round what stands beside it.
`visible` shows such characters as their code, for terminals and reports; `tame` leaves them out, for pages; `in_json` writes
them as JSON escapes, which loses nothing. Editions are not outside text: what an editor wrote is sent as it is. Pure.
"""

import re
import unicodedata
from collections.abc import Callable

#: Controls but tab and line feed, what splits or turns round lines, what nobody sees, and halves of characters.
_HARMFUL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff"
    "\uffa0\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e00ff\U000e01f0-\U000e0fff]"
)
_JOINERS, _MARKS = "\u200c\u200d", "\u061c\u200e\u200f"
#: The flags of England, Scotland and Wales are written with tags.
_FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,6}\U000e007f")
_SKIN = re.compile("[\ufe0f\U0001f3fb-\U0001f3ff]")


def visible(text: str) -> str:
    """Return a text as a terminal may show it: harmful characters as their code."""
    return _replaced(text, _code)


def tame(text: str) -> str:
    """Return a text as a page may show it: without harmful characters."""
    return _replaced(text, lambda character: "")


def finished(value: object) -> object:
    """Return what a template of a page prints: text tamed, our own markup and anything else as it is."""
    return tame(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


def in_json(text: str) -> str:
    """Return JSON that means the same and shows nothing harmful."""
    return _HARMFUL.sub(lambda found: "".join(f"\\u{each:04x}" for each in _utf16(found[0])), text)


def _replaced(text: str, by: Callable[[str], str]) -> str:
    if _HARMFUL.search(text) is None:
        return text
    is_right_to_left = any(unicodedata.bidirectional(each) in ("R", "AL") and each not in _MARKS for each in text)
    flags = {at for flag in _FLAG.finditer(text) for at in range(*flag.span())}

    def replace(found: re.Match[str]) -> str:
        character, at = found[0], found.start()
        # Marks set commas and brackets right in Arabic and Hebrew, and turn nothing else round.
        is_joiner, is_mark = character in _JOINERS and _joins(text, at), character in _MARKS and is_right_to_left
        return character if is_joiner or is_mark or at in flags else by(character)

    return _HARMFUL.sub(replace, text)


def _joins(text: str, at: int) -> bool:
    """Return whether it stands between letters of a script that knows it, or between two emoji."""
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
