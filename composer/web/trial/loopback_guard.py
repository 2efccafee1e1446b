"""Makes it impossible for this process to reach another computer.

Input: none. Output: none. Guarantees: after `forbid_other_computers`, each attempt to connect to another computer, or to
look up its name, fails with an OSError. This cannot be undone until the process ends.
"""

import errno
import ipaddress
import sys

#: Audit events of Python with the position of the address among their arguments.
_EVENTS = {
    "socket.connect": 1,
    "socket.sendto": 1,
    "socket.sendmsg": 1,
    "socket.getaddrinfo": 0,
    "socket.gethostbyname": 0,
    "socket.gethostbyaddr": 0,
}


def forbid_other_computers() -> None:
    """Allow this process to connect to this computer only."""
    sys.addaudithook(_check)


def is_this_computer(host: object) -> bool:
    """Return whether a host of a socket call is this computer; no host means any address of it."""
    text = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if text is None or text in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(str(text)).is_loopback
    except ValueError:
        return False


def _check(event: str, arguments: tuple[object, ...]) -> None:
    place = _EVENTS.get(event)
    if place is None:
        return
    address = arguments[place]
    if isinstance(address, tuple):
        address = address[0]
    elif place:
        return  # the path of a socket in the file system, or the peer of a connected socket
    if not is_this_computer(address):
        raise OSError(errno.ENETUNREACH, "compose trial reaches only this computer")
