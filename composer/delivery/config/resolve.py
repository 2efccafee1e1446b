"""Resolves the configuration for sending: the server, the keys, the secrets.

Input: the newsletter, the environment, the user's configuration folder. Output: `ConfiguredRoute`s with their
`MailServer`s and a DKIM profile, or a `SettingsError`. Guarantees: a secret never comes from a file in the workspace
(credentials.py).
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from composer.content.document.newsletter import Newsletter
from composer.content.document.newsletter_config import SMTP_PORTS, RouteConfig
from composer.core.addresses import domain_to_ascii
from composer.core.environment import Environment, SettingsError
from composer.core.errors import ContentError
from composer.core.workspace import Workspace
from composer.delivery.config.credentials import credentials_of, smtp_names
from composer.delivery.config.delivery_settings import Settings
from composer.transport.server_settings import MailServer, Secret, Security

if TYPE_CHECKING:
    from composer.mail.dkim_signing import Profile

URL = "COMPOSE_SMTP_URL"
_AMAZON = re.compile(r"(^|\.)amazonaws\.com$")
_SCHEMES = {"smtp": Security.NONE, "smtps": Security.TLS, "smtp+starttls": Security.STARTTLS}


def transport_name(newsletter: Newsletter, around: Environment) -> str:
    """Return the configured transport: smtp if a server is configured, unless newsletter.yaml says otherwise."""
    delivery = newsletter.delivery
    return delivery.transport or ("smtp" if around.environment.get(URL) or delivery.smtp else "outbox")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfiguredRoute:
    """A mail server that sends messages, and its limits."""

    server: MailServer
    #: Its name in newsletter.yaml; None if that names only one server.
    name: str | None
    #: The name of its token bucket.
    bucket: str
    #: Only recipients at these domains and below them; empty for all.
    domains: frozenset[str]
    connections: int
    #: Messages per minute; None for no limit.
    rate: float | None
    #: Messages in any 24 hours; None for no limit.
    daily_quota: int | None


def routes_of(
    newsletter: Newsletter, workspace: Workspace, around: Environment, settings: Settings
) -> tuple[ConfiguredRoute, ...]:
    """Return the mail servers with their secrets, in the order of preference. Raises SettingsError or ContentError."""
    servers, places = servers_of(newsletter, workspace, around), route_places(newsletter, around)
    return tuple(
        ConfiguredRoute(
            server=server,
            name=place.name,
            bucket=place.bucket,
            domains=frozenset(given.domains if given else ()),
            connections=settings.forced_connections or (given and given.connections) or settings.connections,
            rate=settings.forced_rate or (given and given.rate) or settings.rate,
            daily_quota=(given and given.daily_quota) or settings.daily_quota,
        )
        for (given, server), place in zip(servers, places, strict=True)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutePlace:
    """Where a mail server is, without its secret."""

    #: Its name in newsletter.yaml; None if that names only one server.
    name: str | None
    host: str
    #: Host and port.
    address: str
    #: The name of its token bucket: its address, so that it stays the same if a server is added.
    bucket: str


def route_places(newsletter: Newsletter, around: Environment) -> tuple[RoutePlace, ...]:
    """Return where the mail servers are, in the order of preference. Raises SettingsError."""
    servers: list[tuple[str | None, str, int]]
    if url := around.environment.get(URL):
        servers = [(None, server.host, server.port) for server in (_from_url(url),)]
    else:
        servers = [(each.name, each.server.host, each.server.port) for each in newsletter.delivery.smtp]
    found: list[RoutePlace] = []
    for name, host, port in servers:
        address = f"{host}:{port}"
        is_shared = any(each.address == address for each in found)
        bucket = f"{address}/{name}" if is_shared else address
        found.append(RoutePlace(name=name, host=host, address=address, bucket=bucket))
    return tuple(found)


def servers_of(
    newsletter: Newsletter, workspace: Workspace, around: Environment
) -> tuple[tuple[RouteConfig | None, MailServer], ...]:
    """Return the mail servers with their secrets and, if they are in newsletter.yaml, their settings there.

    Raises SettingsError or ContentError.
    """
    if url := around.environment.get(URL):
        return ((None, _from_url(url)),)
    if not newsletter.delivery.smtp:
        raise SettingsError(
            "no mail server is configured",
            f"in newsletter.yaml, write   smtp:   with   host:   below   delivery:, or set {URL}",
        )
    return tuple((given, _server(given, workspace, around)) for given in newsletter.delivery.smtp)


def _server(given: RouteConfig, workspace: Workspace, around: Environment) -> MailServer:
    written = given.server
    server = MailServer(
        host=written.host,
        port=written.port,
        security=Security(written.security),
        username=written.username,
        ca_file=ca_file(workspace, written.ca_file, "delivery.smtp.ca_file"),
    )
    found = credentials_of(written.host, server.username, around, smtp_names(given.name))
    return replace(server, username=found.username, secret=found.secret, is_token=found.is_token)


def hosts_of(newsletter: Newsletter, around: Environment) -> tuple[str, ...]:
    """Return the hosts of the mail servers, without their secrets. Raises SettingsError."""
    return tuple(each.host for each in route_places(newsletter, around))


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
    if not unsigned and _AMAZON.search(host.lower()):
        unsigned = ("message-id", "date")
    return Signing(
        domain=domain_to_ascii(given.domain or newsletter.sender.domain),
        selectors=given.selectors,
        unsigned=frozenset(unsigned),
    )


def signing_host(hosts: Sequence[str]) -> str:
    """Return the host that decides which headers are signed: of Amazon SES if it is one of them, or else the first."""
    return next((each for each in hosts if _AMAZON.search(each.lower())), hosts[0] if hosts else "")


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
