"""Everything that the public pages take from newsletter.yaml, the environment and the configuration folder, read at once.

Input: the workspace. Output: a `PublicSettings`, complete, or an error before anything changes. Read when `compose
serve` starts, and
again at every reload.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from composer.bounces.record.bounce_settings import Webhooks, webhooks_of
from composer.content.values.field_values import group_in, value_in
from composer.core.addresses import Address
from composer.core.environment import Environment
from composer.core.workspace import OUTBOX, Workspace
from composer.database.location import Location, location_of
from composer.delivery.config.resolve import server_of, signer_of, transport_name
from composer.transport.outbox_transport import FileTransport
from composer.transport.protocol import Transport
from composer.transport.smtp.smtp_transport import SmtpTransport
from composer.web.public.site.email_renderer import EmailRenderer, EmailText
from composer.web.public.site.publication import PublicNewsletter, read_publication
from composer.web.public.site.translations import choose

#: Messages in an hour where newsletter.yaml says nothing: a list of 50,000 has some fifty sign-ups on an ordinary day.
PER_HOUR = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailer:
    """How the messages of the pages are written, signed and handed over, and how many in an hour."""

    renderer: EmailRenderer
    #: Asked anew for each connection: a secret may have changed.
    transport: Callable[[], Transport]
    sign: Callable[[bytes, datetime], bytes]
    per_hour: int = PER_HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicSettings:
    """The settings of the pages."""

    workspace: Workspace
    publication: PublicNewsletter
    location: Location
    webhooks: Webhooks = field(repr=False)
    mailer: Mailer
    #: The folder that messages are written to instead of being sent; None where they are sent.
    outbox: Path | None


def read_public_settings(workspace: Workspace, around: Environment, now: datetime) -> PublicSettings:
    """Read the settings, and try each of them that can be tried without the network.

    Raises ContentError, SettingsError, DatabaseError, PublicError.
    """
    publication = read_publication(workspace)
    newsletter = publication.main
    per_hour = value_in(group_in(newsletter.values, "delivery"), "signup_mail_per_hour")
    outbox = (
        workspace.root / OUTBOX / "letters" if transport_name(newsletter, around) == "outbox" else None
    )
    host = "" if outbox else server_of(newsletter, workspace, around).host

    def transport() -> Transport:
        return FileTransport(outbox) if outbox else SmtpTransport(server_of(newsletter, workspace, around))

    def sign(message: bytes, now: datetime) -> bytes:
        return signer_of(newsletter, around, host, int(now.timestamp()))(message)

    mailer = Mailer(
        renderer=EmailRenderer(publication=publication),
        transport=transport,
        sign=sign,
        per_hour=per_hour if isinstance(per_hour, int) else PER_HOUR,
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
    """Write and sign a message that nobody gets: whatever is wrong with it is known before the first subscriber asks."""
    to = Address(address=publication.main.sender.address)
    words = choose((publication.language,))
    message = mailer.renderer.write(
        EmailText.CONFIRM, words, to, publication.address.url, message_id="specimen", now=now
    )
    mailer.sign(message, now)
