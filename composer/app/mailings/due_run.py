"""Sends mailings that are due: scheduled mailings whose time has come, and interrupted mailings.

Input: an open newsletter, and the controls that watch and stop a run. Output: the result of each mailing, one by one.
Guarantees: a mailing that a person paused is reported and never sent; a mailing that fails does not prevent others.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from composer.app.context import MailingContext
from composer.app.mailings.mailing_run import RunControls, RunOutcome, run_mailing
from composer.audience.identity.token_secret import tokens_of
from composer.delivery.config.delivery_settings import Settings
from composer.delivery.core.mailing import Mailing, Sums, sums_of
from composer.delivery.core.scheduler import StopLevel
from composer.delivery.core.states import DeliveryState
from composer.delivery.ledger.reaper import DeadWorker, reap
from composer.delivery.reporting.statistics import next_try
from composer.delivery.selection.due_mailings import next_due


@dataclass(frozen=True, slots=True, kw_only=True)
class DuePaused:
    """A person paused the mailing, so a person must continue it."""

    mailing: Mailing


@dataclass(frozen=True, slots=True, kw_only=True)
class DueDry:
    """The mailing would be sent now."""

    mailing: Mailing


@dataclass(frozen=True, slots=True, kw_only=True)
class DueBusy:
    """Another process is sending the mailing."""

    mailing: Mailing
    worker: DeadWorker


@dataclass(frozen=True, slots=True, kw_only=True)
class DueLater:
    """Deferred messages are not retried before this time."""

    mailing: Mailing
    again: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DueUnconfirmed:
    """A run crashed while its last messages were being sent, so a person must decide about them."""

    mailing: Mailing
    sums: Sums


@dataclass(frozen=True, slots=True, kw_only=True)
class DueFailed:
    """The mailing could not be sent because of a ComposeError that a person can fix, or because of a bug."""

    mailing: Mailing
    error: Exception


@dataclass(frozen=True, slots=True, kw_only=True)
class DueSent:
    """The mailing was run."""

    mailing: Mailing
    outcome: RunOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class DueStopped:
    """A person stopped the run; other due mailings were not looked at."""


DueOutcome = DuePaused | DueDry | DueBusy | DueLater | DueUnconfirmed | DueFailed | DueSent | DueStopped


def send_due(
    context: MailingContext,
    settings: Settings,
    controls: RunControls | None = None,
    *,
    limit: int | None = None,
    is_dry: bool = False,
    begins: Callable[[Mailing], None] = lambda mailing: None,
) -> Iterator[DueOutcome]:
    """Send every unfinished mailing that is due and not paused; a person confirmed each when it was frozen.

    Yields the result of each as soon as it is known, and continues when the next one is requested. `begins` is called
    before a mailing is run. Raises DatabaseError.
    """
    controls, seen = controls or RunControls(), set[int]()
    stop = controls.stop()
    controls = replace(controls, stop=lambda: stop)
    while stop.level is StopLevel.NONE:
        # Looked up again each time: while one mailing is sent for an hour, another may be paused, ended or become due.
        mailing = next_due(context.database, controls.clock(), seen)
        if mailing is None:
            return
        seen.add(mailing.id)
        outcome: DueOutcome
        try:
            outcome = _send(context, settings, controls, mailing, begins, limit=limit, is_dry=is_dry)
        except Exception as error:  # also a bug does not prevent the other mailings
            outcome = DueFailed(mailing=mailing, error=error)
        yield outcome
    yield DueStopped()


def _send(
    context: MailingContext,
    settings: Settings,
    controls: RunControls,
    mailing: Mailing,
    begins: Callable[[Mailing], None],
    *,
    limit: int | None,
    is_dry: bool,
) -> DueOutcome:
    database, clock = context.database, controls.clock
    if mailing.pause is not None:
        return DuePaused(mailing=mailing)
    if is_dry:
        return DueDry(mailing=mailing)
    reaped = reap(database, mailing.id, clock())
    with database.read() as connection:
        sums, again = sums_of(connection, mailing.id), next_try(connection, mailing.id)
    if reaped.alive and database.path is not None:
        return DueBusy(mailing=mailing, worker=reaped.alive[0])
    is_nothing_new = not sums[DeliveryState.PENDING] and not reaped.alive and sums.open == sums[DeliveryState.DEFERRED]
    if sums.open and is_nothing_new and again is not None and again > clock():
        return DueLater(mailing=mailing, again=again)
    if not sums.open:
        return DueUnconfirmed(mailing=mailing, sums=sums)
    begins(mailing)
    tokens = tokens_of(database, context.environment)
    return DueSent(
        mailing=mailing,
        outcome=run_mailing(context, settings, mailing, tokens, controls, limit=limit, is_unattended=True),
    )
