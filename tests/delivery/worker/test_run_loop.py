"""A mailing from freezing to its end, on both databases, with the real run loop."""

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from composer.audience.erasure import erase
from composer.audience.suppression import Reason, suppress
from composer.core.addresses import Address
from composer.core.errors import ComposeError
from composer.database.engine import Database
from composer.database.tables.mailing_tables import deliveries, recipients, variants, workers
from composer.database.tables.subscriber_tables import subscribers, suppressions
from composer.delivery.core.mailing import MailingError, mailing_of, stop
from composer.delivery.core.pause import PauseReason
from composer.delivery.core.scheduler import Ending, StopLevel, Why
from composer.delivery.core.states import DeliveryState
from composer.delivery.ledger import maintenance, reconciliation
from composer.delivery.messages.outgoing import MessageRecipient, OutgoingMessage
from composer.delivery.worker.progress import Progress
from composer.delivery.worker.route_work import Route
from composer.delivery.worker.run_loop import MailingJob, Run, send
from composer.delivery.worker.stop_request import Stop
from composer.transport.envelope import Envelope
from composer.transport.memory_transport import MemoryTransport, Played, Script
from composer.transport.outbox_transport import FileTransport
from composer.transport.outcome import Outcome, OutcomeState, Scope, ServerReply, Stage
from composer.transport.protocol import Transport, TransportError
from tests.delivery.factories import NOW, QUICK, SECOND, Plain, add_subscribers, frozen, kinds, states, sums
from tests.fake_smtp import FakeSmtp, leaves, once, says
from tests.transport.setup import transport

S = DeliveryState


def job(database: Database, to: Transport, **more: Any) -> MailingJob:
    limits = {name: more.pop(name) for name in ("connections", "rate", "daily_quota") if name in more}
    routes = (Route(transport=to, **limits),)
    plain = MailingJob(database=database, mailing_id=1, routes=routes, message_source=Plain(), policy=QUICK, who="anna")
    return replace(plain, **more)


def run(database: Database, to: Transport, **more: Any) -> Run:
    """Send, with a limit: a run that does not end is stopped, and its ending is not what the test expects."""
    word = Stop()
    timer = threading.Timer(60, lambda: (word.say(), word.say()))
    timer.start()
    try:
        return send(job(database, to, **more), word)
    finally:
        timer.cancel()


def refused(code: int, enhanced: str, stage: Stage = Stage.RCPT, scope: Scope = Scope.RECIPIENT) -> Outcome:
    state = OutcomeState.DEFERRED if code < 500 else OutcomeState.REFUSED
    reply = ServerReply(code=code, enhanced=enhanced, text=f"{enhanced} <Reader1@example.net>: no")
    return Outcome(state=state, stage=stage, reply=reply, scope=scope)


def number(envelope: Envelope) -> int:
    return int(envelope.recipient.removeprefix("Reader").partition("@")[0])


def to_each(outcomes: dict[int, Outcome | Played]) -> Script:
    """Return an outcome for some subscribers every time; accept the others."""
    return lambda envelope: outcomes.get(number(envelope))


def to_each_once(outcomes: dict[int, Outcome | Played]) -> Script:
    return lambda envelope: outcomes.pop(number(envelope), None)


LOST = Outcome(state=OutcomeState.UNKNOWN, stage=Stage.DOT, reason="lost", scope=Scope.SERVER)


def test_everybody_gets_one(database: Database) -> None:
    """Accepted, once each; the mailing has ended, and the values and messages are deleted."""
    frozen(database, 50)
    server = MemoryTransport()
    ran = run(database, server)
    assert (ran.ending, ran.is_over, ran.tried, ran.unwritten) == (Ending.DONE, True, 50, 0)
    assert Counter(number(each.envelope) for each in server.taken) == Counter(range(1, 51))
    assert sums(database).by_state == {S.ACCEPTED: 50}
    with database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(recipients)) == 0
        assert connection.scalar(select(func.count()).select_from(variants)) == 0
        assert connection.scalar(select(deliveries.c.queue_id).where(deliveries.c.subscriber_id == 1)) is not None
        assert connection.scalars(select(workers.c.ended)).all() != [None]
    assert kinds(database) == ["frozen", "began", "run_ended", "ended"]
    assert kinds(database, 7) == ["accepted"]
    assert server.open_connections == 0
    with pytest.raises(MailingError, match="mailing 1 has already ended"):
        run(database, server)


def test_over_real_sockets(database: Database) -> None:
    """The same with a server, four connections, and the real transport."""
    frozen(database, 40)
    with FakeSmtp() as office:
        ran = run(database, transport(office))
    assert ran.is_over
    assert len({recipient for recipient, _ in office.taken}) == len(office.taken) == 40


def test_a_limit_sends_so_many_and_leaves_the_rest(database: Database) -> None:
    """For warming up: all recipients are frozen; the next run continues after this one."""
    frozen(database, 30)
    server = MemoryTransport()
    ran = run(database, server, limit=7)
    assert (ran.ending, ran.tried) == (Ending.LIMIT, 7)
    assert sums(database).by_state == {S.ACCEPTED: 7, S.PENDING: 23}
    assert run(database, server).is_over
    assert len(server.taken) == 30


def test_a_missing_mailbox_is_suppressed(database: Database) -> None:
    """5.1.1: rejected, and on the suppression list; the server's reply is stored without the address."""
    frozen(database, 5)
    ran = run(database, MemoryTransport(to_each({1: refused(550, "5.1.1"), 2: refused(552, "5.2.2")})))
    assert ran.is_over
    assert sums(database).by_state == {S.ACCEPTED: 3, S.REFUSED: 2}
    with database.read() as connection:
        assert connection.scalars(select(suppressions.c.normal)).all() == ["reader1@example.net"]
        assert connection.scalars(select(subscribers.c.status).order_by(subscribers.c.id)).all() == [
            "bounced",
            *["active"] * 4,
        ]
        row = connection.execute(select(deliveries).where(deliveries.c.subscriber_id == 1)).one()
    assert (row.refusal_category, row.words) == ("gone", "550 5.1.1 <…>: no")


def test_a_missing_domain_is_suppressed_the_second_time(database: Database) -> None:
    """A name server may fail for a day; two issues in a row are not a coincidence."""
    server = MemoryTransport(to_each({1: refused(550, "5.1.2")}))
    frozen(database, 3)
    run(database, server)
    with database.read() as connection:
        assert connection.scalars(select(suppressions.c.normal)).all() == []
    second = frozen(database, 0, issue="2025-02-28")
    run(database, server, mailing_id=second.id)
    with database.read() as connection:
        assert connection.scalars(select(suppressions.c.normal)).all() == ["reader1@example.net"]


def test_three_rejections_in_a_row_stop_the_run_and_are_returned(database: Database) -> None:
    """Nobody counts as rejected; the next run, after the fix, reaches everybody."""
    frozen(database, 20)
    spam = refused(550, "5.7.1", Stage.DOT, Scope.MESSAGE)
    ran = run(database, MemoryTransport(lambda envelope: spam), connections=1)
    assert (ran.ending, ran.is_over) == (Ending.HALTED, False)
    assert "5.7.1" in ran.words
    assert sums(database).by_state == {S.PENDING: 20}
    assert kinds(database, 1) == ["refused", "taken_back"]
    with database.read() as connection:
        assert connection.scalars(select(suppressions.c.normal)).all() == []
    server = MemoryTransport()
    assert run(database, server).is_over
    assert len(server.taken) == 20


def test_a_throttle_counts_for_none(database: Database) -> None:
    """421, 450, 454: all wait, all are accepted, and no attempt counts."""
    frozen(database, 12)
    busy: dict[int, Outcome | Played] = {
        2: refused(421, "4.3.2", Stage.MAIL, Scope.SERVER),
        4: refused(450, "4.7.1", Stage.RCPT, Scope.SERVER),
        6: refused(454, "4.7.0", Stage.DOT, Scope.SERVER),
    }
    server = MemoryTransport(to_each_once(busy))
    # A server's policy halves the rate: start with a rate that leaves something.
    ran = run(database, server, rate=60_000.0)
    assert ran.is_over and len(server.taken) == 12
    with database.read() as connection:
        assert set(connection.scalars(select(deliveries.c.attempts))) == {1}
        throttled = (
            select(deliveries.c.subscriber_id).where(deliveries.c.throttled > 0).order_by(deliveries.c.subscriber_id)
        )
        assert connection.scalars(throttled).all() == [2, 4, 6]


def test_a_deferred_delivery_is_retried(database: Database) -> None:
    """451: retried after a while, in the same run if that is soon, otherwise in another."""
    frozen(database, 4)
    server = MemoryTransport(to_each_once({3: refused(451, "4.2.0")}))
    assert run(database, server).is_over
    assert kinds(database, 3) == ["deferred", "accepted"]
    second = frozen(database, 0, issue="2025-02-28")
    slow = replace(QUICK, delays=(timedelta(hours=1),), deadline=timedelta(days=2))
    ran = run(database, MemoryTransport(to_each({3: refused(451, "4.2.0")})), mailing_id=second.id, policy=slow)
    assert (ran.ending, ran.is_over) == (Ending.LATER, False)
    assert states(database, second.id)[3] is S.DEFERRED


def test_the_deadline(database: Database) -> None:
    """Retried until then, and expired: the mailing ends."""
    frozen(database, 3)
    short = replace(QUICK, deadline=timedelta(milliseconds=80))
    ran = run(database, MemoryTransport(to_each({2: refused(451, "4.2.0")})), policy=short)
    assert ran.is_over
    assert sums(database).by_state == {S.ACCEPTED: 2, S.EXPIRED: 1}


def test_unknown_is_settled_by_a_person_only(database: Database) -> None:
    """It is not sent again automatically; a person sends it again, or counts it as received."""
    frozen(database, 6)
    server = MemoryTransport(to_each_once({2: Played(outcome=LOST, is_taken=True), 5: LOST}))
    ran = run(database, server)
    assert (ran.ending, ran.is_over) == (Ending.DONE, False)
    assert sums(database).by_state == {S.ACCEPTED: 4, S.UNKNOWN: 2}
    assert run(database, server).tried == 0
    with database.write() as connection:
        settled = reconciliation.send_again(connection, 1, "anna", NOW)
    assert (settled.settled, settled.left) == (2, 0)
    assert run(database, server).is_over
    assert Counter(number(each.envelope) for each in server.taken) == Counter({1: 1, 2: 2, 3: 1, 4: 1, 5: 1, 6: 1})
    assert kinds(database, 5) == ["unknown", "settled", "accepted"]


def test_counted_as_received(database: Database) -> None:
    """Then every result is known, and the mailing can end."""
    frozen(database, 3)
    run(database, MemoryTransport(to_each({2: LOST})))
    with database.write() as connection:
        assert reconciliation.count_as_received(connection, 1, "anna", NOW).left == 0
        assert maintenance.end(connection, 1, NOW).is_complete
    assert sums(database).by_state == {S.ACCEPTED: 3}


def test_a_server_that_never_confirms_stops_the_run(database: Database) -> None:
    """Five unconfirmed in a row: the others wait for a person."""
    frozen(database, 30)
    ran = run(database, MemoryTransport(lambda envelope: LOST), connections=1)
    assert ran.ending is Ending.HALTED
    assert sums(database).by_state == {
        S.UNKNOWN: QUICK.max_consecutive_unconfirmed,
        S.PENDING: 30 - QUICK.max_consecutive_unconfirmed,
    }


def test_one_stop_request_drains(database: Database) -> None:
    """Open deliveries finish and are recorded; nothing new is started; the next run continues."""
    frozen(database, 40)
    word, is_said = Stop(), threading.Event()

    def script(envelope: Envelope) -> None:
        if number(envelope) == 10:
            word.say()
            is_said.set()
        elif number(envelope) > 10:
            assert is_said.wait(60)

    server = MemoryTransport(script)
    ran = send(job(database, server), word)
    assert ran.ending is Ending.INTERRUPTED
    assert 10 <= len(server.taken) <= 13
    assert sums(database).by_state == {S.ACCEPTED: len(server.taken), S.PENDING: 40 - len(server.taken)}
    assert run(database, server).is_over
    assert len(server.taken) == 40


def test_two_stop_requests_stop_immediately(database: Database) -> None:
    """No wait for a server that does not answer: messages after their dot are unconfirmed."""
    frozen(database, 40)
    word, answers = Stop(), threading.Event()

    class Slow(MemoryTransport):
        def _end(self, envelope: Envelope, message: bytes, played: Played) -> None:
            # After the dot.
            if len(self.taken) >= 5:
                word.say()
                word.say()
                answers.wait(120)
            super()._end(envelope, message, played)

    server = Slow()
    begun = time.monotonic()
    ran = send(job(database, server), word)
    assert time.monotonic() - begun < 60
    answers.set()
    assert ran.ending is Ending.INTERRUPTED
    found = sums(database)
    assert found[S.ACCEPTED] >= 5
    assert 1 <= found[S.UNKNOWN] <= 4
    assert found[S.CLAIMED] == found[S.SENDING] == 0
    assert word.level is StopLevel.NOW


def test_a_stop_from_another_process(database: Database) -> None:
    """`compose stop` in another process: no more dots are sent; only a person who has seen it can resume."""
    frozen(database, 60)
    is_stopped = threading.Event()

    def script(envelope: Envelope) -> None:
        if number(envelope) == 10:
            with database.write() as connection:
                assert stop(connection, 1, "ben", NOW)
            is_stopped.set()
        elif number(envelope) > 10:
            assert is_stopped.wait(60)

    server = MemoryTransport(script)
    ran = run(database, server)
    assert ran.ending is Ending.STOPPED
    assert len(server.taken) < 10
    assert sums(database).by_state == {S.ACCEPTED: len(server.taken), S.PENDING: 60 - len(server.taken)}
    assert run(database, MemoryTransport()).ending is Ending.STOPPED
    with database.read() as connection:
        seen = mailing_of(connection, 1).pause
    assert seen is not None and (seen.by, seen.reason) == ("ben", PauseReason.STOPPED)
    assert run(database, MemoryTransport(), pause=seen).is_over
    assert [kind for kind in kinds(database) if kind in ("stopped", "resumed")] == ["stopped", "resumed"]


def leave(database: Database, subscriber_id: int) -> None:
    with database.write() as connection:
        suppress(connection, f"reader{subscriber_id}@example.net", Reason.UNSUBSCRIBED, "one click", NOW)


def forget(database: Database, subscriber_id: int) -> None:
    with database.write() as connection:
        erase(connection, Address(address=f"reader{subscriber_id}@example.net"), NOW)


@pytest.mark.parametrize("go", [leave, forget])
def test_unsubscribed_or_erased_recipients_get_nothing(database: Database, go: Callable[[Database, int], None]) -> None:
    """Before the claim, and even while the message is being sent, up to the final dot."""
    frozen(database, 60)

    def script(envelope: Envelope) -> None:
        # The one that is being sent, and one much later.
        if number(envelope) == 3:
            go(database, 3)
            go(database, 55)

    server = MemoryTransport(script)
    ran = run(database, server)
    assert ran.is_over
    assert {3, 55}.isdisjoint(number(each.envelope) for each in server.taken)
    assert sums(database).by_state == {S.ACCEPTED: 58, S.SUPPRESSED: 2}
    assert kinds(database, 3) == kinds(database, 55) == ["suppressed"]


def test_a_rehearsal_counts_for_nothing(database: Database, tmp_path: Path) -> None:
    """Files, a separate state, and nobody is held."""
    frozen(database, 5, is_rehearsal=True)
    ran = run(database, FileTransport(tmp_path / "outbox"))
    assert ran.is_over
    assert sums(database).by_state == {S.WRITTEN: 5}
    assert len(list((tmp_path / "outbox").iterdir())) == 5
    assert frozen(database, 0).frozen == 5


def test_a_mailing_without_a_server_stops(database: Database, tmp_path: Path) -> None:
    """Messages in a folder do not count as received."""
    frozen(database, 5)
    ran = run(database, FileTransport(tmp_path / "outbox"), connections=1)
    assert ran.ending is Ending.HALTED
    assert sums(database)[S.PENDING] + sums(database)[S.DEFERRED] == 5


def test_a_password_that_is_wrong_changes_nothing(database: Database) -> None:
    """The connection is opened first."""
    frozen(database, 5)
    no = TransportError("refuses the password", stage=Stage.AUTH)
    with pytest.raises(TransportError, match="password"):
        run(database, MemoryTransport(refusals=[no]))
    assert kinds(database) == ["frozen"]
    with database.read() as connection:
        assert connection.execute(select(workers)).all() == []


def test_fewer_connections_than_wanted_are_enough(database: Database) -> None:
    """The server accepts only two: the other connections wait."""
    frozen(database, 40)
    busy = TransportError("421 too many connections", stage=Stage.GREETING, is_temporary=True)
    refusals = [None, None, *[busy] * 6]
    server = MemoryTransport(lambda envelope: time.sleep(0.002), refusals=refusals)
    assert run(database, server, connections=8).is_over
    assert len(server.taken) == 40


def test_a_short_network_failure_counts_no_attempt(database: Database) -> None:
    """Everything waits, longer and longer, and continues automatically."""
    frozen(database, 30)
    gone = Outcome(state=OutcomeState.DEFERRED, stage=Stage.CONNECT, reason="no answer", scope=Scope.SERVER)
    tries = itertools.count(1)
    has_gone = threading.Event()

    def script(envelope: Envelope) -> Outcome | None:
        if number(envelope) == 12:
            has_gone.set()
        return gone if has_gone.is_set() and next(tries) <= 12 else None

    server = MemoryTransport(script)
    assert run(database, server).is_over
    assert Counter(number(each.envelope) for each in server.taken) == Counter(range(1, 31))
    with database.read() as connection:
        assert set(connection.scalars(select(deliveries.c.attempts))) == {1}


def test_a_server_that_restarts_in_the_middle(database: Database) -> None:
    """Real sockets: connections are cut, then nothing listens, then 421 as greeting; all are accepted, once each."""
    frozen(database, 30)
    busy = once(says(b"421 4.3.2 starting\r\n"), b"220 hello\r\n", number=3)
    cut = once(leaves, b"250 Ok\r\n", number=7)
    with FakeSmtp({"greeting": busy, "mail": cut}) as office:
        ran = run(database, transport(office))
    assert ran.is_over
    assert len({recipient for recipient, _ in office.taken}) == len(office.taken) == 30


@pytest.mark.parametrize(
    ("outcome", "why"),
    [
        (
            Outcome(state=OutcomeState.DEFERRED, stage=Stage.CONNECT, reason="no answer", scope=Scope.SERVER),
            Why.NO_CONNECTION,
        ),
        (refused(421, "4.3.2", Stage.GREETING, Scope.SERVER), Why.SERVER),
        (refused(451, "4.7.1"), Why.RETRY),
    ],
)
def test_what_a_run_waits_for_is_known(database: Database, outcome: Outcome, why: Why) -> None:
    """No answer, a pause by the server, or a retry of one delivery: each is reported as such."""
    frozen(database, 1)
    told: list[Progress] = []
    long = timedelta(seconds=0.6)
    waits = replace(QUICK, delays=(long,), pause=long, longest_pause=long)
    ran = send(job(database, MemoryTransport(to_each_once({1: outcome})), policy=waits), Stop(), tell=told.append)
    assert ran.is_over and {each.wait.why for each in told if each.wait is not None} == {why}


def test_a_missing_server_ends_the_run(database: Database) -> None:
    """After the longest wait of a run; everything is pending, and no attempt counts."""
    frozen(database, 5)
    gone = Outcome(state=OutcomeState.DEFERRED, stage=Stage.CONNECT, reason="no answer", scope=Scope.SERVER)
    ran = run(database, MemoryTransport(lambda envelope: gone), policy=replace(QUICK, max_wait=timedelta(seconds=0.3)))
    assert ran.ending is Ending.UNREACHABLE
    assert sums(database).by_state == {S.PENDING: 5}


def test_a_message_that_cannot_be_made_is_refused_and_three_stop(database: Database) -> None:
    """It is not sent; the subscriber is not the cause."""

    class Failing(Plain):
        def __init__(self, *numbers: int) -> None:
            self.numbers = numbers

        def outgoing(self, recipient: MessageRecipient) -> OutgoingMessage:
            if recipient.subscriber_id in self.numbers:
                raise ComposeError("there is no value for the merge field “company”")
            return super().outgoing(recipient)

    frozen(database, 10)
    ran = run(database, MemoryTransport(), message_source=Failing(4), connections=1)
    assert ran.is_over and states(database)[4] is S.REFUSED
    second = frozen(database, 0, issue="2025-02-28")
    ran = run(database, MemoryTransport(), message_source=Failing(*range(11)), connections=1, mailing_id=second.id)
    assert ran.ending is Ending.HALTED and "company" in ran.words
    assert sums(database, second.id).by_state == {S.PENDING: 10}


def test_a_bug_is_raised(database: Database) -> None:
    """It is raised unchanged; open deliveries are recorded as far as known, and the next run continues."""

    class Broken(Plain):
        def outgoing(self, recipient: MessageRecipient) -> OutgoingMessage:
            if recipient.subscriber_id == 5:
                raise ZeroDivisionError
            return super().outgoing(recipient)

    frozen(database, 10)
    server = MemoryTransport()
    with pytest.raises(ZeroDivisionError):
        run(database, server, message_source=Broken())
    assert sums(database)[S.CLAIMED] == sums(database)[S.SENDING] == 0
    assert run(database, server).is_over
    assert len(server.taken) == 10


def test_a_daily_quota_ends_the_run_and_holds_over_mailings(database: Database) -> None:
    """This many in any 24 hours over this route, for any mailing."""
    frozen(database, 20)
    server = MemoryTransport()
    ran = run(database, server, daily_quota=8)
    assert (ran.ending, len(server.taken)) == (Ending.QUOTA, 8)
    assert run(database, server, daily_quota=8).ending is Ending.QUOTA
    assert run(database, server, daily_quota=11).ending is Ending.QUOTA
    assert len(server.taken) == 11
    tomorrow = datetime.now(UTC) + timedelta(hours=25)
    begun = time.monotonic()
    ran = send(job(database, server, daily_quota=9), Stop(), now=lambda: tomorrow + (time.monotonic() - begun) * SECOND)
    assert ran.is_over and len(server.taken) == 20


def test_a_rate_holds(database: Database) -> None:
    """1,200 per minute: 20 per second, with 4 connections and a faster server."""
    frozen(database, 100)
    moments: list[float] = []
    server = MemoryTransport(lambda envelope: moments.append(time.monotonic()))
    run(database, server, rate=1200.0, limit=60)
    # Half a second's worth of saved slots comes at once; each connection may have one message in progress.
    in_turn = sorted(moments)
    pairs = [(first, last) for last in range(60) for first in range(last)]
    assert all(last - first + 1 <= 20 * (in_turn[last] - in_turn[first]) + 10 + 4 for first, last in pairs)
    # And not slower: except when this machine stalls, twenty take a second.
    assert min(in_turn[last] - in_turn[last - 20] for last in range(40, 60)) < 1.2


def test_progress_is_reported(database: Database) -> None:
    """Totals that are always right, the pace, open deliveries."""
    frozen(database, 60)
    told: list[Progress] = []
    server = MemoryTransport(lambda envelope: time.sleep(0.02))
    send(job(database, server), Stop(), tell=told.append)
    assert [each.tried for each in told] == sorted(each.tried for each in told)
    assert told[-1].sums.by_state == {S.ACCEPTED: 60}
    assert all(each.sums.is_even for each in told)
    assert told[-1].pace > 0


def test_variants_and_values_reach_the_messages(database: Database) -> None:
    """The messages are made from frozen data."""
    seen: list[MessageRecipient] = []

    class Seeing(Plain):
        def outgoing(self, recipient: MessageRecipient) -> OutgoingMessage:
            seen.append(recipient)
            return super().outgoing(recipient)

    with database.write() as connection:
        add_subscribers(connection, 1, fields='{"company": "ACME"}', language="de")
    frozen(database, 0)
    run(database, MemoryTransport(), message_source=Seeing())
    assert seen == [
        MessageRecipient(
            subscriber_id=1,
            variant=0,
            address="Reader1@example.net",
            name="Subscriber 1",
            first_name="Subscriber",
            last_name="1",
            language="de",
            fields='{"company": "ACME"}',
        )
    ]


def test_the_clock_is_put_back(database: Database) -> None:
    """One hour back during the run: nothing waits for an hour, and nothing is sent twice."""
    frozen(database, 40)
    begun = time.monotonic()
    shift = [timedelta()]

    def script(envelope: Envelope) -> Outcome | None:
        if number(envelope) == 10 and not shift[0]:
            shift[0] = timedelta(hours=-1)
            return refused(421, "4.3.2", Stage.MAIL, Scope.SERVER)
        if number(envelope) == 20 and len(server.seen) < 40:
            return refused(451, "4.2.0")
        return None

    server = MemoryTransport(script)
    now = datetime.now(UTC)
    with_rate = job(database, server, rate=60_000.0)
    for _ in range(3):
        ran = send(with_rate, Stop(), now=lambda: now + shift[0] + (time.monotonic() - begun) * SECOND)
        if ran.is_over:
            break
    assert ran.is_over
    assert time.monotonic() - begun < 120
    assert Counter(number(each.envelope) for each in server.taken) == Counter(range(1, 41))


def test_smtp_throttle_in_the_middle(database: Database) -> None:
    """A real 421 during a session: all are accepted in the end, once each."""
    frozen(database, 20)
    with FakeSmtp({"mail": once(says(b"421 4.3.2 closing\r\n"), b"250 Ok\r\n", number=5)}) as office:
        ran = run(database, transport(office), connections=2)
    assert ran.is_over
    assert len({recipient for recipient, _ in office.taken}) == len(office.taken) == 20


def test_mailing_that_is_not_there(database: Database) -> None:
    """With a clear message."""
    with pytest.raises(MailingError, match="there is no mailing 9"):
        run(database, MemoryTransport(), mailing_id=9)
