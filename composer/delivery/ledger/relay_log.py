"""Reads a Postfix log for what became of messages whose answer never came.

Input: lines of a log; for each message its name, sender and recipient. Output: the names that the server took. Pure.

A name is the left side of a Message-ID; it stands in X-Compose-ID, too, for servers that write Message-IDs of their own
(and log ours by `header_checks`: /^X-Compose-ID:/ INFO). Postfix logs it when the header has come, long before the end of
the message: that is no proof. What proves it is the queue manager's line with our sender, or a delivery's with our recipient.

Postfix uses a short queue id again and again, and a log may lack lines (rsyslog drops them when there are many). So a later line
is about the same message only if nothing in between says otherwise, and if it came in the time that such a line takes.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

#: Whatever a server calls itself: postfix/cleanup[1]: 4F1B2C3D: message-id=<…>
_LINE = re.compile(r"[\w.-]+(?:/[\w.-]+)*/(\w+)\[(\d+)\]: ([0-9A-Za-z]{6,}): (.*)")
_ID = re.compile(r"(?:resent-)?message-id=<?([^@>\s]*)", re.IGNORECASE)
_HEADER = re.compile(r"header X-Compose-ID: ([\w-]+)", re.IGNORECASE)
_BEGINS = re.compile(r"client=|uid=")
_QUEUED = re.compile(r"from=<([^>]*)>, size=\d+, nrcpt=\d+ \(queue ")
_DELIVERED = re.compile(r"to=<([^>]*)>,(?: orig_to=<([^>]*)>,)?.* status=")
#: Seconds from the header to the message in the queue, and until the last delivery is tried: Postfix keeps it five days.
_ARRIVAL, _LIFETIME = 15 * 60, 6 * 86_400
#: Seconds by which a line may be out of order, and within which one process logs the headers of one message.
_DISORDER, _HEADERS = 5, 60
_ISO = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d{1,6})?)\d*(Z|[+-]\d\d:?\d\d)?")
_SYSLOG = re.compile(r"([A-Z][a-z]{2}) {1,2}(\d{1,2} \d\d:\d\d:\d\d)")
_UNIX = re.compile(r"\d{9,11}\.\d+(?= )")
#: Old logs name no year; any leap year serves to count seconds.
_YEAR, _SECONDS = 2000, 366 * 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """The envelope of a message; no recipient where nobody knows the address any more."""

    sender: str
    recipient: str | None


@dataclass(slots=True, kw_only=True)
class _Block:
    """One message on its way through the server, under a queue id."""

    name: str
    #: Seconds, when its name was logged; None where the line has no time.
    begun: float | None
    process: str
    #: Whether the Message-ID was logged, and not only our own header.
    is_named: bool
    is_queued: bool = False
    others: int = 0
    is_delivered: bool = False

    @property
    def is_proven(self) -> bool:
        return self.is_delivered or (self.is_queued and not self.others)


def taken(lines: Iterable[str], expected: Mapping[str, Expected]) -> frozenset[str]:
    """Find which of the named messages the server has taken; of the others the log says nothing for certain."""
    names = {name.lower(): name for name in expected}
    blocks: list[_Block] = []
    by_id: dict[str, _Block] = {}
    for line in lines:
        if (match := _LINE.search(line)) is None:
            continue
        service, process, queue_id, said = match.groups()
        block = by_id.get(queue_id)
        if service == "cleanup":
            fresh = _named(said, names, _time(line[: match.start()]), process)
            if fresh is not None and (block is None or not _is_same(block, fresh)):
                by_id.pop(queue_id, None)
                if fresh.name:
                    by_id[queue_id] = fresh
                    blocks.append(fresh)
        elif block is None:
            continue
        elif _BEGINS.match(said) or not _is_about(block, said, expected, _time(line[: match.start()])):
            # The id is another message's now.
            del by_id[queue_id]
    return frozenset(each.name for each in blocks if each.is_proven)


def _named(said: str, names: Mapping[str, str], at: float | None, process: str) -> _Block | None:
    """Read a line that names a message; the name is empty for one that is not ours."""
    id_, header = _ID.match(said), _HEADER.search(said)
    if (found := id_ or header) is None:
        return None
    return _Block(name=names.get(found[1].lower(), ""), begun=at, process=process, is_named=id_ is not None)


def _is_same(block: _Block, fresh: _Block) -> bool:
    """Return whether two lines name one message: it may have our header and a Message-ID of the server's own."""
    is_near = fresh.process == block.process and _is_within(block.begun, fresh.begun, _HEADERS)
    is_same = is_near and (fresh.name == block.name or not (block.is_named and fresh.is_named))
    if is_same:
        block.is_named |= fresh.is_named
    return is_same


def _is_about(block: _Block, said: str, expected: Mapping[str, Expected], at: float | None) -> bool:
    """Take in a line under the message's queue id; tell whether later ones can still be about it."""
    wanted = expected[block.name]
    if queued := _QUEUED.match(said):
        # It is logged again at each try.
        if queued[1].lower() != wanted.sender.lower():
            return False
        block.is_queued |= _is_within(block.begun, at, _ARRIVAL)
        return block.is_queued
    if delivered := _DELIVERED.match(said):
        if not _is_within(block.begun, at, _LIFETIME):
            return False
        if wanted.recipient is not None:
            # A copy to somebody else (always_bcc) is no proof, and none against it.
            is_ours = wanted.recipient.lower() in [each.lower() for each in delivered.groups() if each]
            block.is_delivered |= is_ours
            block.others += not is_ours
    return not said.startswith("removed")


def _is_within(begun: float | None, at: float | None, seconds: int) -> bool:
    if begun is None or at is None:
        return False
    passed = at - begun
    if passed < -_DISORDER and begun < _SECONDS:
        # Over New Year, where no year is named.
        passed += _SECONDS
    return -_DISORDER <= passed <= seconds


def _time(text: str) -> float | None:
    """Read the time at the beginning of a line, in seconds: since 1970, or since New Year where it names no year."""
    try:
        if found := _ISO.search(text):
            day, time, zone = found.groups()
            return datetime.fromisoformat(f"{day}T{time}{zone or 'Z'}").timestamp()
        if found := _SYSLOG.search(text):
            moment = datetime.strptime(f"{_YEAR} {found[1]} {found[2]}", "%Y %b %d %H:%M:%S").replace(tzinfo=UTC)
            return moment.timestamp() - datetime(_YEAR, 1, 1, tzinfo=UTC).timestamp()
        return float(found[0]) if (found := _UNIX.search(text)) else None
    except ValueError:
        return None
