"""Calendar files for events (RFC 5545).

Input: events with their days. Output: the bytes of an .ics file. Guarantees: pure; lines are folded at 75 bytes between
characters, and texts are escaped; an event is a whole day, because its time is written as readers see it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

#: The longest line in bytes, without its end (RFC 5545, 3.1).
_LONGEST = 75
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarEvent:
    """An event. Its id never changes."""

    id: str
    title: str
    day: date
    #: When it was last changed.
    changed: datetime
    text: str = ""
    place: str | None = None
    url: str | None = None


def calendar_bytes(events: Sequence[CalendarEvent], *, name: str, language: str) -> bytes:
    """Return a calendar; `name` is shown by calendar programs."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//compose//archive//EN", f"X-WR-CALNAME:{_escaped(name)}"]
    for event in events:
        lines += [
            "BEGIN:VEVENT",
            f"UID:{_escaped(event.id)}",
            f"DTSTAMP:{event.changed.astimezone(UTC):%Y%m%dT%H%M%SZ}",
            f"DTSTART;VALUE=DATE:{event.day:%Y%m%d}",
            f"DTEND;VALUE=DATE:{event.day + timedelta(days=1):%Y%m%d}",
            f"SUMMARY;LANGUAGE={language}:{_escaped(event.title)}",
        ]
        if event.text:
            lines.append(f"DESCRIPTION;LANGUAGE={language}:{_escaped(event.text)}")
        if event.place:
            lines.append(f"LOCATION;LANGUAGE={language}:{_escaped(event.place)}")
        if event.url:
            lines.append(f"URL:{_CONTROL.sub('', event.url)}")
        lines += ["TRANSP:TRANSPARENT", "END:VEVENT"]
    lines.append("END:VCALENDAR")
    return b"".join(_folded(line) + b"\r\n" for line in lines)


def _escaped(text: str) -> str:
    """Return a text with escapes (RFC 5545, 3.3.11)."""
    text = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return re.sub(r"([\\;,])", r"\\\1", text).replace("\n", r"\n")


def _folded(line: str) -> bytes:
    """Return a line in pieces of at most 75 bytes; a character is not divided."""
    pieces, piece = [], b""
    for character in line:
        coded = character.encode(errors="replace")
        if len(piece) + len(coded) > _LONGEST:
            pieces.append(piece)
            piece = b" "
        piece += coded
    return b"\r\n".join([*pieces, piece])
