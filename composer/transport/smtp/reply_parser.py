"""Parses a server's replies (RFC 5321, section 4.2).

Input: bytes, in pieces of any size. Output: a code and its lines, or `GarbledError`. Guarantees: pure; with any bytes,
a line has at most 2,048 bytes, and a reply has at most 100 lines.
"""

import re

from composer.transport.outcome import ServerReply

MAX_LINE, MAX_LINES, MAX_TEXT = 4 * 512, 100, 500
_LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])([^\n]*))?")
#: RFC 2034, section 4: at the beginning of a line, of the same class as the code.
_ENHANCED = re.compile(r"([245])\.([0-9]{1,3})\.([0-9]{1,3})(?![0-9.])")

Lines = tuple[int, list[bytes]]


class GarbledError(Exception):
    """The bytes are not a reply."""


class ReplyParser:
    """Parses bytes to replies, one at a time."""

    __slots__ = ("_code", "_data", "_lines")
    #: The code of the lines so far; not set before the first line.
    _code: int

    def __init__(self) -> None:
        self._data = bytearray()
        self._lines: list[bytes] = []

    @property
    def is_empty(self) -> bool:
        """Whether there is no reply, and no part of a reply."""
        return not self._data and not self._lines

    def feed(self, data: bytes) -> None:
        """Add received bytes."""
        self._data += data

    def next(self) -> Lines | None:
        """Return the next reply, or None if it is not complete. Raises GarbledError."""
        while (end := self._data.find(b"\n", 0, MAX_LINE)) >= 0:
            line = bytes(self._data[:end]).removesuffix(b"\r")
            del self._data[: end + 1]
            match = _LINE.fullmatch(line)
            if match is None or (self._lines and int(match[1]) != self._code) or len(self._lines) == MAX_LINES:
                raise GarbledError
            self._code = int(match[1])
            self._lines.append(match[3] or b"")
            if match[2] != b"-":
                lines, self._lines = self._lines, []
                return self._code, lines
        if len(self._data) >= MAX_LINE:
            raise GarbledError
        return None


def make_reply(lines: Lines) -> ServerReply:
    """Return a reply as one printable line; an enhanced code (RFC 3463) that every line repeats is kept once."""
    code, raw = lines
    texts = [_printable(line) for line in raw]
    match = _ENHANCED.match(texts[0])
    enhanced = match[0] if match and match[1] == str(code)[0] else None
    if enhanced:
        texts[1:] = [
            _ENHANCED.sub("", text, count=1).strip() if text.startswith(enhanced) else text for text in texts[1:]
        ]
    text = " / ".join(filter(None, texts))
    return ServerReply(code=code, enhanced=enhanced, text=text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 1]}…")


def _printable(line: bytes) -> str:
    text = line.decode("utf-8", "replace")
    if not text.isprintable():
        # Control characters, and characters that reverse the direction of text.
        text = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(text.split())
