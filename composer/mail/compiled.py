"""The message of an edition, made once for all its readers: bytes, and slots for what is a reader's own.

Comes in: a letterhead, HTML and plaintext with merge-field tokens, pictures. Goes out: a `Compiled`, which fills its slots
for one reader at a time, signs if it is asked to, and can be kept as bytes. Never reads a clock or makes up an id; never
lets a value be more than a value: each slot knows its escape (merge.py).
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, assert_never

from composer.content.addresses import Address, domain_to_ascii
from composer.content.fields import LITERAL, RESERVED, MergeField
from composer.errors import ComposeError
from composer.mail import headers as write
from composer.mail.bulk import feedback_line, leaving_lines, standing_lines
from composer.mail.frozen import Reader, Writer
from composer.mail.headers import HeaderError
from composer.mail.merge import Escape, Slot, escaped, split_html, split_text
from composer.mail.parts import Chunks, Part, alternative, blank
from composer.mail.slotted import Base64Run, Chunk, Hole, value_in_quoted_printable

if TYPE_CHECKING:
    from composer.mail.dkim import Profile

_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
_MAGIC, _VERSION, _WHAT = b"compiled", 1, "the compiled message"
#: Escapes and kinds of chunks as numbers: what is kept must not change when a name does. Only ever add at the end.
_ESCAPES = (Escape.HTML, Escape.HTML_ADDRESS, Escape.IN_ADDRESS, Escape.TEXT, Escape.TEXT_ADDRESS)
_BYTES, _HOLE, _RUN = range(3)


class MissingValueError(ComposeError):
    """A reader has no value for a field without default."""

    def __init__(self, name: str) -> None:
        """`name` is the field's."""
        super().__init__(
            f"there is no value for the merge field “{name}”, and no default",
            f'write   {{{{ {name} | default("…") }}}}   or give every reader a value',
        )
        self.name = name


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """What stands above the parts of every reader's message."""

    sender: Address
    reply_to: Address | None = None
    #: With tokens.
    subject: str
    #: BCP 47.
    language: str
    #: A stable name such as `briefing.news.example.org`, and the words before it; None for no List-Id.
    list_id: str | None = None
    list_name: str = ""
    #: The sender's id in Feedback-ID; None for no such header.
    feedback_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressing:
    """What is one message's own, beside its reader's values."""

    #: None where there is no addressee: `To: undisclosed-recipients:;`.
    to: Address | None
    #: With a time zone.
    date: datetime
    #: With its angle brackets. Its left side stands in X-Compose-ID too: some relays write a Message-ID of their own.
    message_id: str
    #: The reader's own address to leave by with one click (https), and one to write to (mailto:).
    unsubscribe: str | None = None
    unsubscribe_mailto: str | None = None
    #: Up to three words before the sender's id in Feedback-ID.
    feedback: tuple[str, ...] = ()
    #: The id of the message that this one corrects.
    in_reply_to: str | None = None
    #: Before the subject: `[Test] `.
    prefix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A merge field that the message shows; without a value its default, if it has one."""

    name: str
    default: str | None

    @property
    def is_reserved(self) -> bool:
        """Whether it is a link that is made for each reader."""
        return self.name in RESERVED


@dataclass(frozen=True, kw_only=True)
class Compiled:
    """A message with slots. Make one with `compile_message` or `from_bytes`."""

    #: From and Reply-To; List-Id and what else stands behind a reader's own headers, as far as the top Content-Type.
    opening: bytes
    standing: bytes
    #: Texts, and fields by their number.
    subject: tuple[str | int, ...]
    feedback_id: str | None
    body: Chunks
    fields: tuple[Field, ...]

    @cached_property
    def hash(self) -> str:
        """The edition's hash: SHA-256 (hex) of the message with Date, Message-ID and slots blank, then its fields.

        The same edition has the same in build, test, approval and mailing, whoever gets it and whenever.
        """
        subject = "".join(piece if isinstance(piece, str) else f"\0{piece}\0" for piece in self.subject)
        head = f"To:\r\nSubject: {subject}\r\nDate:\r\nMessage-ID:\r\nFeedback-ID: {self.feedback_id or ''}\r\n"
        fields = "".join(
            f"\0{field.name}\0{'' if field.default is None else '=' + field.default}" for field in self.fields
        )
        whole = (self.opening, head.encode(), self.standing, b"\r\n", blank(self.body), fields.encode())
        return hashlib.sha256(b"".join(whole)).hexdigest()

    @cached_property
    def required(self) -> frozenset[str]:
        """The fields of which every reader must have a value. The links that are made for each reader are not told."""
        return frozenset(field.name for field in self.fields if field.default is None and not field.is_reserved)

    def missing(self, values: Mapping[str, str]) -> tuple[str, ...]:
        """Name the required fields of which a reader has no value: none, or nothing but blanks."""
        return tuple(sorted(name for name in self.required if not values.get(name, "").strip()))

    def fill(self, values: Mapping[str, str], addressing: Addressing) -> bytes:
        """Make one reader's message; `values` by the names of fields, those of the reserved links among them.

        Raises MissingValueError, HeaderError or AddressError.
        """
        shown = self._shown(values)
        return b"".join((self._head(shown, addressing), b"\r\n", *self._body(shown)))

    def signed(self, values: Mapping[str, str], addressing: Addressing, profile: "Profile", *, now: int) -> bytes:
        """Make one reader's message below its DKIM signatures; `now` in seconds since 1970. Raises as `fill`."""
        from composer.mail.dkim import sign

        return sign(self.fill(values, addressing), profile, now=now)

    def specimen(self, addressing: Addressing, values: Mapping[str, str] | None = None) -> bytes:
        """Make a message for nobody's inbox: fields without a value show their default, else `[first_name]`."""
        known = values or {}
        shown = [
            known[field.name] if known.get(field.name, "").strip() else field.default or f"[{field.name}]"
            for field in self.fields
        ]
        return b"".join((self._head(shown, addressing), b"\r\n", *self._body(shown)))

    def to_bytes(self) -> bytes:
        """Give the message as bytes to keep; `from_bytes` of this program and of any newer one reads them."""
        out = Writer()
        out.data(self.opening)
        out.data(self.standing)
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
        return out.finish(_MAGIC, _VERSION)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Compiled":
        """Read what `to_bytes` gave. Raises FrozenError: it says whether it is damaged or newer than this program."""
        source = Reader(data, _MAGIC, _VERSION, _WHAT)
        opening, standing, feedback_id = source.data(), source.data(), source.optional()
        fields = tuple(Field(name=source.text(), default=source.optional()) for _ in range(source.number()))
        subject = tuple(
            source.text() if (number := source.number()) == 0 else number - 1 for _ in range(source.number())
        )
        body = _read_chunks(source)
        source.finish()
        return cls(
            opening=opening, standing=standing, subject=subject, feedback_id=feedback_id, body=body, fields=fields
        )

    def _shown(self, values: Mapping[str, str]) -> list[str]:
        """Give what each field shows. A value of nothing but blanks is none; a link of the reader's own has no default."""
        shown = []
        for field in self.fields:
            value = values.get(field.name, "")
            if not value.strip():
                if field.default is None or field.is_reserved:
                    raise MissingValueError(field.name)
                value = field.default
            shown.append(value)
        return shown

    def _head(self, shown: list[str], addressing: Addressing) -> bytes:
        own = addressing
        subject = "".join(
            piece if isinstance(piece, str) else escaped(shown[piece], Escape.TEXT) for piece in self.subject
        )
        identity = write.message_id("Message-ID", own.message_id)
        lines = [
            self.opening,
            write.mailbox("To", own.to) if own.to else b"To: undisclosed-recipients:;\r\n",
            write.unstructured("Subject", own.prefix + subject),
            write.date("Date", own.date),
            identity,
            write.verbatim("X-Compose-ID", own.message_id[1:].partition("@")[0]),
        ]
        if own.in_reply_to is not None:
            lines.append(write.message_id("In-Reply-To", own.in_reply_to))
            lines.append(write.message_id("References", own.in_reply_to))
        if own.unsubscribe is not None:
            lines.append(leaving_lines(own.unsubscribe, own.unsubscribe_mailto))
        if self.feedback_id is not None and own.feedback:
            lines.append(feedback_line(own.feedback, self.feedback_id))
        lines.append(self.standing)
        return b"".join(lines)

    def _body(self, shown: list[str]) -> list[bytes]:
        out = []
        for chunk in self.body:
            match chunk:
                case bytes():
                    out.append(chunk)
                case Hole():
                    out.append(value_in_quoted_printable(escaped(shown[chunk.field], chunk.escape), chunk))
                case Base64Run():
                    holes = {piece for piece in chunk.pieces if isinstance(piece, Hole)}
                    out.append(chunk.filled({hole: escaped(shown[hole.field], hole.escape).encode() for hole in holes}))
                case _:
                    assert_never(chunk)
        return out


def compile_message(
    letterhead: Letterhead,
    *,
    html: str,
    text: str,
    fields: tuple[MergeField, ...] = (),
    pictures: tuple[Part, ...] = (),
) -> Compiled:
    """Compile a message: multipart/alternative of text and HTML, pictures beside the HTML.

    `fields` say what the tokens in subject, HTML and text stand for. Raises HeaderError, AddressError, BodyError, or
    PlaceError for a field that stands where no value is safe, such as a host name.
    """
    if not _LANGUAGE.fullmatch(letterhead.language):
        raise HeaderError(f"{letterhead.language!r} is not a language tag such as en or zh-Hans")
    tokens = {field.token for field in fields}
    # Two braces that readers shall see are no reader's value.
    literal = {field.token for field in fields if field.name == LITERAL}
    subject, words, page = (
        [
            escaped(LITERAL, piece.escape) if isinstance(piece, Slot) and piece.token in literal else piece
            for piece in found
        ]
        for found in (split_text(letterhead.subject, tokens), split_text(text, tokens), split_html(html, tokens))
    )
    used = {piece.token for piece in (*subject, *words, *page) if isinstance(piece, Slot)}
    seen = [field for field in fields if field.token in used]
    numbers = {field.token: number for number, field in enumerate(seen)}
    content_type, body = alternative(letterhead.language, text=words, html=page, pictures=pictures, numbers=numbers)
    opening = write.mailbox("From", letterhead.sender)
    # Only where it says something new (RFC 5322 section 3.6.2).
    if letterhead.reply_to and letterhead.reply_to.wire != letterhead.sender.wire:
        opening += write.mailbox("Reply-To", letterhead.reply_to)
    return Compiled(
        opening=opening,
        standing=standing_lines(letterhead.list_id, letterhead.list_name)
        + write.verbatim("Content-Language", letterhead.language)
        + write.verbatim("MIME-Version", "1.0")
        + content_type,
        subject=tuple(piece if isinstance(piece, str) else numbers[piece.token] for piece in subject if piece),
        feedback_id=letterhead.feedback_id,
        body=body,
        fields=tuple(Field(name=field.name, default=field.default) for field in seen),
    )


def message_id_for(edition_hash: str, domain: str) -> str:
    """Return the Message-ID of a message without addressee: same edition, same id.

    Raises AddressError, HeaderError.
    """
    if not re.fullmatch(r"[0-9a-f]{64}", edition_hash):
        raise HeaderError("an edition's hash is 64 hexadecimal digits")
    return f"<{edition_hash[:32]}@{domain_to_ascii(domain)}>"


def _write_chunks(out: Writer, chunks: Chunks) -> None:
    out.number(len(chunks))
    for chunk in chunks:
        match chunk:
            case bytes():
                out.number(_BYTES)
                out.data(chunk)
            case Hole():
                out.number(_HOLE)
                out.number(chunk.field)
                out.number(_ESCAPES.index(chunk.escape))
                out.number(chunk.goes_on)
            case Base64Run():
                out.number(_RUN)
                _write_chunks(out, chunk.pieces)
            case _:
                assert_never(chunk)


def _read_chunks(source: Reader) -> Chunks:
    return tuple(_read_chunk(source) for _ in range(source.number()))


def _read_chunk(source: Reader) -> Chunk:
    kind = source.number()
    if kind == _BYTES:
        return source.data()
    if kind == _HOLE:
        field, escape, goes_on = source.number(), source.number(), source.number()
        if escape < len(_ESCAPES):
            return Hole(field, _ESCAPES[escape], bool(goes_on))
    if kind == _RUN:
        pieces = _read_chunks(source)
        return Base64Run(tuple(piece for piece in pieces if not isinstance(piece, Base64Run)))
    raise source.refuse()
