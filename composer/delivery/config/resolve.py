"""Resolves the configuration for sending: the server, the keys, the secrets.

Input: the newsletter, the environment, the user's configuration folder. Output: a `MailServer` and a DKIM profile,
or a `SettingsError`. Guarantees: a secret never comes from a file in the workspace (credentials.py).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from composer.content.document.newsletter import Newsletter
from composer.content.document.newsletter_config import SMTP_PORTS
from composer.core.addresses import domain_to_ascii
from composer.core.environment import Environment, SettingsError
from composer.core.errors import ContentError
from composer.core.workspace import Workspace
from composer.delivery.config.credentials import SMTP, credentials_of
from composer.transport.server_settings import MailServer, Secret, Security

if TYPE_CHECKING:
    from composer.mail.dkim_signing import Profile

URL = "COMPOSE_SMTP_URL"
_SCHEMES = {"smtp": Security.NONE, "smtps": Security.TLS, "smtp+starttls": Security.STARTTLS}


def transport_name(newsletter: Newsletter, around: Environment) -> str:
    """Return the configured transport: smtp if a server is configured, unless newsletter.yaml says otherwise."""
    delivery = newsletter.delivery
    return delivery.transport or ("smtp" if around.environment.get(URL) or delivery.smtp else "outbox")


def server_of(newsletter: Newsletter, workspace: Workspace, around: Environment) -> MailServer:
    """Return the mail server with its secret. Raises SettingsError or ContentError."""
    if url := around.environment.get(URL):
        return _from_url(url)
    given = newsletter.delivery.smtp
    if given is None:
        raise SettingsError(
            "no mail server is configured",
            f"in newsletter.yaml, write   smtp:   with   host:   below   delivery:, or set {URL}",
        )
    server = MailServer(
        host=given.host,
        port=given.port,
        security=Security(given.security),
        username=given.username,
        ca_file=ca_file(workspace, given.ca_file, "delivery.smtp.ca_file"),
    )
    found = credentials_of(given.host, server.username, around, SMTP)
    return replace(server, username=found.username, secret=found.secret, is_token=found.is_token)


def ca_file(workspace: Workspace, name: str | None, key: str) -> Path | None:
    """Return the file of trusted certificates that a key in newsletter.yaml names. Raises SettingsError."""
    if name is None:
        return None
    path = workspace.inside(workspace.root, name)
    if not path.is_file():
        raise SettingsError(f"there is no file “{name}”", f"{key} must name a PEM file with certificates")
    return path


def _from_url(url: str) -> MailServer:
    """Read smtp://, smtps:// or smtp+starttls://user:password@host:port; the address itself is never shown."""
    form = f"write it like this:   {URL}=smtp+starttls://name:password@smtp.example.org:587"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise SettingsError(f"{URL} is not a valid address", form) from None
    security = _SCHEMES.get(parts.scheme.lower())
    if security is None or not parts.hostname or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise SettingsError(f"{URL} is not a valid address", form)
    return MailServer(
        host=parts.hostname,
        port=port or SMTP_PORTS[security],
        security=security,
        username=unquote(parts.username) if parts.username else None,
        secret=Secret(unquote(parts.password)) if parts.password else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """Who signs: the mail server, or this program with these keys. `unsigned`: headers that the server rewrites."""

    is_relayed: bool = False
    domain: str = ""
    selectors: tuple[str, ...] = ()
    unsigned: frozenset[str] = frozenset()


def signing_of(newsletter: Newsletter, host: str = "") -> Signing | None:
    """Return the DKIM settings in newsletter.yaml; None if there are none. Raises ContentError."""
    given = newsletter.delivery.dkim
    if given is None:
        return None
    if isinstance(given, str):
        if given != "relay":
            hint = "write   dkim: relay   or   selectors:   below   dkim:"
            place = newsletter.place("delivery", "dkim")
            raise ContentError((place.problem("choice", f"delivery, dkim: unknown value “{given}”", hint),))
        return Signing(is_relayed=True)
    unsigned = newsletter.delivery.relay_rewrites
    if not unsigned and re.search(r"(^|\.)amazonaws\.com$", host.lower()):
        unsigned = ("message-id", "date")
    return Signing(
        domain=domain_to_ascii(given.domain or newsletter.sender.domain),
        selectors=given.selectors,
        unsigned=frozenset(unsigned),
    )


def key_path(around: Environment, domain: str, selector: str) -> Path:
    """Return the path of a private key: in the user's folder, by domain and selector."""
    return around.folder / "dkim" / domain / f"{selector}.pem"


def selectors_of(around: Environment, domain: str) -> tuple[str, ...]:
    """Return the selectors of all keys for a domain, whether newsletter.yaml names them or not."""
    return tuple(sorted(path.stem for path in key_path(around, domain, "").parent.glob("*.pem")))


def signer_of(newsletter: Newsletter, around: Environment, host: str, now: int) -> Callable[[bytes], bytes]:
    """Return the function that signs a message; it does nothing if this program does not sign. Raises ComposeError."""
    profile = profile_of(newsletter, around, host)
    if profile is None:
        return lambda message: message
    from composer.mail.dkim_signing import sign

    return lambda message: sign(message, profile, now=now)


def profile_of(newsletter: Newsletter, around: Environment, host: str) -> "Profile | None":
    """Return the keys that sign; None if this program does not sign. Raises ComposeError."""
    signing = signing_of(newsletter, host)
    if signing is None or signing.is_relayed:
        return None
    from composer.delivery.config.dkim_keys import read_key
    from composer.mail.dkim_signing import Profile

    keys = tuple(read_key(key_path(around, signing.domain, each), selector=each) for each in signing.selectors)
    try:
        return Profile(domain=signing.domain, keys=keys, unsigned=signing.unsigned)
    except ValueError as error:
        raise SettingsError(
            f"delivery.dkim: {error}", "to create a suitable pair of keys: compose dkim keygen"
        ) from None
