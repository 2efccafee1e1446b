"""What in a message may name the reader it is about: tokens and Message-IDs, as candidates.

Comes in: a message as parts. Goes out: `Traces`. Whether a token is ours is told by its key (audience/tokens.py); here
everything that has the shape of one is picked up, wherever servers on the way put it. Pure.
"""

import re
from collections.abc import Iterable

from composer.bounces.mime import Part
from composer.bounces.vocabulary import Traces

#: More than these are no message of ours.
_MOST = 20
#: `bounces+TOKEN@…`; forwarders that rewrite senders (SRS) put `=` or `@` behind it, and some servers change the case.
_PLUS = re.compile(r"\+([a-z2-7]{16,64})(?=[@=])", re.IGNORECASE)
#: A subject such as `unsubscribe TOKEN`, as our own mailto: link fills it in.
_WORD = re.compile(r"\b([a-z2-7]{16,64})\b", re.IGNORECASE)
#: The address for leaving by one click, in the returned header.
_LINK = re.compile(r"/unsubscribe/([a-z2-7]{16,64})\b", re.IGNORECASE)
#: In a header, or quoted in a text: at the beginning of a line, perhaps behind marks of quotation.
_MESSAGE_ID = re.compile(r"^[>|\s]{0,20}message-id:\s{0,20}(<[^<>\s]{3,250}>)", re.IGNORECASE | re.MULTILINE)
_ID = re.compile(r"<[^<>\s]{3,250}>")
#: The left side of our Message-ID once more: in a header, for relays that write a Message-ID of their own (Amazon SES), and as
#: the envelope's id (ENVID, RFC 3464 section 2.2.1).
_NAMED = re.compile(
    r"^[>|\s]{0,20}(?:x-compose-id|original-envelope-id):\s{0,20}([a-z2-7]{16,64})\b", re.IGNORECASE | re.MULTILINE
)
_HEADERS = frozenset({"text/rfc822-headers", "message/rfc822-headers", "message/global-headers"})


def traces_of(message: Part) -> Traces:
    """Pick up what may name the reader."""
    arrived = "\n".join(value for _, value in message.fields)
    inside = [part for part in message.walk() if not part.type.startswith("multipart/")]
    returned: list[str] = []
    ids: list[str] = []
    names: list[str] = []
    for part in inside:
        if part.type in ("message/rfc822", "message/global"):
            header = part.parts[0] if part.parts else part
            returned += [value for _, value in header.fields]
            ids += [found for value in header.all("message-id") for found in _ID.findall(value)]
            names += header.all("x-compose-id")
        else:
            text = _unfolded(part.text())
            returned.append(text)
            ids += _MESSAGE_ID.findall(text)
            names += _NAMED.findall(text)
    behind = "\n".join(returned)
    addressed = " ".join(value for name, value in message.fields if name in _ADDRESSED)
    leaving = [*_PLUS.findall(addressed), *_WORD.findall(message.get("subject"))]
    return Traces(
        tokens=_first(each.lower() for each in (*_PLUS.findall(arrived), *_PLUS.findall(behind))),
        leaving=_first(each.lower() for each in leaving),
        links=_first(each.lower() for each in _LINK.findall(behind)),
        message_ids=_first(ids),
        names=_first(each.strip().lower() for each in (*(_left(each) for each in ids), *names)),
    )


def traces_in(header: Iterable[tuple[str, str]], envelope: str) -> Traces:
    """Pick up what may name the reader from the header and the envelope's sender of a message of ours, as others tell them."""
    fields = [(name.lower(), value) for name, value in header]
    ids = [each for name, value in fields if name == "message-id" for each in _ID.findall(value)]
    named = [value for name, value in fields if name == "x-compose-id"]
    links = "\n".join(value for name, value in fields if name == "list-unsubscribe")
    return Traces(
        tokens=_first(each.lower() for each in _PLUS.findall(envelope)),
        links=_first(each.lower() for each in _LINK.findall(links)),
        message_ids=_first(ids),
        names=_first(each.strip().lower() for each in (*map(_left, ids), *named)),
    )


def returned_header(message: Part, name: str) -> str:
    """Give a field of the returned message's header, or an empty text."""
    for part in message.walk():
        if part.type in ("message/rfc822", "message/global") and part.parts:
            return part.parts[0].get(name)
        if part.type in _HEADERS:
            match = re.search(rf"^{re.escape(name)}:\s*(.*)$", _unfolded(part.text()), re.IGNORECASE | re.MULTILINE)
            return match[1].strip() if match else ""
    return ""


_ADDRESSED = frozenset({"to", "cc", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-rcpt-to"})


def _left(message_id: str) -> str:
    """Give the left side of `<left@right>`."""
    return message_id[1:].partition("@")[0]


def _unfolded(text: str) -> str:
    return re.sub(r"\r?\n[ \t]+", " ", text)


def _first(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found))[:_MOST]
