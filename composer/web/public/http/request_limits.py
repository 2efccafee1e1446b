"""Limits how often something can be requested: a burst, then one request per interval.

Input: a key and the time. Output: yes or no. Guarantees: keeps its counts in memory only, drops the oldest when there are many,
and does not record who made a request.
"""

from collections import OrderedDict
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A burst of requests, and one more after each interval of seconds."""

    at_once: int
    seconds: float


class Limit:
    """Counts by key (GCRA: one number per key, the time at which its burst is fully available again)."""

    def __init__(self, rate: Rate, most_keys: int = 50_000) -> None:
        self._rate = rate
        self._most_keys = most_keys
        self._paid: OrderedDict[str, float] = OrderedDict()

    def allows(self, key: str, now: float) -> bool:
        """Count one request for a key and return whether it is allowed; `now` is in seconds of any monotonic clock."""
        paid = max(self._paid.get(key, now), now) + self._rate.seconds
        if paid - now > self._rate.at_once * self._rate.seconds:
            return False
        self._paid[key] = paid
        self._paid.move_to_end(key)
        while len(self._paid) > self._most_keys:
            self._paid.popitem(last=False)
        return True


class NetworkLimiter:
    """Counts the requests of each network within a day, so that a queue can serve networks in turn.

    The first request of a network has turn 0, the next one turn 1. The owner of a large network cannot pass as many small ones:
    the networks that contain it count as well; the larger they are, the less a request in them counts.
    """

    def __init__(self, most_keys: int = 200_000) -> None:
        self._most_keys = most_keys
        #: The number of requests, and the time of the first.
        self._counts: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def next(self, address: str, now: float) -> int:
        """Count one request from an address, and return its turn; `now` is in seconds."""
        parsed = _parsed(address)
        if parsed is None:
            return self._count("unknown", now)
        networks = _NETWORKS[parsed.version]
        return max(self._count(_network(parsed, bits), now) // weight for bits, weight in networks)

    def _count(self, key: str, now: float) -> int:
        count, since = self._counts.get(key, (0, now))
        if now - since > _DAY:
            count, since = 0, now
        self._counts[key] = (count + 1, since)
        self._counts.move_to_end(key)
        while len(self._counts) > self._most_keys:
            self._counts.popitem(last=False)
        return count


_DAY = 86_400.0
#: By protocol version: the length of a network's prefix, and how many of its requests make one turn. `network_of` uses the first.
#: The last is the size of a provider's network, from which many people may subscribe on one day.
_NETWORKS = {4: ((24, 1), (16, 32)), 6: ((56, 1), (48, 4), (32, 32))}


def network_of(address: str) -> str:
    """Return the network that an address belongs to: a household or an office, not a person.

    /24 for IPv4; /56 for IPv6, which is what providers give to one customer.
    """
    parsed = _parsed(address)
    return "unknown" if parsed is None else _network(parsed, _NETWORKS[parsed.version][0][0])


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return None
    return getattr(parsed, "ipv4_mapped", None) or parsed


def _network(address: IPv4Address | IPv6Address, bits: int) -> str:
    return str(ip_network((address, bits), strict=False))
