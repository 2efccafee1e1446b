"""The headers of bulk mail: the list, the automatic origin, and how to unsubscribe.

Input: the list's names, a subscriber's addresses to unsubscribe. Output: finished header lines. The caller decides
which headers a message has: a test send has no subscriber's address to unsubscribe.
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


def is_list_id(text: str) -> bool:
    """Return whether a text is a valid name of a list for List-Id, without angle brackets."""
    return _LIST_ID.fullmatch(text) is not None


def standing_lines(list_id: str | None, list_name: str) -> bytes:
    """Return the headers of every message of a list. Raises HeaderError.

    List-Id (RFC 2919): a stable name such as `briefing.news.example.org`, after a display name. Auto-Submitted (RFC
    3834 section 5) prevents automatic replies, as do Precedence and the header for Exchange.
    """
    lines = []
    if list_id is not None:
        if not is_list_id(list_id):
            raise HeaderError(f"{list_id!r} is not a valid List-Id; it must look like briefing.news.example.org")
        lines.append(write.phrase("List-Id", list_name, f"<{list_id}>"))
    lines.append(write.verbatim("Auto-Submitted", "auto-generated"))
    lines.append(write.verbatim("Precedence", "bulk"))
    lines.append(write.verbatim("X-Auto-Response-Suppress", "OOF, AutoReply"))
    return b"".join(lines)


def leaving_lines(https: str, mailto: str | None = None) -> bytes:
    """Return the headers to unsubscribe: List-Unsubscribe (RFC 2369) and its one-click header (RFC 8058 section 3.1).

    One-click unsubscribing works only with an https address. Raises HeaderError.
    """
    if not https.startswith("https://"):
        raise HeaderError("List-Unsubscribe needs an https address for one-click unsubscribing")
    if mailto is not None and not mailto.startswith("mailto:"):
        raise HeaderError("the second address in List-Unsubscribe must be a mailto: address")
    return write.uris("List-Unsubscribe", https, *((mailto,) if mailto else ())) + _ONE_CLICK


@lru_cache(maxsize=16)
def feedback_line(words: tuple[str, ...], sender_id: str) -> bytes:
    """Return the Feedback-ID header (Google, answer 6254652). Raises HeaderError.

    It has up to three identifiers of the sender, and then an id that never changes.
    """
    if not _SENDER_ID.fullmatch(sender_id):
        raise HeaderError(f"{sender_id!r} is not a valid sender id: it must have 5 to 15 letters and digits")
    parts = (*words, sender_id)
    if len(words) > 3 or len(set(parts)) < len(parts) or not all(map(_PART.fullmatch, words)):
        raise HeaderError("Feedback-ID allows up to three different words before the sender's id")
    return write.verbatim("Feedback-ID", ":".join(parts))


def verp(address: str, token: str) -> str:
    """Return the envelope's sender of one message, with a token that identifies the subscriber if it bounces.

    RFC 5321 sections 4.5.3.1.1 and 4.5.3.1.3: 64 octets before the @, 254 in all. Raises HeaderError.
    """
    local, _, domain = address.rpartition("@")
    made = f"{local}+{token}@{domain}"
    if not re.fullmatch(r"[a-z0-9-]+", token) or len(local) + 1 + len(token) > 64 or len(made) > 254:
        raise HeaderError("the address for bounces is too long with its token, or the token is not valid")
    return made


def leave_by_mail(address: str, token: str) -> str:
    """Return the mailto: URI to unsubscribe one subscriber (RFC 2369 section 3.2, RFC 6068), with the token in the
    subject.

    The token is not in the address, because the mailbox may not support plus signs. `compose bounces ingest` reads the
    token. Raises HeaderError.
    """
    if not re.fullmatch(r"[a-z0-9-]+", token) or not re.fullmatch(r"[\x21-\x7e]+@[A-Za-z0-9.-]+", address):
        raise HeaderError("the mailto: address to unsubscribe or its token is not valid")
    local, _, domain = address.rpartition("@")
    return f"mailto:{quote(local, safe='')}@{domain}?subject=unsubscribe%20{token}"
