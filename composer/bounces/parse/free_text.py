"""Read bounces that are not reports: sentences for people, from qmail, Exim, old Exchange and many gateways.

Input: a message as parts, written by a mail server. Output: findings; empty if nothing is certain. Guarantees: pure.
Takes the names of recipients from recipient_detectors, and judges what the text means.
"""

import html
import re

from composer.bounces.parse.delivery_report import address_in, explained, judged
from composer.bounces.parse.mime import MimePart
from composer.bounces.parse.recipient_detectors import detect_recipients
from composer.bounces.parse.server_replies import before_copy, reply_in, status_in
from composer.bounces.parse.vocabulary import BounceFinding, ReturnedKind
from composer.transport.replies.phrases import masked, meaning_in

_MOST = 50
#: The sentences of a server are at the beginning.
_MOST_SENTENCES = 32 * 1024
#: How many texts are read.
_MOST_PARTS = 4
_DELAY = re.compile(
    r"still (?:being )?(?:trying|retr)|will (?:keep|continue|be) (?:to )?(?:try|retr)"
    r"|(?:not|n't) yet (?:been )?(?:be )?deliver"
    r"|warning message only|not need to (?:re-?send|take any)"
    r"|no action is required|has been delayed|delivery .{0,40}delayed|retried for"
    r"|weiter(?:hin)? versucht|verzögert|retardé|sera retent|retrasad"
    r"|se seguirá intentando|ritardat|vertraagd|延迟|遅延|再送を試み|задерж",
    re.IGNORECASE,
)
_GIVEN_UP = re.compile(
    r"giv(?:en|ing) up|permanent (?:error|failure|fatal)|failed permanently"
    r"|not going to try again|endgültig|could not be delivered",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")


def read_freeform(message: MimePart) -> tuple[BounceFinding, ...]:
    """Return what a bounce or a delay says about each recipient; empty if nothing is certain."""
    text = before_copy(text_of(message)[:_MOST_SENTENCES])
    named = [
        address_in(each) for each in ",".join(message.all("x-failed-recipients"))[:4096].split(",") if each.strip()
    ]
    trying, failed = detect_recipients(message, text)
    if not named and ((trying and not failed) or (_DELAY.search(text) and not _GIVEN_UP.search(text))):
        names = trying or failed or _addresses(message, text)[:1]
        return tuple(explained(BounceFinding(recipient=each, kind=ReturnedKind.DELAY)) for each in names or ("",))
    recipients = list(dict.fromkeys(named or failed))
    if not recipients:
        # No recipient is named for certain: only a code or an unambiguous sentence counts.
        if reply_in(text) is None and status_in(text) is None and meaning_in(masked(text[:4096])) is None:
            return ()
        recipients = _addresses(message, text)[:1] or [""]
    return tuple(_finding(each, _about(each, text, recipients)) for each in recipients[:_MOST])


def text_of(message: MimePart) -> str:
    """Return the sentences of a message: its plain texts, otherwise the text of its HTML parts."""
    parts = [part for part in message.walk() if part.type.startswith("text/") and "headers" not in part.type]
    plain = [part.text() for part in parts if part.type != "text/html"][:_MOST_PARTS]
    if any(each.strip() for each in plain):
        return "\n".join(plain).replace("\r\n", "\n")
    pages = [re.sub(r"<(?:br|/p|/div|/tr|/h\d|/li)\b[^<>]*>", "\n", part.text(), flags=re.I) for part in parts]
    return "\n".join(html.unescape(re.sub(r"<[^<>]*>", " ", each)) for each in pages[:_MOST_PARTS])


def _finding(recipient: str, text: str) -> BounceFinding:
    reply = reply_in(text)
    status = reply.enhanced if reply else None
    return judged(BounceFinding(recipient=recipient, status=status or status_in(text), reply=reply), text)


def _about(recipient: str, text: str, others: list[str]) -> str:
    """Return the text after a recipient's name, up to the next name; if it says nothing, also the text before it."""
    start = text.find(recipient) if recipient else -1
    if start < 0:
        return text[:4096]
    ends = [at for each in others if each != recipient and (at := text.find(each, start + len(recipient))) > 0]
    behind = text[start + len(recipient) : min([*ends, start + 2000])]
    if reply_in(behind) or status_in(behind) or meaning_in(masked(behind)):
        return behind
    begins = [at + len(each) for each in others if each != recipient and 0 <= (at := text.find(each)) < start]
    return text[max([*begins, start - 1000, 0]) : start] + behind


def _addresses(message: MimePart, text: str) -> list[str]:
    """Return the addresses in the sentences, except the recipients and the sender of the message itself."""
    own = " ".join(message.get(name) for name in ("to", "from", "delivered-to", "reply-to")).lower()
    found = _ADDRESS.findall(text[:4096])
    return [each for each in dict.fromkeys(found) if each.lower() not in own]
