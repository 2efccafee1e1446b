"""What is set up for sending: the server, the keys, the secrets.

Comes in: the newsletter, the environment, the user's own configuration folder. Goes out: a `Server` and a DKIM profile,
or a `SettingsError`. A secret comes from the environment or from the user's folder, never from a file of the workspace,
and a command is run for one only if the user's folder says so: a clone must run nothing.
"""

import os
import re
import shlex
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from composer.content.addresses import domain_to_ascii
from composer.content.newsletter import Newsletter
from composer.content.nodes import Mapping as MappingNode
from composer.content.nodes import Scalar
from composer.content.source import Place, read_source
from composer.content.tree import parse
from composer.content.values import Group, group_in, text_in, value_in
from composer.errors import ContentError
from composer.surroundings import SettingsError, Surroundings
from composer.transport.server import Secret, Security, Server
from composer.workspace import Workspace

PASSWORD, URL, HOST = "COMPOSE_SMTP_PASSWORD", "COMPOSE_SMTP_URL", "COMPOSE_SMTP_HOST"
#: The file in the user's folder that says how a server's secret is had; see docs/sending.md.
SMTP_FILE = "smtp.yaml"
_PORTS = {Security.TLS: 465, Security.STARTTLS: 587, Security.NONE: 25}
_SCHEMES = {"smtp": Security.NONE, "smtps": Security.TLS, "smtp+starttls": Security.STARTTLS}
_KEYS = ("username", "password_command", "token_command")
_SECONDS = 60


def transport_name(newsletter: Newsletter, around: Surroundings) -> str:
    """Give the transport that is set up: smtp where a server is named, unless newsletter.yaml says otherwise."""
    delivery = group_in(newsletter.values, "delivery")
    said = text_in(delivery, "transport")
    return said or ("smtp" if around.environment.get(URL) or value_in(delivery, "smtp") else "outbox")


def server_of(newsletter: Newsletter, workspace: Workspace, around: Surroundings) -> Server:
    """Give the mail server to hand over to, with its secret. Raises SettingsError or ContentError."""
    if url := around.environment.get(URL):
        return _from_url(url)
    given = value_in(group_in(newsletter.values, "delivery"), "smtp")
    if not isinstance(given, Group):
        raise SettingsError(
            "no mail server is set up",
            f"write   delivery:   and below it   smtp:   with   host:   into newsletter.yaml, or set {URL}",
        )
    host = text_in(given, "host") or ""
    security = Security(text_in(given, "security") or "starttls")
    port = value_in(given, "port")
    server = Server(
        host=host,
        port=port if isinstance(port, int) else _PORTS[security],
        security=security,
        username=text_in(given, "username"),
        ca_file=_ca_file(workspace, text_in(given, "ca_file")),
    )
    return _with_secret(server, around)


def _ca_file(workspace: Workspace, name: str | None) -> Path | None:
    if name is None:
        return None
    path = workspace.inside(workspace.root, name)
    if not path.is_file():
        raise SettingsError(f"there is no file “{name}”", "delivery.smtp.ca_file names certificates in a PEM file")
    return path


def _with_secret(server: Server, around: Surroundings) -> Server:
    """Find the secret: the environment's, else what the user's folder says for this host."""
    if (password := around.environment.get(PASSWORD)) is not None:
        bound = around.environment.get(HOST)
        if bound and bound.lower() != server.host.lower():
            raise SettingsError(
                f"{PASSWORD} is for {bound}, and newsletter.yaml names {server.host}",
                f"correct delivery.smtp.host, or {HOST}",
            )
        return replace(server, secret=Secret(password))
    said = _said_of(server.host, around)
    server = replace(server, username=said.get("username") or server.username)
    for key, is_token in (("token_command", True), ("password_command", False)):
        if command := said.get(key):
            return replace(server, secret=_run(command, server.host, key), is_token=is_token)
    if server.username:
        raise SettingsError(
            f"there is no password for {server.username} at {server.host}",
            f"set {PASSWORD}, or write password_command into {around.folder / SMTP_FILE} (docs/sending.md)",
        )
    return server


def _said_of(host: str, around: Surroundings) -> dict[str, str]:
    """Read what the user's own file says of one host; nothing of any other is looked at."""
    path = around.folder / SMTP_FILE
    if not path.is_file():
        return {}
    if os.name == "posix" and path.stat().st_mode & 0o022:
        raise SettingsError(f"others can write to {path}", f"it names commands to run:   chmod 600 {path}")
    root, problems = parse(read_source(path, str(path)))
    if problems:
        raise ContentError(tuple(sorted(problems)))
    entry = root.get(host) if isinstance(root, MappingNode) else None
    said: dict[str, str] = {}
    for each in entry.entries if isinstance(entry, MappingNode) else ():
        if each.key.text not in _KEYS or not isinstance(each.value, Scalar):
            place: Place = each.key.place
            hint = f"there are: {', '.join(_KEYS)}"
            raise ContentError((place.problem("unknown-key", f"“{each.key.text}” is not known here", hint),))
        said[each.key.text] = each.value.text.strip()
    return said


def _run(command: str, host: str, key: str) -> Secret:
    """Run the user's own command; its first line is the secret. What it says on stderr goes to the user's terminal."""
    try:
        ran = subprocess.run(shlex.split(command), stdout=subprocess.PIPE, text=True, timeout=_SECONDS, check=False)  # noqa: S603
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        reason = "it took too long" if isinstance(error, subprocess.TimeoutExpired) else "it cannot be run"
        raise SettingsError(f"{key} of {host}: {reason}", f"look at {SMTP_FILE} in your configuration folder") from None
    secret = ran.stdout.split("\n", 1)[0].strip()
    if ran.returncode != 0 or not secret:
        what = f"it ended with {ran.returncode}" if ran.returncode else "it printed nothing"
        raise SettingsError(f"{key} of {host}: {what}", "try the command by itself")
    return Secret(secret)


def _from_url(url: str) -> Server:
    """Read smtp://, smtps:// or smtp+starttls://user:password@host:port; the address itself is never shown."""
    form = f"{URL} looks like   smtp+starttls://name:password@smtp.example.org:587"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise SettingsError(f"{URL} cannot be read", form) from None
    security = _SCHEMES.get(parts.scheme.lower())
    if security is None or not parts.hostname or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise SettingsError(f"{URL} cannot be read", form)
    return Server(
        host=parts.hostname,
        port=port or _PORTS[security],
        security=security,
        username=unquote(parts.username) if parts.username else None,
        secret=Secret(unquote(parts.password)) if parts.password else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """Who signs: the mail server, or we with these keys. `unsigned`: headers that the server writes anew."""

    is_relayed: bool = False
    domain: str = ""
    selectors: tuple[str, ...] = ()
    unsigned: frozenset[str] = frozenset()


def signing_of(newsletter: Newsletter, host: str = "") -> Signing | None:
    """Read what newsletter.yaml says of DKIM; None where it says nothing. Raises ContentError."""
    delivery = group_in(newsletter.values, "delivery")
    given = value_in(delivery, "dkim")
    if given is None:
        return None
    if isinstance(given, str):
        if given != "relay":
            hint = "write   dkim: relay   or   dkim:   with   selectors:   below it"
            place = newsletter.place("delivery", "dkim")
            raise ContentError((place.problem("choice", f"delivery, dkim: “{given}” is not known here", hint),))
        return Signing(is_relayed=True)
    if not isinstance(given, Group):
        return None
    selectors = value_in(given, "selectors")
    rewrites = value_in(delivery, "relay_rewrites")
    unsigned = tuple(str(each) for each in rewrites) if isinstance(rewrites, tuple) else ()
    if not unsigned and re.search(r"(^|\.)amazonaws\.com$", host.lower()):
        unsigned = ("message-id", "date")
    return Signing(
        domain=domain_to_ascii(text_in(given, "domain") or newsletter.sender.domain),
        selectors=tuple(str(each) for each in selectors) if isinstance(selectors, tuple) else (),
        unsigned=frozenset(unsigned),
    )


def key_path(around: Surroundings, domain: str, selector: str) -> Path:
    """Give where a private key lies: in the user's own folder, by domain and selector."""
    return around.folder / "dkim" / domain / f"{selector}.pem"


def signer_of(newsletter: Newsletter, around: Surroundings, host: str, now: int) -> Callable[[bytes], bytes]:
    """Give what signs a message; nothing is done where the server signs, or nobody. Raises ComposeError."""
    signing = signing_of(newsletter, host)
    if signing is None or signing.is_relayed:
        return lambda message: message
    from composer.keys import read_key
    from composer.mail.dkim import Profile, sign

    keys = tuple(read_key(key_path(around, signing.domain, each), selector=each) for each in signing.selectors)
    try:
        profile = Profile(domain=signing.domain, keys=keys, unsigned=signing.unsigned)
    except ValueError as error:
        raise SettingsError(f"delivery.dkim: {error}", "compose dkim keygen makes a pair that fits") from None
    return lambda message: sign(message, profile, now=now)
