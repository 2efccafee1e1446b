"""Times bounces: importing 10,000 messages, and parsing one compared to the standard library with flufl.bounce.

Input: how many messages. Output: rates, and memory of runs of two sizes, each in its own process. The messages are
delivery reports of three shapes, a bounce in sentences, and an absence, alternating; each from another subscriber, with
the token of a key.
"""

import email
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from sqlalchemy import insert

from composer.audience.identity.tokens import Purpose, Tokens
from composer.bounces.intake.ingest import Files, ingest
from composer.bounces.intake.message_files import read_path
from composer.bounces.parse.classifier import classify
from composer.database.location import Location
from composer.database.schema_upgrade import open_database
from composer.database.tables.subscriber_tables import subscribers

_TOKENS = Tokens((b"benchmark" * 4,))
_NOW = datetime(2025, 1, 31, tzinfo=UTC)
_BODY = ("In this issue: what to do when a mailbox is full, and why 550 5.1.1 came back.\n" * 12 + "\n") * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Returning:
    """The measurements."""

    #: Messages per second: parsed by us, and by the standard library's parser with flufl.bounce.
    understood: float
    peer: float
    #: Messages per second: parsed, recorded, processed; and for a mailbox with only known messages.
    taken_in: float
    again: float
    #: Megabytes of runs over a tenth and over all messages.
    small: float
    large: float


def messages(count: int) -> Iterator[bytes]:
    """Return the messages."""
    for number in range(count):
        yield _message(number)


def _message(number: int) -> bytes:
    to, address = f"bounces+{_TOKENS.make(Purpose.BOUNCE, number + 1, 7)}@news.example.org", f"r{number}@reader.example"
    header = f"To: {address}\nMessage-ID: {_TOKENS.message_id(7, number + 1, 'news.example.org')}\nSubject: News\n"
    top = f"Return-Path: <>\nFrom: MAILER-DAEMON@mx{number % 50}.example\nTo: {to}\nMessage-Id: <{number}@mx.example>\n"
    match number % 5:
        case 0:
            parts, code = f"--b\nContent-Type: text/rfc822-headers\n\n{header}", "5.1.1 no such user"
        case 1:
            parts, code = f"--b\nContent-Type: message/rfc822\n\n{header}\n{_BODY}", "5.2.2 mailbox full"
        case 2:
            parts, code = f"--b\nContent-Type: message/rfc822\n\n{header}\n{_BODY}", "5.7.1 blocked using a list"
        case 3:
            copy = f"--- Below this line is a copy of the message.\n\n{header}\n{_BODY}"
            return f"""{top}Subject: failure notice

Hi. This is the qmail-send program at mx.example.
I'm afraid I wasn't able to deliver your message to the following addresses.

<{address}>:
Sorry, no mailbox here by that name. (#5.1.1)

{copy}""".encode()
        case _:
            absent = f"From: {address}\nTo: {to}\nSubject: Automatic reply: News\nMessage-Id: <{number}@x.example>\n"
            return f"{absent}\nI am away; my mailbox is full.\n".encode()
    return f"""{top}Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

This is the mail system.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; {address}
Action: failed
Status: {code[:5]}
Diagnostic-Code: smtp; 550 {code}

{parts}
--b--
""".encode()


def returning(count: int, rounds: int) -> Returning:
    """Measure."""
    with tempfile.TemporaryDirectory() as name:
        small, large = (_in_a_process(Path(name) / str(many), many) for many in (count // 10, count))
    some = list(messages(1000))
    ours, theirs = [], []
    for _ in range(rounds):
        begin = time.perf_counter()
        for each in some:
            classify(each)
        ours.append(time.perf_counter() - begin)
        begin = time.perf_counter()
        for each in some:
            _peer(each)
        theirs.append(time.perf_counter() - begin)
    return Returning(
        understood=len(some) / median(ours),
        peer=len(some) / median(theirs),
        taken_in=count / large["first"],
        again=count / large["again"],
        small=small["peak"],
        large=large["peak"],
    )


def _peer(data: bytes) -> None:
    from flufl.bounce import all_failures

    all_failures(email.message_from_bytes(data))


def write_mailbox(folder: Path, count: int) -> None:
    """Write a mailbox of this many messages, and a database with the subscribers that they are about."""
    folder.mkdir()
    with (folder / "box").open("wb") as box:
        for each in messages(count):
            box.write(
                b"From MAILER-DAEMON Fri Jan 31 00:00:00 2025\n" + each.replace(b"\nFrom ", b"\n>From ") + b"\n\n"
            )
    with open_database(Location(path=folder / "news.db")) as database, database.write() as connection:
        rows = [
            {"address": f"r{n}@reader.example", "normal": f"r{n}@reader.example", "status": "active", "created": _NOW,
             "changed": _NOW}
            for n in range(count)
        ]  # fmt: skip
        connection.execute(insert(subscribers), rows)


def take_in(folder: Path, times: int = 1) -> list[float]:
    """Read the mailbox this many times; return the seconds of each."""
    seconds = []
    with open_database(Location(path=folder / "news.db")) as database:
        for _ in range(times):
            begin = time.perf_counter()
            ingest(database, _TOKENS, Files(read=lambda: read_path(folder / "box")), now=lambda: _NOW)
            seconds.append(time.perf_counter() - begin)
    return seconds


def _in_a_process(folder: Path, count: int) -> dict[str, float]:
    write_mailbox(folder, count)
    ran = subprocess.run([sys.executable, "-m", __name__, str(folder)], capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(ran.stdout)
    return found


def _main(folder: Path) -> None:
    """Import a mailbox twice; print seconds and peak memory."""
    first, again = take_in(folder, 2)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"first": first, "again": again, "peak": peak}))


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
