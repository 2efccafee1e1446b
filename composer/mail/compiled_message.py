"""The message of an edition, compiled once for all subscribers: bytes, and slots for the values of a subscriber.

Input: a letterhead, HTML and plaintext with merge-field tokens, pictures. Output: a `Compiled`, which fills its slots
for one subscriber at a time, can sign the message, and can be stored as bytes. Guarantees: reads no clock and invents
no id; each slot escapes its value, so a value never becomes markup (merge_slots.py).
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, assert_never

from composer.content.values.merge_fields import LITERAL, RESERVED, MergeField
from composer.core.addresses import domain_to_ascii
from composer.core.errors import ComposeError
from composer.mail.binary_format import BinaryDecoder, BinaryEncoder
from composer.mail.dot_stuffing import is_wire_safe, joined, to_wire
from composer.mail.headers import HeaderError
from composer.mail.letterhead import Addressing, Letterhead, closing_lines, opening_lines, own_lines
from composer.mail.merge_slots import Escape, MergeSlot, escaped, split_html, split_text
from composer.mail.parts import Chunks, MailPart, alternative, blank
from composer.mail.slotted_text import Base64Alignment, BodySlot, Chunk, Filler

if TYPE_CHECKING:
    from composer.mail.dkim_signing import Headers, Profile

_MAGIC, FORMAT, _WHAT = b"compiled", 1, "the compiled message"
#: Escapes and kinds of chunks as numbers, so that stored data does not depend on names. Add new ones only at the end.
_ESCAPES = (Escape.HTML, Escape.HTML_ADDRESS, Escape.IN_ADDRESS, Escape.TEXT, Escape.TEXT_ADDRESS)
_BYTES, _SLOT, _RUN = range(3)


class MissingValueError(ComposeError):
    """A subscriber has no value for a field without default."""

    def __init__(self, name: str) -> None:
        """`name` is the name of the field."""
        super().__init__(
            f"the merge field “{name}” has no value and no default",
            f'write   {{{{ {name} | default("…") }}}}   or set the value for every subscriber',
        )
        self.name = name


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageField:
    """A merge field in the message, with its default, if it has one."""

    name: str
    default: str | None

    @property
    def is_reserved(self) -> bool:
        """Whether it is a link that is generated for each subscriber."""
        return self.name in RESERVED


class PersonalPieces(NamedTuple):
    """What only one subscriber's message has: signatures, own headers, encoded values for the slots of the body."""

    signatures: bytes
    headers: bytes
    values: list[bytes]


@dataclass(frozen=True, kw_only=True)
class Compiled:
    """A message with slots. Create it with `compile_message` or `from_bytes`."""

    #: The headers before the subscriber's own headers (From, Reply-To), and those after them, up to the top
    #: Content-Type.
    opening: bytes
    closing: bytes
    #: Texts, and fields by number.
    subject: tuple[str | int, ...]
    feedback_id: str | None
    body: Chunks
    fields: tuple[MessageField, ...]

    @cached_property
    def hash(self) -> str:
        """The edition's hash: SHA-256 (hex) of the message with Date, Message-ID and slots blank, then its fields.

        The hash of an edition is the same in build, test, approval and mailing, for every recipient and at any time.
        """
        subject = "".join(piece if isinstance(piece, str) else f"\0{piece}\0" for piece in self.subject)
        head = f"To:\r\nSubject: {subject}\r\nDate:\r\nMessage-ID:\r\nFeedback-ID: {self.feedback_id or ''}\r\n"
        fields = "".join(
            f"\0{field.name}\0{'' if field.default is None else '=' + field.default}" for field in self.fields
        )
        whole = (self.opening, head.encode(), self.closing, b"\r\n", blank(self.body), fields.encode())
        return hashlib.sha256(b"".join(whole)).hexdigest()

    @cached_property
    def required(self) -> frozenset[str]:
        """The fields for which every subscriber must have a value, without links that are generated for each subscriber."""
        return frozenset(field.name for field in self.fields if field.default is None and not field.is_reserved)

    def missing(self, values: Mapping[str, str]) -> tuple[str, ...]:
        """Return the required fields without a value for this subscriber; a value of only spaces counts as missing."""
        return tuple(sorted(name for name in self.required if not values.get(name, "").strip()))

    def fill(self, values: Mapping[str, str], addressing: Addressing) -> bytes:
        """Return one subscriber's message; `values` by the names of fields, including the reserved links.

        Raises MissingValueError, HeaderError or AddressError.
        """
        return self.joined(self.pieces(values, addressing))

    def signed(self, values: Mapping[str, str], addressing: Addressing, profile: "Profile", *, now: int) -> bytes:
        """Return one subscriber's message with DKIM signatures; `now` in seconds since 1970. Raises as `fill`."""
        return self.joined(self.pieces(values, addressing, profile, now=now))

    def pieces(
        self, values: Mapping[str, str], addressing: Addressing, profile: "Profile | None" = None, *, now: int = 0
    ) -> PersonalPieces:
        """Return the pieces for `joined`, signed if there is a profile. Raises as `fill`."""
        pieces = self._pieces(self._shown(values), addressing)
        if profile is None:
            return pieces
        from composer.mail.dkim_signing import headers_of, signatures

        opening, closing = self._standing
        heads = (opening, headers_of(pieces.headers), closing)
        above = signatures(heads, self._filler.body_hash(pieces.values), profile, now=now)
        return pieces._replace(signatures=above)

    def joined(self, pieces: PersonalPieces) -> bytes:
        """Return one subscriber's message from its pieces."""
        above, own, made = pieces
        whole = (above, self.opening, own, self.closing, b"\r\n", *self._filler.body(made))
        # The subscriber's own pieces are checked together, with a line end before each, because each may start a line.
        if self._is_sound and is_wire_safe(b"\r\n".join((above, own, *made))):
            return joined(whole)
        return to_wire(b"".join(whole))

    def specimen(self, addressing: Addressing, values: Mapping[str, str] | None = None) -> bytes:
        """Return a sample message: fields without a value show their default, or else `[first_name]`."""
        known = values or {}
        shown = [_specimen(field, known.get(field.name, "")) for field in self.fields]
        return self.joined(self._pieces(shown, addressing))

    def to_bytes(self) -> bytes:
        """Return the message as bytes to store; `from_bytes` of this version and of newer versions can read them."""
        out = BinaryEncoder()
        out.data(self.opening)
        out.data(self.closing)
        out.optional(self.feedback_id)
        out.number(len(self.fields))
        for field in self.fields:
            out.text(field.name)
            out.optional(field.default)
        out.number(len(self.subject))
        for piece in self.subject:
            out.number(piece + 1 if isinstance(piece, int) else 0)
            if isinstance(piece, str):
                out.text(piece)
        _write_chunks(out, self.body)
        return out.finish(_MAGIC, FORMAT)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Compiled":
        """Return the message from the bytes of `to_bytes`. Raises FrozenError if they are damaged or from a newer version."""
        source = BinaryDecoder(data, _MAGIC, FORMAT, _WHAT)
        opening, closing, feedback_id = source.data(), source.data(), source.optional()
        fields = tuple(MessageField(name=source.text(), default=source.optional()) for _ in range(source.number()))
        subject = tuple(
            source.text() if (number := source.number()) == 0 else number - 1 for _ in range(source.number())
        )
        body = _read_chunks(source, len(fields))
        source.finish()
        if any(isinstance(piece, int) and piece >= len(fields) for piece in subject):
            raise source.damaged()
        return cls(opening=opening, closing=closing, subject=subject, feedback_id=feedback_id, body=body, fields=fields)

    def _shown(self, values: Mapping[str, str]) -> list[str]:
        """Return the text of each field. A value of only spaces counts as missing; a subscriber's own link has no default."""
        shown = []
        for field in self.fields:
            value = values.get(field.name, "")
            if not value.strip():
                if field.default is None or field.is_reserved:
                    raise MissingValueError(field.name)
                value = field.default
            shown.append(value)
        return shown

    def _pieces(self, shown: Sequence[str], addressing: Addressing) -> PersonalPieces:
        subject = "".join(
            piece if isinstance(piece, str) else escaped(shown[piece], Escape.TEXT) for piece in self.subject
        )
        return PersonalPieces(b"", own_lines(addressing, subject, self.feedback_id), self._filler.made(shown))

    @cached_property
    def _is_sound(self) -> bool:
        """Whether the common pieces of all messages can be sent without changes."""
        return is_wire_safe(self.opening) and is_wire_safe(self.closing) and self._filler.is_sound

    @cached_property
    def _standing(self) -> "tuple[Headers, Headers]":
        """The headers before and after a subscriber's own, in the form for signatures."""
        from composer.mail.dkim_signing import headers_of

        return headers_of(self.opening), headers_of(self.closing)

    @cached_property
    def _filler(self) -> Filler:
        return Filler(self.body)


def _specimen(field: MessageField, value: str) -> str:
    return value if value.strip() else field.default if field.default is not None else f"[{field.name}]"


def compile_message(
    letterhead: Letterhead,
    *,
    html: str,
    text: str,
    fields: tuple[MergeField, ...] = (),
    pictures: tuple[MailPart, ...] = (),
) -> Compiled:
    """Compile a message: multipart/alternative of text and HTML, with pictures next to the HTML.

    `fields` define the tokens in subject, HTML and text. Raises HeaderError, AddressError, BodyError, or PlaceError for
    a field in a place where no value is safe, such as a host name.
    """
    tokens = {field.token for field in fields}
    # Two literal braces are not a merge field.
    literal = {field.token for field in fields if field.name == LITERAL}
    subject, words, page = (
        [
            escaped(LITERAL, piece.escape) if isinstance(piece, MergeSlot) and piece.token in literal else piece
            for piece in found
        ]
        for found in (split_text(letterhead.subject, tokens), split_text(text, tokens), split_html(html, tokens))
    )
    used = {piece.token for piece in (*subject, *words, *page) if isinstance(piece, MergeSlot)}
    seen = [field for field in fields if field.token in used]
    numbers = {field.token: number for number, field in enumerate(seen)}
    content_type, body = alternative(letterhead.language, text=words, html=page, pictures=pictures, numbers=numbers)
    return Compiled(
        opening=opening_lines(letterhead),
        closing=closing_lines(letterhead) + content_type,
        subject=tuple(piece if isinstance(piece, str) else numbers[piece.token] for piece in subject if piece),
        feedback_id=letterhead.feedback_id,
        body=body,
        fields=tuple(MessageField(name=field.name, default=field.default) for field in seen),
    )


def message_id_for(edition_hash: str, domain: str) -> str:
    """Return the Message-ID of a message without an addressee: it depends only on the edition.

    Raises AddressError, HeaderError.
    """
    if not re.fullmatch(r"[0-9a-f]{64}", edition_hash):
        raise HeaderError("an edition's hash must have 64 hexadecimal digits")
    return f"<{edition_hash[:32]}@{domain_to_ascii(domain)}>"


def _write_chunks(out: BinaryEncoder, chunks: Chunks) -> None:
    out.number(len(chunks))
    for chunk in chunks:
        match chunk:
            case bytes():
                out.number(_BYTES)
                out.data(chunk)
            case BodySlot():
                out.number(_SLOT)
                out.number(chunk.field)
                out.number(_ESCAPES.index(chunk.escape))
                out.number(chunk.goes_on)
            case Base64Alignment():
                out.number(_RUN)
                _write_chunks(out, chunk.pieces)
            case _:
                assert_never(chunk)


def _read_chunks(source: BinaryDecoder, fields: int) -> Chunks:
    return tuple(_read_chunk(source, fields) for _ in range(source.number()))


def _read_chunk(source: BinaryDecoder, fields: int) -> Chunk:
    kind = source.number()
    if kind == _BYTES:
        return source.data()
    if kind == _SLOT:
        field, escape, goes_on = source.number(), source.number(), source.number()
        if field < fields and escape < len(_ESCAPES):
            return BodySlot(field, _ESCAPES[escape], bool(goes_on))
    if kind == _RUN:
        pieces = _read_chunks(source, fields)
        kept = tuple(piece for piece in pieces if not isinstance(piece, Base64Alignment))
        if len(kept) == len(pieces):
            return Base64Alignment(kept)
    raise source.damaged()
