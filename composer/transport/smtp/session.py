"""Opens a session with a server: connect, encrypt, greet, sign in.

Input: a `MailServer`. Output: an `SmtpSession`, ready for a message, or `TransportError`. Guarantees: no fallback to
less security: missing encryption or an invalid certificate is an error; a secret is never sent unencrypted to another
computer.

This module does not use smtplib, because its timeouts are for one read instead of one reply, its tracebacks show
passwords, and it reads bytes that an attacker may have inserted after STARTTLS (RFC 3207, section 6).
"""

import ipaddress
import re
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from composer.transport.outcome import ServerReply, Stage
from composer.transport.protocol import TransportError
from composer.transport.server_settings import MailServer, Secret, Security, ServerLimits
from composer.transport.smtp.auth import as_bytes, sign_in
from composer.transport.smtp.connection_errors import broken, no_authorities, no_way_to, not_secure, turned_away
from composer.transport.smtp.reply_parser import Lines, make_reply
from composer.transport.smtp.wire import BrokenError, Wire

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,253}[A-Za-z0-9])?|\[[A-Za-z0-9.:]+\]")
_KEYWORD = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*)(?:[ =](.*))?")


@dataclass(slots=True, kw_only=True)
class SmtpSession:
    """An open session."""

    wire: Wire
    #: The server's extensions: keywords in capitals, with their parameters (RFC 5321, section 4.1.1.1).
    extensions: Mapping[str, str]
    limits: ServerLimits
    #: When it was last used, on the monotonic clock.
    used: float
    #: Started messages.
    messages: int = 0
    #: Deferred messages in a row.
    put_off: int = 0
    #: Whether a transaction ended early, so that RSET must be sent before the next one.
    is_to_be_reset: bool = False


def make_trust(server: MailServer) -> ssl.SSLContext:
    """Return the context to check certificates: with this computer's authorities, or only those in `ca_file`."""
    try:
        trust = ssl.create_default_context(cafile=server.ca_file)
    except OSError as error:
        raise no_authorities(server, error) from error
    trust.minimum_version = ssl.TLSVersion.TLSv1_2
    return trust


def open_session(server: MailServer, trust: Callable[[], ssl.SSLContext]) -> SmtpSession:
    """Open a session. Raises TransportError."""
    wire = _dial(server)
    try:
        return _Opening(server, wire, trust).run()
    except BaseException:
        wire.close()
        raise


class _Opening:
    """The steps of one opening."""

    def __init__(self, server: MailServer, wire: Wire, trust: Callable[[], ssl.SSLContext]) -> None:
        self._server, self._wire, self._trust = server, wire, trust

    def run(self) -> SmtpSession:
        server = self._server
        is_near = is_loopback(self._wire.peer)
        if server.security is Security.NONE and not is_near and not server.is_plain_allowed:
            raise TransportError(
                f"{server.host} is another computer, and security: none would send subscribers’ addresses unencrypted",
                "write security: starttls or security: tls; nothing was sent",
                stage=Stage.CONNECT,
            )
        if server.security is Security.TLS:
            self._secure()
        self._expect(Stage.GREETING, 220, self._ask(Stage.GREETING, None))
        extensions = self._hello()
        if server.security is Security.STARTTLS:
            self._start_tls(extensions)
            # Earlier replies are ignored, because they were not authenticated (RFC 3207, section 4.2).
            extensions = self._hello()
        if server.username is not None:
            if not self._wire.is_encrypted and not is_near:
                raise TransportError(
                    f"{server.host}: the password would be sent unencrypted",
                    "write security: starttls or security: tls; nothing was sent",
                    stage=Stage.AUTH,
                )
            sign_in(server, extensions.get("AUTH"), self._ask_to_sign_in)
        return SmtpSession(wire=self._wire, extensions=extensions, limits=server.limits, used=time.monotonic())

    def _start_tls(self, extensions: Mapping[str, str]) -> None:
        server = self._server
        if "STARTTLS" not in extensions:
            raise TransportError(
                f"{server.host} does not offer encryption (STARTTLS) on port {server.port}",
                "try security: tls with port 465, or ask the server’s operator; nothing was sent",
                stage=Stage.STARTTLS,
            )
        self._expect(Stage.STARTTLS, 220, self._ask(Stage.STARTTLS, "STARTTLS"))
        if not self._wire.is_silent:
            raise TransportError(
                f"{server.host}: unexpected data arrived before encryption started",
                "someone may be interfering with the connection: try from another network; nothing was sent",
                stage=Stage.STARTTLS,
            )
        self._secure()

    def _secure(self) -> None:
        trust = self._trust()
        try:
            self._wire.secure(trust, self._server.host, self._server.limits.connect)
        except (OSError, ValueError) as error:
            # ValueError: a host name that cannot be in a certificate.
            raise not_secure(self._server, error if isinstance(error, OSError) else OSError()) from error

    def _hello(self) -> dict[str, str]:
        lines = self._ask(Stage.EHLO, f"EHLO {self._name()}")
        self._expect(Stage.EHLO, 250, lines)
        extensions: dict[str, str] = {}
        for line in lines[1][1:]:
            if match := _KEYWORD.fullmatch(line.decode("ascii", "replace").strip()):
                # Some servers send AUTH twice, also in an old format: AUTH=LOGIN.
                keyword, said = match[1].upper(), _printable(match[2] or "")
                extensions[keyword] = f"{extensions[keyword]} {said}" if keyword in extensions else said
        return extensions

    def _name(self) -> str:
        """Return our name: the configured name, or our IP address (RFC 5321, section 4.1.3)."""
        if self._server.name is not None:
            if not _NAME.fullmatch(self._server.name):
                raise TransportError(
                    f"{self._server.name!r} is not a valid name for EHLO to {self._server.host}",
                    "use this computer’s host name, such as news.example.org",
                    stage=Stage.EHLO,
                )
            return self._server.name
        address = self._wire.here.partition("%")[0]
        return f"[IPv6:{address}]" if ":" in address else f"[{address}]"

    def _ask_to_sign_in(self, line: str | Secret, masks: tuple[Secret, ...]) -> ServerReply:
        return make_reply(self._ask(Stage.AUTH, line, masks))

    def _ask(self, stage: Stage, line: str | Secret | None, masks: tuple[Secret, ...] = ()) -> Lines:
        """Send a line (None: nothing) and return the reply, with all secrets masked."""
        seconds = self._server.limits.reply
        try:
            if line is not None:
                self._wire.send(as_bytes(line.reveal() if isinstance(line, Secret) else line) + b"\r\n", seconds)
            code, lines = self._wire.read(seconds)
        except BrokenError as error:
            fault = error.fault
        else:
            for mask in masks:
                if mask.reveal():
                    lines = [each.replace(as_bytes(mask.reveal()), "…".encode()) for each in lines]
            return code, lines
        # Raised here, so that the traceback does not contain the frames with the line.
        raise broken(self._server, stage, fault)

    def _expect(self, stage: Stage, code: int, lines: Lines) -> None:
        if lines[0] != code:
            raise turned_away(self._server, stage, make_reply(lines))


def _dial(server: MailServer) -> Wire:
    """Connect to the server, at each of its addresses until one answers."""
    end = time.monotonic() + server.limits.connect
    try:
        found = socket.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise no_way_to(server, error) from error
    failed: OSError = TimeoutError()
    for place, (family, kind, protocol, _, address) in enumerate(found):
        # An address that never answers leaves time for the others.
        left = (end - time.monotonic()) / (len(found) - place)
        if left <= 0:
            break
        connection = socket.socket(family, kind, protocol)
        try:
            connection.settimeout(left)
            connection.connect(address)
            return Wire(connection)
        except OSError as error:
            connection.close()
            failed = error
        except BaseException:
            connection.close()
            raise
    raise no_way_to(server, failed)


def is_loopback(address: str) -> bool:
    """Return whether an IP address is this computer's own."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return (mapped or ip).is_loopback


def _printable(text: str) -> str:
    return "".join(each if each.isprintable() else " " for each in text)[:500].strip()
