"""A mailing, its returned messages, and the next mailing, which excludes the right people; on both databases."""

import re
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from composer.audience.bounce_history import of_mailing
from composer.audience.changes import add_subscriber
from composer.audience.mailbox_providers import Provider
from composer.audience.subscribers import Status, count
from composer.bounces.health.audience_health import Figures
from composer.bounces.health.health_query import health_of
from composer.bounces.intake.ingest import Files, ingest
from composer.bounces.intake.message_files import read_path
from composer.core.addresses import Address
from composer.database.engine import Database
from composer.delivery.reporting.statistics import not_received, statistics_of
from tests.bounces.news import TOKENS, complaint, report
from tests.bounces.webhooks.postings import now, post
from tests.fake_smtp import FakeSmtp, SmtpSession, says
from tests.transport.setup import transport

SUBSCRIBERS = (
    "ann@gmail.com",
    "bo@gmail.com",
    "cy@yahoo.example",
    "dee@outlook.com",
    "eve@reader.example",
    "fay@reader.example",
)


class Relay:
    """A mail server that accepts everything, and reports later to the address in the envelope."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.senders: dict[str, tuple[str, str]] = {}

    def take(self, visit: SmtpSession) -> int:
        code = visit.say(b"250 2.0.0 Ok: queued as Q1\r\n")
        sender, recipient = (
            re.search(rb"<(.*)>", each or b"").group(1).decode()  # type: ignore[union-attr]
            for each in (visit.sender, visit.recipient)
        )
        header = visit.content.replace(b"\r\n", b"\n").partition(b"\n\n")[0].decode()
        self.senders[recipient] = (sender, header)
        return code

    def tell(self, recipient: str, status: str, words: str) -> None:
        sender, header = self.senders[recipient]
        data = report(sender, recipient, status=status, diagnostic=f"smtp; 550 {status} {words}", returned=header)
        (self.folder / f"{recipient}.eml").write_bytes(data)

    def complain(self, recipient: str) -> None:
        (self.folder / f"{recipient}.eml").write_bytes(complaint(self.senders[recipient][1]))


def test_a_bounce_excludes_from_the_next_mailing(database: Database, tmp_path: Path) -> None:
    """One hard bounce, one full, one rejection of the sender, one complaint: the first and the last are excluded next."""
    with database.write() as connection:
        for each in SUBSCRIBERS:
            add_subscriber(
                connection, Address(address=each), {}, source="t", now=now() - timedelta(days=60), consent="yes"
            )
    relay = Relay(tmp_path)
    with FakeSmtp({"dot": relay.take}) as office:
        first = post(database, "2025-01-30", transport(office))
    assert sum(first.came_to.values()) == len(relay.senders) == 6
    assert len({sender for sender, _ in relay.senders.values()}) == 6
    relay.tell("ann@gmail.com", "5.1.1", "no such user")
    relay.tell("bo@gmail.com", "5.7.26", "unauthenticated")
    relay.tell("cy@yahoo.example", "5.2.2", "over quota")
    relay.complain("dee@outlook.com")
    summary = ingest(database, TOKENS, Files(read=lambda: read_path(tmp_path)), now=now)
    assert summary.alerts == {("gmail.com", "5.7.26"): 1}
    relay.senders.clear()
    with FakeSmtp({"dot": relay.take}) as office:
        post(database, "2025-02-06", transport(office))
    assert sorted(relay.senders) == sorted(set(SUBSCRIBERS) - {"ann@gmail.com", "dee@outlook.com"})
    with database.read() as connection:
        assert count(connection) == {Status.ACTIVE: 4, Status.BOUNCED: 1, Status.COMPLAINED: 1}
        assert of_mailing(connection, 1) == Counter(
            {("bounce", "hard"): 1, ("bounce", "ours"): 1, ("bounce", "full"): 1, ("complaint", ""): 1}
        )
        account = statistics_of(connection, 1, now())
        missing = {each.name for each in not_received(connection, 1) if each.bounce_history}
        health = health_of(connection, now(), 30)
    # The report of the first mailing shows it: three were returned, and who they are.
    assert (account.bounced, account.complained, account.received) == (3, 1, 3)
    assert missing == {"ann@gmail.com", "bo@gmail.com", "cy@yahoo.example"}
    second, earlier = health.mailings
    assert (earlier.issue, earlier.total) == (
        "2025-01-30",
        Figures(accepted=6, bounced=2, hard=1, ours=1, complaints=1),
    )
    assert second.total == Figures(accepted=4)
    assert health.by_provider()[Provider.GMAIL] == Figures(accepted=3, bounced=1, hard=1, ours=1)
    assert health.by_provider()[Provider.MICROSOFT] == Figures(accepted=1, complaints=1)
    assert health.refusals == (("gmail.com", "5.7.26", "550 5.7.26 unauthenticated", 1),)


def test_rejections_in_the_session_count_too(database: Database, tmp_path: Path) -> None:
    """A 550 5.1.1 in the session and a later bounce are both bounces of the mailing."""
    with database.write() as connection:
        for each in SUBSCRIBERS:
            add_subscriber(
                connection, Address(address=each), {}, source="t", now=now() - timedelta(days=60), consent="yes"
            )

    def rcpt(visit: SmtpSession) -> int:
        gone = visit.heard[-1].startswith(b"RCPT TO:<ann@")
        return visit.say(b"550 5.1.1 no such user\r\n" if gone else b"250 2.1.5 Ok\r\n")

    with FakeSmtp({"rcpt": rcpt}) as office:
        post(database, "2025-01-30", transport(office))
    with database.read() as connection:
        (mailing,) = health_of(connection, now(), 30).mailings
    assert mailing.total == Figures(accepted=5, refused=1, bounced=1, hard=1)
    assert mailing.total.bounce_rate == 1 / 6


@pytest.mark.parametrize("is_first_at_the_door", [True, False])
def test_a_bad_domain_counts_the_same_in_session_and_bounce(
    database: Database, tmp_path: Path, is_first_at_the_door: bool
) -> None:
    """A bad domain in the session and a bad domain by a later bounce, in either order: the second one suppresses."""
    with database.write() as connection:
        add_subscriber(
            connection,
            Address(address="cara@raeder.example"),
            {},
            source="t",
            now=now() - timedelta(days=60),
            consent="yes",
        )
    relay = Relay(tmp_path)
    for number, is_at_the_door in enumerate((is_first_at_the_door, not is_first_at_the_door)):
        with database.read() as connection:
            assert count(connection) == {Status.ACTIVE: 1}
        if is_at_the_door:
            with FakeSmtp({"rcpt": says(b"550 5.1.2 no such domain\r\n")}) as office:
                post(database, f"2025-01-{number + 1:02}", transport(office))
        else:
            with FakeSmtp({"dot": relay.take}) as office:
                post(database, f"2025-01-{number + 1:02}", transport(office))
            relay.tell("cara@raeder.example", "5.1.2", "Host not found")
            ingest(database, TOKENS, Files(read=lambda: read_path(tmp_path)), now=now)
    with database.read() as connection:
        assert count(connection) == {Status.BOUNCED: 1}
