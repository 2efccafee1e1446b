"""A round trip through a real Postfix: a mailing, Postfix's bounces, ingest, the next mailing: `make interop`.

Input: nothing; needs Postfix and root. Output: a line for each step, and exit code 0 if the unknown mailbox is excluded
from the second mailing, and the subscriber whose server rejects the sender is not.
"""

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from composer.audience.changes import add_subscriber
from composer.audience.subscribers import find
from composer.bounces.health.health_query import health_of
from composer.bounces.intake.ingest import Files, ingest
from composer.bounces.intake.message_files import read_path
from composer.core.addresses import Address
from composer.database.engine import Database
from composer.database.location import Location
from composer.database.schema_upgrade import open_database
from composer.transport.server_settings import MailServer, Security
from composer.transport.smtp.smtp_transport import SmtpTransport
from tests.bounces.news import TOKENS
from tests.bounces.webhooks.postings import now, post
from tests.fake_smtp import FakeSmtp, SmtpSession
from tests.interop.postfix import postfix

HERE, GONE, STRICT = "anna@interop.example", "gone@elsewhere.example", "strict@elsewhere.example"


def _judge(visit: SmtpSession) -> int:
    """Reject the recipient gone as unknown, and reject the sender for the recipient strict."""
    if b"gone@" in visit.heard[-1]:
        return visit.say(b"550 5.1.1 <gone@elsewhere.example>: no such user\r\n")
    return visit.say(b"550 5.7.1 <strict@elsewhere.example>: we do not like you\r\n")


def main() -> int:
    """Run the round trip."""
    if shutil.which("postfix", path=f"{os.environ.get('PATH', '')}:/usr/sbin") is None or os.geteuid() != 0:
        print("interop needs Postfix and root: apt-get install postfix", file=sys.stderr)
        return 2
    os.environ["PATH"] += ":/usr/sbin"
    with (
        FakeSmtp({"rcpt": _judge}) as office,
        postfix(f"transport_maps = inline:{{elsewhere.example=smtp:[127.0.0.1]:{office.port}}}\n") as (port, ca, box),
        tempfile.TemporaryDirectory() as folder,
        open_database(Location(path=Path(folder) / "news.db")) as database,
    ):
        with database.write() as connection:
            for each in (HERE, GONE, STRICT):
                add_subscriber(connection, Address(address=each), {}, source="interop", now=now(), consent="yes")
        transport = SmtpTransport(MailServer(host="127.0.0.1", port=port, security=Security.STARTTLS, ca_file=ca))
        first = post(database, "2025-01-30", transport, "interop.example")
        print(f"mailing 1: {dict(first.came_to)}")
        _wait(box, 3)
        summary = ingest(database, TOKENS, Files(read=lambda: read_path(box.parent)), now=now)
        print(
            f"came back: {dict(summary.kinds)}, {dict(summary.effects)}; refused because of us: {dict(summary.alerts)}"
        )
        again = ingest(database, TOKENS, Files(read=lambda: read_path(box.parent)), now=now)
        print(f"the same mailbox again: {again.new} new, {again.known} known")
        second = post(database, "2025-02-06", transport, "interop.example")
        print(f"mailing 2: {dict(second.came_to)}")
        standing = {each: _standing(database, each) for each in (HERE, GONE, STRICT)}
        print(f"subscribers: {standing}")
        with database.read() as connection:
            total = health_of(connection, now(), 30).mailings[-1].total
        print(f"health of mailing 1: {total}")
    is_right = (
        sum(second.came_to.values()) == 2
        and standing == {HERE: "active", GONE: "bounced", STRICT: "active"}
        and (again.new, total.bounced, total.ours) == (0, 1, 1)
    )
    print("as it should be" if is_right else "NOT as it should be")
    return 0 if is_right else 1


def _wait(box: Path, count: int) -> None:
    """Wait for the message to anna, and for two bounces."""
    for _ in range(300):
        if box.is_dir() and len(list(box.iterdir())) >= count:
            return
        time.sleep(0.1)


def _standing(database: Database, address: str) -> str:
    with database.read() as connection:
        found = find(connection, address)
    return found.status.value if found else "nobody"


if __name__ == "__main__":
    sys.exit(main())
