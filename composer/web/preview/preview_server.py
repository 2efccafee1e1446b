"""Runs the preview until Ctrl-C, on this computer only.

Input: a function that builds. Output: nothing; what is shown is in the browser. Never listens to the network.
"""

import asyncio
import contextlib
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from composer.core.errors import ComposeError
from composer.web.http_server import Config, Server
from composer.web.preview.preview_app import application
from composer.web.preview.preview_session import HEARTBEAT, PreviewSession
from composer.web.preview.view_model import Attempt

HOST = "127.0.0.1"
#: Where the preview is found, unless this port and those behind it are taken.
PORT = 8700
_TRIED = 30


class PreviewError(ComposeError):
    """The preview cannot be started."""


class PreviewServer(Server):
    """A server that tells when it is ready, and lets go of the pages that listen when it ends."""

    def __init__(
        self, session: PreviewSession, listener: socket.socket, opened: Callable[[str], None], heartbeat: float
    ) -> None:
        port = listener.getsockname()[1]
        super().__init__(
            Config(
                application(session, port, heartbeat),
                access_log=False,
                log_level="warning",
                lifespan="on",
                ws="none",
                server_header=False,
                timeout_graceful_shutdown=1,
            )
        )
        self.url = f"http://{HOST}:{port}/"
        self._session = session
        self._opened = opened

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._opened(self.url)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._session.close()
        await super().shutdown(sockets)


def serve(
    rebuild: Callable[[], Attempt],
    *,
    port: int | None = None,
    opened: Callable[[str], None],
    inputs: tuple[Path, ...] = (),
) -> None:
    """Show what `rebuild` gives until Ctrl-C, and build again when one of its inputs changes.

    `opened` is given the address as soon as it answers. `inputs` are watched until the first build has said what it
    read. Without a port the first free one from 8700 is taken; raises PreviewError when the port asked for is not free.
    """
    with listen(port) as listener:
        server = PreviewServer(PreviewSession(rebuild, inputs), listener, opened, HEARTBEAT)
        # uvicorn ends in order and then raises what ended it.
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(server.serve(sockets=[listener]))


def listen(port: int | None) -> socket.socket:
    """Take a port of this computer; raises PreviewError."""
    if port is not None:
        try:
            return _bound(port)
        except (OSError, OverflowError) as error:
            raise PreviewError(
                f"port {port} is taken by another program, or may not be used",
                "leave --port away: a free one is looked for",
            ) from error
    for candidate in (*range(PORT, PORT + _TRIED), 0):
        with contextlib.suppress(OSError):
            return _bound(candidate)
    raise PreviewError("no port of this computer is free", "close other programs that run a server")


def _bound(port: int) -> socket.socket:
    # With the protocol named asyncio sends small pieces at once (TCP_NODELAY); without, each answer waits 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        # On Windows this option would let two programs have the same port.
        if sys.platform != "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(128)
    except BaseException:
        listener.close()
        raise
    return listener
