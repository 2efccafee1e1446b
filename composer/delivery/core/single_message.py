"""What an outcome means for a message outside any mailing, such as one that a subscriber asked for on the public pages.

Input: an outcome, the number of tries before it, the time, the policy. Output: a step of the retry policy. Pure.
"""

from datetime import datetime

from composer.delivery.core.retry_policy import (
    Accept,
    Defer,
    GiveBack,
    MarkUnconfirmed,
    Refuse,
    RetryPolicy,
    ServerCondition,
    Tried,
    Write,
    decide,
)
from composer.transport.outcome import Outcome

SingleStep = Accept | Write | MarkUnconfirmed | Defer | Refuse


def decide_single(outcome: Outcome, attempts: int, now: datetime, policy: RetryPolicy) -> SingleStep:
    """Decide what is to be done. Files are all that is meant to be written where there is no mail server.

    No answers about other recipients tell whose fault a refusal is: one that is about us is tried again, as often as the caller
    lets it. Nothing is tried sooner than the policy's delays say.
    """
    tried = Tried(subscriber_id=0, attempts=attempts)
    decision = decide(outcome, tried, ServerCondition(), now, policy, is_rehearsal=True)
    again = now + policy.delay(attempts + 1)
    match decision.step:
        case Defer(until=until) | GiveBack(until=until):
            return Defer(until=max(until, again))
        case Refuse() if decision.server_condition.streak:
            return Defer(until=again)
        case step:
            return step
