"""Servers with a limit of messages per session: nobody receives two copies, and nobody waits, over real sockets."""

import time
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from composer.database.engine import Database
from composer.database.tables.mailing_tables import buckets
from composer.delivery.core.retry_policy import RetryPolicy
from composer.delivery.core.scheduler import Ending
from composer.delivery.core.states import DeliveryState
from composer.delivery.worker.route_work import Route
from composer.delivery.worker.run_loop import MailingJob, send
from composer.delivery.worker.stop_request import Stop
from tests.delivery.factories import Plain, frozen, sums
from tests.fake_smtp import FakeSmtp, Script, after, says, session_limits
from tests.transport.setup import PATIENT, transport

pytestmark = pytest.mark.fault

S = DeliveryState
SUBSCRIBERS, MOST = 60, 5
LIMITS = session_limits(MOST)
_POLICY = RetryPolicy(pause=timedelta(minutes=2))


def _send(database: Database, script: Script) -> tuple[FakeSmtp, float, Ending]:
    """Send with the default policy except for its pause, which would take two minutes."""
    frozen(database, SUBSCRIBERS)
    with FakeSmtp(script) as office:
        job = MailingJob(
            database=database,
            mailing_id=1,
            routes=(Route(transport=transport(office)),),
            message_source=Plain(),
            policy=_POLICY,
        )
        begun = time.monotonic()
        ran = send(job, Stop())
        return office, time.monotonic() - begun, ran.ending


@pytest.mark.parametrize("kind", ["452 at data", "421 at mail", "452 at dot", "silence after the last answer"])
def test_a_session_limit_causes_no_pause_and_no_duplicates(database: Database, kind: str) -> None:
    """With 452, with 421 or without a reply, before the dot and after: each message is sent once, without a pause.

    tests/transport covers every stage, and `python -m benchmarks sessions` covers 1,000 messages.
    """
    office, seconds, ending = _send(database, LIMITS[kind])
    assert ending is Ending.DONE
    assert len({recipient for recipient, _ in office.taken}) == len(office.taken) == SUBSCRIBERS
    assert all(visit.count <= MOST for visit in office.visits)
    assert seconds < _POLICY.pause.total_seconds()
    assert sums(database).by_state == {S.ACCEPTED: SUBSCRIBERS}


@pytest.mark.parametrize("is_taken", [True, False], ids=["taken", "not taken"])
def test_what_was_not_answered_is_not_sent_twice(database: Database, is_taken: bool) -> None:
    """A server that disconnects instead of answering leaves a message unconfirmed; soon the sessions are short enough."""
    script = LIMITS["silence at dot, taken" if is_taken else "silence at dot, not taken"]
    office, seconds, ending = _send(database, script)
    assert ending is Ending.DONE
    found = sums(database).by_state
    # Each of the four connections may have had one in progress when the limit was learned.
    assert found[S.ACCEPTED] + found[S.UNKNOWN] == SUBSCRIBERS and 0 < found[S.UNKNOWN] <= 4
    assert len(office.taken) == SUBSCRIBERS - (0 if is_taken else found[S.UNKNOWN])
    assert len({recipient for recipient, _ in office.taken}) == len(office.taken)
    assert seconds < _POLICY.pause.total_seconds()


def test_a_rate_is_still_respected(database: Database) -> None:
    """A server that replies "too many messages, try again later" gets a pause, in any session."""
    frozen(database, 10)
    pause = timedelta(seconds=0.4)
    script = {"mail": after(MOST, says(b"450 4.7.1 too many messages, try again later\r\n"), b"250 Ok\r\n")}
    with FakeSmtp(script) as office:
        to = transport(office, replace(PATIENT, rest=0.1))
        job = MailingJob(
            database=database,
            mailing_id=1,
            routes=(Route(transport=to, connections=1),),
            message_source=Plain(),
            policy=RetryPolicy(pause=pause),
        )
        begun = time.monotonic()
        assert send(job, Stop()).ending is Ending.DONE
    assert time.monotonic() - begun > pause.total_seconds()
    assert len({recipient for recipient, _ in office.taken}) == len(office.taken) == 10
    with database.read() as connection:
        assert connection.scalar(select(buckets.c.ceiling)) is not None
