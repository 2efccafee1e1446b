"""What systemd and `compose serve` tell each other: sockets that are open already, and how the service is doing.

Input: the environment. Output: sockets to answer on (sd_listen_fds(3)), and messages to systemd (sd_notify(3)).
Guarantees: without systemd nothing happens, and whoever passes sockets the same way is understood as well.
"""

import contextlib
import os
import socket
import time
from collections.abc import MutableMapping

from composer.web.public.site.publication import PublicError

#: The first descriptor that is passed (SD_LISTEN_FDS_START).
FIRST = 3


def passed_sockets(environment: MutableMapping[str, str], first: int = FIRST) -> tuple[socket.socket, ...]:
    """Take over the sockets that were passed to this process; none where systemd meant another one.

    They stay open in systemd while this process ends and the next one starts: whoever connects meanwhile waits. Raises
    PublicError for a socket that no proxy can reach over TCP.
    """
    meant, count = environment.pop("LISTEN_PID", ""), environment.pop("LISTEN_FDS", "")
    environment.pop("LISTEN_FDNAMES", None)
    if meant != str(os.getpid()) or not count.isdecimal():
        return ()
    return tuple(_listener(descriptor) for descriptor in range(first, first + int(count)))


def _listener(descriptor: int) -> socket.socket:
    try:
        os.set_inheritable(descriptor, False)
        # Family, kind and protocol are asked of the socket itself; with the protocol known, asyncio sets TCP_NODELAY.
        listener = socket.socket(fileno=descriptor)
        is_listening = bool(listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
    except OSError as error:
        raise PublicError(
            f"LISTEN_FDS names descriptor {descriptor}, which is not a socket: {error.strerror or error}",
            "see deploy/systemd/compose-serve.socket",
        ) from None
    is_internet = listener.family in (socket.AF_INET, socket.AF_INET6) and listener.type == socket.SOCK_STREAM
    if not is_internet or not is_listening:
        listener.close()
        raise PublicError(
            "the socket that systemd passed cannot be used: it must listen on an IP address and a port",
            "write   ListenStream=127.0.0.1:8800   and not Accept=yes into compose-serve.socket",
        )
    return listener


def where(listener: socket.socket) -> str:
    """Write where a socket listens, as the address of a page."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}/" if listener.family == socket.AF_INET6 else f"http://{host}:{port}/"


def ready(status: str) -> None:
    """Tell systemd that requests are answered, and what `systemctl status` is to show."""
    _notify(f"READY=1\nSTATUS={status}")


def reloading() -> None:
    """Tell systemd that the settings are being read again; `ready` ends it."""
    _notify(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")


def stopping() -> None:
    """Tell systemd that no new request is taken."""
    _notify("STOPPING=1")


def _notify(message: str) -> None:
    """Send a message to the socket that systemd names; where it cannot be sent, the pages matter more."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")) or not hasattr(socket, "AF_UNIX"):
        return
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.connect(f"\0{address[1:]}" if address.startswith("@") else address)
        channel.sendall(message.encode())
