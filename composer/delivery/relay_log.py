"""Reads a Postfix log for what became of messages whose answer never came.

Comes in: lines of a log, the names of messages. Goes out: the names that the server took. Pure.

A name is the left side of a Message-ID; it stands in X-Compose-ID, too, for servers that write Message-IDs of their own
(and log ours by `header_checks`: /^X-Compose-ID:/ INFO). Postfix logs it when the header has come, long before the end of
the message: that is no proof. What proves it is the queue manager's line, or a delivery's, under the same queue id.
"""

import re
from collections.abc import Collection, Iterable

#: Whatever a server calls itself: postfix/cleanup[1]: 4F1B2C3D: message-id=<…>
_LINE = re.compile(r"[\w.-]+(?:/[\w.-]+)*/(\w+)\[\d+\]: ([0-9A-Za-z]{6,}): (.*)")
_ID = re.compile(r"(?:resent-)?message-id=<?([^@>\s]+)", re.IGNORECASE)
_HEADER = re.compile(r"header X-Compose-ID: ([\w-]+)", re.IGNORECASE)
_BEGINS = re.compile(r"client=|uid=")
_TAKEN = re.compile(r"from=<[^>]*>, size=\d+, nrcpt=\d+ \(queue |to=<[^>]*>,.* status=|removed$")


def taken(lines: Iterable[str], names: Collection[str]) -> frozenset[str]:
    """Find which of the named messages the server has taken; of the others the log says nothing for certain."""
    wanted = {name.lower() for name in names}
    found: set[str] = set()
    by_id: dict[str, str] = {}
    for line in lines:
        if (match := _LINE.search(line)) is None:
            continue
        service, queue_id, said = match.groups()
        if _BEGINS.match(said):
            # A short id is given again, to another message.
            by_id.pop(queue_id, None)
        elif service == "cleanup":
            named = _ID.match(said) or _HEADER.search(said)
            if named and (name := named[1].lower()) in wanted:
                by_id[queue_id] = name
        elif queue_id in by_id and _TAKEN.match(said):
            found.add(by_id[queue_id])
    return frozenset(name for name in names if name.lower() in found)
