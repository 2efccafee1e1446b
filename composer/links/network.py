"""How the outside world is reached, and how long it may keep us.

Output: `PUBLIC`, what the program uses, and the value that tests make to put their own servers in the world's place.
Which addresses may be asked is not part of it: that is the same for everyone (addresses.py).
"""

import socket
import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkLimits:
    """Bounds; times are seconds."""

    #: One request: looking up, connecting and listening together.
    request: float = 10
    #: One link over all its requests; waiting for a turn is not counted.
    link: float = 25
    #: All links.
    run: float = 300
    #: Between two requests to one host.
    pause: float = 0.3
    #: Hosts asked at once.
    hosts: int = 8
    redirects: int = 5
    #: Bytes of an answer that are read at most; its head must end within them.
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
    """Make the rules of secure connections: certificate and host name are checked."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """The three ways out, and the limits."""

    #: A host to its addresses, or socket.gaierror.
    look_up: Callable[[str], Iterable[str]] = look_up
    #: An address that was found public, a port and the seconds it may take, to a connection, or OSError.
    connect: Callable[[str, int, float], socket.socket] = connect
    trust: Callable[[], ssl.SSLContext] = trust
    limits: NetworkLimits = field(default_factory=NetworkLimits)


#: The internet.
PUBLIC = Reach()
