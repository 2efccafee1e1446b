"""Signs in with PLAIN (RFC 4616), LOGIN or XOAUTH2, through AUTH (RFC 4954).

Input: a function that asks the server, the mechanisms that it offers, the user name and the secret. Output: nothing, or
`TransportError`. Guarantees: no traceback shows the secret, and it is masked in the server's replies; it is sent once,
to one mechanism, because a second attempt with a wrong password may lock the account.
"""

import base64
from collections.abc import Callable

from composer.transport.outcome import ServerReply, Stage
from composer.transport.protocol import TransportError
from composer.transport.server_settings import MailServer, Secret
from composer.transport.smtp.connection_errors import not_signed_in

#: Sends a line; returns the reply with all secrets masked.
Ask = Callable[[str | Secret, tuple[Secret, ...]], ServerReply]


def sign_in(server: MailServer, offered: str | None, ask: Ask) -> None:
    """Sign in with the settings. `offered`: the mechanisms in the server's reply to EHLO. Raises TransportError."""
    user, secret = server.username or "", server.secret
    if secret is None:
        raise _wrong(f"there is no password for {user} at {server.host}", "set a password, or remove the user name")
    if "\0" in user or "\0" in secret.reveal():
        raise _wrong(f"the user name or password for {server.host} contains a NUL character, which is not allowed", "")
    mechanism = _choose(server, offered)
    if mechanism == "LOGIN":
        reply = _login(user, secret, ask)
    elif mechanism == "PLAIN":
        reply = _at_once(mechanism, Secret(f"\0{user}\0{secret.reveal()}"), secret, ask)
    else:
        response = Secret(f"user={user}\x01auth=Bearer {secret.reveal()}\x01\x01")
        reply = _at_once(mechanism, response, secret, ask)
    if reply.code != 235:
        raise not_signed_in(server, reply)


def _choose(server: MailServer, offered: str | None) -> str:
    if offered is None:
        hint = "remove the user name if the server does not require one; otherwise check port and security"
        raise _wrong(f"{server.host} does not offer sign-in on port {server.port}", hint)
    known = ("XOAUTH2",) if server.is_token else ("PLAIN", "LOGIN")
    theirs = offered.upper().split()
    for mechanism in known:
        if mechanism in theirs:
            return mechanism
    ours, there_are = " or ".join(known), ", ".join(theirs) or "no method"
    way = "a password" if server.is_token else "a token (token_command)"
    hint = f"the server may require {way}: ask its operator"
    raise _wrong(f"{server.host} does not support sign-in with {ours}; it offers {there_are}", hint)


def _at_once(mechanism: str, response: Secret, secret: Secret, ask: Ask) -> ServerReply:
    """Sign in with one line (an initial response, RFC 4954 section 4)."""
    encoded = _base64(response)
    reply = ask(Secret(f"AUTH {mechanism} {encoded.reveal()}"), (secret, encoded, _base64(secret)))
    if reply.code == 334:
        # XOAUTH2: the challenge contains the error; an empty line requests the rejection itself.
        reply = ask("", (secret, encoded, _base64(secret)))
    return reply


def _login(user: str, secret: Secret, ask: Ask) -> ServerReply:
    encoded = _base64(secret)
    masks = (secret, encoded)
    reply = ask("AUTH LOGIN", masks)
    for line in (_base64(Secret(user)), encoded):
        if reply.code != 334:
            break
        reply = ask(line, masks)
    return reply


def as_bytes(text: str) -> bytes:
    """Return the original bytes of a text that may come from an environment that is not UTF-8."""
    return text.encode("utf-8", "surrogateescape")


def _base64(secret: Secret) -> Secret:
    return Secret(base64.b64encode(as_bytes(secret.reveal())).decode("ascii"))


def _wrong(message: str, hint: str) -> TransportError:
    return TransportError(message, hint, stage=Stage.AUTH)
