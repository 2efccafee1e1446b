"""The nested MIME parts of a message.

Input: plaintext and HTML in pieces, pictures. Output: the top Content-Type, and the chunks of the body. Guarantees:
boundaries are not random: the same parts get the same boundaries.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from composer.mail import headers as write
from composer.mail.headers import HeaderError
from composer.mail.merge_slots import Pieces
from composer.mail.slotted_text import Base64Alignment, BodySlot, Chunk, encode_slotted
from composer.mail.transfer_encoding import encode_binary

_MEDIA_TYPE = re.compile(r"(?!multipart/|message/)[a-z]+/[a-z0-9][a-z0-9.+-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class MailPart:
    """A picture inside the message; the HTML shows it with `src="cid:content_id"` (RFC 2392)."""

    #: Without angle brackets: `chart@news.example.org`.
    content_id: str
    filename: str
    media_type: str
    data: bytes


#: Chunks in order.
Chunks = tuple[Chunk, ...]


def alternative(
    language: str, *, text: Pieces, html: Pieces, pictures: tuple[MailPart, ...], numbers: Mapping[str, int]
) -> tuple[bytes, Chunks]:
    """Return the top Content-Type and the body: text and HTML, with the HTML in multipart/related if there are
    pictures.

    RFC 2046 section 5.1.4 (plain first), RFC 2387 (type=, root first). Raises HeaderError or BodyError.
    """
    ids = [picture.content_id for picture in pictures]
    if len(set(ids)) < len(ids):
        raise HeaderError("two pictures have the same Content-ID")
    plain, shown = _text("text/plain", language, text, numbers), _text("text/html", language, html, numbers)
    if pictures:
        head, body = _multipart("related", [shown, *((_picture(each),) for each in pictures)], {"type": "text/html"})
        shown = (head + b"\r\n", *body)
    return _multipart("alternative", [plain, shown], {})


def blank(chunks: Chunks) -> bytes:
    """Return chunks as bytes, with each slot as a mark that no message contains: the field and its escape."""
    found: list[bytes] = []
    for chunk in chunks:
        match chunk:
            case bytes():
                found.append(chunk)
            case BodySlot():
                found.append(f"\0{chunk.field} {chunk.escape}\0".encode())
            case Base64Alignment():
                found.append(blank(chunk.pieces))
    return b"".join(found)


def joined(chunks: Chunks) -> Chunks:
    """Join adjacent bytes."""
    made: list[Chunk] = []
    side_by_side: list[bytes] = []
    for chunk in chunks:
        if isinstance(chunk, bytes):
            side_by_side.append(chunk)
            continue
        if side_by_side:
            made.append(b"".join(side_by_side))
            side_by_side.clear()
        made.append(chunk)
    if side_by_side:
        made.append(b"".join(side_by_side))
    return tuple(made)


def _text(media_type: str, language: str, pieces: Pieces, numbers: Mapping[str, int]) -> Chunks:
    encoding, body = encode_slotted(pieces, numbers)
    head = (
        write.structured("Content-Type", media_type, {"charset": "utf-8"})
        + write.verbatim("Content-Language", language)
        + write.verbatim("Content-Transfer-Encoding", encoding)
    )
    return (head + b"\r\n", *body)


def _picture(part: MailPart) -> bytes:
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


def _multipart(subtype: str, parts: list[Chunks], params: dict[str, str]) -> tuple[bytes, Chunks]:
    """Return the Content-Type and the joined parts. The CRLF before a boundary belongs to it (RFC 2046, 5.1.1)."""
    blanks = [blank(part) for part in parts]
    digest = hashlib.sha256(b"\0".join(blanks)).hexdigest()
    attempt = 0
    # `=_` cannot occur in quoted-printable or base64 (RFC 2045 section 6.7), and so not in a value; the headers of the
    # parts are searched, too.
    while any((boundary := f"=_{subtype}-{digest[:24]}-{attempt}").encode() in part for part in blanks):
        attempt += 1
    head = write.structured("Content-Type", f"multipart/{subtype}", {**params, "boundary": boundary})
    opening = f"--{boundary}\r\n".encode()
    body = [chunk for part in parts for chunk in (opening, *part, b"\r\n")]
    return head, joined((*body, f"--{boundary}--\r\n".encode()))
