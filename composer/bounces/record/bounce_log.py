"""What the event log is told of messages that came back, once they are on record.

Input: what was recorded. Output: an event for each that is new, by ids and codes. Pure but for the log.
"""

import logging
from collections.abc import Iterable

from composer.bounces.record.bounce_policy import BounceEffect
from composer.bounces.record.recorder import Recorded
from composer.core.event_log import emit


def log_recorded(log: logging.Logger, recorded: Iterable[Recorded], source: str) -> None:
    """Log what was recorded: by whose id, never by whose address."""
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
