"""Read the bounce mailbox by IMAP (RFC 9051, 3501), and move recorded messages out of the way.

Input: a `MailboxAccount`. Output: messages, of each the first megabyte. Guarantees: a message is moved only after it is
recorded; one that stays because the connection was lost is read again, recognised and moved. Nothing is deleted.
"""

import contextlib
import imaplib
import re
import ssl
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from composer.bounces.intake.message_files import Raw
from composer.bounces.parse.mime import MAX_BYTES
from composer.bounces.record.bounce_policy import BounceEffect
from composer.bounces.record.bounce_settings import MailboxAccount
from composer.bounces.record.recorder import Recorded
from composer.core.errors import ComposeError
from composer.transport.server_settings import MailServer, Security
from composer.transport.smtp.session import is_loopback, make_trust

#: Seconds to wait for each answer; messages per fetch; messages per search.
_SECONDS, _AT_A_TIME, _WINDOW = 60.0, 20, 1000
_UID = re.compile(rb"\bUID (\d+)")


class MailboxError(ComposeError):
    """The mailbox cannot be read, or no longer. Messages that were read before are recorded."""


#: What a server says about its own temporary trouble (RFC 5530, section 3).
_PASSING = re.compile(r"\[(?:SERVERBUG|UNAVAILABLE|INUSE)\]")


class ConnectionLostError(MailboxError):
    """The connection was lost: run the command again."""

    exit_code = 75


@dataclass(slots=True)
class ImapMailbox:
    """An open mailbox. Close it with `close`."""

    account: MailboxAccount
    _connection: imaplib.IMAP4
    _offers: frozenset[str] = frozenset()
    _uids: dict[str, int] = field(default_factory=dict)
    source: str = "imap"

    @classmethod
    def open(cls, account: MailboxAccount) -> Self:
        """Connect, sign in, open the folder, and create the two other folders if necessary. Raises MailboxError."""
        connection = _connect(account.server)
        try:
            _sign_in(connection, account.server)
            opened = cls(account, connection)
            # Servers offer more after sign-in.
            said = opened._expect("the server does not list its capabilities", connection.capability)
            opened._offers = frozenset(
                b" ".join(each for each in said if each).decode("ascii", "replace").upper().split()
            )
            for name in (account.read, account.kept):
                opened._make(name)
            opened._expect(
                f"the folder “{account.folder}” cannot be opened", connection.select, _quoted(account.folder)
            )
        except BaseException:
            _hang_up(connection)
            raise
        return opened

    def messages(self) -> Iterator[Raw]:
        """Yield the messages that are in the folder now, oldest first."""
        uids = self._find()
        for start in range(0, len(uids), _AT_A_TIME):
            wanted = uids[start : start + _AT_A_TIME]
            span = ",".join(map(str, wanted))
            what = f"(BODY.PEEK[]<0.{2 * MAX_BYTES}>)"
            parts = self._expect("messages cannot be fetched", self._connection.uid, "FETCH", span, what)
            for uid, data in _bodies(parts):
                name = f"{self.account.folder}:{uid}"
                self._uids[name] = uid
                yield Raw(name=name, data=data)

    def release(self, done: Sequence[tuple[Raw, Recorded]]) -> None:
        """Move messages out of the way: understood messages to one folder, messages for a person to the other."""
        for folder, is_kept in ((self.account.read, False), (self.account.kept, True)):
            here = [self._uids.pop(raw.name) for raw, each in done if (each.effect is BounceEffect.KEPT) is is_kept]
            if here:
                self._move(",".join(map(str, here)), folder)

    def close(self) -> None:
        """Sign out and disconnect."""
        try:
            self._connection.logout()
        except (imaplib.IMAP4.error, OSError):
            _hang_up(self._connection)

    def _find(self) -> list[int]:
        """Search for messages by number, a range at a time, because an answer is one line of limited length."""
        count = int(self._connection.response("EXISTS")[1][-1] or b"0")
        found: list[int] = []
        for start in range(1, count + 1, _WINDOW):
            window = f"{start}:{min(start + _WINDOW - 1, count)}"
            said = self._expect("messages cannot be searched", self._connection.uid, "SEARCH", window, "UNDELETED")
            found += [int(each) for line in said if isinstance(line, bytes) for each in line.split()]
        return found

    def _move(self, uids: str, folder: str) -> None:
        ask, name = self._connection.uid, _quoted(folder)
        if "MOVE" in self._offers:
            self._expect(f"messages cannot be moved to “{folder}”", ask, "MOVE", uids, name)
            return
        # RFC 6851, section 3.3. Without UIDPLUS the message is only marked as deleted: EXPUNGE would also delete
        # messages of others.
        self._expect(f"messages cannot be copied to “{folder}”", ask, "COPY", uids, name)
        self._expect("messages cannot be marked", ask, "STORE", uids, "+FLAGS.SILENT", r"(\Deleted)")
        if "UIDPLUS" in self._offers:
            self._expect("messages cannot be removed", ask, "EXPUNGE", uids)

    def _make(self, name: str) -> None:
        there = self._expect("folders cannot be listed", self._connection.list, '""', _quoted(name))
        if not any(isinstance(each, bytes) and each for each in there):
            hint = f"in delivery.imap, use a folder that can be created, such as INBOX.{name}"
            self._expect(f"the folder “{name}” cannot be created", self._connection.create, _quoted(name), hint=hint)

    def _expect(self, what: str, ask: Callable[..., tuple[str, list[Any]]], *words: str, hint: str = "") -> list[Any]:
        """Run a command and return the data of an OK answer; `what` begins the error message."""
        try:
            verdict, said = ask(*words)
        except (imaplib.IMAP4.abort, OSError) as error:
            raise _lost(self.account.server, error) from None
        except imaplib.IMAP4.error as error:
            raise MailboxError(f"{self.account.server.host}: {what}: {_words(error)}", hint) from None
        if verdict != "OK":
            message = f"{self.account.server.host}: {what}: {_words(*said)}"
            if _PASSING.search(message):
                raise ConnectionLostError(message, "run it again: nothing is lost or counted twice")
            raise MailboxError(message, hint)
        return said


def _connect(server: MailServer) -> imaplib.IMAP4:
    trust = make_trust(server)
    try:
        if server.security is Security.TLS:
            return imaplib.IMAP4_SSL(server.host, server.port, ssl_context=trust, timeout=_SECONDS)
        connection = imaplib.IMAP4(server.host, server.port, timeout=_SECONDS)
        if server.security is Security.STARTTLS:
            connection.starttls(trust)
    except ssl.SSLError as error:
        raise MailboxError(
            f"{server.host}: the connection cannot be secured: {_words(error)}",
            "check the host name, and put a certificate of your own into delivery.imap.ca_file",
        ) from None
    except imaplib.IMAP4.abort as error:
        raise _lost(server, error) from None
    except OSError as error:
        raise ConnectionLostError(
            f"cannot connect to {server.host}, port {server.port}: {error.strerror or error}"
        ) from None
    except imaplib.IMAP4.error as error:
        raise MailboxError(f"{server.host}: {_words(error)}", "check port and security in delivery.imap") from None
    if server.security is Security.NONE and not is_loopback(connection.sock.getpeername()[0]):
        _hang_up(connection)
        raise MailboxError(
            f"{server.host} is another computer: with security: none the password would be sent to it unencrypted",
            "write security: tls or security: starttls",
        )
    return connection


def _sign_in(connection: imaplib.IMAP4, server: MailServer) -> None:
    assert server.username is not None and server.secret is not None
    user, secret = server.username, server.secret
    offered = connection.capabilities
    answers: list[bytes] = []
    if server.is_token:
        mechanism = "XOAUTH2"
        answers.append(f"user={user}\x01auth=Bearer {secret.reveal()}\x01\x01".encode("utf-8", "surrogateescape"))
    else:
        mechanism = "PLAIN"
        answers.append(f"\0{user}\0{secret.reveal()}".encode("utf-8", "surrogateescape"))
    if f"AUTH={mechanism}" not in offered:
        hint = (
            "check whether the server needs a token (token_command)"
            if not server.is_token
            else "check whether the server needs a password"
        )
        raise MailboxError(f"{server.host} does not support sign-in with {mechanism}", hint)
    try:
        # A second challenge contains the error; an empty answer asks the server for the rejection itself.
        connection.authenticate(mechanism, lambda challenge: answers.pop() if answers else b"")
    except (imaplib.IMAP4.abort, OSError) as error:
        raise _lost(server, error) from None
    except imaplib.IMAP4.error as error:
        words = _words(error).replace(secret.reveal(), "…")
        if words.startswith("[UNAVAILABLE]"):  # RFC 5530: temporarily
            raise ConnectionLostError(
                f"{server.host} does not accept sign-ins of {user} at the moment: {words}", "run it again"
            ) from None
        raise MailboxError(
            f"{server.host} rejected the sign-in of {user}: {words}", "check the user name and the password"
        ) from None


def _hang_up(connection: imaplib.IMAP4) -> None:
    with contextlib.suppress(imaplib.IMAP4.error, OSError):
        connection.shutdown()


def _lost(server: MailServer, error: Exception) -> ConnectionLostError:
    reason = (error.strerror if isinstance(error, OSError) else None) or _words(error)
    return ConnectionLostError(
        f"the connection to {server.host} was lost: {reason}",
        "run it again: messages that were read are already recorded",
    )


def _bodies(parts: Sequence[Any]) -> Iterator[tuple[int, bytes]]:
    """Yield the messages in an answer to FETCH; the UID is before or after the body."""
    for place, part in enumerate(parts):
        if isinstance(part, tuple):
            behind = parts[place + 1] if place + 1 < len(parts) and isinstance(parts[place + 1], bytes) else b""
            if match := _UID.search(part[0]) or _UID.search(behind):
                yield int(match[1]), part[1]


def _quoted(name: str) -> str:
    return '"{}"'.format(name.replace("\\", "\\\\").replace('"', '\\"'))


def _words(*said: object) -> str:
    """Return a server's answer as one printable line."""
    texts = [each.decode("utf-8", "replace") if isinstance(each, bytes) else str(each) for each in said if each]
    text = " ".join(texts).removeprefix("b'").removesuffix("'")
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())[:300]
