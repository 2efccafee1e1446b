"""Everything that the public pages take from newsletter.yaml, the environment and the configuration folder, read at once.

Input: the workspace. Output: a `Configured`, complete, or an error before anything changes. Read when `compose serve` starts, and
again at every reload.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from composer.bounces.configured import Webhooks, webhooks_of
from composer.content.addresses import Address
from composer.content.values import group_in, value_in
from composer.database.location import Location, location_of
from composer.delivery.configured import server_of, signer_of, transport_name
from composer.surroundings import Surroundings
from composer.transport.files import FileTransport
from composer.transport.smtp import SmtpTransport
from composer.transport.transport import Transport
from composer.web.public.letters import Stationery, Text
from composer.web.public.publication import Publication, read_publication
from composer.web.public.words import choose
from composer.workspace import OUTBOX, Workspace

#: Messages in an hour where newsletter.yaml says nothing: a list of 50,000 has some fifty sign-ups on an ordinary day.
PER_HOUR = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailer:
    """How the messages of the pages are written, signed and handed over, and how many in an hour."""

    stationery: Stationery
    #: Asked anew for each connection: a secret may have changed.
    transport: Callable[[], Transport]
    sign: Callable[[bytes, datetime], bytes]
    per_hour: int = PER_HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class Configured:
    """The settings of the pages."""

    workspace: Workspace
    publication: Publication
    location: Location
    webhooks: Webhooks = field(repr=False)
    mailer: Mailer
    #: The folder that messages are written to instead of being sent; None where they are sent.
    outbox: Path | None


def read_configured(workspace: Workspace, around: Surroundings, now: datetime) -> Configured:
    """Read the settings, and try each of them that can be tried without the network.

    Raises ContentError, SettingsError, DatabaseError, PublicError.
    """
    publication = read_publication(workspace)
    newsletter = publication.main
    per_hour = value_in(group_in(newsletter.values, "delivery"), "signup_mail_per_hour")
    outbox = workspace.root / OUTBOX / "letters" if transport_name(newsletter, around) == "outbox" else None
    host = "" if outbox else server_of(newsletter, workspace, around).host

    def transport() -> Transport:
        return FileTransport(outbox) if outbox else SmtpTransport(server_of(newsletter, workspace, around))

    def sign(message: bytes, now: datetime) -> bytes:
        return signer_of(newsletter, around, host, int(now.timestamp()))(message)

    mailer = Mailer(
        stationery=Stationery(publication=publication),
        transport=transport,
        sign=sign,
        per_hour=per_hour if isinstance(per_hour, int) else PER_HOUR,
    )
    _try_out(mailer, publication, now)
    return Configured(
        workspace=workspace,
        publication=publication,
        location=location_of(newsletter, workspace, around.environment),
        webhooks=webhooks_of(newsletter, around),
        mailer=mailer,
        outbox=outbox,
    )


def _try_out(mailer: Mailer, publication: Publication, now: datetime) -> None:
    """Write and sign a message that nobody gets: whatever is wrong with it is known before the first reader asks."""
    to = Address(address=publication.main.sender.address)
    words = choose((publication.language,))
    message = mailer.stationery.write(Text.CONFIRM, words, to, publication.address.url, message_id="specimen", now=now)
    mailer.sign(message, now)
