"""The words of the event log: what happened to a mailing, and to each of its deliveries, in its order.

Comes in: nothing. Goes out: the vocabulary. The log (`mailing_events`) is only ever added to.
"""

from enum import StrEnum


class Kind(StrEnum):
    """What happened. The first are about a mailing as a whole, `words` says who or which run."""

    FROZEN = "frozen"
    #: a run began, and ended
    BEGAN = "began"
    RUN_ENDED = "run_ended"
    #: somebody said stop, and went on
    STOPPED = "stopped"
    RESUMED = "resumed"
    #: everybody's fate is known
    ENDED = "ended"
    #: by a person's word
    ENDED_FOR_GOOD = "ended_for_good"

    #: the states that a delivery came to; `words` is the server's reply, or why
    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    SUPPRESSED = "suppressed"
    EXPIRED = "expired"
    WRITTEN = "written"
    #: it met a throttle: nothing was counted against it
    THROTTLED = "throttled"
    #: it was in hand and nothing was done
    GIVEN_BACK = "given_back"
    #: a refusal that was about us: pending again
    TAKEN_BACK = "taken_back"
    #: an unknown was settled, by a log or by a person
    SETTLED = "settled"
