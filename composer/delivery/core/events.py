"""The codes of the event log: what happened to a mailing, to each of its deliveries and to messages of the public pages.

Input: a code and a server's reply. Output: text for people. Guarantees: pure; event_writer.py writes the log.
"""

from enum import StrEnum


class EventKind(StrEnum):
    """What happened. The first ones are about a mailing as a whole: `who` did it, or which `run` it concerns."""

    FROZEN = "frozen"
    #: a run started, and ended; `reason` is how it ended (scheduler.Ending), `words` is the obstacle
    BEGAN = "began"
    RUN_ENDED = "run_ended"
    #: a person stopped and resumed it
    STOPPED = "stopped"
    RESUMED = "resumed"
    #: only a person can resume it
    PAUSED = "paused"
    #: the database was restored: everyone without a proven acceptance is unconfirmed; `who` accepted the database
    RESTORED = "restored"
    #: the result for every recipient is known
    ENDED = "ended"
    #: a person canceled the mailing
    ENDED_FOR_GOOD = "ended_for_good"

    #: the states that a delivery or a message of the public pages reached; `words` is the server's reply, `reason` the
    #: reason if there is no reply
    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    SUPPRESSED = "suppressed"
    EXPIRED = "expired"
    WRITTEN = "written"
    #: the delivery was throttled, which does not count as an attempt
    THROTTLED = "throttled"
    #: a server rejected the sender or the message, and another route will take the message
    REROUTED = "rerouted"
    #: the delivery was claimed, but nothing was sent
    GIVEN_BACK = "given_back"
    #: the sender or the message was rejected, and the delivery is pending again
    TAKEN_BACK = "taken_back"
    #: an unconfirmed delivery was resolved, by a log or by a person (`reason`, `who`)
    SETTLED = "settled"


class StateReason(StrEnum):
    """Why a delivery is in its state, if there is no server reply.

    A suppressed delivery has the reason on the suppression list (audience.suppression.Reason), or the subscriber's
    status; a suppressed message of the public pages has a DropReason (web/public/transactional/mail_requests.py).
    """

    #: resolved: the mail server's log proves that the message was accepted
    LOG = "log"
    #: resolved: a person counts the message as received
    RECEIVED = "received"
    #: resolved: a person had the message sent again
    AGAIN = "again"
    #: unconfirmed: the run that sent it crashed, or was stopped, before the answer came
    RUN_DIED = "run_died"
    RUN_STOPPED = "run_stopped"
    #: unconfirmed: the database was restored, so it is not known whether the message has been sent since
    RESTORED = "restored"
    #: expired: the message was retried until the deadline, or the mailing was canceled before that
    DEADLINE = "deadline"
    MAILING_ENDED = "mailing_ended"


_WORDS: dict[str, str] = {
    StateReason.LOG: "found in the mail server's log",
    StateReason.RECEIVED: "counted as received",
    StateReason.AGAIN: "will be sent again",
    StateReason.RUN_DIED: "the process ended before the server answered",
    StateReason.RUN_STOPPED: "sending was stopped before the server answered",
    StateReason.RESTORED: "the database was restored: it may have been sent since then",
    StateReason.DEADLINE: "retried until the deadline",
    StateReason.MAILING_ENDED: "the mailing was canceled before it was sent",
}


def in_words(reason: str | None, said: str | None) -> str:
    """Return why a delivery is in its state, as text: our reason, then the server's last reply."""
    why = _WORDS.get(reason, reason.replace("_", " ")) if reason else ""
    return ": ".join(filter(None, (why, said)))
