"""Decide the effect of a returned message on the subscriber.

Input: the bounce, and earlier bounces of the same subscriber. Output: a `BounceEffect`. Guarantees: pure; every case is
a line in a test.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from composer.bounces.parse.vocabulary import Class

#: How long a bounce counts, and how many mailings must have bounced, over what time at least.
LASTING = timedelta(days=180)
DOMAIN_MAILINGS = 2
SOFT_LASTING, SOFT_MAILINGS, SOFT_SPAN = timedelta(days=90), 5, timedelta(days=14)


class BounceEffect(StrEnum):
    """The effect of a returned message."""

    #: the subscriber is suppressed
    SUPPRESSED = "suppressed"
    #: the bounce counts against the subscriber's address, but is not enough to suppress it yet
    COUNTED = "counted"
    #: the bounce is about the sender, so a person should act; no subscriber is changed
    ALERT = "alert"
    #: no action was needed
    LEFT = "left"
    #: no valid token identifies a subscriber, so no subscriber was changed
    UNPROVEN = "unproven"
    #: a person should review the message
    KEPT = "kept"
    #: too many recipients of the mailing bounce in the same way, so the subscriber gets nothing until a person decides
    HELD = "held"
    #: a person decided that this bounce, or bounces like it, do not count
    RELEASED = "released"


@dataclass(frozen=True, slots=True, kw_only=True)
class BounceHistory:
    """One bounce of a subscriber."""

    at: datetime
    bounce: Class
    mailing_id: int
    #: Whether the failed address is the subscriber's own, not that of a forward or of one member of a list.
    is_own: bool = True


def is_decided(new: BounceHistory) -> bool:
    """Return whether earlier bounces make no difference."""
    return new.bounce is Class.OURS or (new.bounce is Class.HARD and new.is_own)


def effect_of(new: BounceHistory, before: Iterable[BounceHistory]) -> BounceEffect:
    """Return the effect of a bounce and the bounces before it. Several bounces of one mailing count once."""
    every = (*before, new)
    match new.bounce:
        case Class.OURS:
            return BounceEffect.ALERT
        case Class.HARD if new.is_own:
            return BounceEffect.SUPPRESSED
        case Class.HARD | Class.BAD_DOMAIN:
            gone = [each for each in every if each.bounce in (Class.HARD, Class.BAD_DOMAIN)]
            return _judged(_mailings(gone, new.at - LASTING) >= DOMAIN_MAILINGS)
        case Class.FULL | Class.SOFT:
            # All other failures count too, because no message has reached the subscriber.
            failed = [each for each in every if each.bounce is not Class.OURS and each.at >= new.at - SOFT_LASTING]
            span = new.at - min(each.at for each in failed)
            return _judged(span >= SOFT_SPAN and _mailings(failed, new.at - SOFT_LASTING) >= SOFT_MAILINGS)
        case _:
            assert_never(new.bounce)


def _mailings(bounces: Iterable[BounceHistory], since: datetime) -> int:
    return len({each.mailing_id for each in bounces if each.at >= since})


def _judged(is_enough: bool) -> BounceEffect:
    return BounceEffect.SUPPRESSED if is_enough else BounceEffect.COUNTED
