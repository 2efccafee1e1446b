"""Sends what is due: mailings that wait for a time that has come, and those that were interrupted.

Input: an open newsletter, who watches and who may stop it. Output: what became of each mailing, one by one.
Guarantees: a mailing that a person paused is named and never sent; a mailing that cannot be sent keeps no other from being
sent.
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
    """A person paused it, and a person goes on with it."""

    mailing: Mailing


@dataclass(frozen=True, slots=True, kw_only=True)
class DueDry:
    """It would be sent now."""

    mailing: Mailing


@dataclass(frozen=True, slots=True, kw_only=True)
class DueBusy:
    """Another process sends it."""

    mailing: Mailing
    worker: DeadWorker


@dataclass(frozen=True, slots=True, kw_only=True)
class DueLater:
    """What was put off is not tried before this time."""

    mailing: Mailing
    again: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DueUnconfirmed:
    """A run died while its last messages were on their way: a person decides."""

    mailing: Mailing
    sums: Sums


@dataclass(frozen=True, slots=True, kw_only=True)
class DueFailed:
    """It could not be sent: a ComposeError that a person can mend, or a bug."""

    mailing: Mailing
    error: Exception


@dataclass(frozen=True, slots=True, kw_only=True)
class DueSent:
    """It was run."""

    mailing: Mailing
    outcome: RunOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class DueStopped:
    """Somebody said stop; whatever else is due was not looked at."""


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
    """Send every unfinished mailing whose time has come and that nobody paused: a person confirmed it when it was frozen.

    Yields what became of each as soon as that is known, and goes on when it is asked for the next. `begins` is called before
    one is run. Raises DatabaseError.
    """
    controls, seen = controls or RunControls(), set[int]()
    stop = controls.stop()
    controls = replace(controls, stop=lambda: stop)
    while stop.level is StopLevel.NONE:
        # Asked anew each time: while one is sent for an hour, another may be paused, ended or come due.
        mailing = next_due(context.database, controls.clock(), seen)
        if mailing is None:
            return
        seen.add(mailing.id)
        outcome: DueOutcome
        try:
            outcome = _send(context, settings, controls, mailing, begins, limit=limit, is_dry=is_dry)
        except Exception as error:  # a bug, too, leaves the other mailings their time
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
