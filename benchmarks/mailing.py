"""Times whole mailings: frozen subscribers, personal and signed messages of 85 KB, through ledger and run loop to
smtp-sink.

Input: how many messages and rounds. Output: messages per second by number of connections, compared to smtp-source with
the same bytes, nodemailer's pool without DKIM, and EmailMessage + dkimpy + smtplib; the clients alternate. And with a
server 30 ms away: the share of the configured rate, and of one message per two round trips of a connection.
"""

import smtplib
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import dkim
from sqlalchemy import insert

from benchmarks import handover
from composer.audience.identity.tokens import Tokens
from composer.content.values.merge_fields import MergeField
from composer.core.addresses import Address
from composer.database.engine import Database
from composer.database.location import Location
from composer.database.schema_upgrade import open_database
from composer.database.tables.subscriber_tables import subscribers
from composer.delivery.config.dkim_keys import generate, parse_key
from composer.delivery.core.mailing import FrozenVariant, Mailing, variants_of
from composer.delivery.messages.message_factory import FrozenSettings, JobPayload, MailingMessages
from composer.delivery.messages.message_worker_pool import messages_of
from composer.delivery.messages.outgoing import MessageRecipient, MessageSource
from composer.delivery.selection.freeze import Draft, freeze
from composer.delivery.selection.selection import Selection
from composer.delivery.worker.route_work import Route
from composer.delivery.worker.run_loop import MailingJob, Run, send
from composer.delivery.worker.stop_request import Stop
from composer.mail.compiled_message import compile_message
from composer.mail.dkim_signing import Algorithm, Profile
from composer.mail.dot_stuffing import to_wire
from composer.mail.letterhead import Letterhead
from composer.transport.envelope import Envelope
from composer.transport.server_settings import MailServer, Security, ServerLimits
from composer.transport.smtp.smtp_transport import SmtpTransport

CONNECTIONS = (4, 8, 16)
OURS, SOURCE, NODEMAILER = "compose, signed, ledger on", "postfix smtp-source", "nodemailer, pool, unsigned"
STDLIB = "EmailMessage + dkimpy + smtplib"
#: No round is started after this many seconds.
_ENOUGH = 150
#: Seconds of delay for a distant server's answers.
LATE = 0.03
_PEM = generate(Algorithm.RSA)
_FIELD = MergeField(token="mfx0x0tok", name="first_name", default="subscriber")
_LINE = "The quick brown fox jumps over the lazy dog and on to the next story. "
_TEXT = f"{_LINE}\n" * 170
_HTML = f'<p style="margin:0">{_LINE}</p>\n' * 740


@contextmanager
def database(subscribers_in_it: int) -> Iterator[Database]:
    """Create a SQLite database with this many subscribers."""
    with tempfile.TemporaryDirectory() as folder, open_database(Location(path=Path(folder) / "news.db")) as made:
        fill(made, subscribers_in_it)
        yield made


def fill(database: Database, count: int) -> None:
    """Add this many subscribers."""
    now = datetime.now(UTC)
    for first in range(1, count + 1, 10_000):
        rows = [
            {
                "address": f"reader{number}@example.net",
                "normal": f"reader{number}@example.net",
                "name": f"Subscriber {number}",
                "first_name": "Subscriber",
                "last_name": str(number),
                "language": "en",
                "status": "active",
                "created": now,
                "changed": now,
            }
            for number in range(first, min(first + 10_000, count + 1))
        ]
        with database.write() as connection:
            connection.execute(insert(subscribers), rows)


def draft(issue: str) -> Draft:
    """Compile a message with a field in its subject and in both parts; return a mailing of it."""
    name = _FIELD.token
    head = Letterhead(
        sender=Address(name="News", address="news@example.org"),
        subject=f"Hello {name}",
        language="en",
        list_id="news.example.org",
    )
    html = f"<html><body><p>Dear {name}</p>{_HTML}</body></html>"
    compiled = compile_message(head, html=html, text=f"Dear {name},\n\n{_TEXT}", fields=(_FIELD,))
    frozen_settings = FrozenSettings(
        sender="news@example.org", domain="example.org", public_url="https://example.org/n", page=issue
    )
    return Draft(
        selection=Selection(issue=issue),
        variants=(FrozenVariant(number=0, language="en", compiled=compiled.to_bytes()),),
        edition=compiled.hash,
        subject="Hello",
        frozen_settings=frozen_settings.to_json(),
        made_by="bench",
        program="0",
    )


def frozen(database: Database, issue: str) -> Mailing:
    """Freeze a mailing to all existing subscribers."""
    with database.write() as connection:
        return freeze(connection, draft(issue), datetime.now(UTC))


def payload(database: Database, mailing: Mailing, *, is_signed: bool = True) -> JobPayload:
    """Return the data to make the messages."""
    profile = Profile(domain="example.org", keys=(parse_key(_PEM, selector="s"),)) if is_signed else None
    with database.read() as connection:
        variants = variants_of(connection, mailing.id)
    return JobPayload.of(mailing, variants, Tokens((b"k" * 32,)), profile=profile)


def job(
    database: Database,
    mailing: Mailing,
    port: int,
    message_source: MessageSource | None = None,
    *,
    limit: int | None = None,
    **limits: Any,
) -> MailingJob:
    """Return a job that sends a mailing to a port of this computer."""
    server = MailServer(host="127.0.0.1", port=port, security=Security.NONE, limits=ServerLimits(messages=1_000_000))
    return MailingJob(
        database=database,
        mailing_id=mailing.id,
        routes=(Route(transport=SmtpTransport(server), **limits),),
        message_source=message_source or MailingMessages(payload(database, mailing)),
        limit=limit,
    )


def ours(database: Database, port: int, issue: str, **more: Any) -> tuple[Run, float]:
    """Freeze and send a mailing; return the run, and messages per second while sending."""
    mailing = frozen(database, issue)
    begin = time.perf_counter()
    with messages_of(payload(database, mailing), more.get("limit", mailing.frozen), more.get("rate")) as message_source:
        run = send(job(database, mailing, port, message_source, **more), Stop())
    return run, run.tried / (time.perf_counter() - begin)


def specimen() -> bytes:
    """Return one finished message."""
    anna = MessageRecipient(
        subscriber_id=1,
        variant=0,
        address="reader1@example.net",
        name="Subscriber 1",
        first_name="Subscriber",
        last_name="1",
        language="en",
        fields="{}",
    )
    with database(1) as one:
        return MailingMessages(payload(one, frozen(one, "specimen"))).outgoing(anna).message


def rates(count: int, rounds: int) -> handover.Rates:
    """Measure all of them, alternating, after a short round that does not count.

    The other programs send a third of the messages: from the first one on, they are as fast as they get. On a busy
    computer, no further round is started after a while.
    """
    found: handover.Rates = {}
    end = time.monotonic() + _ENOUGH
    with tempfile.NamedTemporaryFile(suffix=".eml") as file, database(count) as one, handover.smtp_sink() as port:
        path = Path(file.name)
        path.write_bytes(specimen())
        for number in range(rounds + 1):
            if found and time.monotonic() > end:
                break
            took = {(STDLIB, 1): _naive(port, 40)}
            limit, few = (count, count // 3) if number else (count // 20, count // 20)
            for many in CONNECTIONS:
                took[OURS, many] = ours(one, port, f"{number} {many}", connections=many, limit=limit)[1]
                took[SOURCE, many] = few / handover._source(port, many, few, path)
                took[NODEMAILER, many] = few / handover._node(port, many, few, path)
            for key, rate in took.items() if number else ():
                found.setdefault(key, []).append(rate)
    return found


def _naive(port: int, count: int) -> float:
    """Return messages per second of the available libraries."""
    begin = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port, local_hostname="localhost") as client:
        for number in range(count):
            message = EmailMessage()
            message["From"], message["To"] = (
                "News <news@example.org>",
                f"Subscriber {number} <reader{number}@example.net>",
            )
            message["Subject"] = f"Hello Subscriber {number}"
            message.set_content(f"Dear Subscriber {number},\n\n{_TEXT}")
            message.add_alternative(f"<html><body><p>Dear Subscriber {number}</p>{_HTML}</body></html>", subtype="html")
            data = message.as_bytes().replace(b"\n", b"\r\n")
            above = dkim.sign(data, b"s", b"example.org", _PEM, include_headers=[b"from", b"to", b"subject"])
            client.sendmail("news@example.org", f"reader{number}@example.net", above + data)
    return count / (time.perf_counter() - begin)


@dataclass(frozen=True, slots=True, kw_only=True)
class Distant:
    """How close a run comes to the possible rate with a server that is LATE away."""

    #: The share of 100 messages per second over 16 connections, with a configured rate.
    of_rate: float
    #: The share of one message per two round trips, without a rate.
    of_connections: float
    #: Measured seconds of a round trip: timers are a little late, and 85 KB take time.
    round_trip: float


def distant() -> Distant:
    """Measure with a distant server."""
    with database(8_000) as one, handover.quick_sink("--late", str(LATE)) as port:
        trip = _round_trip(port)
        _, limited = ours(one, port, "limited", connections=16, rate=6_000.0, limit=800)
        _, free = ours(one, port, "free", connections=16)
    return Distant(of_rate=limited / 100, of_connections=free / (16 / (2 * trip)), round_trip=trip)


def _round_trip(port: int) -> float:
    """Return half the time of a message on a single connection, the mean of 50."""
    server = MailServer(host="127.0.0.1", port=port, security=Security.NONE)
    connection = SmtpTransport(server).connect()
    envelope, data = Envelope(sender="news@example.org", recipient="reader1@example.net"), to_wire(specimen())
    begin = time.perf_counter()
    for _ in range(50):
        connection.hand_over(envelope, data)
    took = time.perf_counter() - begin
    connection.close()
    return took / 100
