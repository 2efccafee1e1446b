"""One message from its parts.

Comes in: headers, HTML, plain text, pictures. Goes out: a MIME message as bytes, the same for the same input.
Never writes Bcc or Return-Path, never writes a header twice, never makes up a date, an id or a random boundary.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from composer.content.addresses import Address, domain_to_ascii
from composer.mail import headers as write
from composer.mail.bulk import Bulk, bulk_lines
from composer.mail.encoding import encode_binary, encode_text
from composer.mail.headers import HeaderError

_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
_MEDIA_TYPE = re.compile(r"(?!multipart/|message/)[a-z]+/[a-z0-9][a-z0-9.+-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A picture that travels inside the message; the HTML shows it as `src="cid:content_id"` (RFC 2392)."""

    #: Without angle brackets: `chart@news.example.org`.
    content_id: str
    filename: str
    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Headers:
    """What stands above the parts."""

    sender: Address
    reply_to: Address | None = None
    #: None where there is no addressee: `To: undisclosed-recipients:;`.
    to: Address | None
    subject: str
    #: With a time zone.
    date: datetime
    #: With its angle brackets.
    message_id: str
    #: BCP 47.
    language: str
    #: What a message to many says of itself; None for one that goes to nobody.
    bulk: Bulk | None = None


def build(headers: Headers, *, html: str, text: str, pictures: tuple[Part, ...] = ()) -> bytes:
    """Build multipart/alternative of text and HTML, the HTML in multipart/related where there are pictures.

    RFC 2046 section 5.1.4 (plain first), RFC 2387 (type=, root first). Raises HeaderError, AddressError or BodyError.
    """
    dated = write.date("Date", headers.date) + write.message_id("Message-ID", headers.message_id)
    to = write.mailbox("To", headers.to) if headers.to else write.verbatim("To", "undisclosed-recipients:;")
    return _head(headers, to, dated) + _body(headers.language, html=html, text=text, pictures=pictures)


def edition_hash(headers: Headers, *, html: str, text: str, pictures: tuple[Part, ...] = ()) -> str:
    """Return the SHA-256 (hex) of the message with Date, Message-ID and To blank.

    The same edition has the same hash in build, test and send, whoever gets it and whenever; so headers, html and text
    must hold no reader's values. Raises as `build` does.
    """
    head = _head(headers, b"To:\r\n", b"Date:\r\nMessage-ID:\r\n")
    return hashlib.sha256(head + _body(headers.language, html=html, text=text, pictures=pictures)).hexdigest()


def message_id_for(edition_hash: str, domain: str) -> str:
    """Return the Message-ID of a message without addressee: same edition, same id.

    Raises AddressError, HeaderError.
    """
    if not re.fullmatch(r"[0-9a-f]{64}", edition_hash):
        raise HeaderError("an edition's hash is 64 hexadecimal digits")
    return f"<{edition_hash[:32]}@{domain_to_ascii(domain)}>"


def _head(headers: Headers, to: bytes, dated: bytes) -> bytes:
    """Return the headers in their order up to MIME-Version."""
    if not _LANGUAGE.fullmatch(headers.language):
        raise HeaderError(f"{headers.language!r} is not a language tag such as en or zh-Hans")
    lines = [write.mailbox("From", headers.sender)]
    # Only where it says something new (RFC 5322 section 3.6.2).
    if headers.reply_to and headers.reply_to.wire != headers.sender.wire:
        lines.append(write.mailbox("Reply-To", headers.reply_to))
    lines += [to, write.unstructured("Subject", headers.subject), dated]
    if headers.bulk is not None:
        lines.append(bulk_lines(headers.bulk))
    lines.append(write.verbatim("Content-Language", headers.language))
    lines.append(write.verbatim("MIME-Version", "1.0"))
    return b"".join(lines)


@lru_cache(maxsize=1)
def _body(language: str, *, html: str, text: str, pictures: tuple[Part, ...]) -> bytes:
    """Return the top Content-Type, the empty line and the parts. Kept once: an edition is hashed, then built."""
    ids = [picture.content_id for picture in pictures]
    if len(set(ids)) < len(ids):
        raise HeaderError("two pictures have the same Content-ID")
    plain, shown = _text("text/plain", language, text), _text("text/html", language, html)
    if pictures:
        shown = _multipart("related", [shown, *map(_picture, pictures)], {"type": "text/html"})
    return _multipart("alternative", [plain, shown], {})


def _text(media_type: str, language: str, text: str) -> bytes:
    encoding, body = encode_text(text)
    head = (
        write.structured("Content-Type", media_type, {"charset": "utf-8"})
        + write.verbatim("Content-Language", language)
        + write.verbatim("Content-Transfer-Encoding", encoding)
    )
    return head + b"\r\n" + body


def _picture(part: Part) -> bytes:
    if not _MEDIA_TYPE.fullmatch(part.media_type):
        raise HeaderError(f"{part.media_type!r} is not a media type such as image/png")
    encoding, body = encode_binary(part.data)
    head = (
        write.structured("Content-Type", part.media_type)
        + write.message_id("Content-ID", f"<{part.content_id}>")
        + write.structured("Content-Disposition", "inline", {"filename": part.filename})
        + write.verbatim("Content-Transfer-Encoding", encoding)
    )
    return head + b"\r\n" + body


def _multipart(subtype: str, parts: list[bytes], params: dict[str, str]) -> bytes:
    """Join parts, from the whole's Content-Type on; the CRLF before a boundary is the boundary's (RFC 2046, 5.1.1)."""
    digest = hashlib.sha256(b"\0".join(parts)).hexdigest()
    attempt = 0
    # `=_` cannot occur in quoted-printable nor in base64 (RFC 2045 section 6.7); headers of parts are searched as well.
    while any((boundary := f"=_{subtype}-{digest[:24]}-{attempt}").encode() in part for part in parts):
        attempt += 1
    head = write.structured("Content-Type", f"multipart/{subtype}", {**params, "boundary": boundary})
    opening = f"--{boundary}\r\n".encode()
    body = b"".join(opening + part + b"\r\n" for part in parts)
    return head + b"\r\n" + body + f"--{boundary}--\r\n".encode()
