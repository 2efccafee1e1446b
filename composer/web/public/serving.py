"""Runs the readers' pages until it is told to end.

Comes in: a `Site`, a place to listen. Goes out: nothing; one process answers all. Speaks plain HTTP: the encryption, and the
name, are the reverse proxy's before it (docs/server.md).
"""

import asyncio
import contextlib
import ipaddress
import socket
import sys
from collections.abc import Callable

import uvicorn

from composer.web.public.app import application
from composer.web.public.patience import PatientProtocol
from composer.web.public.publication import PublicError
from composer.web.public.site import Site

HOST, PORT = "127.0.0.1", 8800
#: Connections at once; a proxy before us lets each of them wait, not us.
_MOST_CONNECTIONS = 1000
#: Longer than proxies keep their connections (Caddy: two minutes): the one who closes first is never in the other's way.
_KEEP_ALIVE = 130
_MOST_HEADERS = 16_384


class Server(uvicorn.Server):
    """A server that tells when it is ready."""

    def __init__(
        self, site: Site, *, proxies: tuple[str, ...], opened: Callable[[], None], tell: Callable[[str], None]
    ) -> None:
        """`proxies` are the addresses and networks of proxies whose X-Forwarded-For is believed."""
        super().__init__(
            uvicorn.Config(
                application(site, tell),
                http=PatientProtocol,
                access_log=False,
                log_level="error",
                lifespan="off",
                ws="none",
                server_header=False,
                date_header=True,
                proxy_headers=True,
                forwarded_allow_ips=list(proxies),
                limit_concurrency=_MOST_CONNECTIONS,
                h11_max_incomplete_event_size=_MOST_HEADERS,
                timeout_keep_alive=_KEEP_ALIVE,
                timeout_graceful_shutdown=10,
            )
        )
        self._opened = opened

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Tell, once it answers."""
        await super().startup(sockets)
        self._opened()


def serve(
    site: Site,
    listener: socket.socket,
    *,
    proxies: tuple[str, ...],
    opened: Callable[[], None],
    tell: Callable[[str], None],
) -> None:
    """Answer until Ctrl-C or SIGTERM."""
    server = Server(site, proxies=proxies, opened=opened, tell=tell)
    # uvicorn ends in order and then raises what ended it.
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(server.serve(sockets=[listener]))


def listen(host: str, port: int) -> socket.socket:
    """Take a place to listen at: an address of this computer. Raises PublicError."""
    try:
        family = socket.AF_INET6 if ipaddress.ip_address(host).version == 6 else socket.AF_INET
    except ValueError:
        raise PublicError(f"--host takes an address such as 127.0.0.1, not “{host}”", "leave --host away") from None
    # With the protocol named asyncio sends small pieces at once (TCP_NODELAY); without, each answer waits 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        # On Windows this option would let two programs have the same port.
        if sys.platform != "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(1024)
    except (OSError, OverflowError) as error:
        listener.close()
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise PublicError(f"{host} port {port} cannot be used: {reason}", "choose another: --port 8801") from None
    return listener
