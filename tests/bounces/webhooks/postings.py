"""A mailing through the real run loop: to all active subscribers, each message with its own envelope."""

from datetime import UTC, datetime

from composer.core.addresses import Address
from composer.database.engine import Database
from composer.delivery.core.mailing import FrozenVariant, variants_of
from composer.delivery.messages.message_factory import FrozenSettings, JobPayload, MailingMessages
from composer.delivery.selection.freeze import Draft, freeze
from composer.delivery.selection.selection import Selection
from composer.delivery.worker.route_work import Route
from composer.delivery.worker.run_loop import MailingJob, Run, send
from composer.delivery.worker.stop_request import Stop
from composer.mail.compiled_message import compile_message
from composer.mail.letterhead import Letterhead
from composer.transport.protocol import Transport
from tests.bounces.news import TOKENS


def now() -> datetime:
    return datetime.now(UTC)


def post(database: Database, issue: str, transport: Transport, domain: str = "news.example.org") -> Run:
    """Send an issue to everybody who is active."""
    head = Letterhead(sender=Address(name="News", address=f"news@{domain}"), subject="Hello", language="en")
    compiled = compile_message(head, html="<p>Hello, subscriber.</p>", text="Hello, subscriber.\n").to_bytes()
    frozen_settings = FrozenSettings(
        sender=f"news@{domain}",
        domain=domain,
        bounces=f"bounces@{domain}",
        public_url=f"https://{domain}/n",
        page=issue,
    )
    draft = Draft(
        selection=Selection(issue=issue),
        variants=(FrozenVariant(number=0, language="en", compiled=compiled),),
        edition="e" * 64,
        subject="Hello",
        frozen_settings=frozen_settings.to_json(),
        made_by="anna",
        program="0",
    )
    with database.write() as connection:
        mailing = freeze(connection, draft, now())
    with database.read() as connection:
        variants = variants_of(connection, mailing.id)
    message_source = MailingMessages(JobPayload.of(mailing, variants, TOKENS), now=now)
    return send(
        MailingJob(
            database=database,
            mailing_id=mailing.id,
            routes=(Route(transport=transport),),
            message_source=message_source,
        ),
        Stop(),
    )
