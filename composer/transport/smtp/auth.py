"""Signs in: PLAIN (RFC 4616), LOGIN, XOAUTH2, through AUTH (RFC 4954).

Input: a way to ask the server, what it offers, the user's name and secret. Output: nothing, or `TransportError`.
A secret is wrapped wherever it stands, so no traceback shows it, and masked in what a server says back. It is given to
one mechanism once: a second try of a wrong password is what locks accounts.
"""

import base64
from collections.abc import Callable

from composer.transport.outcome import ServerReply, Stage
from composer.transport.protocol import TransportError
from composer.transport.server_settings import MailServer, Secret
from composer.transport.smtp.connection_errors import not_signed_in

#: Sends a line; gives the reply with every one of the masks blanked out.
Ask = Callable[[str | Secret, tuple[Secret, ...]], ServerReply]


def sign_in(server: MailServer, offered: str | None, ask: Ask) -> None:
    """Sign in as the settings say. `offered`: the mechanisms in the server's reply to EHLO. Raises TransportError."""
    user, secret = server.username or "", server.secret
    if secret is None:
        raise _wrong(f"there is no password for {user} at {server.host}", "set one up, or take the user name out")
    if "\0" in user or "\0" in secret.reveal():
        raise _wrong(f"the user name or password for {server.host} holds a character that none can hold", "")
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
        hint = "take the user name out if the server knows this computer; otherwise look at port and security"
        raise _wrong(f"{server.host} does not offer to sign anybody in on port {server.port}", hint)
    known = ("XOAUTH2",) if server.is_token else ("PLAIN", "LOGIN")
    theirs = offered.upper().split()
    for mechanism in known:
        if mechanism in theirs:
            return mechanism
    ours, there_are = " or ".join(known), ", ".join(theirs) or "nothing"
    way = "a password" if server.is_token else "a token (token_command)"
    hint = f"does the server want {way}? ask whoever runs it"
    raise _wrong(f"{server.host} does not sign in with {ours}; it offers {there_are}", hint)


def _at_once(mechanism: str, response: Secret, secret: Secret, ask: Ask) -> ServerReply:
    """Sign in with the first line (an initial response, RFC 4954 section 4)."""
    encoded = _base64(response)
    reply = ask(Secret(f"AUTH {mechanism} {encoded.reveal()}"), (secret, encoded, _base64(secret)))
    if reply.code == 334:
        # XOAUTH2: the challenge holds what went wrong; an empty line asks for the refusal itself.
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
    """Encode what may have come from an environment that is not UTF-8: the bytes are those that were there."""
    return text.encode("utf-8", "surrogateescape")


def _base64(secret: Secret) -> Secret:
    return Secret(base64.b64encode(as_bytes(secret.reveal())).decode("ascii"))


def _wrong(message: str, hint: str) -> TransportError:
    return TransportError(message, hint, stage=Stage.AUTH)
