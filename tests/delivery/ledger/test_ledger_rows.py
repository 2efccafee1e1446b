"""Each statement of the ledger, row by row on both databases: the rows it changes, and the rows it does not."""

import contextlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import psycopg

from composer.audience.suppression import Reason, suppress
from composer.database.engine import Database
from composer.database.location import Location
from composer.database.schema_upgrade import open_database
from composer.database.tables.mailing_tables import deliveries, events, mailings, recipients, variants
from composer.database.tables.metadata import milliseconds
from composer.database.tables.subscriber_tables import subscribers
from composer.delivery.core.events import EventKind, StateReason
from composer.delivery.core.mailing import mailings_of, variants_of
from composer.delivery.core.retry_policy import (
    Accept,
    Defer,
    MarkUnconfirmed,
    OutcomeDecision,
    RefusalCategory,
    Refuse,
    Requeue,
    Reroute,
    RetryPolicy,
    ServerCondition,
    Step,
    Write,
)
from composer.delivery.core.states import DeliveryState
from composer.delivery.ledger import claims, ledger, maintenance, reconciliation, statements
from tests.databases import PostgresServer
from tests.delivery.factories import NOW, SECOND, frozen

pytestmark = pytest.mark.slow

S = DeliveryState
LATER, UNTIL = NOW + SECOND, NOW + 60 * SECOND
#: A recipient in each state, by id.
EACH = dict(enumerate(S, 1))
#: The values of every row besides its state.
BEFORE: dict[str, Any] = {
    "worker_id": 1, "attempts": 2, "throttled": 1, "requeue_count": 1, "first_at": NOW - SECOND, "next_at": NOW - 3 * SECOND,
    "changed": NOW - 2 * SECOND, "reason": "before", "words": "said before", "queue_id": None, "refusal_category": "soft",
}  # fmt: skip

Rows = dict[tuple[int, int], dict[str, Any]]


def one_of_each(connection: Connection, **more: Any) -> Rows:
    """Add recipients of two mailings in each state; return the rows by mailing and recipient."""
    for subscriber_id, state in EACH.items():
        one = update(deliveries).where(deliveries.c.subscriber_id == subscriber_id)
        issue = select(mailings.c.issue_id).where(mailings.c.id == deliveries.c.mailing_id).scalar_subquery()
        connection.execute(one.values(state=state, **{**BEFORE, "issue_id": issue, **more}))
    connection.execute(delete(events))
    return rows(connection)


def rows(connection: Connection) -> Rows:
    return {(row.mailing_id, row.subscriber_id): dict(row._mapping) for row in connection.execute(select(deliveries))}


def changed(connection: Connection, before: Rows) -> dict[int, dict[str, Any]]:
    """Return the changes by recipient, of the first mailing only."""
    found = {}
    for key, after in rows(connection).items():
        if new := {name: value for name, value in after.items() if value != before[key][name]}:
            assert key[0] == 1, key
            found[key[1]] = new
    return found


def told(connection: Connection) -> list[dict[str, Any]]:
    """Return the events without their numbers, in the order of the recipients."""
    question = select(events).order_by(events.c.subscriber_id, events.c.id)
    return [
        {name: value for name, value in row._mapping.items() if name != "id"} for row in connection.execute(question)
    ]


def event(subscriber_id: int, kind: EventKind, at: datetime = LATER, **more: Any) -> dict[str, Any]:
    plain = {"mailing_id": 1, "email_id": None, "reason": None, "who": "", "run": None, "words": "", "route": None}
    return {**plain, "subscriber_id": subscriber_id, "at": at, "kind": kind.value, **more}


class _Undone(Exception):
    """Ends a transaction without any change."""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def mailed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Two mailings to the same recipients, for all tests in this module."""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("rows") / "newsletter.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        location = Location(path=path)
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        location = server.create(request.getfixturevalue("postgres_template"))
    with open_database(location) as database:
        frozen(database, len(EACH))
        frozen(database, 0, issue="other")
        yield database
    if request.param == "postgresql":
        server.drop(location)


@pytest.fixture
def connection(mailed: Database) -> Iterator[Connection]:
    """A transaction that is rolled back."""
    with contextlib.suppress(_Undone), mailed.write() as connection:
        if connection.dialect.name == "sqlite":
            # A query without an order returns rows in reverse.
            connection.exec_driver_sql("PRAGMA reverse_unordered_selects = ON")
        yield connection
        raise _Undone


@dataclass(frozen=True, kw_only=True)
class Case:
    """The effect of a decision on a row, and its possible previous states."""

    step: Step
    came_from: tuple[DeliveryState, ...]
    becomes: dict[str, Any]
    kind: EventKind


IN_HAND = (S.CLAIMED, S.SENDING, S.UNKNOWN)
COUNTED = {"attempts": 3}
SAID = {"reason": None, "words": "said now", "queue_id": "Q1", "changed": LATER}
CASES = (
    Case(
        step=Accept(),
        came_from=(S.SENDING, S.UNKNOWN),
        becomes={**SAID, **COUNTED, "state": "accepted", "words": None},
        kind=EventKind.ACCEPTED,
    ),
    Case(
        step=Write(),
        came_from=(S.SENDING,),
        becomes={**SAID, **COUNTED, "state": "written", "issue_id": None},
        kind=EventKind.WRITTEN,
    ),
    Case(
        step=MarkUnconfirmed(),
        came_from=(S.SENDING,),
        becomes={**SAID, **COUNTED, "state": "unknown"},
        kind=EventKind.UNKNOWN,
    ),
    Case(
        step=Defer(until=UNTIL, is_last=True),
        came_from=IN_HAND,
        becomes={**SAID, **COUNTED, "state": "expired", "issue_id": None},
        kind=EventKind.EXPIRED,
    ),
    Case(
        step=Defer(until=UNTIL),
        came_from=IN_HAND,
        becomes={**SAID, **COUNTED, "state": "deferred", "next_at": UNTIL},
        kind=EventKind.DEFERRED,
    ),
    Case(
        step=Defer(until=UNTIL, is_counted=False),
        came_from=IN_HAND,
        becomes={**SAID, "state": "deferred", "next_at": UNTIL, "throttled": 2},
        kind=EventKind.THROTTLED,
    ),
    Case(
        step=Requeue(until=UNTIL),
        came_from=(S.CLAIMED,),
        becomes={**SAID, "state": "pending"},
        kind=EventKind.GIVEN_BACK,
    ),
    Case(
        step=Requeue(until=UNTIL, is_throttled=True),
        came_from=(S.CLAIMED,),
        becomes={**SAID, "state": "pending", "next_at": UNTIL, "throttled": 2},
        kind=EventKind.THROTTLED,
    ),
    Case(
        step=Reroute(until=UNTIL),
        came_from=IN_HAND,
        becomes={**SAID, "state": "deferred", "next_at": UNTIL, "requeue_count": 2},
        kind=EventKind.REROUTED,
    ),
    Case(
        step=Refuse(refusal_category=RefusalCategory.GONE),
        came_from=IN_HAND,
        becomes={**SAID, **COUNTED, "state": "refused", "issue_id": None, "refusal_category": "gone"},
        kind=EventKind.REFUSED,
    ),
)


def result(subscriber_id: int, step: Step, words: str = "said now") -> ledger.Result:
    return ledger.Result(
        subscriber_id=subscriber_id,
        decision=OutcomeDecision(step=step, server_condition=ServerCondition()),
        queue_id="Q1",
        words=words,
    )


def test_each_decision_writes_its_row(connection: Connection) -> None:
    """From every possible previous state, for this mailing and this worker; with one event each."""
    for case in CASES:
        before = one_of_each(connection)
        results = [result(each, case.step) for each in EACH]
        ledger.record(connection, 1, 2, results, LATER)
        assert changed(connection, before) == {}
        connection.execute(delete(events))
        ledger.record(connection, 1, 1, results, LATER)
        assert changed(connection, before) == {each: case.becomes for each in EACH if EACH[each] in case.came_from}
        assert told(connection) == [event(each, case.kind, words="said now") for each in EACH]


def test_the_route_of_an_attempt_is_recorded(connection: Connection) -> None:
    """With the intent, with every result, and with the event; other rows keep theirs."""
    before = one_of_each(connection)
    assert ledger.intend(connection, 1, 1, [2], LATER, "backup") == {2}
    assert changed(connection, before) == {2: {"state": "sending", "changed": LATER, "route": "backup"}}
    before = one_of_each(connection)
    ledger.record(connection, 1, 1, [replace(result(2, Defer(until=UNTIL)), route="main")], LATER)
    assert rows(connection)[1, 2]["route"] == "main"
    assert told(connection) == [event(2, EventKind.DEFERRED, words="said now", route="main")]


def test_an_acceptance_counts_as_an_attempt(connection: Connection) -> None:
    """One more attempt, for this row only."""
    before = one_of_each(connection)
    ledger.record(connection, 1, 1, [result(3, Accept())], LATER)
    assert changed(connection, before) == {3: CASES[0].becomes}
    assert told(connection) == [event(3, EventKind.ACCEPTED, words="said now")]


def test_the_first_attempt_is_the_first_that_counts(connection: Connection) -> None:
    """A throttle does not count; an acceptance does not set its time."""
    for case in CASES:
        one_of_each(connection, first_at=None)
        ledger.record(connection, 1, 1, [result(each, case.step) for each in EACH], LATER)
        after = rows(connection)
        wanted = LATER if "attempts" in case.becomes and case.kind is not EventKind.ACCEPTED else None
        assert {after[1, each]["first_at"] for each, state in EACH.items() if state in case.came_from} == {wanted}


@pytest.mark.parametrize("step", [Accept(), Refuse()])
def test_long_replies_are_truncated(connection: Connection, step: Step) -> None:
    """At five hundred characters, in the row and in the event log."""
    one_of_each(connection)
    ledger.record(connection, 1, 1, [result(3, step, "x" * 501)], LATER)
    assert [len(each["words"]) for each in told(connection)] == [500]
    assert len(rows(connection)[1, 3]["words"] or "x" * 500) == 500
    ledger.record(connection, 1, 1, [], LATER)
    assert len(told(connection)) == 1


def test_a_claim_writes_its_owner_and_time(connection: Connection) -> None:
    """Pending or deferred and due, of this mailing; a row that is not due stays, exactly until its time."""
    before = one_of_each(connection, next_at=NOW)
    assert not ledger.claim(connection, 1, 7, 99, NOW - SECOND / 1000).due
    found = ledger.claim(connection, 1, 7, 99, NOW)
    assert sorted(each.tried.subscriber_id for each in found.due) == [1, 4]
    assert changed(connection, before) == {
        each: {"state": "claimed", "worker_id": 7, "changed": NOW} for each in (1, 4)
    }
    due = next(each for each in found.due if each.tried.subscriber_id == 4)
    assert (due.tried.attempts, due.tried.throttled, due.tried.requeue_count) == (2, 1, 1)
    assert (due.tried.first_at, due.tried.is_sending) == (NOW - SECOND, False)
    assert due.recipient.address == "Reader4@example.net"
    assert told(connection) == []


def _status(connection: Connection) -> None:
    connection.execute(update(subscribers).where(subscribers.c.id == 2).values(status="unsubscribed"))


def _suppressed(connection: Connection) -> None:
    suppress(connection, "reader2@example.net", Reason.BOUNCED, "mail", NOW)


def _held(connection: Connection) -> None:
    # Their status does not change.
    suppress(connection, "reader2@example.net", Reason.HELD, "mail", NOW)


def _erased(connection: Connection) -> None:
    connection.execute(delete(recipients).where(recipients.c.subscriber_id == 2))
    connection.execute(delete(subscribers).where(subscribers.c.id == 2))


def _forgotten(connection: Connection) -> None:
    connection.execute(delete(recipients).where(recipients.c.subscriber_id == 2, recipients.c.mailing_id == 1))


@pytest.mark.parametrize(
    ("is_claimed", "leave", "why"),
    [
        (False, _status, "unsubscribed"),
        (False, _suppressed, "bounced"),
        (False, _held, "held"),
        (False, _erased, "erased"),
        (True, _status, "unsubscribed"),
        (True, _suppressed, "bounced"),
        (True, _held, "held"),
        (True, _erased, "erased"),
        (True, _forgotten, "erased"),
    ],
)
def test_unsubscribed_recipients_are_suppressed_with_the_reason(
    connection: Connection, is_claimed: bool, leave: Callable[[Connection], None], why: str
) -> None:
    """Before the claim or before the dot; the others are claimed and sent."""
    if is_claimed:
        for mailing_id in (1, 2):
            ledger.claim(connection, mailing_id, 1, 3, NOW)
    connection.execute(delete(events))
    leave(connection)
    connection.execute(delete(events))
    connection.execute(update(deliveries).values(words="said before"))
    before = rows(connection)
    if is_claimed:
        assert ledger.intend(connection, 1, 1, [1, 2, 3], LATER) == {1, 3}
        to = {"state": "sending", "changed": LATER}
    else:
        found = ledger.claim(connection, 1, 1, 3, LATER)
        assert ([each.tried.subscriber_id for each in found.due], found.suppressed) == ([1, 3], 1)
        to = {"state": "claimed", "changed": LATER, "worker_id": 1}
    out = {"state": "suppressed", "changed": LATER, "reason": why, "words": None, "issue_id": None}
    written = changed(connection, before)
    # A suppression clears the issue's key itself.
    assert {"issue_id": None, **written[2]} == out
    assert (written[1], written[3]) == (to, to)
    assert told(connection) == [event(2, EventKind.SUPPRESSED, reason=why)]


def test_a_dot_needs_the_workers_own_claim(connection: Connection) -> None:
    """Not a delivery in another state, of another worker or mailing, nor of a stopped or ended mailing."""
    before = one_of_each(connection)
    assert ledger.intend(connection, 1, 2, list(EACH), LATER) == set()
    assert ledger.intend(connection, 1, 1, [1, 3, 4], LATER) == set()
    for column in ("stopped", "ended"):
        connection.execute(update(mailings).where(mailings.c.id == 1).values({column: NOW}))
        suppress(connection, "reader2@example.net", Reason.BOUNCED, "mail", NOW)
        assert ledger.intend(connection, 1, 1, list(EACH), LATER) == set()
        connection.execute(update(mailings).values(stopped=None, ended=None))
    assert changed(connection, before) == {}
    connection.exec_driver_sql("DELETE FROM suppressions")
    connection.execute(update(subscribers).values(status="active"))
    connection.execute(update(mailings).where(mailings.c.id == 2).values(stopped=NOW, ended=NOW))
    before = one_of_each(connection)
    assert ledger.intend(connection, 1, 1, list(EACH), LATER) == {2}
    assert changed(connection, before) == {2: {"state": "sending", "changed": LATER}}
    assert told(connection) == []


def test_changes_of_many_rows(connection: Connection) -> None:
    """Returned rejections, released claims, a crash, a deadline, a cancellation: rows and events of this mailing."""
    issue = connection.scalar(select(mailings.c.issue_id).where(mailings.c.id == 1))
    lost = {"state": "unknown", "changed": LATER, "attempts": 3, "reason": "run_died", "words": None}
    over = {"state": "expired", "changed": LATER, "issue_id": None}
    before = one_of_each(connection)
    connection.execute(update(deliveries).where(deliveries.c.subscriber_id == 6).values(issue_id=None))
    before = rows(connection)
    assert maintenance.take_back(connection, 1, [each for each in EACH if each != 6], LATER) == 0
    assert maintenance.take_back(connection, 1, list(EACH), LATER) == 1
    back = {
        "state": "pending",
        "changed": LATER,
        "next_at": LATER,
        "requeue_count": 2,
        "refusal_category": None,
        "issue_id": issue,
    }
    assert changed(connection, before) == {6: back}
    assert told(connection) == [event(6, EventKind.TAKEN_BACK)]
    assert maintenance.take_back(connection, 1, [6], LATER) == 0 and len(told(connection)) == 1
    before = one_of_each(connection)
    assert claims.release(connection, claims.deliveries_of(1), 2, LATER) == 0
    assert claims.release(connection, claims.deliveries_of(1), 1, LATER) == 1
    assert changed(connection, before) == {2: {"state": "pending", "changed": LATER}}
    before = one_of_each(connection)
    assert claims.reap(connection, claims.deliveries_of(1), [2, 3], LATER, StateReason.RUN_DIED) == (0, 0)
    assert claims.reap(connection, claims.deliveries_of(1), [1, 3], LATER, StateReason.RUN_DIED) == (1, 1)
    assert changed(connection, before) == {2: {"state": "pending", "changed": LATER}, 3: lost}
    assert told(connection) == [event(3, EventKind.UNKNOWN, reason="run_died")]
    before = one_of_each(connection)
    policy = RetryPolicy(deadline=SECOND)
    assert maintenance.expire(connection, 1, NOW, policy) == 0
    assert maintenance.expire(connection, 1, LATER, policy) == 1
    assert changed(connection, before) == {4: {**over, "reason": "deadline"}}
    assert told(connection) == [event(4, EventKind.EXPIRED, reason="deadline")]
    before = one_of_each(connection, next_at=UNTIL)
    assert maintenance.retry_now(connection, 1, UNTIL) == 0
    assert maintenance.retry_now(connection, 1, LATER) == 2
    assert changed(connection, before) == {each: {"next_at": LATER} for each in (1, 4)}
    one_of_each(connection)
    out_of_hand = deliveries.c.subscriber_id.in_((2, 3))
    connection.execute(update(deliveries).where(out_of_hand).values(state=S.WRITTEN))
    before = rows(connection)
    assert maintenance.end_for_good(connection, 1, "anna", LATER).by_state[S.EXPIRED] == 3
    assert changed(connection, before) == {each: {**over, "reason": "mailing_ended"} for each in (1, 4)}
    ended = event(0, EventKind.ENDED_FOR_GOOD, who="anna") | {"subscriber_id": None}
    expired = [event(each, EventKind.EXPIRED, reason="mailing_ended") for each in (1, 4)]
    assert sorted(told(connection), key=lambda each: each["subscriber_id"] or 0) == [ended, *expired]
    assert connection.scalars(select(mailings.c.ended).order_by(mailings.c.id)).all() == [LATER, None]


def test_a_mailing_ends_when_every_result_is_known(connection: Connection) -> None:
    """Automatically, with an event without a person; not while a delivery is open or unconfirmed."""
    for state in S:
        one_of_each(connection)
        connection.execute(update(deliveries).where(deliveries.c.subscriber_id != 1).values(state=S.ACCEPTED))
        connection.execute(update(deliveries).where(deliveries.c.subscriber_id == 1).values(state=state))
        is_over = state in (S.ACCEPTED, S.REFUSED, S.SUPPRESSED, S.EXPIRED, S.WRITTEN)
        assert maintenance.end(connection, 1, LATER).is_complete is is_over
        assert connection.scalar(select(mailings.c.ended).where(mailings.c.id == 1)) == (LATER if is_over else None)
        assert [each["kind"] for each in told(connection)] == (["ended"] if is_over else [])
        # Only once: an ended mailing does not change.
        maintenance.end(connection, 1, UNTIL)
        assert connection.scalar(select(mailings.c.ended).where(mailings.c.id == 1)) == (LATER if is_over else None)
        connection.execute(update(mailings).values(ended=None))


def test_resolved_deliveries_have_no_worker(connection: Connection) -> None:
    """The unconfirmed deliveries of this mailing: one row and one event each, with the person."""
    ways: tuple[tuple[Any, str, str], ...] = (
        (reconciliation.count_as_received, "accepted", "received"),
        (reconciliation.send_again, "pending", "again"),
    )
    for settle, state, reason in ways:
        before = one_of_each(connection)
        assert settle(connection, 1, "anna", LATER) == reconciliation.Settled(settled=1, left=0)
        row = {
            "state": state,
            "worker_id": None,
            "next_at": LATER,
            "changed": LATER,
            "reason": reason,
            "words": None,
        }
        assert changed(connection, before) == {7: row}
        assert told(connection) == [event(7, EventKind.SETTLED, reason=reason, who="anna")]
        assert settle(connection, 1, "anna", LATER) == reconciliation.Settled(settled=0, left=0)
        assert len(told(connection)) == 1
        decided = reconciliation.Decided(count=1, who="anna", at=LATER)
        assert reconciliation.decided_of(connection, 1) == ((decided,) if reason == "received" else ())
        assert reconciliation.may_get_twice(connection, 1) == (reason == "again")


def test_possible_duplicates_are_counted_once(connection: Connection) -> None:
    """As long as it will still be sent; deliveries resolved in another way are not counted."""
    kinds = ((EventKind.SETTLED, "again"), (EventKind.SETTLED, "again"))
    cases = (
        (kinds, 4),
        (((EventKind.SETTLED, "received"),), 0),
        (((EventKind.UNKNOWN, "again"),), 0),
        (((EventKind.UNKNOWN, "received"),), 0),
    )
    for found, wanted in cases:
        one_of_each(connection)
        told_of = [
            {"mailing_id": 1, "subscriber_id": each, "at": NOW, "kind": kind, "reason": reason}
            for each in EACH
            for kind, reason in found
        ]
        connection.execute(insert(events), told_of)
        assert reconciliation.may_get_twice(connection, 1) == wanted
        assert reconciliation.may_get_twice(connection, 2) == 0
        assert bool(reconciliation.decided_of(connection, 1)) is ((EventKind.SETTLED, "received") in found)


def test_decisions_are_sorted(connection: Connection) -> None:
    """By time, then by person."""
    one_of_each(connection)
    said = (("ben", LATER), ("anna", LATER), ("carla", NOW), ("ben", LATER))
    for number, (who, when) in enumerate(said, 1):
        row = {
            "mailing_id": 1,
            "subscriber_id": number,
            "at": when,
            "kind": "settled",
            "reason": "received",
            "who": who,
        }
        connection.execute(insert(events), row)
    found = [(each.who, each.at, each.count) for each in reconciliation.decided_of(connection, 1)]
    assert found == [("carla", NOW, 1), ("anna", LATER, 1), ("ben", LATER, 2)]


def test_confirmed_deliveries_are_not_resolved_again(connection: Connection) -> None:
    """An answer from another process may come between the query and the change."""
    before = one_of_each(connection)
    found = reconciliation._settle(connection, 1, list(EACH), S.ACCEPTED, StateReason.LOG, "anna", LATER)
    assert (found.settled, list(changed(connection, before))) == (1, [7])


def test_rows_in_another_order_are_sorted(connection: Connection) -> None:
    """PostgreSQL returns rows in the order in which they were last written."""
    for subscriber_id in reversed(EACH):
        connection.execute(
            update(deliveries).where(deliveries.c.subscriber_id == subscriber_id).values(state=S.UNKNOWN)
        )
    for mailing_id in (2, 1):
        connection.execute(update(mailings).where(mailings.c.id == mailing_id).values(subject="changed"))
    for number in (2, 1):
        row = {"mailing_id": 1, "number": number, "language": "en", "compiled": b"x"}
        connection.execute(insert(variants), row)
    assert reconciliation.unknown_of(connection, 1) == tuple(EACH)
    assert [each.id for each in mailings_of(connection)] == [1, 2]
    assert [each.number for each in variants_of(connection, 1)] == [0, 1, 2]


def test_each_database_has_its_own_intent_statement() -> None:
    """A JSON list on SQLite, an array of large numbers on PostgreSQL, without a round trip to find the type."""
    asked = {name: statement._statement for name, statement in statements.INTEND.items()}
    assert "deliveries.subscriber_id IN (SELECT" in str(asked["sqlite"].compile(dialect=sqlite.dialect()))
    written = str(asked["postgresql"].compile(dialect=psycopg.dialect()))  # type: ignore[no-untyped-call]
    for part in (
        "deliveries.subscriber_id = any(%(ids)s::BIGINT[])",
        "changed=%(now)s::BIGINT",
        "= %(mailing)s::INTEGER",
    ):
        assert part in written


@pytest.mark.parametrize("state", [S.DEFERRED, S.PENDING])
def test_a_claim_skips_locked_rows(state: DeliveryState) -> None:
    """On PostgreSQL; only for the deliveries, because anybody may lock a subscriber."""
    compiled = str(statements.DUE[state].compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]
    assert compiled.endswith("FOR UPDATE OF deliveries SKIP LOCKED")


def test_a_claim_takes_the_requested_number(connection: Connection) -> None:
    """First retries, then new deliveries, each by time, then by the recipients' numbers."""
    one_of_each(connection)
    for subscriber_id, state, seconds in ((1, S.PENDING, 1), (2, S.PENDING, 1), (3, S.PENDING, 0), (4, S.DEFERRED, 2)):
        one = update(deliveries).where(deliveries.c.mailing_id == 1, deliveries.c.subscriber_id == subscriber_id)
        connection.execute(one.values(state=state, next_at=NOW + seconds * SECOND))
    now = NOW + 2 * SECOND
    for count, subscribers_, is_more in (
        (0, [], True),
        (1, [4], True),
        (2, [3, 1], True),
        (9, [2], False),
        (9, [], False),
    ):
        found = ledger.claim(connection, 1, 7, count, now)
        assert [each.tried.subscriber_id for each in found.due] == subscribers_
        assert (found.is_more, found.suppressed, found.is_stopped) == (is_more, 0, False)


@pytest.mark.parametrize(
    ("deferred", "pending", "next_due"),
    [(LATER, UNTIL, LATER), (UNTIL, LATER, LATER), (UNTIL, None, UNTIL), (None, UNTIL, UNTIL), (None, None, None)],
)
def test_a_claim_returns_when_the_next_one_is_due(
    connection: Connection, deferred: datetime | None, pending: datetime | None, next_due: datetime | None
) -> None:
    """The earlier of the two kinds, of this mailing; None if there is more now, or nothing left."""
    one_of_each(connection)
    for subscriber_id, at in ((1, pending), (4, deferred)):
        one = update(deliveries).where(deliveries.c.mailing_id == 1, deliveries.c.subscriber_id == subscriber_id)
        connection.execute(one.values(next_at=at) if at else one.values(state=S.ACCEPTED))
    assert ledger.claim(connection, 1, 7, 9, NOW).next_due == next_due
    assert ledger.claim(connection, 1, 7, 0, NOW).next_due is None


def test_a_pause_applies_to_unattended_runs(connection: Connection) -> None:
    """A person's run continues; a stop and an end apply to both, and nothing is claimed."""
    one_of_each(connection)
    nothing = ledger.Claimed(due=(), suppressed=0, is_more=False, next_due=None, is_stopped=True)
    for values, goes_on in (
        ({"paused": None, "stopped": None, "ended": None}, (True, True)),
        ({"paused": NOW}, (True, False)),
        ({"paused": NOW, "stopped": NOW}, (False, False)),
        ({"paused": None, "stopped": NOW}, (False, False)),
        ({"stopped": None, "ended": NOW}, (False, False)),
    ):
        connection.execute(update(mailings).where(mailings.c.id == 1).values(values))
        assert tuple(ledger.goes_on(connection, 1, is_unattended=each) for each in (False, True)) == goes_on
        assert ledger.goes_on(connection, 1) is goes_on[0]
        for is_unattended, wanted in zip((False, True), goes_on, strict=True):
            found = ledger.claim(connection, 1, 7, 0, NOW, is_unattended=is_unattended)
            assert (found == nothing) is not wanted
        assert (ledger.claim(connection, 1, 7, 0, NOW) == nothing) is not goes_on[0]
        assert ledger.goes_on(connection, 2) and not ledger.goes_on(connection, 9)


def test_unsubscribed_recipients_of_a_paused_mailing_are_suppressed(connection: Connection) -> None:
    """A run finishes what it has claimed."""
    one_of_each(connection)
    connection.execute(update(mailings).values(paused=NOW))
    connection.execute(update(subscribers).where(subscribers.c.id == 2).values(status="bounced"))
    assert ledger.intend(connection, 1, 1, [2], LATER) == set()
    assert told(connection) == [event(2, EventKind.SUPPRESSED, reason="bounced")]


def test_what_others_have_in_hand_is_counted(connection: Connection) -> None:
    """Claims, and dots without an answer; of this mailing, and of other workers."""
    one_of_each(connection)
    assert [ledger.elsewhere(connection, 1, worker) for worker in (1, 2)] == [0, 2]
    connection.execute(update(deliveries).where(deliveries.c.state == S.CLAIMED).values(state=S.DEFERRED))
    assert [ledger.elsewhere(connection, 1, worker) for worker in (1, 2)] == [0, 1]
    assert ledger.elsewhere(connection, 9, 2) == 0


def test_a_row_changed_in_between_stays(connection: Connection) -> None:
    """Another process may have changed it between the query and the answer: the state is part of each change."""
    before = one_of_each(connection)
    asked = [{"mailing": 1, "owner": 7, "now": milliseconds(LATER), "subscriber": each} for each in EACH]
    statements.CLAIM.run_many(connection, asked)
    assert sorted(changed(connection, before)) == [1, 4]
    for worker_id, wanted in ((None, [1, 4]), (1, [2]), (2, [])):
        before = one_of_each(connection)
        ledger._suppress(connection, 1, [(each, "left") for each in EACH], LATER, worker_id)
        out = {"state": "suppressed", "issue_id": None, "changed": LATER, "reason": "left", "words": None}
        assert changed(connection, before) == dict.fromkeys(wanted, out)
