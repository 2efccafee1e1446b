"""A binary format for values that are stored in a database for years: lengths and contents, no code.

Input: numbers, texts and bytes in order. Output: the same bytes on every computer; for bytes, the values again, or a
`FrozenError`. Guarantees: a checksum detects lost and changed bytes.
"""

import hashlib

from composer.core.errors import ComposeError

_CHECKSUM = 16


class FrozenError(ComposeError):
    """Stored data cannot be read."""


class BinaryEncoder:
    """Writes values one after another."""

    def __init__(self) -> None:
        self._out = bytearray()

    def number(self, value: int) -> None:
        """Write a number of zero or more, with seven bits per byte."""
        while value > 0x7F:
            self._out.append(value & 0x7F | 0x80)
            value >>= 7
        self._out.append(value)

    def data(self, value: bytes) -> None:
        self.number(len(value))
        self._out += value

    def text(self, value: str) -> None:
        self.data(value.encode())

    def optional(self, value: str | None) -> None:
        self.number(0 if value is None else 1)
        if value is not None:
            self.text(value)

    def finish(self, magic: bytes, version: int) -> bytes:
        """Return the written bytes, after a magic number, the version and a checksum."""
        head = magic + bytes([version])
        return head + hashlib.sha256(head + self._out).digest()[:_CHECKSUM] + self._out


class BinaryDecoder:
    """Reads what a `BinaryEncoder` wrote. Raises FrozenError for other data, damaged data or a newer version."""

    def __init__(self, data: bytes, magic: bytes, newest: int, what: str) -> None:
        self._what = what
        head, rest = data[: len(magic) + 1], data[len(magic) + 1 :]
        if not data.startswith(magic) or len(rest) < _CHECKSUM:
            raise FrozenError(f"the data is not {what}")
        self.version = head[-1]
        if not 1 <= self.version <= newest:
            raise FrozenError(f"{what} was saved by a newer version of compose", "update compose on this computer")
        self._data, self._at = rest[_CHECKSUM:], 0
        if hashlib.sha256(head + self._data).digest()[:_CHECKSUM] != rest[:_CHECKSUM]:
            raise self.damaged()

    def number(self) -> int:
        value = shift = 0
        while True:
            if self._at >= len(self._data) or shift > 63:
                raise self.damaged()
            byte = self._data[self._at]
            self._at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def data(self) -> bytes:
        end = self.number() + self._at
        if end > len(self._data):
            raise self.damaged()
        found, self._at = self._data[self._at : end], end
        return found

    def text(self) -> str:
        try:
            return self.data().decode()
        except UnicodeDecodeError:
            raise self.damaged() from None

    def optional(self) -> str | None:
        return self.text() if self.number() else None

    def finish(self) -> None:
        """Check that no bytes are left."""
        if self._at != len(self._data):
            raise self.damaged()

    def damaged(self) -> FrozenError:
        """Return the error for damaged data."""
        return FrozenError(f"{self._what} is damaged", "restore the database from a backup")
