"""Text bodies with holes: everything that no subscriber's value changes is encoded once.

Input: a text in pieces, some of them holes. Output: its encoding and its pieces as bytes, ready to be joined around
what the holes hold. Every piece and every value begins a line of its own, so that none depends on another: that is what
makes filling quick, lines short, and a `.` or `From ` of a value harmless wherever it lands.
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
#: What quoted-printable leaves as it is, one short line of words; and such as HTML does not escape either.
_AS_IT_IS = re.compile(r"(?!\.|From )[!-<>-~](?:[ -<>-~]{0,73}[!-<>-~])?")
_SAME_IN_HTML = re.compile(r"(?!\.|From )[!#-%(-;?-~](?:[ !#-%(-;?-~]{0,73}[!#-%(-;?-~])?")


@dataclass(frozen=True, slots=True)
class BodySlot:
    """A place for a value in a body: whose value (a number), how it is made safe, whether its line goes on behind it."""

    field: int
    escape: Escape
    goes_on: bool = False

    @property
    def end(self) -> bytes:
        """What stands behind its value in quoted-printable."""
        return _SOFT_BREAK if self.goes_on else b""


@dataclass(frozen=True)
class Base64Alignment:
    """A text in base64 with holes in it, its pieces not yet encoded.

    Three bytes become four characters, so how a piece is encoded depends on the bytes before it, but only by how many
    they leave over: three ways, made beforehand.
    """

    pieces: tuple[bytes | BodySlot, ...]

    def filled(self, values: Mapping[BodySlot, bytes]) -> bytes:
        """Encode the text with its values."""
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
    """How a piece is encoded behind bytes left over: what it adds to them, its lines, what it leaves over itself."""

    head: bytes
    lines: bytes
    left: bytes


def _way(data: bytes, left: int) -> _Way:
    """Encode a piece of three bytes or more behind so many that were left over."""
    added = -left % 3
    end = len(data) - (len(data) - added) % 3
    # Behind bytes left over the first line holds four characters already.
    first = min(added + (54 if left else 57), end)
    lines = b2a_base64(data[added:first], newline=False) + b"\r\n"
    return _Way(head=data[:added], lines=lines + base64_lines(data[first:end]), left=data[end:])


#: What a body is made of: bytes that stand for every subscriber, holes in quoted-printable, texts in base64 with holes.
Chunk = bytes | BodySlot | Base64Alignment


def encode_slotted(pieces: Pieces, numbers: Mapping[str, int]) -> tuple[str, tuple[Chunk, ...]]:
    """Encode a text in whichever encoding is smaller; `numbers` of the fields by token. What stands behind must begin a line.

    Raises BodyError.
    """
    parts = _joined(pieces, numbers)
    printable = _printable(parts)
    still = [part for part in parts if isinstance(part, bytes)]
    # Soft breaks at holes are left out of account: base64 has line ends there, too.
    length = sum(len(chunk.removesuffix(_SOFT_BREAK)) for chunk in printable if isinstance(chunk, bytes))
    if is_smaller_in_base64(sum(map(len, still)), length):
        return "base64", (base64_lines(b"".join(still)) if len(parts) == len(still) else Base64Alignment(tuple(parts)),)
    return "quoted-printable", printable


class Filler:
    """Fills the holes of a body, and hashes it as DKIM wants, without looking at what stands still a second time."""

    def __init__(self, chunks: tuple[Chunk, ...]) -> None:
        self._slots: tuple[BodySlot, ...] = tuple(
            dict.fromkeys(chunk for chunk in chunks if isinstance(chunk, BodySlot))
        )
        self._kinds = [(slot, slot.escape in (Escape.TEXT, Escape.HTML)) for slot in self._slots]
        runs = [chunk for chunk in chunks if isinstance(chunk, Base64Alignment)]
        self._runs = [(run, tuple({piece for piece in run.pieces if isinstance(piece, BodySlot)})) for run in runs]
        self._still = [chunk if isinstance(chunk, bytes) else b"" for chunk in chunks]
        #: Where what is made for a subscriber goes: by the number of a hole, then by that of a run.
        made = {slot: number for number, slot in enumerate(self._slots)}
        turn = itertools.count(len(self._slots))
        self._places = [
            (place, made[chunk] if isinstance(chunk, BodySlot) else next(turn))
            for place, chunk in enumerate(chunks)
            if not isinstance(chunk, bytes)
        ]

    @cached_property
    def is_sound(self) -> bool:
        """Whether what stands still may be handed over just as it is."""
        return all(map(is_wire_safe, self._still))

    def made(self, shown: Sequence[str]) -> list[bytes]:
        """Encode one subscriber's values, by the numbers of their fields: once for each kind of place."""
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
        """Return the body, to be joined."""
        return self._placed(self._still, made)

    def body_hash(self, made: list[bytes]) -> bytes:
        """Return the SHA-256 of the body's relaxed form, the same as `dkim.body_hash` of the whole.

        Pieces are relaxed by themselves: each begins a line, none ends in a blank, and the last is a boundary.
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
        """What stands still, relaxed: as far as the first hole it is hashed already."""
        still = [squeezed(each) for each in self._still]
        begun = hashlib.sha256(still[0])
        return begun, [b"", *still[1:]]


def _in_quoted_printable(value: str, slot: BodySlot) -> bytes:
    value = escaped(value, slot.escape)
    if _AS_IT_IS.fullmatch(value):
        return value.encode() + slot.end
    return quoted_printable(value.encode(), goes_on=slot.goes_on)


def _joined(pieces: Pieces, numbers: Mapping[str, int]) -> list[bytes | BodySlot]:
    """Join what stands between two holes, as bytes with CRLF line ends."""
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
