"""Find what may identify the subscriber of a returned message: tokens and Message-IDs, as candidates.

Input: a message as parts. Output: `Candidates`. Guarantees: pure. Collects everything that has the form of a token,
wherever servers put it; whether a token is ours is decided by its key (audience/identity/tokens.py).
"""

import re
from collections.abc import Iterable, Iterator

from composer.bounces.parse.mime import MimePart
from composer.bounces.parse.vocabulary import Candidates

#: A message of ours has fewer than these.
_MOST = 20
#: The search is in lower case: some servers change the case, and our tokens have only lower case. `bounces+TOKEN@…`;
#: forwarders that rewrite senders (SRS) put `=` or `@` after it.
_PLUS = re.compile(rb"\+([a-z2-7]{16,64})(?=[@=])")
#: A subject such as `unsubscribe TOKEN`, as our own mailto: link fills it in.
_WORD = re.compile(rb"\b([a-z2-7]{16,64})\b")
#: The address for one-click unsubscribing, in the returned header.
_LINK = re.compile(rb"/unsubscribe/([a-z2-7]{16,64})\b")
_ID = re.compile(rb"\s{0,20}(<[^<>\s]{3,250}>)")
_NAME = re.compile(rb"\s{0,20}([a-z2-7]{16,64})\b")
#: The left side of our Message-ID again: in a header, for relays that write their own Message-ID (Amazon SES), and as
#: the envelope's id (ENVID, RFC 3464 section 2.2.1).
_NAMES = (b"x-compose-id:", b"original-envelope-id:")
_HEADERS = frozenset({"text/rfc822-headers", "message/rfc822-headers", "message/global-headers"})
_ADDRESSED = frozenset({"to", "cc", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-rcpt-to"})


def candidates_of(message: MimePart) -> Candidates:
    """Collect what may identify the subscriber."""
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
        small = data.lower()  # changes ASCII only, so positions stay the same
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
    """Collect what may identify the subscriber from the header and the envelope sender of one of our messages."""
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
    """Return a header field of the returned message, or an empty text."""
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
    """Yield where the value of a field begins: at the start of a line or after quotation marks; `_MOST` at most."""
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
