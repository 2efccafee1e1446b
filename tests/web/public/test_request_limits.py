"""Limits of the mail that submitted addresses can cause: per mailbox and day, per hour, and networks in turn."""

from collections import Counter
from collections.abc import Iterator
from functools import partial

import pytest
from sqlalchemy import func, select

from composer.core.addresses import mailbox_of
from composer.core.workspace import Workspace
from composer.database.engine import Database
from composer.database.tables.transactional_tables import transactional_emails
from composer.web.public.transactional import queue
from composer.web.public.transactional.mail_requests import DropReason
from tests.web.public.running import NOW, Running, phrase, running

#: An hourly limit that a test can reach.
FEW = 10


@pytest.fixture
def few(publication: Workspace, database: Database) -> Iterator[Running]:
    """Pages that send ten mails per hour: eight at once, two spread over the hour."""
    with running(publication, database, per_hour=FEW) as made:
        yield made


def ask(pages: Running, address: str, network: int = 0, path: str = "/subscribe") -> None:
    """Submit an address, from a different network for each number."""
    client = f"{11 + network // 250}.{network % 250}.7.1"
    assert pages.post_form(path, {"email": address}, {"X-Forwarded-For": client}).status == 200


def reasons(pages: Running) -> Counter[str]:
    """Count the reasons for dropped mails."""
    with pages.database.read() as connection:
        return Counter(
            connection.scalars(
                select(transactional_emails.c.reason).where(transactional_emails.c.state == "suppressed")
            )
        )


def recipients(pages: Running) -> list[str]:
    """Return the recipients of the sent mails, in order."""
    return [str(message["To"]) for message in pages.mail()]


def places(pages: Running) -> list[int]:
    """Return when mails counted for the hourly limit, in minutes since the start."""
    with pages.database.read() as connection:
        found = connection.scalars(
            select(transactional_emails.c.counted)
            .where(transactional_emails.c.counted.is_not(None))
            .order_by(transactional_emails.c.counted)
        )
        return [int((moment - NOW).total_seconds() // 60) for moment in found]


def test_one_mailbox_gets_four_messages_a_day(pages: Running) -> None:
    """Four, from any number of networks and with any tag or dot; more the next day. Other mailboxes are not affected."""
    for number in range(30):
        ask(pages, f"vic.tim+{number}@{('gmail', 'googlemail')[number % 2]}.com", number)
        pages.clock.pass_by(minutes=2)
    ask(pages, "other@gmail.com", 99)
    assert Counter(pages.settled()) == {"accepted": 5, "suppressed": 26}
    assert reasons(pages) == {DropReason.LIMIT: 26}
    assert len({mailbox_of(address) for address in recipients(pages)}) == 2
    pages.clock.pass_by(days=1)
    ask(pages, "victim@gmail.com", 7)
    assert pages.settled()[-1] == "accepted"


def test_refused_messages_count(pages: Running) -> None:
    """Rejected messages count too, so a mailbox that does not exist is not tried thousands of times a day."""
    pages.script["rcpt"] = lambda visit: visit.say(b"550 5.1.1 no such user\r\n")
    for number in range(8):
        ask(pages, f"nobody+{number}@example.net", number)
        pages.clock.pass_by(minutes=2)
    assert Counter(pages.settled()) == {"refused": 4, "suppressed": 4}


def test_all_kinds_together_are_four(pages: Running) -> None:
    """A subscriber's mailbox gets four mails a day, sign-ups and links together."""
    pages.join("anna@example.net")
    for number in range(6):
        for path in ("/preferences", "/subscribe"):
            ask(pages, "anna@example.net", number, path)
            pages.clock.pass_by(minutes=2)
    pages.settled()
    assert len(pages.mail()) == 4


def test_asking_for_links_keeps_nobody_from_subscribing(pages: Running) -> None:
    """Requests for links to an unknown address send nothing, and its owner can still subscribe."""
    for number in range(8):
        ask(pages, "anna@example.net", number, "/preferences")
        pages.clock.pass_by(minutes=2)
    ask(pages, "anna@example.net", 50)
    assert pages.settled()[-1] == "accepted"
    assert recipients(pages) == ["anna@example.net"]
    assert reasons(pages) == {DropReason.NOBODY: 4, DropReason.LIMIT: 4}


def test_places_do_not_depend_on_who_is_subscribed(few: Running) -> None:
    """Known and unknown addresses count the same for the hourly limit, so waiting reveals nothing."""
    few.join("known@example.net")
    for name in ("known", "unknown"):
        for number in range(6):
            ask(few, f"{name}@example.net", number, "/preferences")
            few.clock.pass_by(seconds=90)
        ask(few, f"{name}@example.net", 50)
        few.until(lambda: not few.waiting())
        with few.database.read() as connection:
            counted = select(func.count()).where(
                transactional_emails.c.mailbox == f"{name}@example.net", transactional_emails.c.counted.is_not(None)
            )
            assert connection.scalar(counted) == 5
        few.clock.pass_by(hours=2)


def test_more_than_the_hour_has_waits(few: Running) -> None:
    """Eight are sent at once and two within the hour; the others wait in order, with an alert until the queue is empty."""
    for number in range(15):
        ask(few, f"r{number}@example.net", number)
    few.until(lambda: few.worker.is_holding and len(few.mail()) == 8)
    assert few.get("/health").body == "ok\nalert: sign-up-mail-queued\n"
    assert any(line.startswith("alert: sign-up mail is over its hourly limit: ") for line in few.told)
    assert not any("example.net" in line for line in few.told)
    few.clock.pass_by(minutes=30)
    few.until(lambda: len(few.mail()) == 9)
    few.clock.pass_by(minutes=31)
    few.until(lambda: len(few.mail()) == 15)
    assert places(few) == [0] * 8 + [30] + [61] * 6
    assert recipients(few) == [f"r{number}@example.net" for number in range(15)]
    few.until(lambda: not few.worker.is_holding)
    assert few.get("/health").body == "ok\n"
    assert any("the queue is empty" in line for line in few.told)


def test_a_flood_does_not_delay_a_real_person(few: Running) -> None:
    """Ten networks submit as many addresses as allowed; a person's first request is then among the next few.

    A first request is served before all further requests of other networks.
    """
    for number in range(100):
        ask(few, f"r{number}@example{number % 7}.net", number % 10)
    few.until(lambda: few.worker.is_holding)
    ask(few, "anna@example.net", 99)
    sent = len(few.mail())
    while "anna@example.net" not in recipients(few):
        before = len(few.mail())
        few.clock.pass_by(minutes=31)
        few.until(partial(_has_more, few, before))
    assert recipients(few).index("anna@example.net") - sent <= 2
    assert few.letter_states().count("pending") > 80


def _has_more(pages: Running, before: int) -> bool:
    return len(pages.mail()) > before


def test_a_server_that_was_away_sends_no_more_than_an_hour_has(few: Running) -> None:
    """Mails that could not be sent no longer count, and are not all sent at once afterwards."""
    few.script["rcpt"] = lambda visit: visit.say(b"451 4.3.2 not now\r\n")
    for number in range(12):
        ask(few, f"r{number}@example.net", number)
    few.until(lambda: not few.waiting())
    few.script.clear()
    few.clock.pass_by(minutes=5)
    few.until(lambda: few.worker.is_holding)
    assert len(few.mail()) == 8


def test_what_cannot_be_sent_in_a_day_is_not_kept(few: Running) -> None:
    """The queue holds what a day can send; the networks with the most requests lose the rest. After a day, a mail is dropped."""
    with few.database.write() as connection:
        rows = [
            {"kind": "confirm", "address": f"q{number}@example.net", "normal": f"q{number}@example.net",
             "mailbox": f"q{number}@example.net", "language": "en", "asked": NOW, "next_at": NOW, "changed": NOW,
             "state": "pending", "turn": number}
            for number in range(300)
        ]  # fmt: skip
        connection.execute(transactional_emails.insert(), rows)
        assert queue.tidy(connection, FEW, NOW) == 60
        assert connection.scalar(select(func.max(transactional_emails.c.turn))) == 239
    few.clock.pass_by(days=1, seconds=1)
    few.until(lambda: set(few.letter_states()) <= {"expired", "accepted"})
    assert few.letter_states().count("expired") >= 230


def test_a_mailbox_that_waits_gets_its_own_wish(few: Running) -> None:
    """Nine requests by somebody else for the same address do not delay its owner's own request."""
    for number in range(9):
        ask(few, f"r{number}@example.net", 1)
    for number in range(9):
        ask(few, f"anna+{number}@example.net", 1)
    few.until(lambda: few.worker.is_holding)
    ask(few, "anna@example.net", 2)
    few.clock.pass_by(minutes=31)
    few.until(lambda: "anna@example.net" in recipients(few))
    link = few.link_in(few.mail()[-1])
    assert few.post_form(link).title == phrase("welcome_title")
