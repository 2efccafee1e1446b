"""Several mail servers: what goes where if the first one is down, throttles, or rejects us. With real servers, on both
databases; every test counts the copies."""

import threading
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from composer.database.engine import Database
from composer.database.tables.mailing_tables import buckets, deliveries, events, recipients
from composer.delivery.core.scheduler import Ending
from composer.delivery.core.states import DeliveryState
from composer.delivery.worker.route_work import Route
from composer.delivery.worker.run_loop import MailingJob, Run, send
from composer.delivery.worker.stop_request import Stop
from composer.transport.protocol import TransportError
from tests.delivery.factories import QUICK, SECOND, Plain, frozen, kinds, sums
from tests.fake_smtp import Action, FakeSmtp, Holding, SmtpSession, leaves, says, takes
from tests.transport.setup import PATIENT, transport

S = DeliveryState
#: A route stays paused until the end of a test, unless it says otherwise.
STEADY = replace(QUICK, pause=60 * SECOND, longest_pause=60 * SECOND)
COUNT = 40


def mail_servers(main: FakeSmtp, backup: FakeSmtp, **of_main: Any) -> tuple[Route, ...]:
    """Return two routes; a connection is reopened at once."""
    limits = replace(PATIENT, quit=0.1)
    return (
        Route(transport=transport(main, limits), name="main", **of_main),
        Route(transport=transport(backup, limits), name="backup"),
    )


def run(database: Database, routes: tuple[Route, ...], **more: Any) -> Run:
    """Send, with a limit: a run that does not end is stopped, and its ending is not what the test expects."""
    word = Stop()
    timer = threading.Timer(60, lambda: (word.say(), word.say()))
    timer.start()
    plain = MailingJob(database=database, mailing_id=1, routes=routes, message_source=Plain(), policy=STEADY)
    try:
        return send(replace(plain, **more), word)
    finally:
        timer.cancel()


def copies(*offices: FakeSmtp) -> Counter[bytes]:
    return Counter(recipient for office in offices for recipient, _ in office.taken)


def by_route(database: Database) -> Counter[tuple[str | None, str]]:
    """Count the deliveries by their route and state."""
    with database.read() as connection:
        return Counter(map(tuple, connection.execute(select(deliveries.c.route, deliveries.c.state))))


def conditions(database: Database) -> list[str]:
    """Return the conditions of the routes that are not up."""
    with database.read() as connection:
        return list(connection.scalars(select(buckets.c.condition).where(buckets.c.condition != "up")))


def from_number(number: int, action: Action, good: bytes) -> Action:
    """Behave normally for this many messages, over all connections, and fail after that."""
    return lambda visit: action(visit) if len(visit.office.taken) >= number else visit.say(good)


def test_the_first_server_gets_everything_if_it_works(database: Database) -> None:
    """A backup gets nothing, and no connection."""
    frozen(database, COUNT)
    with FakeSmtp() as main, FakeSmtp() as backup:
        ran = run(database, mail_servers(main, backup))
    assert ran.is_over and len(main.taken) == COUNT and not backup.visits
    assert by_route(database) == {("main", "accepted"): COUNT}
    with database.read() as connection:
        accepted = connection.scalars(select(events.c.route).where(events.c.kind == "accepted")).all()
    assert accepted == ["main"] * COUNT


def test_a_server_that_is_down_at_the_start_gets_nothing(database: Database) -> None:
    """The next one takes all; what is recorded says so."""
    frozen(database, COUNT)
    with FakeSmtp() as main, FakeSmtp() as backup:
        main.end()
        ran = run(database, mail_servers(main, backup))
    assert (ran.ending, ran.is_over) == (Ending.DONE, True)
    assert copies(backup) == copies(main, backup) and len(backup.taken) == COUNT
    assert by_route(database) == {("backup", "accepted"): COUNT}
    assert conditions(database) == ["down"]


def test_if_no_server_answers_nothing_is_claimed(database: Database) -> None:
    """The error is that of the first server."""
    frozen(database, 3)
    with FakeSmtp() as main, FakeSmtp() as backup:
        main.end()
        backup.end()
        with pytest.raises(TransportError, match=str(main.port)):
            run(database, mail_servers(main, backup))
    assert sums(database).by_state == {S.PENDING: 3}


def test_a_server_that_dies_in_the_middle(database: Database) -> None:
    """Messages without an answer stay unconfirmed on their route; all others go by the next. No second copy."""
    frozen(database, COUNT)
    with FakeSmtp() as main, FakeSmtp() as backup:

        def dies(visit: SmtpSession) -> int:
            # Nobody else can connect, either.
            main.script = {"greeting": leaves, "dot": leaves, "mail": leaves}
            return leaves(visit)

        main.script = {"dot": from_number(10, takes(dies), b"250 2.0.0 Ok\r\n")}
        ran = run(database, mail_servers(main, backup))
    found = by_route(database)
    unconfirmed = found["main", "unknown"]
    assert ran.ending is Ending.DONE and ran.sums.is_even
    assert 1 <= unconfirmed <= 4 and found["main", "accepted"] + found["backup", "accepted"] == COUNT - unconfirmed
    assert max(copies(main, backup).values()) == 1


@pytest.mark.parametrize(
    ("stage", "reply"),
    [
        ("mail", b"421 4.7.0 too many messages, try again later\r\n"),
        ("rcpt", b"450 4.7.1 too many messages, try again later\r\n"),
        ("dot", b"454 4.7.1 rate exceeded\r\n"),
    ],
)
def test_a_server_that_throttles(database: Database, stage: str, reply: bytes) -> None:
    """The next server takes the rest at once, also messages whose intent was recorded: the answer was no."""
    frozen(database, COUNT)
    with FakeSmtp() as main, FakeSmtp() as backup:
        good = {"mail": b"250 Ok\r\n", "rcpt": b"250 Ok\r\n", "dot": b"250 2.0.0 Ok\r\n"}[stage]
        main.script = {stage: from_number(10, says(reply), good)}
        ran = run(database, mail_servers(main, backup))
    found = by_route(database)
    assert ran.is_over and 10 <= found["main", "accepted"] < 20
    assert found["main", "accepted"] + found["backup", "accepted"] == COUNT
    assert copies(main, backup) == dict.fromkeys(copies(main, backup), 1) and len(copies(main, backup)) == COUNT
    assert conditions(database) == ["throttled"]


@pytest.mark.parametrize(
    ("stage", "reply"),
    [
        ("mail", b"550 5.7.1 the sender is not allowed\r\n"),
        ("rcpt", b"550 5.7.1 your address is blocked\r\n"),
        ("dot", b"550 5.7.1 rejected by policy\r\n"),
    ],
)
def test_a_server_that_rejects_us(database: Database, stage: str, reply: bytes) -> None:
    """Nobody counts as rejected: the next server takes everything, and the first is asked no more."""
    frozen(database, COUNT)
    with FakeSmtp({stage: says(reply)}) as main, FakeSmtp() as backup:
        ran = run(database, mail_servers(main, backup, connections=2))
    assert ran.is_over and sums(database).by_state == {S.ACCEPTED: COUNT}
    assert len(backup.taken) == len(copies(backup)) == COUNT
    assert by_route(database) == {("backup", "accepted"): COUNT}
    assert conditions(database) == ["rejecting"]
    asked = sum(line.startswith(b"MAIL") for line in main.heard)
    assert 3 <= asked <= 5  # three answers decide; each of the two connections may already have begun its next message
    with database.read() as connection:
        rerouted = connection.scalars(select(events.c.route).where(events.c.kind == "rerouted")).all()
        assert (
            connection.scalar(select(deliveries.c.refusal_category).where(deliveries.c.refusal_category.is_not(None)))
            is None
        )
    assert rerouted == ["main"] * asked


def test_if_all_servers_reject_us_the_run_stops(database: Database) -> None:
    """As with one server: everybody is still to be sent to, and nobody counts as rejected."""
    frozen(database, COUNT)
    script = {"mail": says(b"550 5.7.1 the sender is not allowed\r\n")}
    with FakeSmtp(script) as main, FakeSmtp(script) as backup:
        ran = run(database, mail_servers(main, backup))
    assert ran.ending is Ending.HALTED and "5.7.1" in ran.words
    assert sums(database).open == COUNT
    with FakeSmtp() as main, FakeSmtp() as backup:
        assert run(database, mail_servers(main, backup)).is_over
    assert len(main.taken) == COUNT


def test_after_such_a_stop_a_server_that_accepts_gets_everything(database: Database) -> None:
    """Although the first one rejects us again, and has rejected some messages in the run that stopped."""
    frozen(database, 3)
    script = {"mail": says(b"550 5.7.1 the sender is not allowed\r\n")}
    with FakeSmtp(script) as main, FakeSmtp(script) as backup:
        assert run(database, mail_servers(main, backup)).ending is Ending.HALTED
        backup.script = {}
        ran = run(database, mail_servers(main, backup))
    assert (ran.ending, sums(database).by_state) == (Ending.DONE, {S.ACCEPTED: 3})


def test_one_message_that_a_server_rejects_goes_to_the_next(database: Database) -> None:
    """If that one rejects it, too, and takes others, it is this message: rejected. Nobody else is concerned."""
    frozen(database, COUNT)

    def rejects(visit: SmtpSession) -> int:
        is_it = visit.recipient is not None and b"Reader20@" in visit.recipient
        return visit.say(b"554 5.7.1 message rejected\r\n" if is_it else b"250 2.0.0 Ok\r\n")

    with FakeSmtp({"dot": rejects}) as main, FakeSmtp({"dot": rejects}) as backup:
        routes = tuple(replace(each, connections=1) for each in mail_servers(main, backup))
        ran = run(database, routes)
    assert ran.sums.is_even and len(main.taken) == COUNT - 1
    assert sum(b"Reader20@" in line for line in backup.heard) == 1
    assert kinds(database, 20)[0] == "rerouted"


def test_a_missing_mailbox_stays_a_missing_mailbox(database: Database) -> None:
    """A rejection of the recipient is final on any route, and a deferral is for the same person later."""
    frozen(database, 6)

    def answers(visit: SmtpSession) -> int:
        line = visit.heard[-1]
        if b"Reader1@" in line:
            return visit.say(b"550 5.1.1 no such user\r\n")
        if b"Reader2@" in line and not visit.office.taken:
            return visit.say(b"451 4.2.1 mailbox busy\r\n")
        return visit.say(b"250 2.1.5 Ok\r\n")

    with FakeSmtp({"rcpt": answers}) as main, FakeSmtp() as backup:
        ran = run(database, mail_servers(main, backup, connections=1))
    assert ran.is_over and not backup.visits
    assert sums(database).by_state == {S.ACCEPTED: 5, S.REFUSED: 1}


def test_domains_have_their_own_server(database: Database) -> None:
    """A server with domains gets only these; the others go to the next one."""
    frozen(database, COUNT)
    with database.write() as connection:
        odd = recipients.c.subscriber_id % 2 == 1
        connection.execute(update(recipients).where(odd).values(address=recipients.c.address + ".big.example"))
    with FakeSmtp() as special, FakeSmtp() as general:
        ran = run(database, mail_servers(special, general, domains=frozenset({"big.example"})))
    assert ran.is_over
    assert len(special.taken) == len(general.taken) == COUNT // 2
    assert all(b".big.example>" in recipient for recipient, _ in special.taken)
    assert not any(b".big.example>" in recipient for recipient, _ in general.taken)


def test_each_server_keeps_its_own_daily_quota(database: Database) -> None:
    """When the first is used up, the next takes over; when all are, the run ends."""
    frozen(database, COUNT)
    with FakeSmtp() as main, FakeSmtp() as backup:
        routes = mail_servers(main, backup, daily_quota=10)
        ran = run(database, (routes[0], replace(routes[1], daily_quota=20)))
    assert ran.ending is Ending.QUOTA
    assert (len(main.taken), len(backup.taken)) == (10, 20)
    assert sums(database).by_state == {S.ACCEPTED: 30, S.PENDING: 10}


def test_a_server_that_returns_is_used_again(database: Database) -> None:
    """After its pause it gets one message; if it accepts that, it gets all, also those that wait for the other server."""
    frozen(database, COUNT)
    holding = Holding(5, b"250 2.0.0 Ok\r\n")
    with FakeSmtp() as main, FakeSmtp({"dot": holding}) as backup:

        def greets(visit: SmtpSession) -> int:
            return visit.say(b"220 hello\r\n") if holding.is_holding.is_set() else leaves(visit)

        def accepts(visit: SmtpSession) -> int:
            if len(main.taken) >= 10:
                holding.release()
            return visit.say(b"250 2.0.0 Ok\r\n")

        main.script = {"greeting": greets, "dot": accepts}
        policy = replace(QUICK, pause=SECOND / 100, longest_pause=SECOND / 50)
        routes = mail_servers(main, backup)
        ran = run(database, (routes[0], replace(routes[1], connections=1)), policy=policy)
    assert ran.is_over and (len(main.taken), len(backup.taken)) == (COUNT - 6, 6)
    assert copies(main, backup) == dict.fromkeys(copies(main, backup), 1) and len(copies(main, backup)) == COUNT
    assert conditions(database) == []


def test_a_server_that_has_throttled_gets_no_more_than_it_takes(database: Database) -> None:
    """It works again, but at a reduced rate of six messages per minute: the next server sends the rest at once."""
    frozen(database, COUNT)
    with FakeSmtp() as main, FakeSmtp() as backup:
        routes = mail_servers(main, backup)
        with database.write() as connection:
            slow = {"name": routes[0].bucket_name, "ceiling": 6.0, "ceiling_at": datetime.now(UTC)}
            connection.execute(insert(buckets).values(slow))
        ran = run(database, routes)
    assert ran.is_over
    assert (len(main.taken), len(backup.taken)) == (1, COUNT - 1)
