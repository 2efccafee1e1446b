"""A small internet: hosts with public addresses, each a real server on loopback, without a way to anywhere else.

A page is a behaviour: a function that gets a `SmtpSession` and does with the connection what it wants.
"""

import contextlib
import functools
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from composer.links.name_lookup import KNOWN_HOST
from composer.links.network import NetworkLimits, Reach, connect, trust
from tests.links.certificates import KEY
from tests.transport.setup import factor

#: For servers that answer: long, so that a busy machine does not fail a test.
PATIENT = NetworkLimits(request=30, link=60, run=120, pause=0)


def hasty() -> NetworkLimits:
    """Return limits for servers that do not answer; only in tests that are tried `with_more_time`."""
    return NetworkLimits(request=0.15 * factor.get(), link=0.4 * factor.get(), run=120, pause=0)


@dataclass
class SmtpSession:
    """A request as a server sees it."""

    host: str
    method: str
    path: str
    head: str
    connection: socket.socket
    closing: threading.Event
    begun: float = field(default_factory=time.monotonic)
    ended: float = 0.0

    def say(self, raw: bytes) -> None:
        self.connection.sendall(raw)

    def answer(self, status: int, *headers: str) -> None:
        self.say("\r\n".join((f"HTTP/1.1 {status} So", *headers, "", "")).encode())


#: The rules of the program, made once.
TRUST = functools.cache(trust)

Behaviour = Callable[[SmtpSession], None]


def ok(visit: SmtpSession) -> None:
    visit.answer(200, "Content-Type: text/html")
    if visit.method == "GET":
        visit.say(b"<h1>Good news</h1>")


def says(status: int) -> Behaviour:
    return lambda visit: visit.answer(status, "Content-Length: 0")


def leads(to: str | bytes, status: int = 301) -> Behaviour:
    location = to.encode() if isinstance(to, str) else to
    return lambda visit: visit.say(b"HTTP/1.1 %d Over there\r\nlocation: %s\r\n\r\n" % (status, location))


def by_method(*, head: Behaviour, get: Behaviour) -> Behaviour:
    return lambda visit: (head if visit.method == "HEAD" else get)(visit)


def raw(text: bytes) -> Behaviour:
    return lambda visit: visit.say(text)


def hang(visit: SmtpSession) -> None:
    visit.closing.wait(60)


def drip(visit: SmtpSession) -> None:
    """Send a good answer, a byte at a time: twenty seconds long, unless the client disconnects."""
    for byte in b"HTTP/1.1 200 OK\r\nX: " + b"x" * 2000:
        if visit.closing.wait(0.01):
            break
        visit.say(bytes([byte]))


def endless(visit: SmtpSession) -> None:
    """Send headers for as long as the client stays connected."""
    visit.say(b"HTTP/1.1 200 OK\r\n")
    while not visit.closing.is_set():
        visit.say(b"X-More: and more\r\n" * 100)


class Web:
    """A factory of hosts that counts the requests to each."""

    def __init__(self) -> None:
        self.visits: list[SmtpSession] = []
        self.looked_up: list[str] = []
        #: The resolver's error while there is no network; 0 online.
        self.resolver_error = 0
        self.connected: list[str] = []
        self.names: dict[str, list[list[str]]] = {}
        self._ports: dict[tuple[str, int], int] = {}
        self._closing = threading.Event()
        self._threads: list[threading.Thread] = []
        self._listeners: list[socket.socket] = []

    def site(self, host: str, pages: Mapping[str, Behaviour] | Behaviour, *, port: int = 80) -> str:
        """Add a host to the net; return its address, a new public one."""
        address = f"93.184.216.{len(self._listeners) + 1}"
        self.names[host] = [[address]]
        self._ports[address, port] = self._listen(host, pages, None)
        return address

    def secure_site(self, host: str, certificate: str, folder: Path) -> ssl.SSLContext:
        """Add a host with TLS to the net; every page of it is fine."""
        pem = folder / f"{host}.pem"
        pem.write_text(KEY + certificate)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        address = f"93.184.216.{len(self._listeners) + 1}"
        self.names[host] = [[address]]
        self._ports[address, 443] = self._listen(host, ok, context)
        return context

    def explanation(self, host: str = "127.0.0.1") -> int:
        """Listen on loopback itself, where no connection should ever arrive."""
        return self._listen("trap", ok, None, host)

    def reach(self, limits: NetworkLimits = PATIENT, trust: Callable[[], ssl.SSLContext] = TRUST) -> Reach:
        return Reach(look_up=self._look_up, connect=self._connect, trust=trust, limits=limits)

    def asked(self, host: str) -> list[str]:
        return [f"{visit.method} {visit.path}" for visit in self.visits if visit.host == host]

    def close(self) -> None:
        """End every server, and wait for all of their connections."""
        self._closing.set()
        for listener in self._listeners:
            with contextlib.suppress(OSError):
                socket.create_connection(listener.getsockname(), timeout=60).close()
        for thread in [*self._threads, *(each for each in threading.enumerate() if each.name.startswith("links:"))]:
            thread.join(10)
            assert not thread.is_alive(), thread.name

    def _look_up(self, host: str) -> list[str]:
        if host != KNOWN_HOST:
            self.looked_up.append(host)
        if self.resolver_error:
            raise socket.gaierror(self.resolver_error, "there is no network")
        with contextlib.suppress(ValueError):
            return [str(ipaddress.ip_address(host))]
        answers = self.names.get(host)
        if host == KNOWN_HOST:
            return ["198.41.0.4"]
        if answers is None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def _connect(self, address: str, port: int, seconds: float) -> socket.socket:
        self.connected.append(address)
        if local := self._ports.get((address, port)):
            return connect("127.0.0.1", local, seconds)
        if ipaddress.ip_address(address).is_loopback:  # so that the trap is really reached
            return connect(address, port, seconds)
        raise ConnectionRefusedError

    def _listen(
        self,
        host: str,
        pages: Mapping[str, Behaviour] | Behaviour,
        tls: ssl.SSLContext | None,
        interface: str = "127.0.0.1",
    ) -> int:
        family = socket.AF_INET6 if ":" in interface else socket.AF_INET
        listener = socket.create_server((interface, 0), family=family)
        self._listeners.append(listener)
        self._start(self._accept, listener, host, pages, tls)
        return int(listener.getsockname()[1])

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(
        self, listener: socket.socket, host: str, pages: Mapping[str, Behaviour] | Behaviour, tls: ssl.SSLContext | None
    ) -> None:
        with listener:
            while True:
                connection, _ = listener.accept()
                if self._closing.is_set():
                    connection.close()
                    return
                self._start(self._serve, connection, host, pages, tls)

    def _serve(
        self,
        connection: socket.socket,
        host: str,
        pages: Mapping[str, Behaviour] | Behaviour,
        tls: ssl.SSLContext | None,
    ) -> None:
        connection.settimeout(60)
        with contextlib.suppress(OSError), connection:  # a client may disconnect
            if tls is not None:
                connection = tls.wrap_socket(connection, server_side=True)
            with connection:
                head = b""
                while b"\r\n\r\n" not in head and (more := connection.recv(4096)):
                    head += more
                    if head.startswith(b"\x16"):  # TLS to a server without TLS
                        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                        return
                method, path, _ = head.decode().split(" ", 2) if head else ("", "", "")
                visit = SmtpSession(host, method, path, head.decode(), connection, self._closing)
                self.visits.append(visit)
                try:
                    (pages if callable(pages) else pages.get(path, says(404)))(visit)
                    connection.shutdown(socket.SHUT_WR)
                finally:
                    visit.ended = time.monotonic()


@contextlib.contextmanager
def small_web() -> Iterator[Web]:
    web = Web()
    try:
        yield web
    finally:
        web.close()
