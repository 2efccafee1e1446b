"""Mailings: one frozen edition for one frozen list of recipients.

Input: a connection. Output: `Mailing`, `FrozenVariant`, `Sums`. Guarantees: changes only the mailing's own row (stop,
pause, resume) and adds events.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Row, RowMapping, func, select, update

from composer.core.audience_filter import AudienceFilter
from composer.core.errors import ComposeError
from composer.database.tables.mailing_tables import deliveries, issues, mailings, variants
from composer.delivery.core.event_writer import Event, write_events
from composer.delivery.core.events import EventKind
from composer.delivery.core.pause import Pause, PauseReason
from composer.delivery.core.states import HOLDING, OPEN, DeliveryState


class MailingError(ComposeError):
    """A mailing does not exist, or its state does not allow the operation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailing:
    """A mailing as it was frozen, and its current state."""

    #: The small number that people use, and the number in tokens, Message-IDs and VERP addresses.
    id: int
    public_id: int
    #: The issue key.
    issue: str
    #: Above 0 if the mailing also goes to people who have the issue already; `again_because` is the reason.
    again: int
    is_rehearsal: bool
    made: datetime
    made_by: str
    #: The version of the program that froze it.
    program: str
    #: The edition's hash.
    edition: str
    git_commit: str | None
    is_committed: bool | None
    subject: str
    #: Who was selected.
    audience: AudienceFilter
    #: What the message factory needs besides the variants, as JSON.
    frozen_settings: str
    #: The number of recipients: the states must add up to it.
    frozen: int
    #: How many subscribers were excluded, by reason (selection.LeftOut).
    left_out: Mapping[str, int]
    allowed: Mapping[str, str]
    again_because: str
    corrects: int | None
    #: The same mailing's number in tokens and Message-IDs.
    corrects_public_id: int | None
    due: datetime | None
    stopped: datetime | None
    #: Set if only a person can resume it.
    pause: Pause | None
    ended: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenVariant:
    """One compiled message of a mailing; its format is not known here."""

    number: int
    language: str
    compiled: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """How many recipients are in each state, and the rule that the states add up."""

    frozen: int
    by_state: Mapping[DeliveryState, int]

    def __getitem__(self, state: DeliveryState) -> int:
        return self.by_state.get(state, 0)

    @property
    def total(self) -> int:
        """The number of deliveries."""
        return sum(self.by_state.values())

    @property
    def is_even(self) -> bool:
        """Whether the states add up to the number of recipients; if not, no number of the mailing is reliable."""
        return self.total == self.frozen

    @property
    def open(self) -> int:
        """How many are not finished."""
        return sum(self[state] for state in OPEN)

    @property
    def holding(self) -> int:
        """How many received it, perhaps received it, or are being sent to."""
        return sum(self[state] for state in HOLDING)

    @property
    def is_complete(self) -> bool:
        """Whether every result is final and known, and the states add up."""
        return self.is_even and not self.open and not self[DeliveryState.UNKNOWN]


_CORRECTED = mailings.alias("corrected")
_COLUMNS = (
    select(mailings, issues.c.key, issues.c.again, _CORRECTED.c.public_id.label("corrects_public_id"))
    .join_from(mailings, issues)
    .outerjoin(_CORRECTED, _CORRECTED.c.id == mailings.c.corrects)
)


def mailing_of(connection: Connection, mailing_id: int) -> Mailing:
    """Return a mailing. Raises MailingError."""
    row = connection.execute(_COLUMNS.where(mailings.c.id == mailing_id)).first()
    if row is None:
        raise MailingError(f"there is no mailing {mailing_id}", "to list the mailings: compose status")
    return _mailing(row)


def mailings_of(connection: Connection, issue: str | None = None) -> list[Mailing]:
    """Return the mailings of an issue, or all mailings, the oldest first; including rehearsals."""
    question = _COLUMNS.order_by(mailings.c.id)
    return [_mailing(row) for row in connection.execute(question.where(issues.c.key == issue) if issue else question)]


def unfinished(connection: Connection, issue: str, *, is_rehearsal: bool = False) -> Mailing | None:
    """Return the mailing of an issue that has not ended, if there is one: sending the issue resumes it."""
    question = _COLUMNS.where(
        issues.c.key == issue, mailings.c.is_rehearsal == is_rehearsal, mailings.c.ended.is_(None)
    ).order_by(mailings.c.id.desc())
    row = connection.execute(question).first()
    return _mailing(row) if row else None


def unfinished_mailings(connection: Connection) -> list[Mailing]:
    """Return all mailings that have not ended, the earliest first, without rehearsals."""
    question = _COLUMNS.where(mailings.c.is_rehearsal.is_(False), mailings.c.ended.is_(None))
    began = func.coalesce(mailings.c.due, mailings.c.made)
    return [_mailing(row) for row in connection.execute(question.order_by(began, mailings.c.id))]


def is_early(mailing: Mailing, sums: Sums, now: datetime) -> bool:
    """Return whether a mailing is scheduled for later and nobody has started it."""
    return mailing.due is not None and mailing.due > now and sums[DeliveryState.PENDING] == sums.frozen


def variants_of(connection: Connection, mailing_id: int) -> tuple[FrozenVariant, ...]:
    """Return the compiled messages of a mailing by their numbers; empty if the mailing has ended."""
    rows = connection.execute(select(variants).where(variants.c.mailing_id == mailing_id).order_by(variants.c.number))
    return tuple(FrozenVariant(number=row.number, language=row.language, compiled=row.compiled) for row in rows)


def sums_of(connection: Connection, mailing_id: int) -> Sums:
    """Count a mailing's deliveries by state. Raises MailingError."""
    frozen = connection.scalar(select(mailings.c.frozen).where(mailings.c.id == mailing_id))
    if frozen is None:
        raise MailingError(f"there is no mailing {mailing_id}", "to list the mailings: compose status")
    rows = connection.execute(
        select(deliveries.c.state, func.count())
        .where(deliveries.c.mailing_id == mailing_id)
        .group_by(deliveries.c.state)
    )
    return Sums(frozen=frozen, by_state={DeliveryState(state): count for state, count in rows})


def stop(
    connection: Connection, mailing_id: int, who: str, now: datetime, reason: PauseReason = PauseReason.STOPPED
) -> bool:
    """Stop a mailing, whichever process is sending it; return whether it was not stopped before.

    When this is committed, no further message is completed: the intent (the record that a message is about to be sent)
    cannot be written for a stopped mailing. Raises MailingError.
    """
    mailing = mailing_of(connection, mailing_id)
    if mailing.ended:
        raise MailingError(f"mailing {mailing_id} has already ended", "there is nothing to stop")
    is_new = _change(connection, mailing_id, mailings.c.stopped.is_(None), stopped=now)
    if is_new:
        _change(connection, mailing_id, paused=now, paused_by=who, paused_because=reason)
        note(connection, mailing_id, EventKind.STOPPED, now, who=who, reason=reason)
    return is_new


def allow(connection: Connection, mailing_id: int, reasons: Mapping[str, str]) -> None:
    """Record why refusals of a frozen mailing were overridden, in addition to the earlier reasons."""
    known = dict(mailing_of(connection, mailing_id).allowed)
    for code, reason in reasons.items():
        before = known.get(code, "")
        known[code] = reason if before in ("", reason) else f"{before}; {reason}"
    _change(connection, mailing_id, allowed=json.dumps(known, ensure_ascii=False))


def pause(connection: Connection, mailing_id: int, who: str, reason: PauseReason, now: datetime) -> bool:
    """Pause a mailing, so that no timer resumes it; return whether it was not paused. A current run is not stopped."""
    not_paused = mailings.c.paused.is_(None)
    is_new = _change(connection, mailing_id, not_paused, paused=now, paused_by=who, paused_because=reason)
    if is_new:
        note(connection, mailing_id, EventKind.PAUSED, now, who=who, reason=reason)
    return is_new


def resume(connection: Connection, mailing_id: int, who: str, now: datetime, *, seen: Pause | None) -> bool:
    """Remove the stop and the pause that a person has seen; return whether there was one.

    A pause that was set since then stays.
    """
    if seen is None or mailing_of(connection, mailing_id).pause != seen:
        return False
    is_new = _change(connection, mailing_id, stopped=None, paused=None, paused_by="", paused_because=None)
    if is_new:
        note(connection, mailing_id, EventKind.RESUMED, now, who=who)
    return is_new


def _change(connection: Connection, mailing_id: int, *conditions: ColumnElement[bool], **values: object) -> bool:
    """Change a mailing's own row unless it has ended; return whether the conditions were met."""
    change = update(mailings).where(mailings.c.id == mailing_id, mailings.c.ended.is_(None), *conditions)
    return connection.execute(change.values(**values)).rowcount > 0


def note(
    connection: Connection,
    mailing_id: int,
    kind: EventKind,
    now: datetime,
    *,
    who: str = "",
    run: int | None = None,
    reason: str | None = None,
    words: str = "",
) -> None:
    """Add an event that is about a mailing as a whole."""
    write_events(connection, mailing_id, (Event(kind=kind, reason=reason, who=who, run=run, words=words),), now)


def _mailing(row: Row[Sequence[object]]) -> Mailing:
    found = row._mapping
    return Mailing(
        issue=found["key"],
        left_out=json.loads(found["left_out"]),
        allowed=json.loads(found["allowed"]),
        audience=AudienceFilter.from_code(found["audience"]),
        pause=_pause(found),
        **{name: found[name] for name in _PLAIN},
    )


def _pause(found: RowMapping) -> Pause | None:
    if found["paused"] is None:
        return None
    return Pause(at=found["paused"], by=found["paused_by"], reason=PauseReason(found["paused_because"]))


_PLAIN = (
    *(
        "id",
        "public_id",
        "again",
        "is_rehearsal",
        "made",
        "made_by",
        "program",
        "edition",
        "git_commit",
        "is_committed",
    ),
    *(
        "subject",
        "frozen_settings",
        "frozen",
        "again_because",
        "corrects",
        "corrects_public_id",
        "due",
        "stopped",
        "ended",
    ),
)
