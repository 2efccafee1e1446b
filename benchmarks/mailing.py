"""Times whole mailings: frozen readers, personalised and DKIM-signed messages of 90 KB, through ledger and engine to smtp-sink.

Comes in: how many messages and rounds. Goes out: messages a second, ours by number of connections, beside smtp-source with
the same bytes, nodemailer's pool without DKIM, and EmailMessage + dkimpy + smtplib. The clients take turns.
"""

import smtplib
import sys
import tempfile
import time
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from statistics import median

import dkim
from sqlalchemy import insert

from benchmarks import handover
from composer.audience.tokens import Tokens
from composer.content.addresses import Address
from composer.content.fields import MergeField
from composer.database.engine import Database, open_database
from composer.database.location import Location
from composer.database.readers import readers
from composer.delivery.engine import Job, Run, send
from composer.delivery.freezing import Draft, freeze
from composer.delivery.letters import MailingLetters, Terms
from composer.delivery.mailing import Mailing, Variant, variants_of
from composer.delivery.selection import Selection
from composer.delivery.stop import Stop
from composer.keys import generate, parse_key
from composer.mail.compiled import compile_message
from composer.mail.dkim import Algorithm, Profile
from composer.mail.letterhead import Letterhead
from composer.transport.server import Limits, Security, Server
from composer.transport.smtp import SmtpTransport

CONNECTIONS = (4, 8, 16)
OURS, SOURCE, NODEMAILER, STDLIB = (
    "compose, signed",
    "smtp-source",
    "nodemailer's pool, unsigned",
    "EmailMessage + dkimpy + smtplib",
)
_BYTES = 84_000
_PEM = generate(Algorithm.RSA)
_NAME = "first_name"
_TOKEN = "mfx0x0tok"


def database(folder: Path) -> Database:
    """Open a new database."""
    return open_database(Location(path=folder / "newsletter.db"))


def fill(database: Database, count: int) -> None:
    """Add so many readers, in batches."""
    now = datetime.now(UTC)
    with database.write() as connection:
        for first in range(0, count, 10_000):
            rows = [
                {
                    "address": f"reader{number}@example.net",
                    "normal": f"reader{number}@example.net",
                    "name": f"Reader {number}",
                    "first_name": "Reader",
                    "last_name": str(number),
                    "language": "en",
                    "fields": "{}",
                    "status": "active",
                    "created": now,
                    "changed": now,
                }
                for number in range(first, min(first + 10_000, count))
            ]
            connection.execute(insert(readers), rows)


def compiled() -> bytes:
    """Compile a message of some 84 KB with a field in its subject and in both parts."""
    field = MergeField(token=_TOKEN, name=_NAME, default="reader")
    line = "The quick brown fox jumps over the lazy dog and on to the next story. "
    text = f"Dear {_TOKEN},\n\n" + f"{line}\n" * 170
    html = f"<html><body><p>Dear {_TOKEN}</p>" + f'<p style="margin:0">{line}</p>\n' * 740 + "</body></html>"
    head = Letterhead(
        sender=Address(name="News", address="news@example.org"),
        subject=f"Hello {_TOKEN}",
        language="en",
        list_id="news.example.org",
    )
    return compile_message(head, html=html, text=text, fields=(field,)).to_bytes()


def frozen(database: Database, issue: str) -> Mailing:
    """Freeze a mailing to all readers there are."""
    terms = Terms(sender="news@example.org", domain="example.org", public_url="https://example.org/n", page=issue)
    variant = Variant(number=0, label="everybody", language="en", compiled=compiled())
    draft = Draft(
        selection=Selection(issue=issue),
        variants=(variant,),
        edition="e" * 64,
        subject="Hello",
        terms=terms.to_json(),
        made_by="bench",
        program="0",
    )
    with database.write() as connection:
        return freeze(connection, draft, datetime.now(UTC))


def letters(database: Database, mailing: Mailing, *, is_signed: bool = True) -> MailingLetters:
    """Give what makes the messages."""
    profile = Profile(domain="example.org", keys=(parse_key(_PEM, selector="s"),)) if is_signed else None
    with database.read() as connection:
        variants = variants_of(connection, mailing.id)
    return MailingLetters(mailing, variants, Tokens((b"k" * 32,)), profile=profile, now=lambda: datetime.now(UTC))


def transport(port: int) -> SmtpTransport:
    limits = Limits(messages=1_000_000)
    return SmtpTransport(Server(host="127.0.0.1", port=port, security=Security.NONE, limits=limits))


def ours(database: Database, port: int, connections: int, issue: str, **more: object) -> tuple[Run, float]:
    """Send a fresh mailing; give the run and the messages a second."""
    mailing = frozen(database, issue)
    job = Job(
        database=database,
        mailing_id=mailing.id,
        transport=transport(port),
        letters=letters(database, mailing),
        connections=connections,
        **more,  # type: ignore[arg-type]
    )
    begin = time.perf_counter()
    run = send(job, Stop())
    return run, run.tried / (time.perf_counter() - begin)


def specimen() -> bytes:
    """Give one finished message."""
    with tempfile.TemporaryDirectory() as folder, database(Path(folder)) as one:
        fill(one, 1)
        mailing = frozen(one, "specimen")
        from composer.delivery.ledger import Recipient

        recipient = Recipient(
            reader_id=1,
            variant=0,
            address="reader@example.net",
            name="Reader 1",
            first_name="Reader",
            last_name="1",
            language="en",
            fields="{}",
        )
        return letters(one, mailing).letter(recipient).message


def naive(port: int, count: int) -> float:
    """Give messages a second of the libraries that are at hand."""
    line = "The quick brown fox jumps over the lazy dog and on to the next story. "
    key = _PEM if isinstance(_PEM, bytes) else str(_PEM).encode()
    begin = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port, local_hostname="localhost") as client:
        for number in range(count):
            message = EmailMessage()
            message["From"], message["To"] = "News <news@example.org>", f"Reader {number} <reader{number}@example.net>"
            message["Subject"] = f"Hello Reader {number}"
            message.set_content(f"Dear Reader {number},\n\n" + f"{line}\n" * 170)
            html = (
                f"<html><body><p>Dear Reader {number}</p>"
                + f'<p style="margin:0">{line}</p>\n' * 740
                + "</body></html>"
            )
            message.add_alternative(html, subtype="html")
            data = message.as_bytes().replace(b"\n", b"\r\n")
            signature = dkim.sign(data, b"s", b"example.org", key, include_headers=[b"from", b"to", b"subject"])
            client.sendmail("news@example.org", f"reader{number}@example.net", signature + data)
    return count / (time.perf_counter() - begin)


def rates(count: int, rounds: int) -> dict[tuple[str, int], list[float]]:
    """Measure all, taking turns, after a round that does not count."""
    found: dict[tuple[str, int], list[float]] = {}
    data = specimen()
    with (
        tempfile.TemporaryDirectory() as folder,
        tempfile.NamedTemporaryFile(suffix=".eml") as file,
        database(Path(folder)) as one,
        handover.smtp_sink() as port,
    ):
        file.write(data)
        file.flush()
        fill(one, count)
        for number in range(rounds + 1):
            for many in CONNECTIONS:
                took = {
                    OURS: ours(one, port, many, f"{number}-{many}")[1],
                    SOURCE: count / handover._source(port, many, count, Path(file.name)),
                    NODEMAILER: count / handover._node(port, many, count, Path(file.name)),
                }
                if number:
                    for name, rate in took.items():
                        found.setdefault((name, many), []).append(rate)
            if number:
                found.setdefault((STDLIB, 1), []).append(naive(port, 40))
    return found


def main() -> None:
    found = rates(count=int(sys.argv[1]), rounds=int(sys.argv[2]))
    for (name, many), each in sorted(found.items()):
        print(f"{name:<40}{many:>4}  {median(each):>8,.0f}   {' '.join(f'{one:,.0f}' for one in each)}")
    for many in CONNECTIONS:
        print(many, f"{median(found[OURS, many]) / median(found[SOURCE, many]):.2f}")


if __name__ == "__main__":
    main()
