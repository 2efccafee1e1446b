"""Runs the preview until Ctrl-C, on this computer only.

Input: sessions. Output: nothing; the preview is in the browser. Guarantees: listens only on this computer.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable

from composer.core.errors import ComposeError
from composer.web.http_server import Config, Server
from composer.web.loopback_listener import HOST, listen_on, listen_on_first
from composer.web.preview.issue_sessions import IssueSessions
from composer.web.preview.preview_app import application
from composer.web.preview.preview_session import HEARTBEAT

#: The preview's port. If it is in use, the next free one is used.
PORT = 8700
_TRIED = 30


class PreviewError(ComposeError):
    """The preview cannot be started."""


class PreviewServer(Server):
    """A server that reports when it is ready, and closes the open event streams when it ends."""

    def __init__(
        self, sessions: IssueSessions, listener: socket.socket, opened: Callable[[str], None], heartbeat: float
    ) -> None:
        port = listener.getsockname()[1]
        super().__init__(
            Config(
                application(sessions, port, heartbeat),
                access_log=False,
                log_level="warning",
                lifespan="on",
                ws="none",
                server_header=False,
                timeout_graceful_shutdown=1,
            )
        )
        self.url = f"http://{HOST}:{port}/"
        self.sessions = sessions
        self._opened = opened

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._opened(self.url)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.sessions.close()
        await super().shutdown(sockets)


def serve(sessions: IssueSessions, *, port: int | None = None, opened: Callable[[str], None]) -> None:
    """Show issues until Ctrl-C, and build again when a file changes.

    `opened` is called with the address as soon as the server answers. Without a port, the first free one from 8700 is
    used. Raises PreviewError if the given port is not free.
    """
    with listen(port) as listener:
        server = PreviewServer(sessions, listener, opened, HEARTBEAT)
        # uvicorn shuts down cleanly and then raises the interrupt again.
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(server.serve(sockets=[listener]))


def listen(port: int | None) -> socket.socket:
    """Return a socket that listens on a port of this computer. Raises PreviewError."""
    if port is not None:
        try:
            return listen_on(port)
        except (OSError, OverflowError) as error:
            raise PreviewError(
                f"port {port} is in use by another program or not allowed",
                "leave out --port to use a free port",
            ) from error
    if (found := listen_on_first((*range(PORT, PORT + _TRIED), 0))) is not None:
        return found
    raise PreviewError("no free port on this computer", "close other programs that run a server")
