"""A mailing through the real engine: frozen to whoever is active, each message with its reader's own envelope."""

from datetime import UTC, datetime

from composer.content.addresses import Address
from composer.database.engine import Database
from composer.delivery.engine import Job, Run, send
from composer.delivery.freezing import Draft, freeze
from composer.delivery.letters import MailingLetters, Plates, Terms
from composer.delivery.mailing import Variant, variants_of
from composer.delivery.selection import Selection
from composer.delivery.stop import Stop
from composer.mail.compiled import compile_message
from composer.mail.letterhead import Letterhead
from composer.transport.transport import Transport
from tests.bounces.news import TOKENS


def now() -> datetime:
    return datetime.now(UTC)


def post(database: Database, issue: str, transport: Transport, domain: str = "news.example.org") -> Run:
    """Send an issue to everybody who is active."""
    head = Letterhead(sender=Address(name="News", address=f"news@{domain}"), subject="Hello", language="en")
    compiled = compile_message(head, html="<p>Hello, reader.</p>", text="Hello, reader.\n").to_bytes()
    terms = Terms(
        sender=f"news@{domain}",
        domain=domain,
        bounces=f"bounces@{domain}",
        public_url=f"https://{domain}/n",
        page=issue,
    )
    draft = Draft(
        selection=Selection(issue=issue),
        variants=(Variant(number=0, language="en", compiled=compiled),),
        edition="e" * 64,
        subject="Hello",
        terms=terms.to_json(),
        made_by="anna",
        program="0",
    )
    with database.write() as connection:
        mailing = freeze(connection, draft, now())
    with database.read() as connection:
        variants = variants_of(connection, mailing.id)
    letters = MailingLetters(Plates.of(mailing, variants, TOKENS), now=now)
    return send(Job(database=database, mailing_id=mailing.id, transport=transport, letters=letters), Stop())
