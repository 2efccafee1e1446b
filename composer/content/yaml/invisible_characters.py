"""Invisible characters, and special spaces that look like normal ones: their names and places, and texts without them.

Input: texts. Output: names for messages, offsets, cleaned texts. Guarantees: pure.
"""

import re
import unicodedata

#: Characters of zero width, which come with text copied from web pages, chats and PDF files.
_ZERO_WIDTH = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff9-\ufffb"
)
#: Special spaces, which YAML reads as letters.
_ODD_SPACES = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
#: Both, for character classes.
UNSEEN_CLASS = _ZERO_WIDTH + _ODD_SPACES
UNSEEN = re.compile(f"[{UNSEEN_CLASS}]")
ZERO_WIDTH = re.compile(f"[{_ZERO_WIDTH}]")
_ENDS = re.compile(rf"^[\s{UNSEEN_CLASS}]+|[\s{UNSEEN_CLASS}]+$")
#: A line without visible characters.
BLANK_LINE = re.compile(rf"^[ \t{UNSEEN_CLASS}]+$", re.MULTILINE)
#: These join letters in some scripts, also in web addresses.
_JOINERS = "\u200c\u200d"
_NAMES = {
    "\u00a0": "no-break space",
    "\u202f": "narrow no-break space",
    "\u3000": "full-width space",
    "\u00ad": "soft hyphen",
    "\u200b": "zero-width space",
    "\u200c": "zero-width non-joiner",
    "\u200d": "zero-width joiner",
    "\u2060": "word joiner",
    "\ufeff": "byte order mark",
}


def name_of(character: str) -> str:
    """Return the name of a character with its article: `a no-break space (U+00A0)`."""
    name = _NAMES.get(character) or unicodedata.name(character, "invisible character").lower()
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name} (U+{ord(character):04X})"


def in_words(character: str, meant: str) -> tuple[str, str]:
    """Return the message and the hint for an invisible character in a value; `meant` is the value without it."""
    return (
        f"“{meant}” contains {name_of(character)}, which is invisible",
        f"delete it completely, and type it again: {meant}",
    )


def stripped(text: str) -> str:
    """Return a text without white space and invisible characters at both ends."""
    return text.strip() if text.isascii() else _ENDS.sub("", text)


def unseen_in(text: str) -> re.Match[str] | None:
    """Return the first invisible character in a text, except characters that join letters of another script."""
    if text.isascii():
        return None
    return next((found for found in UNSEEN.finditer(text) if not _joins(text, found.start())), None)


def without_unseen(text: str) -> str:
    """Return a text without invisible characters, except those that join letters of another script."""
    return UNSEEN.sub(lambda found: found[0] if _joins(text, found.start()) else "", text)


def _joins(text: str, at: int) -> bool:
    if text[at] not in _JOINERS:
        return False
    around = (text[at - 1 : at], text[at + 1 : at + 2])
    return all(each and not each.isascii() and each.isalpha() for each in around)
