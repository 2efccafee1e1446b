"""The events that a run logs: its start and end, the result of each message, pauses and halts.

Input: values that are on disk already. Output: events with ids and codes. Guarantees: makes no decisions, and creates
nothing if logging is off.
"""

import logging
from collections.abc import Iterable, Sequence

from composer.core.event_log import Field, emit, emit_bug
from composer.delivery.core.events import EventKind
from composer.delivery.core.mailing import Sums
from composer.delivery.core.retry_policy import OutcomeDecision
from composer.delivery.core.scheduler import Ending
from composer.delivery.core.states import DeliveryState
from composer.delivery.core.transitions import transition_of
from composer.delivery.worker.write_queue import Report
from composer.transport.outcome import Outcome

_LOG = logging.getLogger("compose.delivery")
#: Endings that a person should look at.
_BAD = frozenset({Ending.HALTED, Ending.UNREACHABLE, Ending.LEDGER})


def log_began(mailing_id: int, run: int, *, is_rehearsal: bool, connections: int) -> None:
    """Log the start of a run."""
    emit(_LOG, "run.began", mailing=mailing_id, run=run, rehearsal=is_rehearsal, connections=connections)


def log_outcomes(mailing_id: int, run: int, told: Sequence[Report], decisions: Iterable[OutcomeDecision]) -> None:
    """Log the results of deliveries, after their commit."""
    if not _LOG.isEnabledFor(logging.INFO):
        return
    for each, decision in zip(told, decisions, strict=False):
        kind, subscriber = transition_of(decision.step).event, each.due.tried.subscriber_id
        name = each.route.route.name
        log_outcome(_LOG, kind, each.outcome, mailing=mailing_id, run=run, subscriber=subscriber, route=name)
        if decision.pause is not None:
            seconds = max(0.0, (decision.pause.until - each.at).total_seconds())
            number = decision.pause.number
            emit(_LOG, "run.paused", level=logging.WARNING, mailing=mailing_id, run=run, seconds=seconds, number=number)
        if decision.halt is not None:
            cause = decision.halt.cause
            emit(_LOG, "run.halted", level=logging.ERROR, mailing=mailing_id, run=run, cause=cause)


def log_outcome(log: logging.Logger, kind: EventKind, outcome: Outcome, *, said: str = "", **ids: Field) -> None:
    """Log the result of one message: a delivery, or a message of the public pages."""
    reply = outcome.reply
    emit(
        log,
        f"delivery.{kind}",
        level=logging.INFO,
        said=said,
        **ids,
        stage=outcome.stage,
        code=reply.code if reply else None,
        status=reply.enhanced if reply else None,
        queue_id=outcome.queue_id,
    )


def log_failed(mailing_id: int, run: int, error: BaseException) -> None:
    """Log that a run failed: the database was replaced, or there is a bug."""
    emit_bug(_LOG, "run.failed", error, mailing=mailing_id, run=run)


def log_ended(mailing_id: int, run: int, ending: Ending, sums: Sums, *, unanswered: int, unwritten: int) -> None:
    """Log the end of a run, and the totals of the mailing."""
    level = logging.WARNING if ending in _BAD or unanswered or unwritten else logging.INFO
    emit(
        _LOG,
        "run.ended",
        level=level,
        mailing=mailing_id,
        run=run,
        ending=ending,
        unanswered=unanswered,
        unwritten=unwritten,
        accepted=sums[DeliveryState.ACCEPTED],
        refused=sums[DeliveryState.REFUSED],
        unknown=sums[DeliveryState.UNKNOWN],
        open=sums.open,
    )
