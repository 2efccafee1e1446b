"""Continues after a restore: the database becomes the original, and possibly sent messages become unconfirmed.

Input: a connection, the surroundings of the database, the person. Output: what was done, by mailing. Guarantees: sends
nothing; an issue is not sent again to people who may have received it without a person's decision (`compose settle`,
`--again`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, and_, delete, exists, func, insert, literal, or_, select, update

from composer.database.database_state import lost_issues
from composer.database.engine import Database
from composer.database.tables.mailing_tables import deliveries, events, mailings, workers
from composer.database.tables.metadata import milliseconds
from composer.database.tables.subscriber_tables import subscribers, suppressions
from composer.delivery.core.event_writer import write_events_of
from composer.delivery.core.events import EventKind, StateReason
from composer.delivery.core.mailing import Mailing, mailings_of, note
from composer.delivery.core.retry_policy import RefusalCategory
from composer.delivery.core.states import DeliveryState
from composer.delivery.database_guard.age_files import Begun, Note, joined
from composer.delivery.database_guard.copy_detection import DatabasePlace, place_of, signs, write_notes
from composer.delivery.database_guard.database_id import store
from composer.delivery.database_guard.ledger_age import (
    SERVER,
    CopySign,
    Evidence,
    accept,
    check_database_id,
    lock,
    set_state,
)
from composer.delivery.database_guard.sending_lock import BusyError, lock_sending
from composer.delivery.database_guard.wal_check import check_whole
from composer.delivery.ledger.statements import stands
from composer.delivery.ledger.workers import is_alive

_D = deliveries.c
_S = DeliveryState


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreSurvey:
    """What is uncertain after a restore."""

    evidence: tuple[Evidence, ...]
    #: Mailings that have not ended, and how many of their recipients have accepted messages.
    mailings: Mapping[int, Mailing]
    reached: Mapping[int, int]
    #: Mailings that are missing in this database, and issues that a person entered.
    lost: tuple[Begun, ...] = ()
    named: tuple[str, ...] = ()
    #: The time of the last event in this database.
    until: datetime | None = None

    @property
    def issues(self) -> Mapping[str, str]:
        """The issues whose recipients are not known, and why."""
        named = dict.fromkeys(self.named, "entered by a person")
        return named | {each.issue: f"mailing {each.mailing}" for each in self.lost}


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreResult:
    """The result of a restore."""

    survey: RestoreSurvey
    #: By mailing: how many are unconfirmed now.
    unconfirmed: Mapping[int, int] = field(default_factory=dict)


def survey(connection: Connection, place: DatabasePlace, named: Sequence[str] = ()) -> RestoreSurvey:
    """Return what is uncertain after a restore; change nothing."""
    every = {each.id: each for each in mailings_of(connection) if not each.is_rehearsal}
    evidence = signs(connection, place)
    begun = place.begun
    there = {_begun(each) for each in every.values()}
    lost = tuple(each for each in begun if each not in there)
    open_ones = {number: each for number, each in every.items() if each.ended is None}
    if evidence and all(each.sign is CopySign.UNHEARD for each in evidence):
        # Accepted on another computer: mailings that were unfinished then are settled, or were started since.
        affected: dict[int, Mailing] = {}
    else:
        ran = _mailings_with_runs(connection) | {each.mailing for each in begun}
        # One computer sends from a file, and its note contains everything that it sent.
        remembers = place.beside is not None and not place.beside.is_old
        affected = {number: each for number, each in open_ones.items() if number in ran or not remembers}
    evidence += tuple(
        one for number in affected for one in check_database_id(connection, number, place.home, place.beside)
    )
    return RestoreSurvey(
        evidence=evidence,
        mailings=affected,
        reached=_reached(connection, affected),
        lost=lost,
        named=tuple(named),
        until=_until(connection),
    )


def restore(
    database: Database, notes: Path | None, who: str, now: datetime, named: Sequence[str] = ()
) -> RestoreResult:
    """Make the database the original, and uncertain deliveries unconfirmed. Raises BusyError if a process is sending."""
    with lock_sending(database) as held:
        place = place_of(database, notes)
        with database.write() as connection:
            lock(connection)
            _refuse_living(connection, database)
            check_whole(connection, database)
            found = survey(connection, place, named)
            unconfirmed = {number: _mark_unconfirmed(connection, number, who, now) for number in found.mailings}
            for key, why in found.issues.items():
                connection.execute(delete(lost_issues).where(lost_issues.c.key == key))
                connection.execute(insert(lost_issues), [{"key": key, "at": now, "words": f"{why} ({who})"}])
            # None of these workers is alive in this database. A worker of the public pages may be.
            ended = func.coalesce(workers.c.ended, literal(now, workers.c.ended.type))
            those = workers.c.mailing_id.is_not(None)
            connection.execute(update(workers).where(those).values(home="", ended=ended))
            origin = accept(connection)
            set_state(connection, SERVER, None)
            if place.identity:
                store(connection, place.identity)
            ran = {*_mailings_with_runs(connection), *found.mailings}
            sent = [_begun(each) for each in mailings_of(connection) if each.id in ran and not each.is_rehearsal]
        begun = joined(place.begun, sent)
        accepted = Note(worker=0, nonce=origin, count=0, origin=origin, begun=begun)
        for file in write_notes(accepted, place, place.known, held.file_handle):
            file.close()
    return RestoreResult(survey=found, unconfirmed=unconfirmed)


def lost_since(connection: Connection, issue: str) -> datetime | None:
    """Return when a mailing of an issue was lost, if nobody has decided about it."""
    return connection.scalar(select(lost_issues.c.at).where(lost_issues.c.key == issue))


def all_lost(connection: Connection) -> dict[str, datetime]:
    """Return the issues with a lost mailing, and when the database was restored."""
    return {row.key: row.at for row in connection.execute(select(lost_issues.c.key, lost_issues.c.at))}


def forget_lost(connection: Connection, issue: str) -> bool:
    """Allow an issue to be sent although a mailing of it was lost, by a person's decision."""
    return connection.execute(delete(lost_issues).where(lost_issues.c.key == issue)).rowcount > 0


def _mailings_with_runs(connection: Connection) -> set[int]:
    runs = select(workers.c.mailing_id).where(workers.c.mailing_id.is_not(None)).distinct()
    return set(connection.scalars(runs))


def _refuse_living(connection: Connection, database: Database) -> None:
    """Raise BusyError while a process holds the lock of a run."""
    running = select(workers.c.id).where(workers.c.mailing_id.is_not(None), workers.c.ended.is_(None))
    if any(is_alive(connection, each) for each in connection.scalars(running)):
        raise BusyError(
            f"another process is sending from {database.location.name}", "stop it first:   compose stop MAILING"
        )


def _begun(mailing: Mailing) -> Begun:
    return Begun(mailing=mailing.id, issue=mailing.issue, made=milliseconds(mailing.made))


def _mark_unconfirmed(connection: Connection, mailing_id: int, who: str, now: datetime) -> int:
    """Mark deliveries as unconfirmed unless it is proven that they were or were not received; return how many."""
    other = deliveries.alias()
    issue_id = select(mailings.c.issue_id).where(mailings.c.id == mailing_id).scalar_subquery()
    # Rejections of the sender or the message become pending when they stop a run; they may have been sent again since.
    about_us = and_(
        stands(_S.REFUSED), func.coalesce(_D.refusal_category, RefusalCategory.NONE) == RefusalCategory.NONE
    )
    is_held = exists().where(other.c.issue_id == issue_id, other.c.subscriber_id == _D.subscriber_id)
    which = (
        _D.mailing_id == mailing_id,
        or_(stands(_S.PENDING, _S.CLAIMED, _S.SENDING, _S.DEFERRED), and_(about_us, ~is_held)),
    )
    reason = StateReason.RESTORED
    write_events_of(connection, and_(*which), EventKind.UNKNOWN, reason, now)
    changed = connection.execute(
        update(deliveries)
        .where(*which)
        .values(
            state=_S.UNKNOWN,
            issue_id=issue_id,
            worker_id=None,
            changed=now,
            refusal_category=None,
            reason=reason,
            words=None,
        )
    ).rowcount
    note(connection, mailing_id, EventKind.RESTORED, now, who=who)
    return changed


def _reached(connection: Connection, numbers: Iterable[int]) -> dict[int, int]:
    rows = connection.execute(
        select(_D.mailing_id, func.count())
        .where(_D.mailing_id.in_(list(numbers)), stands(_S.ACCEPTED))
        .group_by(_D.mailing_id)
    )
    return {row[0]: row[1] for row in rows}


def _until(connection: Connection) -> datetime | None:
    """Return the time of the last event in this database."""
    columns = (events.c.at, subscribers.c.changed, suppressions.c.since, workers.c.seen)
    times = (connection.scalar(select(func.max(column))) for column in columns)
    return max((each for each in times if each is not None), default=None)
