"""Serves the public pages until it is told to stop.

Input: a `Site`, sockets to listen on. Output: none; one process answers all requests. It uses plain HTTP: a reverse proxy
provides encryption and the host name (docs/how-to/run-the-public-pages.md).
"""

import asyncio
import contextlib
import ipaddress
import logging
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence

from starlette.types import Receive, Scope, Send

from composer.core.event_log import emit, emit_bug
from composer.web.http_server import HANDLED_SIGNALS, Config, Server
from composer.web.public.http.timeouts import RequestState, SlowClientProtocol
from composer.web.public.pages.page_context import Site
from composer.web.public.server import systemd
from composer.web.public.server.public_app import application
from composer.web.public.site.publication import PublicError

HOST, PORT = "127.0.0.1", 8800
#: Most connections at once; further ones get a 503. More than a socket's backlog, since all of that arrives at once after a
#: restart.
_MOST_CONNECTIONS = 5000
#: Connections that can wait at a socket, especially while the pages restart;
#: as in deploy/systemd/compose-serve.socket.j2.
_BACKLOG = 4096
#: Longer than proxies keep idle connections (Caddy: two minutes), so that the proxy always closes them first.
_KEEP_ALIVE = 130
_MOST_HEADERS = 16_384
#: Seconds for open requests when the server is told to stop; systemd waits longer (deploy/systemd/compose-serve.service.j2).
_LAST_REQUESTS = 30


class PublicServer(Server):
    """A server that reports when it is ready, can switch to a new site, and loses no request when it stops."""

    def __init__(
        self,
        site: Site,
        *,
        proxies: tuple[str, ...],
        opened: Callable[[], None],
        log: logging.Logger,
        reload: Callable[["PublicServer"], None] | None = None,
    ) -> None:
        """`proxies` are the addresses and networks of proxies whose X-Forwarded-For is trusted.

        `reload` is called in its own thread after SIGHUP and must not raise.
        """

        async def newest(scope: Scope, receive: Receive, send: Send) -> None:
            await self._app(scope, receive, send)

        super().__init__(
            Config(
                newest,
                http=SlowClientProtocol,
                access_log=False,
                log_config=None,
                log_level="error",
                lifespan="off",
                ws="none",
                server_header=False,
                date_header=True,
                proxy_headers=True,
                forwarded_allow_ips=list(proxies),
                limit_concurrency=_MOST_CONNECTIONS,
                backlog=_BACKLOG,
                h11_max_incomplete_event_size=_MOST_HEADERS,
                timeout_keep_alive=_KEEP_ALIVE,
                timeout_graceful_shutdown=_LAST_REQUESTS,
            )
        )
        self.server_state: RequestState = RequestState()
        self._app, self._log = application(site, log), log
        self._opened, self._reload = opened, reload
        self._is_reload_due = False
        self._reloading: asyncio.Task[None] | None = None

    def use(self, site: Site) -> None:
        """Use another site for new requests; requests in progress keep theirs."""
        self._app = application(site, self._log)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Report once the server is ready."""
        await super().startup(sockets)
        if self._reload is not None and hasattr(signal, "SIGHUP"):
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._hang_up)
        self._opened()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept no new connections, answer the requests of the open ones, and stop."""
        self.server_state.is_ending = True
        systemd.stopping()
        said = "stopping: accepting no new connections, finishing open requests"
        emit(self._log, "server.stopping", said=said)
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop cleanly on SIGINT and SIGTERM. uvicorn would raise them again at the end and interrupt a mail in progress."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in HANDLED_SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _hang_up(self) -> None:
        """Reload the settings; once more if a signal arrives during the reload."""
        self._is_reload_due = True
        if self._reloading is None or self._reloading.done():
            self._reloading = asyncio.get_running_loop().create_task(self._reload_all())

    async def _reload_all(self) -> None:
        while self._is_reload_due and self._reload is not None:
            self._is_reload_due = False
            await asyncio.to_thread(self._reload, self)


def serve(
    site: Site,
    listeners: Sequence[socket.socket],
    *,
    proxies: tuple[str, ...],
    opened: Callable[[], None],
    log: logging.Logger,
    reload: Callable[[PublicServer], None],
) -> None:
    """Serve until Ctrl-C or SIGTERM. SIGHUP calls `reload`, except in a terminal, which sends it when it is closed."""
    is_terminal = sys.stdin is not None and sys.stdin.isatty()
    server = PublicServer(site, proxies=proxies, opened=opened, log=log, reload=None if is_terminal else reload)
    _raise_file_limit(_MOST_CONNECTIONS + 500)
    with _uvicorn_events(log), _ignored_hangup() if not is_terminal else contextlib.nullcontext():
        asyncio.run(server.serve(sockets=list(listeners)))


class _UvicornHandler(logging.Handler):
    """Turns uvicorn's logged errors into events: its message, and the type and place of an exception."""

    def __init__(self, log: logging.Logger) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        said = f"server: {record.getMessage().strip()}"
        error = record.exc_info[1] if record.exc_info else None
        if error is None:
            emit(self._log, "server.error", level=record.levelno, said=said)
        else:
            trace = "".join(traceback.format_tb(error.__traceback__))
            emit_bug(self._log, "server.error", error, said=f"{said}\nbug: {type(error).__name__}\n{trace}")


@contextlib.contextmanager
def _uvicorn_events(log: logging.Logger) -> Iterator[None]:
    uvicorn_log, handler = logging.getLogger("uvicorn.error"), _UvicornHandler(log)
    uvicorn_log.addHandler(handler)
    uvicorn_log.propagate = False
    try:
        yield
    finally:
        uvicorn_log.removeHandler(handler)


@contextlib.contextmanager
def _ignored_hangup() -> Iterator[None]:
    """Leave SIGHUP to the server while it runs, and ignore it before and after."""
    if not hasattr(signal, "SIGHUP"):
        yield
        return
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)


def _raise_file_limit(wanted: int) -> None:
    """Raise the limit of open files as far as allowed, since each connection needs one."""
    try:
        import resource
    except ImportError:  # Windows does not have this limit.
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on an address of this computer. Raises PublicError."""
    try:
        family = socket.AF_INET6 if ipaddress.ip_address(host).version == 6 else socket.AF_INET
    except ValueError:
        raise PublicError(
            f"--host must be an IP address such as 127.0.0.1, not “{host}”", "leave out --host to use 127.0.0.1"
        ) from None
    # With an explicit protocol, asyncio sends small packets at once (TCP_NODELAY); otherwise each response takes 40 ms longer.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        # On Windows, this option would let two programs use the same port.
        if sys.platform != "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except (OSError, OverflowError) as error:
        listener.close()
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise PublicError(
            f"cannot listen on {host} port {port}: {reason}", "choose another port: --port 8801"
        ) from None
    return listener
