"""The headers of mail that goes to many: what list it is, that no person sent it, how to leave.

Comes in: a `Bulk`. Goes out: finished header lines. Whether a header belongs is the caller's: a test send carries no
reader's address to leave by.
"""

import re
from dataclasses import dataclass

from composer.mail import headers as write
from composer.mail.headers import HeaderError

#: RFC 2919 section 2: labels joined by dots, at most 255 octets.
_LIST_ID = re.compile(r"(?=.{1,255}$)[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_SENDER_ID = re.compile(r"[A-Za-z0-9]{5,15}")
_PART = re.compile(r"[A-Za-z0-9._-]{1,40}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulk:
    """What a message to many says of itself. None leaves a header out."""

    #: A stable name such as `briefing.news.example.org`, and the words before it.
    list_id: str | None = None
    list_name: str = ""
    #: Up to three parts that mean something to the sender, and the id that never changes (Google, answer 6254652).
    feedback: tuple[str, ...] = ()
    feedback_id: str | None = None
    #: The reader's own address to leave by with one click (https), and one to write to (mailto).
    unsubscribe: str | None = None
    unsubscribe_mailto: str | None = None


def bulk_lines(bulk: Bulk) -> bytes:
    """Write the headers. Raises HeaderError.

    List-Id (RFC 2919), List-Unsubscribe (RFC 2369) with its one-click mark (RFC 8058 section 3.1: https only, one of
    it), Auto-Submitted (RFC 3834 section 5: keeps answers of absent people away), Precedence and its Exchange kin.
    """
    lines = []
    if bulk.list_id is not None:
        if not _LIST_ID.fullmatch(bulk.list_id):
            raise HeaderError(f"{bulk.list_id!r} is not a list's name such as briefing.news.example.org")
        lines.append(write.phrase("List-Id", bulk.list_name, f"<{bulk.list_id}>"))
    if bulk.unsubscribe is not None:
        if not bulk.unsubscribe.startswith("https://"):
            raise HeaderError("List-Unsubscribe takes an https address: one click works over no other")
        mailto = (bulk.unsubscribe_mailto,) if bulk.unsubscribe_mailto else ()
        lines.append(write.uris("List-Unsubscribe", bulk.unsubscribe, *mailto))
        lines.append(write.verbatim("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    if bulk.feedback_id is not None:
        if not _SENDER_ID.fullmatch(bulk.feedback_id):
            raise HeaderError(f"{bulk.feedback_id!r} is not 5 to 15 letters and digits")
        parts = (*bulk.feedback, bulk.feedback_id)
        if len(bulk.feedback) > 3 or len(set(parts)) < len(parts) or not all(map(_PART.fullmatch, bulk.feedback)):
            raise HeaderError("Feedback-ID takes up to three different words before the sender's id")
        lines.append(write.verbatim("Feedback-ID", ":".join(parts)))
    lines.append(write.verbatim("Auto-Submitted", "auto-generated"))
    lines.append(write.verbatim("Precedence", "bulk"))
    lines.append(write.verbatim("X-Auto-Response-Suppress", "OOF, AutoReply"))
    return b"".join(lines)


def verp(address: str, token: str) -> str:
    """Make the envelope's sender of one message: what bounces there names its reader by a token.

    RFC 5321 sections 4.5.3.1.1 and 4.5.3.1.3: 64 octets before the @, 254 in all. Raises HeaderError.
    """
    local, _, domain = address.rpartition("@")
    made = f"{local}+{token}@{domain}"
    if not re.fullmatch(r"[a-z0-9-]+", token) or len(local) + 1 + len(token) > 64 or len(made) > 254:
        raise HeaderError("the address for bounces and its token are too long, or no token")
    return made
