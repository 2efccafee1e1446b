"""Look up hosts: each once in a run, in limited time.

Input: a host. Output: addresses that may be contacted, or the reason why there are none. Guarantees: an address that is
returned was checked and is the one that is used: a name that changes its address (DNS rebinding) is not looked up
again.
"""

import queue
import socket
import threading
from collections.abc import Callable, Iterable

from composer.links.answer import Hindrance, LinkVerdict
from composer.links.public_addresses import is_public

#: Resolver errors for a name that does not exist or has no address; not every system has each of them.
_NO_SUCH_NAME = {getattr(socket, name, None) for name in ("EAI_NONAME", "EAI_NODATA", "EAI_ADDRFAMILY")}
#: A host that exists as long as the internet does: a root name server. It is only looked up, and only if no other was found.
KNOWN_HOST = "a.root-servers.net"
#: A host can have many addresses; trying more than these would only take time.
_MOST = 4


class NameLookup:
    """The lookups of a run. Only one thread at a time looks up a host (host_rate_limiter.py)."""

    def __init__(self, look_up: Callable[[str], Iterable[str]]) -> None:
        self._look_up = look_up
        self._known: dict[str, tuple[str, ...] | Hindrance] = {}

    def find(self, host: str, seconds: float) -> tuple[str, ...] | Hindrance:
        """Return the addresses of a host, or why it is not contacted."""
        if host not in self._known:
            self._known[host] = self._find_in_time(host, seconds)
        return self._known[host]

    def is_offline(self, seconds: float) -> bool:
        """Return whether no host at all can be found; some systems then report every host as unknown."""
        hosts = (*self._known, KNOWN_HOST) if self._known else ()
        return bool(hosts) and not any(_is_found(self.find(host, seconds)) for host in hosts)

    def _find_in_time(self, host: str, seconds: float) -> tuple[str, ...] | Hindrance:
        # The system's resolver has no deadline, so it is abandoned if it takes too long.
        found: queue.SimpleQueue[tuple[str, ...] | Hindrance | BaseException] = queue.SimpleQueue()

        def find() -> None:
            try:
                found.put(self._find(host))
            except BaseException as error:
                found.put(error)

        threading.Thread(target=find, name=f"links: name {host}", daemon=True).start()
        try:
            result = found.get(timeout=seconds)
        except queue.Empty:
            return _unsure(host)
        if isinstance(result, BaseException):
            raise result
        return result

    def _find(self, host: str) -> tuple[str, ...] | Hindrance:
        try:
            addresses = tuple(dict.fromkeys(self._look_up(host)))
        except socket.gaierror as error:
            return _unknown(host) if error.errno in _NO_SUCH_NAME else _unsure(host)
        except (OSError, UnicodeError):
            return _unsure(host)
        if not addresses:
            return _unknown(host)
        if not all(map(is_public, addresses)):
            reason = f"“{host}” is not on the public internet, so it was not checked"
            return Hindrance(verdict=LinkVerdict.REFUSED, reason=reason)
        return addresses[:_MOST]


def _is_found(found: tuple[str, ...] | Hindrance) -> bool:
    return not isinstance(found, Hindrance) or found.verdict is LinkVerdict.REFUSED


def _unknown(host: str) -> Hindrance:
    return Hindrance(verdict=LinkVerdict.UNKNOWN_HOST, reason=f"the host “{host}” does not exist")


def _unsure(host: str) -> Hindrance:
    return Hindrance(verdict=LinkVerdict.UNSURE, reason=f"the name “{host}” could not be looked up at the moment")
