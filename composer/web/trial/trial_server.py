"""Runs the mail server and the mailbox pages of a trial in a thread.

Input: the sockets, the mailbox, the application. Output: nothing; both answer until `stop`. Guarantees: listens only on
this computer.
"""

import asyncio
import socket
import threading

from starlette.applications import Starlette

from composer.core.errors import ComposeError
from composer.web.http_server import Config, Server
from composer.web.loopback_listener import listen_on_first
from composer.web.trial.smtp_listener import TrialHandler, protocol

#: The port of the mailbox pages. If it is in use, the next free one is used.
PORT = 8900
_TRIED = 30
_SECONDS = 30


class TrialError(ComposeError):
    """The trial cannot be started."""


def listen(port: int | None = None) -> socket.socket:
    """Return a socket for the pages: on the given port, or on the first free one. Raises TrialError."""
    found = listen_on_first((port,) if port is not None else (*range(PORT, PORT + _TRIED), 0))
    if found is None:
        raise TrialError(
            f"port {port or PORT} is in use by another program or not allowed", "choose another port: --port 8931"
        )
    return found


class TrialServer:
    """The thread."""

    def __init__(self, mail: socket.socket, web: socket.socket, handler: TrialHandler, app: Starlette) -> None:
        """Keep the sockets, which are closed at the end."""
        self._mail, self._web, self._handler = mail, web, handler
        self._server = Server(
            Config(
                app,
                access_log=False,
                log_level="warning",
                lifespan="off",
                ws="none",
                server_header=False,
                timeout_graceful_shutdown=1,
            )
        )
        self._is_up = threading.Event()
        self._thread = threading.Thread(target=self._run, name="trial", daemon=True)

    def start(self) -> None:
        """Start, and return when the mail server answers."""
        self._thread.start()
        self._is_up.wait(_SECONDS)

    def stop(self) -> None:
        """Finish open requests, and stop."""
        self._server.should_exit = True
        self._thread.join(_SECONDS)

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        async with await loop.create_server(lambda: protocol(self._handler), sock=self._mail):
            self._is_up.set()
            await self._server.serve(sockets=[self._web])
