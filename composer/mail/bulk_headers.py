"""The headers of mail that goes to many: what list it is, that no person sent it, how to leave.

Input: the list's names, a subscriber's addresses to leave by. Output: finished header lines. Whether a header belongs
is the caller's: a test send carries no subscriber's address to leave by.
"""

import re
from functools import lru_cache
from urllib.parse import quote

from composer.mail import headers as write
from composer.mail.headers import HeaderError

#: RFC 2919 section 2: labels joined by dots, at most 255 octets.
_LIST_ID = re.compile(r"(?=.{1,255}$)[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_SENDER_ID = re.compile(r"[A-Za-z0-9]{5,15}")
_ONE_CLICK = write.verbatim("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
_PART = re.compile(r"[A-Za-z0-9._-]{1,40}")


def standing_lines(list_id: str | None, list_name: str) -> bytes:
    """Write what every message of a list says. Raises HeaderError.

    List-Id (RFC 2919): a stable name such as `briefing.news.example.org`, words before it. Auto-Submitted (RFC 3834
    section 5) keeps answers of absent people away, as do Precedence and its Exchange kin.
    """
    lines = []
    if list_id is not None:
        if not _LIST_ID.fullmatch(list_id):
            raise HeaderError(f"{list_id!r} is not a list's name such as briefing.news.example.org")
        lines.append(write.phrase("List-Id", list_name, f"<{list_id}>"))
    lines.append(write.verbatim("Auto-Submitted", "auto-generated"))
    lines.append(write.verbatim("Precedence", "bulk"))
    lines.append(write.verbatim("X-Auto-Response-Suppress", "OOF, AutoReply"))
    return b"".join(lines)


def leaving_lines(https: str, mailto: str | None = None) -> bytes:
    """Write how one subscriber leaves: List-Unsubscribe (RFC 2369) and its one-click mark (RFC 8058 section 3.1).

    One click works over one https address and no other. Raises HeaderError.
    """
    if not https.startswith("https://"):
        raise HeaderError("List-Unsubscribe takes an https address: one click works over no other")
    if mailto is not None and not mailto.startswith("mailto:"):
        raise HeaderError("List-Unsubscribe takes a mailto: address as its second")
    return write.uris("List-Unsubscribe", https, *((mailto,) if mailto else ())) + _ONE_CLICK


@lru_cache(maxsize=16)
def feedback_line(words: tuple[str, ...], sender_id: str) -> bytes:
    """Write Feedback-ID (Google, answer 6254652). Raises HeaderError.

    Up to three words that mean something to the sender, and behind them an id that never changes.
    """
    if not _SENDER_ID.fullmatch(sender_id):
        raise HeaderError(f"{sender_id!r} is not 5 to 15 letters and digits")
    parts = (*words, sender_id)
    if len(words) > 3 or len(set(parts)) < len(parts) or not all(map(_PART.fullmatch, words)):
        raise HeaderError("Feedback-ID takes up to three different words before the sender's id")
    return write.verbatim("Feedback-ID", ":".join(parts))


def verp(address: str, token: str) -> str:
    """Make the envelope's sender of one message: what bounces there names its subscriber by a token.

    RFC 5321 sections 4.5.3.1.1 and 4.5.3.1.3: 64 octets before the @, 254 in all. Raises HeaderError.
    """
    local, _, domain = address.rpartition("@")
    made = f"{local}+{token}@{domain}"
    if not re.fullmatch(r"[a-z0-9-]+", token) or len(local) + 1 + len(token) > 64 or len(made) > 254:
        raise HeaderError("the address for bounces and its token are too long, or no token")
    return made


def leave_by_mail(address: str, token: str) -> str:
    """Make the mailto: URI by which one subscriber leaves (RFC 2369 section 3.2, RFC 6068): the token stands in the subject.

    Not in the address: that mailbox need not know what stands behind a plus sign. `compose bounces ingest` reads it.
    Raises HeaderError.
    """
    if not re.fullmatch(r"[a-z0-9-]+", token) or not re.fullmatch(r"[\x21-\x7e]+@[A-Za-z0-9.-]+", address):
        raise HeaderError("the address for leaving by mail is none, or there is no token")
    local, _, domain = address.rpartition("@")
    return f"mailto:{quote(local, safe='')}@{domain}?subject=unsubscribe%20{token}"
