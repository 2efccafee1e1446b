"""An outcome of a message outside a mailing: the same as in a mailing, but without the results of others."""

from datetime import UTC, datetime, timedelta

import pytest

from composer.delivery.core.retry_policy import (
    Accept,
    Defer,
    MarkUnconfirmed,
    RefusalCategory,
    Refuse,
    RetryPolicy,
    Write,
)
from composer.delivery.core.single_message import SingleStep, decide_single
from composer.transport.outcome import Outcome, OutcomeState, Scope, Stage
from tests.delivery.core.test_retry_policy import ACCEPTED, UNKNOWN, failed

NOW = datetime(2025, 1, 30, 6, 30, tzinfo=UTC)
POLICY = RetryPolicy()
LOST = Outcome(state=OutcomeState.DEFERRED, stage=Stage.CONNECT, reason="no route", scope=Scope.SERVER)
HELD = Outcome(state=OutcomeState.NOT_ATTEMPTED, stage=Stage.DOT, scope=Scope.RECIPIENT)
USELESS = Outcome(state=OutcomeState.NOT_ATTEMPTED, stage=Stage.RCPT, reason="the server takes no such address")
FILE = Outcome(state=OutcomeState.WRITTEN, stage=Stage.FILE)


@pytest.mark.parametrize(
    ("outcome", "step"),
    [
        (ACCEPTED, Accept()),
        (FILE, Write()),
        (UNKNOWN, MarkUnconfirmed()),
        (failed("550 5.1.1 no such user"), Refuse(refusal_category=RefusalCategory.GONE)),
        (USELESS, Refuse(refusal_category=RefusalCategory.SOFT)),
    ],
)
def test_final_outcomes(outcome: Outcome, step: SingleStep) -> None:
    """Accepted, written, unconfirmed, rejected because of the recipient: nothing is retried, after any attempt."""
    assert decide_single(outcome, 0, NOW, POLICY) == decide_single(outcome, 9, NOW, POLICY) == step


@pytest.mark.parametrize("attempts", range(6))
@pytest.mark.parametrize(
    "outcome",
    [
        LOST,
        HELD,
        failed("450 4.2.1 busy"),
        failed("421 4.3.2 closing"),
        failed("454 4.7.0 throttling failure"),
        failed("550 5.7.26 unauthenticated"),
        failed("554 5.7.1 spam", Stage.DOT),
        failed("552 5.3.4 too large", Stage.DOT),
    ],
)
def test_retried_outcomes(outcome: Outcome, attempts: int) -> None:
    """Temporary problems, throttles, and rejections of the sender or the message: after 1, 5, 15, then 60 minutes, not
    earlier.
    """
    minutes = (1, 5, 15, 60, 60, 60)[attempts]
    step = decide_single(outcome, attempts, NOW, POLICY)
    assert isinstance(step, Defer)
    assert step.until == NOW + timedelta(minutes=minutes)
