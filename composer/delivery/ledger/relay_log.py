"""Finds messages without an answer in a Postfix log.

Input: lines of a log; for each message its name, sender and recipient. Output: the names that the server accepted.
Guarantees: pure; a name without proof is not returned.

A name is the left side of a Message-ID. It is also in X-Compose-ID, for servers that write their own Message-IDs (and
log ours with `header_checks`: /^X-Compose-ID:/ INFO). Postfix logs it when it has received the header, long before the
end of the message, so this is not a proof. The queue manager's line with our sender is a proof, or a delivery's line
with our recipient.

Postfix reuses short queue ids, and a log may lack lines (rsyslog drops some when there are many). So a later line
belongs to the same message only if no line in between contradicts it, and if it comes within the usual time.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

#: With any name of the server: postfix/cleanup[1]: 4F1B2C3D: message-id=<…>
_LINE = re.compile(r"[\w.-]+(?:/[\w.-]+)*/(\w+)\[(\d+)\]: ([0-9A-Za-z]{6,}): (.*)")
_ID = re.compile(r"(?:resent-)?message-id=<?([^@>\s]*)", re.IGNORECASE)
_HEADER = re.compile(r"header X-Compose-ID: ([\w-]+)", re.IGNORECASE)
_BEGINS = re.compile(r"client=|uid=")
_QUEUED = re.compile(r"from=<([^>]*)>, size=\d+, nrcpt=\d+ \(queue ")
_DELIVERED = re.compile(r"to=<([^>]*)>,(?: orig_to=<([^>]*)>,)?.* status=")
#: Seconds from the header to the message in the queue, and until the last attempt: Postfix keeps a message for five
#: days.
_ARRIVAL, _LIFETIME = 15 * 60, 6 * 86_400
#: How many seconds a line may be out of order, and within how many seconds one process logs the headers of one message.
_DISORDER, _HEADERS = 5, 60
_ISO = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d{1,6})?)\d*(Z|[+-]\d\d:?\d\d)?")
_SYSLOG = re.compile(r"([A-Z][a-z]{2}) {1,2}(\d{1,2} \d\d:\d\d:\d\d)")
_UNIX = re.compile(r"\d{9,11}\.\d+(?= )")
#: Old logs have no year; any leap year works to count seconds.
_YEAR, _SECONDS = 2000, 366 * 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """The envelope of a message; without a recipient if the address is no longer known."""

    sender: str
    recipient: str | None


@dataclass(slots=True, kw_only=True)
class _Block:
    """One message in the server, under a queue id."""

    name: str
    #: The time in seconds at which its name was logged; None if the line has no time.
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
    """Return the names of the messages that the server has certainly accepted."""
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
            # The id now belongs to another message.
            del by_id[queue_id]
    return frozenset(each.name for each in blocks if each.is_proven)


def _named(said: str, names: Mapping[str, str], at: float | None, process: str) -> _Block | None:
    """Return the message that a line names; its name is empty if it is not one of ours."""
    id_, header = _ID.match(said), _HEADER.search(said)
    if (found := id_ or header) is None:
        return None
    return _Block(name=names.get(found[1].lower(), ""), begun=at, process=process, is_named=id_ is not None)


def _is_same(block: _Block, fresh: _Block) -> bool:
    """Return whether two lines name one message: it may have our header and the server's own Message-ID."""
    is_near = fresh.process == block.process and _is_within(block.begun, fresh.begun, _HEADERS)
    is_same = is_near and (fresh.name == block.name or not (block.is_named and fresh.is_named))
    if is_same:
        block.is_named |= fresh.is_named
    return is_same


def _is_about(block: _Block, said: str, expected: Mapping[str, Expected], at: float | None) -> bool:
    """Read a line with the message's queue id; return whether later lines can still be about the message."""
    wanted = expected[block.name]
    if queued := _QUEUED.match(said):
        # It is logged again at each attempt.
        if queued[1].lower() != wanted.sender.lower():
            return False
        block.is_queued |= _is_within(block.begun, at, _ARRIVAL)
        return block.is_queued
    if delivered := _DELIVERED.match(said):
        if not _is_within(block.begun, at, _LIFETIME):
            return False
        if wanted.recipient is not None:
            # A copy to another recipient (always_bcc) proves nothing.
            is_ours = wanted.recipient.lower() in [each.lower() for each in delivered.groups() if each]
            block.is_delivered |= is_ours
            block.others += not is_ours
    return not said.startswith("removed")


def _is_within(begun: float | None, at: float | None, seconds: int) -> bool:
    if begun is None or at is None:
        return False
    passed = at - begun
    if passed < -_DISORDER and begun < _SECONDS:
        # Across New Year, in a log without years.
        passed += _SECONDS
    return -_DISORDER <= passed <= seconds


def _time(text: str) -> float | None:
    """Return the time at the beginning of a line in seconds: since 1970, or since New Year if there is no year."""
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
