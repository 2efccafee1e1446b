"""The row that an inbox shows for a message, as common mail programs shorten it.

Input: sender, subject and preheader. Output: a row for each program. The widths are typical ones that senders have
measured; none is documented, and they differ by device and font size.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parseaddr

from composer.render.text_wrap import cells


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """The cells that a program has for sender, subject and preheader; a Chinese character takes two."""

    name: str
    sender: int
    subject: int
    preheader: int
    is_phone: bool


PROGRAMS = (
    Program(name="Gmail in a browser", sender=20, subject=70, preheader=97, is_phone=False),
    Program(name="Gmail on iPhone", sender=26, subject=38, preheader=90, is_phone=True),
    Program(name="Apple Mail on iPhone", sender=26, subject=41, preheader=81, is_phone=True),
    Program(name="Apple Mail on Mac", sender=30, subject=60, preheader=140, is_phone=False),
    Program(name="Outlook on Windows", sender=30, subject=55, preheader=55, is_phone=False),
    Program(name="Outlook on a phone", sender=25, subject=40, preheader=35, is_phone=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of an inbox; `cut` lists the parts that did not fit."""

    program: str
    is_phone: bool
    sender: str
    subject: str
    preheader: str
    cut: tuple[str, ...]


def rows(sender: str, subject: str, preheader: str) -> tuple[Row, ...]:
    """Return the row of each program. Without a preheader, pass the beginning of the edition as `preheader`."""
    name, address = parseaddr(sender) if "@" in sender else ("", "")
    given = {"sender": name or address or sender, "subject": subject, "preheader": preheader}
    made = []
    for program in PROGRAMS:
        widths = {"sender": program.sender, "subject": program.subject, "preheader": program.preheader}
        shown = {part: shorten(text, widths[part]) for part, text in given.items()}
        made.append(
            Row(
                program=program.name,
                is_phone=program.is_phone,
                sender=shown["sender"],
                subject=shown["subject"],
                preheader=shown["preheader"],
                cut=tuple(part for part in given if cells(_one_line(given[part])) > widths[part]),
            )
        )
    return tuple(made)


def shorten(text: str, width: int) -> str:
    """Cut a text to a width in cells, "…" included; never inside a sign of several code points."""
    text = _one_line(text)
    if cells(text) <= width:
        return text
    kept, used = [], 0
    for sign in signs(text):
        size = cells(sign)
        if used + size > width - 1:
            break
        kept.append(sign)
        used += size
    return f"{''.join(kept).rstrip()}…"


def signs(text: str) -> Iterator[str]:
    """Split a text into the characters that people see: accents, skin tones, flags and joined emoji stay whole."""
    sign = ""
    for character in text:
        if sign and not _belongs(sign, character):
            yield sign
            sign = ""
        sign += character
    if sign:
        yield sign


def _belongs(sign: str, character: str) -> bool:
    if character == "\u200d" or sign.endswith("\u200d") or "\U0001f3fb" <= character <= "\U0001f3ff":
        return True
    if _is_flag(character):
        return len(sign) == 1 and _is_flag(sign)
    return unicodedata.category(character) in ("Mn", "Me", "Mc")


def _is_flag(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
