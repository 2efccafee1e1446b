"""What in a message may name the subscriber it is about: tokens and Message-IDs, as candidates.

Input: a message as parts. Output: `Candidates`. Whether a token is ours is told by its key (audience/tokens.py); here
everything that has the shape of one is picked up, wherever servers on the way put it. Pure.
"""

import re
from collections.abc import Iterable, Iterator

from composer.bounces.parse.mime import MimePart
from composer.bounces.parse.vocabulary import Candidates

#: More than these are no message of ours.
_MOST = 20
#: What is searched is in small letters: some servers change the case, and our tokens have no other.
#: `bounces+TOKEN@…`; forwarders that rewrite senders (SRS) put `=` or `@` behind it.
_PLUS = re.compile(rb"\+([a-z2-7]{16,64})(?=[@=])")
#: A subject such as `unsubscribe TOKEN`, as our own mailto: link fills it in.
_WORD = re.compile(rb"\b([a-z2-7]{16,64})\b")
#: The address for leaving by one click, in the returned header.
_LINK = re.compile(rb"/unsubscribe/([a-z2-7]{16,64})\b")
_ID = re.compile(rb"\s{0,20}(<[^<>\s]{3,250}>)")
_NAME = re.compile(rb"\s{0,20}([a-z2-7]{16,64})\b")
#: Our Message-ID's left side once more: in a header, for relays that write a Message-ID of their own (Amazon SES), and as
#: the envelope's id (ENVID, RFC 3464 section 2.2.1).
_NAMES = (b"x-compose-id:", b"original-envelope-id:")
_HEADERS = frozenset({"text/rfc822-headers", "message/rfc822-headers", "message/global-headers"})
_ADDRESSED = frozenset({"to", "cc", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-rcpt-to"})


def candidates_of(message: MimePart) -> Candidates:
    """Pick up what may name the subscriber."""
    addressed = _lines((name, value) for name, value in message.fields if name in _ADDRESSED)
    outside: list[bytes] = _PLUS.findall(_lines(message.fields).lower())
    quoted: list[bytes] = []
    links: list[bytes] = []
    ids: list[bytes] = []
    names: list[bytes] = []
    for part in message.walk():
        if part.type.startswith("multipart/"):
            continue
        inside = part.parts[0].fields if part.parts else None
        data = part.data() if inside is None else _lines(inside)
        small = data.lower()  # of ASCII only, so that places are the same in both
        quoted += _PLUS.findall(small)
        links += _LINK.findall(small)
        ids += (match[1] for at in _behind(small, b"message-id:") if (match := _ID.match(data, at)))
        names += (match[1] for name in _NAMES for at in _behind(small, name) if (match := _NAME.match(small, at)))
    return Candidates(
        tokens=_first([*outside, *quoted]),
        quoted=_first(quoted),
        leaving=_first([*_PLUS.findall(addressed.lower()), *_WORD.findall(message.get("subject").encode().lower())]),
        links=_first(links),
        message_ids=_first(ids),
        names=_first([*map(_left, ids), *names]),
    )


def candidates_in(header: Iterable[tuple[str, str]], envelope: str) -> Candidates:
    """Pick up what may name the subscriber from the header and the envelope's sender of one of our messages."""
    header = tuple(header)
    small = _lines(header).lower()
    ids = [match[1] for name, value in header if name.lower() == "message-id" and (match := _ID.match(value.encode()))]
    named = [match[1] for at in _behind(small, _NAMES[0]) if (match := _NAME.match(small, at))]
    tokens = _first(_PLUS.findall(envelope.encode().lower()))
    return Candidates(
        tokens=tokens,
        quoted=tokens,
        links=_first(_LINK.findall(small)),
        message_ids=_first(ids),
        names=_first([*map(_left, ids), *named]),
    )


def returned_header(message: MimePart, name: str) -> str:
    """Return a field of the returned message's header, or an empty text."""
    for part in message.walk():
        if part.type in ("message/rfc822", "message/global") and part.parts:
            return part.parts[0].get(name)
        if part.type in _HEADERS:
            unfolded = re.sub(r"\r?\n[ \t]+", " ", part.text())
            match = re.search(rf"^{re.escape(name)}:\s*(.*)$", unfolded, re.IGNORECASE | re.MULTILINE)
            return match[1].strip() if match else ""
    return ""


def _lines(fields: Iterable[tuple[str, str]]) -> bytes:
    return "\n".join(f"{name}: {value}" for name, value in fields).encode("utf-8", "surrogatepass")


def _behind(small: bytes, name: bytes) -> Iterator[int]:
    """Find where a field's value begins: at the beginning of a line, or behind marks of quotation; `_MOST` at most."""
    found, at = 0, small.find(name)
    while at >= 0 and found < _MOST:
        before = small[max(at - 20, 0) : at]
        _, line, margin = before.rpartition(b"\n")
        if (line or at <= 20) and not margin.strip(b"> |\t"):
            found += 1
            yield at + len(name)
        at = small.find(name, at + len(name))


def _left(message_id: bytes) -> bytes:
    """Return the left side of `<left@right>`."""
    return message_id[1:].partition(b"@")[0].lower()


def _first(found: Iterable[bytes]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.decode("utf-8", "replace") for each in found))[:_MOST]
