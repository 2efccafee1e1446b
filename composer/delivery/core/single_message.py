"""Decides what to do after an outcome of a message outside a mailing, such as one requested on the public pages.

Input: an outcome, the number of earlier attempts, the time, the policy. Output: a step of the retry policy. Guarantees:
pure.
"""

from datetime import datetime

from composer.delivery.core.retry_policy import (
    Accept,
    Defer,
    MarkUnconfirmed,
    PreviousAttempts,
    Refuse,
    Requeue,
    Reroute,
    RetryPolicy,
    ServerCondition,
    Write,
    decide,
)
from composer.transport.outcome import Outcome

SingleStep = Accept | Write | MarkUnconfirmed | Defer | Refuse


def decide_single(outcome: Outcome, attempts: int, now: datetime, policy: RetryPolicy) -> SingleStep:
    """Decide the next step. Without a mail server, writing a file is a success.

    There are no other recipients to compare with, so a rejection of the sender or the message is retried as often as
    the caller allows. Nothing is retried sooner than the policy's delays allow.
    """
    tried = PreviousAttempts(subscriber_id=0, attempts=attempts)
    decision = decide(outcome, tried, ServerCondition(), now, policy, is_rehearsal=True)
    again = now + policy.delay(attempts + 1)
    match decision.step:
        case Defer(until=until) | Requeue(until=until) | Reroute(until=until):
            return Defer(until=max(until, again))
        case Refuse() if decision.server_condition.streak:
            return Defer(until=again)
        case step:
            return step
