"""Looks up hosts: each once in a run, and in bounded time.

Input: a host. Output: addresses that may be asked, or why there are none. An address that is handed out was
checked, and is the one that is connected to: a name that changes its mind (DNS rebinding) is not asked again.
"""

import queue
import socket
import threading
from collections.abc import Callable, Iterable

from composer.links.answer import Hindrance, LinkVerdict
from composer.links.public_addresses import is_public

#: What a resolver says of a name that is not there, or that has no address; not every system knows each of them.
_NO_SUCH_NAME = {getattr(socket, name, None) for name in ("EAI_NONAME", "EAI_NODATA", "EAI_ADDRFAMILY")}
#: A host may have many addresses; trying more than these would only take time.
_MOST = 4


class NameLookup:
    """The hosts looked up in a run. One host is looked up by one thread at a time (host_rate_limiter.py)."""

    def __init__(self, look_up: Callable[[str], Iterable[str]]) -> None:
        self._look_up = look_up
        self._known: dict[str, tuple[str, ...] | Hindrance] = {}

    def find(self, host: str, seconds: float) -> tuple[str, ...] | Hindrance:
        """Return the addresses of a host, or why it is not asked."""
        if host not in self._known:
            self._known[host] = self._find_in_time(host, seconds)
        return self._known[host]

    def _find_in_time(self, host: str, seconds: float) -> tuple[str, ...] | Hindrance:
        # The system's resolver takes no deadline, so it is left alone when it takes too long.
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


def _unknown(host: str) -> Hindrance:
    return Hindrance(verdict=LinkVerdict.UNKNOWN_HOST, reason=f"the host “{host}” does not exist")


def _unsure(host: str) -> Hindrance:
    return Hindrance(verdict=LinkVerdict.UNSURE, reason=f"the name “{host}” could not be looked up at the moment")
