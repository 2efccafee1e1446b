"""The codes of the event log: what happened to a mailing, and to each of its deliveries, in its order; and why.

Input: a code, and what a server said. Output: words for people. The log (`mailing_events`) is only ever added to.
"""

from enum import StrEnum


class EventKind(StrEnum):
    """What happened. The first are about a mailing as a whole; `who` did it, or it is about a `run`."""

    FROZEN = "frozen"
    #: a run began, and ended; `reason` is how it ended (plan.Ending), `words` what was in the way
    BEGAN = "began"
    RUN_ENDED = "run_ended"
    #: somebody said stop, and went on
    STOPPED = "stopped"
    RESUMED = "resumed"
    #: nobody but a person goes on with it
    PAUSED = "paused"
    #: the database was restored: whoever is not provably reached is unconfirmed; `who` accepted it
    RESTORED = "restored"
    #: everybody's fate is known
    ENDED = "ended"
    #: by a person's word
    ENDED_FOR_GOOD = "ended_for_good"

    #: the states that a delivery came to; `words` is the server's reply, `reason` why where no server said it
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
    #: an unknown was settled, by a log or by a person (`reason`, `who`)
    SETTLED = "settled"


class StateReason(StrEnum):
    """Why a delivery is in its state, where no server said it.

    One that was suppressed carries the reason on the suppression list (audience.suppression.Reason), or the subscriber's status.
    """

    #: settled: the mail server's log proves that it was accepted
    LOG = "log"
    #: settled: a person counts it as received
    RECEIVED = "received"
    #: settled: a person had it sent again
    AGAIN = "again"
    #: unknown: the run that sent it died, or was stopped, before an answer came
    RUN_DIED = "run_died"
    RUN_STOPPED = "run_stopped"
    #: unknown: the database was restored, and does not know whether it was sent since
    RESTORED = "restored"
    #: expired: retried until the deadline; or the mailing was ended first
    DEADLINE = "deadline"
    MAILING_ENDED = "mailing_ended"


_WORDS: dict[str, str] = {
    StateReason.LOG: "found in the mail server's log",
    StateReason.RECEIVED: "counted as received",
    StateReason.AGAIN: "to be sent again",
    StateReason.RUN_DIED: "the run that sent it died before an answer came",
    StateReason.RUN_STOPPED: "the run was stopped before an answer came",
    StateReason.RESTORED: "the database was restored: it may have been sent since",
    StateReason.DEADLINE: "retried until the deadline",
    StateReason.MAILING_ENDED: "the mailing was ended before their turn",
}


def in_words(reason: str | None, said: str | None) -> str:
    """Return why a delivery is in its state, for people: our reason, then what the server said last."""
    why = _WORDS.get(reason, reason.replace("_", " ")) if reason else ""
    return ": ".join(filter(None, (why, said)))
