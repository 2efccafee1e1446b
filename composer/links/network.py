"""How connections to the internet are made, and their limits.

Input: nothing. Output: `PUBLIC`, which the program uses, and the type of the values with which tests replace it. It
does not decide which addresses may be contacted: that is the same for everyone (public_addresses.py).
"""

import socket
import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkLimits:
    """Limits; times are in seconds."""

    #: One request: lookup, connection and answer together.
    request: float = 10
    #: One link with all its requests; waiting for the rate limit does not count.
    link: float = 25
    #: All links.
    run: float = 300
    #: Between two requests to one host.
    pause: float = 0.3
    #: How many hosts are checked at the same time.
    hosts: int = 8
    redirects: int = 5
    #: The maximum of bytes that are read of an answer; its head must end within them.
    head: int = 65_536


def look_up(host: str) -> Iterable[str]:
    """Return the addresses of a host in the system's order of preference; raises socket.gaierror."""
    return (str(found[4][0]) for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM))


def connect(address: str, port: int, seconds: float) -> socket.socket:
    """Connect to an address, which is never a name; raises OSError."""
    connection = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        connection.settimeout(seconds)
        connection.connect((address, port))
    except BaseException:
        connection.close()
        raise
    return connection


def trust() -> ssl.SSLContext:
    """Return the settings of secure connections: certificate and host name are checked."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """The three functions for connections, and the limits."""

    #: From a host to its addresses, or socket.gaierror.
    look_up: Callable[[str], Iterable[str]] = look_up
    #: From an address that is known to be public, a port and a time limit to a connection, or OSError.
    connect: Callable[[str, int, float], socket.socket] = connect
    trust: Callable[[], ssl.SSLContext] = trust
    limits: NetworkLimits = field(default_factory=NetworkLimits)


#: The internet.
PUBLIC = Reach()
