"""Communicates with systemd: open sockets from it, and the service's status to it.

Input: the environment. Output: sockets to listen on (sd_listen_fds(3)), and messages to systemd (sd_notify(3)).
Guarantees: does nothing without systemd, and works with other programs that pass sockets in the same way.
"""

import contextlib
import os
import socket
import time
from collections.abc import MutableMapping

from composer.web.public.site.publication import PublicError

#: The first passed descriptor (SD_LISTEN_FDS_START).
FIRST = 3


def passed_sockets(environment: MutableMapping[str, str], first: int = FIRST) -> tuple[socket.socket, ...]:
    """Return the sockets that were passed to this process; none if they were meant for another one.

    systemd keeps them open while this process ends and the next one starts, so that new connections wait. Raises PublicError
    for a socket that a proxy cannot reach over TCP.
    """
    meant, count = environment.pop("LISTEN_PID", ""), environment.pop("LISTEN_FDS", "")
    environment.pop("LISTEN_FDNAMES", None)
    if meant != str(os.getpid()) or not count.isdecimal():
        return ()
    return tuple(_listener(descriptor) for descriptor in range(first, first + int(count)))


def _listener(descriptor: int) -> socket.socket:
    try:
        os.set_inheritable(descriptor, False)
        # The socket itself provides family, kind and protocol; with a known protocol, asyncio sets TCP_NODELAY.
        listener = socket.socket(fileno=descriptor)
        is_listening = bool(listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
    except OSError as error:
        raise PublicError(
            f"descriptor {descriptor} in LISTEN_FDS is not a socket: {error.strerror or error}",
            "compose deploy writes a valid socket unit: compose help run-the-public-pages",
        ) from None
    is_internet = listener.family in (socket.AF_INET, socket.AF_INET6) and listener.type == socket.SOCK_STREAM
    if not is_internet or not is_listening:
        listener.close()
        raise PublicError(
            "the socket from systemd must listen on an IP address and a port",
            "write   ListenStream=127.0.0.1:8800   in compose-serve.socket, and remove Accept=yes",
        )
    return listener


def where(listener: socket.socket) -> str:
    """Return the web address of a listening socket."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}/" if listener.family == socket.AF_INET6 else f"http://{host}:{port}/"


def ready(status: str) -> None:
    """Report to systemd that the service is ready, with the status that `systemctl status` shows."""
    _notify(f"READY=1\nSTATUS={status}")


def reloading() -> None:
    """Report to systemd that the settings are being reloaded; `ready` ends this state."""
    _notify(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")


def stopping() -> None:
    """Report to systemd that the service is stopping."""
    _notify("STOPPING=1")


def _notify(message: str) -> None:
    """Send a message to systemd's socket; an error is ignored, since serving the pages matters more."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")) or not hasattr(socket, "AF_UNIX"):
        return
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.connect(f"\0{address[1:]}" if address.startswith("@") else address)
        channel.sendall(message.encode())
