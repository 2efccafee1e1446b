"""Header fields as finished bytes.

Input: a header's name and its value as text. Output: one block of ASCII lines, folded, with CRLF at the end.
Guarantees: rejects line breaks, control characters and half surrogate pairs, which could inject headers.

Lines have at most 78 characters if they can be folded (RFC 5322 section 2.1.1), 76 if they contain an encoded-word (RFC
2047 section 2), and never more than 998. If a value needs encoded-words, the whole value is encoded, so that no program
can lose or add a space between encoded and plain text.
"""

import re
from binascii import b2a_base64
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache

from composer.core.addresses import Address, describe, forbidden_in
from composer.mail.parameters import parameter

_WIDTH = 78
_WIDTH_ENCODED = 76
_WORD_BYTES = 45  # 72 characters as an encoded-word; the next multiple of three makes 76, one more than RFC 2047 allows
_LONGEST = 990  # of one token that cannot be folded: leaves room for a header's name within 998
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,39}")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_ID = re.compile(r"<[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9.-]+>")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!-;=?-~]+")
_VALUE = re.compile(r"[A-Za-z0-9!#$&^_.+-]+(?:/[A-Za-z0-9!#$&^_.+-]+)?")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class HeaderError(ValueError):
    """The value is not valid in a header; the message says why."""


def unstructured(name: str, value: str) -> bytes:
    """Return a header with free text, such as Subject (RFC 5322 section 2.2.1, RFC 2047 section 5 (1)). Raises HeaderError."""
    _check(name, value)
    if _plain(value) and (line := _short(name, value)):
        return line
    lines = _Lines(name)
    words = value.split(" ")
    # A long word cannot be folded, but its encoded form can.
    if _plain(value) and all(len(word) < _WIDTH - 2 for word in words) and len(words[0]) <= lines.room(_WIDTH):
        lines.words(words)
    else:
        lines.encoded(value)
    return lines.finish()


def mailbox(name: str, *addresses: Address) -> bytes:
    """Return a header with mailboxes: From, To, Reply-To (RFC 5322 section 3.4). Raises HeaderError without an address."""
    if not addresses:
        raise HeaderError(f"{name} needs an address")
    first = addresses[0]
    if len(addresses) == 1 and _plain(first.name) and (not first.name or _ATOMS.fullmatch(first.name)):
        shown = f"{first.name} <{first.wire}>" if first.name else first.wire
        if line := _short(name, shown):
            return line
    lines = _Lines(name)
    for index, address in enumerate(addresses):
        wire, comma = address.wire, "," if index + 1 < len(addresses) else ""
        lines.phrase(address.name)
        lines.token(f"<{wire}>{comma}" if address.name else f"{wire}{comma}")
    return lines.finish()


def phrase(name: str, words: str, behind: str) -> bytes:
    """Return a header with a display name and a token in angle brackets: List-Id (RFC 2919). Raises HeaderError."""
    lines = _Lines(name)
    _check(name, words)
    _check(name, behind)
    lines.phrase(words)
    lines.token(behind)
    return lines.finish()


def uris(name: str, *items: str) -> bytes:
    """Return a header with addresses in angle brackets, such as List-Unsubscribe (RFC 2369 section 2). Raises
    HeaderError.

    Only folds between items: a web address cannot be folded, and encoding it would disable one-click unsubscribing.
    """
    if not items:
        raise HeaderError(f"{name} needs a web or mailto address")
    lines = [_named(name)]
    for index, item in enumerate(items):
        if not _URI.fullmatch(item):
            _check(name, item)
            raise HeaderError(f"{name}: {item!r} is not an ASCII address such as https://example.org/x")
        if len(item) > _LONGEST - 3 - len(name):
            raise HeaderError(f"{name}: the address has {len(item)} characters, which is too long for a header")
        token = f" <{item}>{',' if index + 1 < len(items) else ''}"
        if index and len(lines[-1]) + len(token) > _WIDTH:
            lines.append(token)
        else:
            lines[-1] += token
    return "\r\n".join([*lines, ""]).encode("ascii")


def message_id(name: str, value: str) -> bytes:
    """Return a header with an id in angle brackets: Message-ID, Content-ID (RFC 5322 section 3.6.4). Raises HeaderError."""
    _check(name, value)
    if not _ID.fullmatch(value) or len(value) > 250:
        raise HeaderError(f"{name}: {value!r} is not an id such as <abc@example.org> of at most 250 characters")
    if line := _short(name, value):
        return line
    lines = _Lines(name)
    lines.token(value)
    return lines.finish()


def date(name: str, value: datetime) -> bytes:
    """Return a header with a date and a numeric time zone (RFC 5322 section 3.3). Raises HeaderError without a time zone."""
    offset = value.utcoffset()
    if offset is None:
        raise HeaderError(f"{name}: the time has no time zone")
    # Historical local mean times have seconds in their offset, which the format does not allow: they are dropped.
    return _date(name, value.replace(tzinfo=None), int(offset.total_seconds()) // 60)


@lru_cache(maxsize=16)
def _date(name: str, value: datetime, minutes: int) -> bytes:
    """Return the header; cached, because a mailing's messages have the same. The zone is a separate argument for the cache."""
    lines = _Lines(name)
    zone = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}{abs(minutes) % 60:02}"
    day = f"{_DAYS[value.weekday()]}, {value.day:02} {_MONTHS[value.month - 1]} {value.year:04}"
    lines.token(f"{day} {value.hour:02}:{value.minute:02}:{value.second:02} {zone}")
    return lines.finish()


def structured(name: str, value: str, params: Mapping[str, str] | None = None) -> bytes:
    """Return a MIME header such as Content-Type (RFC 2045 section 5.1), parameters by RFC 2231. Raises HeaderError."""
    lines = _Lines(name)
    if not _VALUE.fullmatch(value):
        raise HeaderError(f"{name}: {value!r} is not a MIME value")
    written = []
    for key, text in (params or {}).items():
        _check(name, text)
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,19}", key):
            raise HeaderError(f"{name}: {key!r} is not a valid parameter name")
        written += parameter(key, text)
    for index, token in enumerate([value, *written]):
        lines.token(token + (";" if index < len(written) else ""))
    return lines.finish()


def verbatim(name: str, value: str) -> bytes:
    """Return a header with a finished ASCII value, folded at single spaces and never encoded. Raises HeaderError."""
    _check(name, value)
    if not value.isascii() or not value or "  " in value or value != value.strip(" "):
        raise HeaderError(f"{name} must be printable ASCII with single spaces")
    if line := _short(name, value):
        return line
    lines = _Lines(name)
    if max(map(len, value.split(" "))) > _LONGEST - len(name):
        raise HeaderError(f"{name} is too long")
    lines.words(value.split(" "))
    return lines.finish()


def _short(name: str, value: str) -> bytes | None:
    """Return a header that fits on one line; None if it does not."""
    line = f"{_named(name)} {value}\r\n"
    return line.encode("ascii") if len(line) <= _WIDTH + 2 else None


@lru_cache(maxsize=64)
def _named(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise HeaderError(f"{name!r} is not a valid header name")
    return f"{name}:"


class _Lines:
    """Lines under construction. The first always has a part of the value: `Name:` alone confuses some mail programs."""

    def __init__(self, name: str) -> None:
        self._done: list[str] = []
        self._line = _named(name)
        self._empty = True  # only the header's name so far
        self._limit = _WIDTH

    def room(self, limit: int, *, fold: bool = False) -> int:
        """Return the characters left on this line (or, after folding, on the next) after one space."""
        here = min(limit, self._limit) - len(self._line) - 1
        return max(here, limit - 1) if fold and not self._empty else here

    def token(self, token: str, *, limit: int = _WIDTH) -> None:
        if len(token) > self.room(limit) and not self._empty:
            self._done.append(self._line)
            self._line, self._limit = "", _WIDTH
        self._line += f" {token}"
        self._limit = min(limit, self._limit)
        self._empty = False

    def words(self, words: list[str]) -> None:
        for word in words:
            self.token(word)

    def phrase(self, shown: str) -> None:
        """Add atoms, a quoted string, or encoded-words, which are never quoted (RFC 2047 section 5 (3))."""
        if not shown:
            return
        quoted = '"' + shown.replace("\\", r"\\").replace('"', r"\"") + '"'
        if _plain(shown) and _ATOMS.fullmatch(shown) and all(len(word) <= 60 for word in shown.split(" ")):
            self.words(shown.split(" "))
        elif _plain(shown) and len(quoted) <= 60 and len(quoted) <= self.room(_WIDTH, fold=True):
            self.token(quoted)
        else:
            self.encoded(shown)

    def encoded(self, value: str) -> None:
        room = self.room(_WIDTH_ENCODED)
        if room < 12 + 12:  # never after the header's name alone, which is shorter
            room = _WIDTH_ENCODED - 1
        for word in _encoded_words(value, (room - 12) // 4 * 3):
            self.token(word, limit=_WIDTH_ENCODED)

    def finish(self) -> bytes:
        return "\r\n".join([*self._done, self._line, ""]).encode("ascii")


def _encoded_words(value: str, first: int) -> Iterator[str]:
    """Yield encoded-words of complete characters, the first of at most `first` bytes (RFC 2047, 2 and 5).

    Only the final word may have `=` padding: GMime joins adjacent words before it decodes, and stops at the first
    padding. So a word ends when its bytes are a multiple of three. If that is not possible (one letter, then only
    Chinese), the first character becomes a Q word, which has no padding, and the rest starts again.
    """
    position, limit = 0, first
    while position < len(value):
        size, cut, end = 0, 0, position
        while end < len(value):
            width = len(value[end].encode())
            if size + width > limit:
                break
            size, end = size + width, end + 1
            if size % 3 == 0:
                cut = end
        if end == len(value):
            cut = end
        if cut:
            word = b2a_base64(value[position:cut].encode(), newline=False).decode("ascii")
            yield f"=?utf-8?B?{word}?="
        else:
            cut = position + 1
            yield "=?utf-8?Q?" + "".join(f"={byte:02X}" for byte in value[position].encode()) + "?="
        position, limit = cut, _WORD_BYTES


def _plain(value: str) -> bool:
    """Return whether text needs no encoding: mail programs do not decode, shorten or strip any part of it."""
    return value.isascii() and "=?" not in value and "  " not in value and value == value.strip(" ")


def _check(name: str, value: str) -> None:
    if found := forbidden_in(value):
        raise HeaderError(f"{name} must not contain {describe(found)}")
