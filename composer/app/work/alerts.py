"""What a person should look at: totals that do not add up, unconfirmed messages, bounces, failing jobs.

Input: a connection that reads, the time. Output: an `Alert` for each cause. Guarantees: names no subscriber.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection

from composer.app.work.job_records import records_of
from composer.bounces.health.audience_health import HealthMark
from composer.bounces.health.health_query import health_of
from composer.database.machines import silent_machines
from composer.delivery.core.mailing import mailings_of, sums_of
from composer.delivery.core.states import DeliveryState

#: How far back mailings are judged; how often a job must fail in a row to be reported.
_RECENT, _FAILURES = timedelta(days=30), 3


class AlertCode(StrEnum):
    """The cause of an alert."""

    TOTALS = "totals"
    UNCONFIRMED = "unconfirmed"
    PAUSED = "paused"
    HEALTH = "health"
    HELD_BOUNCES = "held_bounces"
    JOB_FAILS = "job_fails"
    MACHINE_SILENT = "machine_silent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Something that a person should look at."""

    code: AlertCode
    #: How many messages, bounces, failed runs or machines it is about.
    count: int
    #: The same for people.
    said: str


def alerts_of(connection: Connection, now: datetime) -> tuple[Alert, ...]:
    """Return what a person should look at now."""
    return (*_mailings(connection, now), *_health(connection, now), *_jobs(connection), *_machines(connection, now))


def _mailings(connection: Connection, now: datetime) -> Iterator[Alert]:
    for mailing in mailings_of(connection):
        if mailing.is_rehearsal or mailing.made < now - _RECENT:
            continue
        sums = sums_of(connection, mailing.id)
        if not sums.is_even:
            said = f"the totals of mailing {mailing.id} do not add up: compose status {mailing.id}"
            yield Alert(code=AlertCode.TOTALS, count=sums.total, said=said)
        if unknown := sums[DeliveryState.UNKNOWN]:
            said = f"mailing {mailing.id} has {unknown:,} unconfirmed messages: compose settle {mailing.id}"
            yield Alert(code=AlertCode.UNCONFIRMED, count=unknown, said=said)
        if mailing.pause is not None and mailing.ended is None and sums.open:
            said = f"mailing {mailing.id} is paused and waits for a person: compose status {mailing.id}"
            yield Alert(code=AlertCode.PAUSED, count=sums.open, said=said)


def _health(connection: Connection, now: datetime) -> Iterator[Alert]:
    health = health_of(connection, now, _RECENT.days)
    if health.holds:
        said = f"{len(health.holds)} bounces wait for a decision: compose bounces held"
        yield Alert(code=AlertCode.HELD_BOUNCES, count=len(health.holds), said=said)
    figures = [each.total for each in health.mailings]
    bad = [each for each in figures if HealthMark.ALARM in (each.bounce_mark, each.complaint_mark)]
    if bad:
        said = f"{len(bad)} mailings have too many bounces or complaints: compose audience health"
        yield Alert(code=AlertCode.HEALTH, count=len(bad), said=said)


def _jobs(connection: Connection) -> Iterator[Alert]:
    for each in records_of(connection):
        if each.failures >= _FAILURES:
            said = f"the job {each.name} has failed {each.failures} times in a row ({each.error}): compose status"
            yield Alert(code=AlertCode.JOB_FAILS, count=each.failures, said=said)


def _machines(connection: Connection, now: datetime) -> Iterator[Alert]:
    if silent := silent_machines(connection, now):
        names = ", ".join(each.name for each in silent)
        said = f"nothing has been heard from {names}: compose status"
        yield Alert(code=AlertCode.MACHINE_SILENT, count=len(silent), said=said)
