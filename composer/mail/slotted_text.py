"""Text bodies with slots: everything that does not depend on a subscriber is encoded only once.

Input: a text in pieces, some of them slots. Output: its encoding and its pieces as bytes, ready to be joined with the
encoded values. Guarantees: every piece and every value starts a line, so that none depends on another. So filling is
fast, lines are short, and a `.` or `From ` in a value is harmless at any place.
"""

import hashlib
import itertools
import re
from binascii import b2a_base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from composer.mail.dot_stuffing import is_wire_safe
from composer.mail.merge_slots import Escape, MergeSlot, Pieces, escaped
from composer.mail.transfer_encoding import base64_lines, canonical, is_smaller_in_base64, quoted_printable, squeezed

_SOFT_BREAK = b"=\r\n"
#: A short line of text that quoted-printable does not change; and one that HTML does not escape either.
_AS_IT_IS = re.compile(r"(?!\.|From )[!-<>-~](?:[ -<>-~]{0,73}[!-<>-~])?")
_SAME_IN_HTML = re.compile(r"(?!\.|From )[!#-%(-;?-~](?:[ !#-%(-;?-~]{0,73}[!#-%(-;?-~])?")


@dataclass(frozen=True, slots=True)
class BodySlot:
    """A place for a value in a body: the number of the field, its escape, whether the line continues after it."""

    field: int
    escape: Escape
    goes_on: bool = False

    @property
    def end(self) -> bytes:
        """The bytes after its value in quoted-printable."""
        return _SOFT_BREAK if self.goes_on else b""


@dataclass(frozen=True)
class Base64Alignment:
    """A text in base64 with slots; its pieces are not encoded yet.

    Three bytes become four characters, so the encoding of a piece depends on how many bytes are left over from the
    previous piece: there are three variants, which are encoded in advance.
    """

    pieces: tuple[bytes | BodySlot, ...]

    def filled(self, values: Mapping[BodySlot, bytes]) -> bytes:
        """Return the encoded text with its values."""
        out: list[bytes] = []
        left = b""
        for piece in self._ways:
            if isinstance(piece, tuple):
                way = piece[len(left)]
                if left:
                    out.append(b2a_base64(left + way.head, newline=False))
                out.append(way.lines)
                left = way.left
            else:
                data = left + (values[piece] if isinstance(piece, BodySlot) else piece)
                whole = len(data) - len(data) % 3
                out.append(base64_lines(data[:whole]))
                left = data[whole:]
        out.append(base64_lines(left))
        return b"".join(out)

    @cached_property
    def _ways(self) -> tuple["bytes | BodySlot | tuple[_Way, _Way, _Way]", ...]:
        return tuple(
            piece if isinstance(piece, BodySlot) or len(piece) < 3 else (_way(piece, 0), _way(piece, 1), _way(piece, 2))
            for piece in self.pieces
        )


@dataclass(frozen=True, slots=True)
class _Way:
    """A piece encoded after left-over bytes: the bytes that complete them, its lines, its own left-over bytes."""

    head: bytes
    lines: bytes
    left: bytes


def _way(data: bytes, left: int) -> _Way:
    """Encode a piece of three bytes or more after this number of left-over bytes."""
    added = -left % 3
    end = len(data) - (len(data) - added) % 3
    # After left-over bytes, the first line already has four characters.
    first = min(added + (54 if left else 57), end)
    lines = b2a_base64(data[added:first], newline=False) + b"\r\n"
    return _Way(head=data[:added], lines=lines + base64_lines(data[first:end]), left=data[end:])


#: The pieces of a body: bytes that are the same for every subscriber, slots in quoted-printable, texts in base64 with
#: slots.
Chunk = bytes | BodySlot | Base64Alignment


def encode_slotted(pieces: Pieces, numbers: Mapping[str, int]) -> tuple[str, tuple[Chunk, ...]]:
    """Encode a text in the smaller encoding; `numbers` of the fields by token. The next chunk must start a line.

    Raises BodyError.
    """
    parts = _joined(pieces, numbers)
    printable = _printable(parts)
    still = [part for part in parts if isinstance(part, bytes)]
    # Soft breaks at slots are not counted, because base64 has line ends there, too.
    length = sum(len(chunk.removesuffix(_SOFT_BREAK)) for chunk in printable if isinstance(chunk, bytes))
    if is_smaller_in_base64(sum(map(len, still)), length):
        return "base64", (base64_lines(b"".join(still)) if len(parts) == len(still) else Base64Alignment(tuple(parts)),)
    return "quoted-printable", printable


class Filler:
    """Fills the slots of a body, and hashes it for DKIM; the fixed pieces are processed only once."""

    def __init__(self, chunks: tuple[Chunk, ...]) -> None:
        self._slots: tuple[BodySlot, ...] = tuple(
            dict.fromkeys(chunk for chunk in chunks if isinstance(chunk, BodySlot))
        )
        self._kinds = [(slot, slot.escape in (Escape.TEXT, Escape.HTML)) for slot in self._slots]
        runs = [chunk for chunk in chunks if isinstance(chunk, Base64Alignment)]
        self._runs = [(run, tuple({piece for piece in run.pieces if isinstance(piece, BodySlot)})) for run in runs]
        self._still = [chunk if isinstance(chunk, bytes) else b"" for chunk in chunks]
        #: The places of a subscriber's encoded values: by the number of a slot, then by that of a base64 text.
        made = {slot: number for number, slot in enumerate(self._slots)}
        turn = itertools.count(len(self._slots))
        self._places = [
            (place, made[chunk] if isinstance(chunk, BodySlot) else next(turn))
            for place, chunk in enumerate(chunks)
            if not isinstance(chunk, bytes)
        ]

    @cached_property
    def is_sound(self) -> bool:
        """Whether the fixed pieces can be sent without changes."""
        return all(map(is_wire_safe, self._still))

    def made(self, shown: Sequence[str]) -> list[bytes]:
        """Return one subscriber's encoded values: once for each kind of place; `shown` by the numbers of the fields."""
        # Most names and addresses are the same in text and in HTML.
        same = [value.encode() if _SAME_IN_HTML.fullmatch(value) else None for value in shown]
        made: list[bytes] = []
        for slot, is_words in self._kinds:
            data = same[slot.field] if is_words else None
            made.append(_in_quoted_printable(shown[slot.field], slot) if data is None else data + slot.end)
        for run, slots in self._runs:
            made.append(run.filled({slot: escaped(shown[slot.field], slot.escape).encode() for slot in slots}))
        return made

    def body(self, made: list[bytes]) -> list[bytes]:
        """Return the pieces of the body."""
        return self._placed(self._still, made)

    def body_hash(self, made: list[bytes]) -> bytes:
        """Return the SHA-256 of the body's relaxed form, the same as `dkim_signing.body_hash` of the whole body.

        Each piece can be relaxed separately: each starts a line, none ends with a space, and the last is a boundary.
        """
        begun, rest = self._relaxed
        hasher = begun.copy()
        hasher.update(b"".join(self._placed(rest, [squeezed(each) for each in made])))
        return hasher.digest()

    def _placed(self, still: list[bytes], made: list[bytes]) -> list[bytes]:
        body = still.copy()
        for place, number in self._places:
            body[place] = made[number]
        return body

    @cached_property
    def _relaxed(self) -> tuple["hashlib._Hash", list[bytes]]:
        """The fixed pieces in relaxed form; the part before the first slot is hashed already."""
        still = [squeezed(each) for each in self._still]
        begun = hashlib.sha256(still[0])
        return begun, [b"", *still[1:]]


def _in_quoted_printable(value: str, slot: BodySlot) -> bytes:
    value = escaped(value, slot.escape)
    if _AS_IT_IS.fullmatch(value):
        return value.encode() + slot.end
    return quoted_printable(value.encode(), goes_on=slot.goes_on)


def _joined(pieces: Pieces, numbers: Mapping[str, int]) -> list[bytes | BodySlot]:
    """Join the texts between two slots, as bytes with CRLF line ends."""
    parts: list[bytes | BodySlot] = []
    words: list[str] = []
    for piece in (*pieces, None):
        if isinstance(piece, str):
            words.append(piece)
            continue
        if text := "".join(words):
            parts.append(canonical(text))
        words.clear()
        if isinstance(piece, MergeSlot):
            parts.append(BodySlot(numbers[piece.token], piece.escape))
    return parts


def _printable(parts: list[bytes | BodySlot]) -> tuple[Chunk, ...]:
    chunks: list[Chunk] = []
    for index, part in enumerate(parts):
        behind = parts[index + 1] if index + 1 < len(parts) else b"\r\n"
        if isinstance(part, bytes):
            chunks.append(quoted_printable(part, goes_on=index + 1 < len(parts)))
        else:
            chunks.append(
                BodySlot(part.field, part.escape, not isinstance(behind, bytes) or not behind.startswith(b"\r\n"))
            )
    return tuple(chunks)
