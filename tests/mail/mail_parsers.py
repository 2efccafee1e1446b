"""Two independent parsers of messages with a common result: Rust's mailparse through fast-mail-parser, and Python's
own.

Input: a message. Output: what a mail program shows. Only tests use it.
"""

from dataclasses import dataclass
from email import message_from_bytes, policy
from email.header import decode_header
from email.utils import parseaddr

import fast_mail_parser


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A message as a mail program shows it; pictures as (Content-ID, file name, bytes)."""

    subject: str
    sender: tuple[str, str]
    text: bytes
    html: bytes
    pictures: tuple[tuple[str, str, bytes], ...]


def rust(message: bytes) -> Seen:
    """Parse with fast-mail-parser, strictly: every repair is an error."""
    mail = fast_mail_parser.parse_email(message, strict=True)
    assert mail.from_ is not None
    leaves = [
        part for part in fast_mail_parser.walk(fast_mail_parser.parse_email_tree(message)) if part.content is not None
    ]
    contents = [part.content or b"" for part in leaves]
    pictures = tuple(
        ((part.content_id or "").strip("<>"), part.filename, content)
        for part, content in zip(leaves[2:], contents[2:], strict=True)
    )
    assert [part.content_type for part in leaves[:2]] == ["text/plain", "text/html"]
    return Seen(
        subject=mail.subject,
        sender=(mail.from_.display_name or "", mail.from_.address),
        text=contents[0],
        html=contents[1],
        pictures=pictures,
    )


def python(message: bytes) -> Seen:
    """Parse with the standard library and its old header decoder, because the new one drops white space on 3.11 and
    3.12.

    The new decoder is used for file names, because the old one ignores `filename*=` after `filename=`.
    """
    mail = message_from_bytes(message, policy=policy.compat32)
    leaves = [part for part in mail.walk() if not part.is_multipart()]
    modern = [part for part in message_from_bytes(message, policy=policy.default).walk() if not part.is_multipart()]
    contents = [part.get_payload(decode=True) for part in leaves]
    assert all(isinstance(content, bytes) for content in contents)
    octets = [content for content in contents if isinstance(content, bytes)]
    name, address = parseaddr(_unfolded(mail["From"]))
    pictures = tuple(
        (str(part["Content-ID"]).strip("<>"), part.get_filename() or "", content)
        for part, content in zip(modern[2:], octets[2:], strict=True)
    )
    return Seen(
        subject=_decoded(mail["Subject"]),
        sender=(_decoded(name), address),
        text=octets[0],
        html=octets[1],
        pictures=pictures,
    )


def _unfolded(value: str) -> str:
    return value.replace("\r\n", "").replace("\n", "")


def _decoded(value: str) -> str:
    pieces = decode_header(_unfolded(value))
    return "".join(text if isinstance(text, str) else text.decode(charset or "ascii") for text, charset in pieces)
