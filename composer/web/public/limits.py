"""How often something may be asked for: so many at once, then one each so many seconds.

Comes in: a key and the time. Goes out: yes or no. Keeps its counts in memory only, forgets the oldest when there are many,
and never writes down who asked.
"""

from collections import OrderedDict
from dataclasses import dataclass
from ipaddress import ip_address, ip_network


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """So many at once, and one more each so many seconds."""

    at_once: int
    seconds: float


class Limit:
    """Counts by key (GCRA: one number a key, the moment at which all it has used is paid back)."""

    def __init__(self, rate: Rate, most_keys: int = 50_000) -> None:
        self._rate = rate
        self._most_keys = most_keys
        self._paid: OrderedDict[str, float] = OrderedDict()

    def allows(self, key: str, now: float) -> bool:
        """Count one more for a key, unless it is one too many; `now` in seconds of any clock that runs forward."""
        paid = max(self._paid.get(key, now), now) + self._rate.seconds
        if paid - now > self._rate.at_once * self._rate.seconds:
            return False
        self._paid[key] = paid
        self._paid.move_to_end(key)
        while len(self._paid) > self._most_keys:
            self._paid.popitem(last=False)
        return True


def network_of(address: str) -> str:
    """Give the network that an address belongs to: a household or an office, not a person.

    /24 for IPv4; /56 for IPv6, which is what providers give to one customer.
    """
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if mapped := getattr(parsed, "ipv4_mapped", None):
        parsed = mapped
    return str(ip_network((parsed, 24 if parsed.version == 4 else 56), strict=False))
