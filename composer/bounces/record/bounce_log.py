"""Log recorded returned messages as events.

Input: what was recorded. Output: an event for each new message, with ids and codes. Guarantees: pure except for the
log.
"""

import logging
from collections.abc import Iterable

from composer.bounces.record.bounce_policy import BounceEffect
from composer.bounces.record.recorder import Recorded
from composer.core.event_log import emit


def log_recorded(log: logging.Logger, recorded: Iterable[Recorded], source: str) -> None:
    """Log what was recorded: with the subscriber's id, never with the address."""
    for each in recorded:
        if each.is_new:
            emit(
                log,
                "bounce.recorded",
                level=logging.WARNING if each.effect is BounceEffect.ALERT else logging.INFO,
                source=source,
                kind=each.kind,
                effect=each.effect,
                bounce=each.finding.bounce,
                status=each.finding.status,
                mailing=each.mailing_id,
                subscriber=each.subscriber_id,
            )
