"""The typed settings of newsletter.yaml: delivery, brand, archive, approvals, checks and PDF.

Input: newsletter.yaml, read without problems. Output: its groups of settings as values. Guarantees: only this module
knows these keys and their defaults; settings that only sending can check keep the value in the file.
One module, because it is the only one that knows those keys.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from composer.content.values.field_values import Group, Picture, Value, group_in, text_in, value_in
from composer.content.values.formats import messages_a_minute
from composer.core.addresses import Address, domain_to_ascii, parse_address

#: Messages sent at the same time.
CONNECTIONS = 4
#: Messages per hour from the public pages: a list of 50,000 has about fifty sign-ups on an ordinary day.
SIGNUP_MAIL_PER_HOUR = 500
#: The ports of mail servers, by the encryption of the connection.
SMTP_PORTS = {"tls": 465, "starttls": 587, "none": 25}
IMAP_PORTS = {"tls": 993, "starttls": 143, "none": 143}
#: The paper of a PDF.
PAPER = "A4"
#: Folders of the bounce mailbox.
INBOX, READ, KEPT = "INBOX", "compose-read", "compose-kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class BrandConfig:
    """The settings below `brand:`."""

    logo: Picture | None = None
    dark_logo: Picture | None = None
    #: The alt text of the logo.
    logo_words: str | None = None
    #: As #rrggbb.
    accent: str | None = None
    #: The web address of the pictures, as written; None if they are sent inside the message.
    assets_url: str | None = None
    homepage: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerConfig:
    """A server from `delivery.smtp` or `delivery.imap`."""

    host: str
    port: int
    #: tls, starttls or none.
    security: str
    username: str | None = None
    #: A file with certificates, relative to the workspace.
    ca_file: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteConfig:
    """A mail server that sends messages: the one in `delivery.smtp`, or each in its list."""

    server: ServerConfig
    #: None if it is the only one.
    name: str | None = None
    #: In ASCII and lower case: only recipients at these domains and below them; empty for all.
    domains: tuple[str, ...] = ()
    #: Its own limits; None for those of `delivery`.
    rate: float | None = None
    connections: int | None = None
    daily_quota: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapConfig:
    """The bounce mailbox and its folders."""

    server: ServerConfig
    #: The folders for arriving messages, for processed messages, and for messages that a person should read.
    folder: str = INBOX
    read: str = READ
    kept: str = KEPT


@dataclass(frozen=True, slots=True, kw_only=True)
class DkimConfig:
    """The keys for signing messages here."""

    #: None for the sender's domain.
    domain: str | None = None
    selectors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryConfig:
    """The settings below `delivery:`."""

    #: smtp or outbox; None if it follows from the other settings.
    transport: str | None = None
    list_id: str | None = None
    feedback_id: str | None = None
    #: In the order of preference.
    smtp: tuple[RouteConfig, ...] = ()
    imap: ImapConfig | None = None
    #: The keys to sign with, or the word that is set instead of keys.
    dkim: DkimConfig | str | None = None
    #: Headers that the mail server replaces.
    relay_rewrites: tuple[str, ...] = ()
    #: The bounce address.
    bounces: Address | None = None
    #: The Amazon SNS topics that are accepted.
    ses_topics: tuple[str, ...] = ()
    #: As written: it may end with a slash.
    public_url: str | None = None
    #: Contains `{token}`.
    unsubscribe_url: str | None = None
    unsubscribe_mailto: Address | None = None
    #: Messages per minute; None for no limit.
    rate: float | None = None
    connections: int = CONNECTIONS
    #: Messages in any 24 hours; None for no limit.
    daily_quota: int | None = None
    signup_mail_per_hour: int = SIGNUP_MAIL_PER_HOUR


class ArchiveMode(StrEnum):
    """Whether an issue is in the online archive."""

    PUBLIC = "public"
    #: its page exists, but no list, feed or sitemap leads to it
    UNLISTED = "unlisted"
    NONE = "none"


class ArchivePdf(StrEnum):
    """Where the PDF of an issue is."""

    NONE = "none"
    #: On the page in the archive, and in feeds.
    ARCHIVE = "archive"
    #: Messages lead there, too.
    MESSAGES = "messages"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveConfig:
    """The settings below `archive:`."""

    #: The web address of the archive's folder, without a slash at the end.
    url: str | None = None
    #: Where issues are that do not say otherwise.
    issues: ArchiveMode = ArchiveMode.PUBLIC
    section_feeds: bool = False
    pdf: ArchivePdf = ArchivePdf.NONE
    #: The domain in the ids of feed entries, if it is another one than that of `url`.
    id_domain: str | None = None
    #: Addresses of subscribers that pages may show.
    public_addresses: tuple[Address, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalsConfig:
    """The settings below `approvals:`."""

    needed: int = 0
    #: The people who may approve, as written: an address may occur twice.
    by: tuple[Address, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfConfig:
    """The settings below `pdf:`."""

    #: The size of a page, as it is called on the package and in CSS: A4 or Letter.
    paper: str = PAPER
    #: Whether links have numbers, and their addresses are listed at the end.
    has_link_list: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckConfig:
    """The settings of one check."""

    #: blocker, warning, info or off.
    level: str | None = None
    #: The values from which the finding has a level: info, warn, block.
    limits: Mapping[str, int] = field(default_factory=dict)


def brand_config(values: Group) -> BrandConfig:
    """Read `brand:`."""
    given = group_in(values, "brand")
    logo = given["logo"]
    light, dark = (logo["light"], logo["dark"]) if isinstance(logo, Group) else (None, None)
    return BrandConfig(
        logo=light if isinstance(light, Picture) else None,
        dark_logo=dark if isinstance(dark, Picture) else None,
        logo_words=text_in(logo, "alt") if isinstance(logo, Group) else None,
        accent=text_in(given, "accent"),
        assets_url=text_in(given, "assets_url"),
        homepage=text_in(given, "homepage"),
    )


def delivery_config(values: Group) -> DeliveryConfig:
    """Read `delivery:`."""
    given = group_in(values, "delivery")
    rate, dkim = text_in(given, "rate"), value_in(given, "dkim")
    return DeliveryConfig(
        transport=text_in(given, "transport"),
        list_id=text_in(given, "list_id"),
        feedback_id=text_in(given, "feedback_id"),
        smtp=_routes(value_in(given, "smtp")),
        imap=_imap(value_in(given, "imap")),
        dkim=_dkim(dkim) if isinstance(dkim, Group) else text_in(given, "dkim"),
        relay_rewrites=_texts(value_in(given, "relay_rewrites")),
        bounces=_address(text_in(given, "bounces")),
        ses_topics=_texts(value_in(given, "ses_topics")),
        public_url=text_in(given, "public_url"),
        unsubscribe_url=text_in(given, "unsubscribe_url"),
        unsubscribe_mailto=_address(text_in(given, "unsubscribe_mailto")),
        rate=messages_a_minute(rate) if rate is not None else None,
        connections=_number(given, "connections") or CONNECTIONS,
        daily_quota=_number(given, "daily_quota"),
        signup_mail_per_hour=_number(given, "signup_mail_per_hour") or SIGNUP_MAIL_PER_HOUR,
    )


def archive_config(values: Group) -> ArchiveConfig:
    """Read `archive:`."""
    given = group_in(values, "archive")
    url, issues, pdf = text_in(given, "url"), text_in(given, "issues"), text_in(given, "pdf")
    return ArchiveConfig(
        url=url.rstrip("/") if url else None,
        issues=ArchiveMode(issues) if issues else ArchiveMode.PUBLIC,
        section_feeds=value_in(given, "section_feeds") is True,
        pdf=ArchivePdf(pdf) if pdf else ArchivePdf.NONE,
        id_domain=text_in(given, "id_domain"),
        public_addresses=tuple(parse_address(each) for each in _texts(value_in(given, "public_addresses"))),
    )


def approvals_config(values: Group) -> ApprovalsConfig:
    """Read `approvals:`."""
    given = group_in(values, "approvals")
    by = _texts(value_in(given, "by"))
    return ApprovalsConfig(needed=_number(given, "needed") or 0, by=tuple(parse_address(each) for each in by))


def pdf_config(values: Group) -> PdfConfig:
    """Read `pdf:`."""
    given = group_in(values, "pdf")
    return PdfConfig(paper=text_in(given, "paper") or PAPER, has_link_list=value_in(given, "link_list") is True)


def check_configs(values: Group) -> Mapping[str, CheckConfig]:
    """Read `checks:`, by code, without checking that the codes exist."""
    given = group_in(values, "checks")
    return {code: _check(group_in(given, code)) for code in given}


def _check(given: Group) -> CheckConfig:
    limits = {name: limit for name in ("info", "warn", "block") if (limit := _number(given, name)) is not None}
    level = value_in(given, "level")
    return CheckConfig(level=level if isinstance(level, str) else None, limits=limits)


def editor_addresses(values: Group) -> tuple[Address, ...]:
    """Read `editors:` as written: an address may occur twice."""
    return tuple(parse_address(each) for each in _texts(value_in(values, "editors")))


def offer_labels(values: Group) -> Mapping[str, str]:
    """Read `offers:`: tags with their labels; without a label, the tag itself."""
    given = group_in(values, "offers")
    return {tag: text_in(given, tag) or tag for tag in given}


def _server(given: Value, security: str, ports: Mapping[str, int]) -> ServerConfig | None:
    if not isinstance(given, Group):
        return None
    chosen = text_in(given, "security") or security
    return ServerConfig(
        host=text_in(given, "host") or "",
        port=_number(given, "port") or ports[chosen],
        security=chosen,
        username=text_in(given, "username"),
        ca_file=text_in(given, "ca_file"),
    )


def _routes(given: Value) -> tuple[RouteConfig, ...]:
    if isinstance(given, tuple):
        return tuple(_route(each) for each in given if isinstance(each, Group))
    server = _server(given, "starttls", SMTP_PORTS)
    return () if server is None else (RouteConfig(server=server),)


def _route(given: Group) -> RouteConfig:
    rate, server = text_in(given, "rate"), _server(given, "starttls", SMTP_PORTS)
    assert server is not None
    return RouteConfig(
        server=server,
        name=text_in(given, "name"),
        domains=tuple(domain_to_ascii(domain).lower() for domain in _texts(value_in(given, "domains"))),
        rate=messages_a_minute(rate) if rate is not None else None,
        connections=_number(given, "connections"),
        daily_quota=_number(given, "daily_quota"),
    )


def _imap(given: Value) -> ImapConfig | None:
    server = _server(given, "tls", IMAP_PORTS)
    if server is None or not isinstance(given, Group):
        return None
    named = {name: text for name in ("folder", "read", "kept") if (text := text_in(given, name))}
    return ImapConfig(server=server, **named)


def _dkim(given: Group) -> DkimConfig:
    return DkimConfig(domain=text_in(given, "domain"), selectors=_texts(value_in(given, "selectors")))


def _number(given: Group, name: str) -> int | None:
    value = value_in(given, name)
    return value if isinstance(value, int) else None


def _texts(value: Value) -> tuple[str, ...]:
    return tuple(str(each) for each in value if isinstance(each, str)) if isinstance(value, tuple) else ()


def _address(text: str | None) -> Address | None:
    return parse_address(text) if text else None
