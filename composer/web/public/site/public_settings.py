"""Reads all settings of the public pages from newsletter.yaml, the environment and the configuration folder.

Input: the workspace. Output: complete `PublicSettings`, or an error before anything changes. They are read when `compose serve`
starts and at every reload.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from composer.bounces.record.bounce_settings import Webhooks, webhooks_of
from composer.content.document.newsletter_config import SIGNUP_MAIL_PER_HOUR
from composer.core.addresses import Address
from composer.core.environment import Environment
from composer.core.workspace import OUTBOX, Workspace
from composer.database.location import Location, location_of
from composer.delivery.config.resolve import hosts_of, servers_of, signer_of, signing_host, transport_name
from composer.delivery.config.single_mail import single_mail_transport
from composer.transport.outbox_transport import FileTransport
from composer.transport.protocol import Transport
from composer.web.public.site.email_renderer import EmailRenderer, EmailText
from composer.web.public.site.publication import PublicNewsletter, read_publication


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailer:
    """How the mails of the pages are rendered, signed and sent, and how many per hour."""

    renderer: EmailRenderer
    #: Called for each connection, since a secret may have changed.
    transport: Callable[[], Transport]
    sign: Callable[[bytes, datetime], bytes]
    per_hour: int = SIGNUP_MAIL_PER_HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicSettings:
    """The settings of the pages."""

    workspace: Workspace
    publication: PublicNewsletter
    location: Location
    webhooks: Webhooks = field(repr=False)
    mailer: Mailer
    #: The folder that messages are written to instead of being sent; None if they are sent.
    outbox: Path | None


def read_public_settings(workspace: Workspace, around: Environment, now: datetime) -> PublicSettings:
    """Read the settings, and test those that can be tested without the network.

    Raises ContentError, SettingsError, DatabaseError, PublicError.
    """
    publication = read_publication(workspace)
    newsletter = publication.main
    outbox = workspace.root / OUTBOX / "letters" if transport_name(newsletter, around) == "outbox" else None
    if outbox is None:
        # A missing password is reported now, before the first message needs it.
        servers_of(newsletter, workspace, around)
    host = "" if outbox else signing_host(hosts_of(newsletter, around))

    def transport() -> Transport:
        return FileTransport(outbox) if outbox else single_mail_transport(newsletter, workspace, around)

    def sign(message: bytes, now: datetime) -> bytes:
        return signer_of(newsletter, around, host, int(now.timestamp()))(message)

    mailer = Mailer(
        renderer=EmailRenderer(publication=publication),
        transport=transport,
        sign=sign,
        per_hour=newsletter.delivery.signup_mail_per_hour,
    )
    _try_out(mailer, publication, now)
    return PublicSettings(
        workspace=workspace,
        publication=publication,
        location=location_of(newsletter, workspace, around.environment),
        webhooks=webhooks_of(newsletter, around),
        mailer=mailer,
        outbox=outbox,
    )


def _try_out(mailer: Mailer, publication: PublicNewsletter, now: datetime) -> None:
    """Render and sign a message without sending it, to find errors before the first subscriber needs one."""
    to = Address(address=publication.main.sender.address)
    words = publication.translations.choose((publication.language,))
    message = mailer.renderer.write(
        EmailText.CONFIRM, words, to, publication.address.url, message_id="specimen", now=now
    )
    mailer.sign(message, now)
