"""Sockets for servers that only this computer can reach: the preview and the trial.

Input: ports. Output: a listening socket. Guarantees: listens only on this computer.
"""

import contextlib
import socket
import sys
from collections.abc import Iterable

HOST = "127.0.0.1"


def listen_on(port: int) -> socket.socket:
    """Return a socket that listens on a port; 0 means any free port. Raises OSError, OverflowError."""
    # With an explicit protocol, asyncio sends small packets at once (TCP_NODELAY); otherwise each response takes 40 ms longer.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        # On Windows, this option would let two programs use the same port.
        if sys.platform != "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(128)
    except BaseException:
        listener.close()
        raise
    return listener


def listen_on_first(ports: Iterable[int]) -> socket.socket | None:
    """Return a socket that listens on the first free port; None if none is free."""
    for port in ports:
        with contextlib.suppress(OSError):
            return listen_on(port)
    return None
