"""The states of a delivery, and every way from one to another.

Input: nothing. Output: the vocabulary, and `WAYS`, which the ledger keeps to and docs/ledger.md draws.

    pending   -> claimed, suppressed, expired (only when a person ends the mailing), unknown (`compose db restored`)
    claimed   -> pending, deferred, refused, suppressed, sending, unknown (`compose db restored`)
    sending   -> accepted, deferred, refused, unknown, written (a rehearsal)
    deferred  -> claimed, suppressed, expired, unknown (`compose db restored`)
    unknown   -> accepted, pending (`compose settle`); accepted, deferred, refused (the answer came late, to who had asked)
    refused   -> pending (three running, and it was us: the run stops), unknown (`compose db restored`, and it was us)
"""

from enum import StrEnum


class DeliveryState(StrEnum):
    """Where one recipient of a mailing stands: in exactly one of these."""

    #: nothing has been done for them yet
    PENDING = "pending"
    #: a run has them in hand; nothing final has gone out
    CLAIMED = "claimed"
    #: the intent is on disk, the final dot goes out; no answer is known yet
    SENDING = "sending"
    #: not taken this time: trying again, not before `next_at`
    DEFERRED = "deferred"
    #: taken by their server: it answered 250 to the final dot
    ACCEPTED = "accepted"
    #: turned away for good
    REFUSED = "refused"
    #: cannot know: the dot had gone, and no answer came
    UNKNOWN = "unknown"
    #: left, or was struck off, before their turn came
    SUPPRESSED = "suppressed"
    #: tried until the deadline, or the mailing was ended before their turn
    EXPIRED = "expired"
    #: a rehearsal's file; it counts for nothing else
    WRITTEN = "written"


_S = DeliveryState

WAYS: dict[DeliveryState, frozenset[DeliveryState]] = {
    _S.PENDING: frozenset({_S.CLAIMED, _S.SUPPRESSED, _S.EXPIRED, _S.UNKNOWN}),
    _S.CLAIMED: frozenset({_S.PENDING, _S.DEFERRED, _S.REFUSED, _S.SUPPRESSED, _S.SENDING, _S.UNKNOWN}),
    _S.SENDING: frozenset({_S.ACCEPTED, _S.DEFERRED, _S.REFUSED, _S.UNKNOWN, _S.WRITTEN}),
    _S.DEFERRED: frozenset({_S.CLAIMED, _S.SUPPRESSED, _S.EXPIRED, _S.UNKNOWN}),
    _S.ACCEPTED: frozenset(),
    _S.REFUSED: frozenset({_S.PENDING, _S.UNKNOWN}),
    _S.UNKNOWN: frozenset({_S.ACCEPTED, _S.PENDING, _S.DEFERRED, _S.REFUSED}),
    _S.SUPPRESSED: frozenset(),
    _S.EXPIRED: frozenset(),
    _S.WRITTEN: frozenset(),
}
#: Something is still to be done for them.
OPEN = frozenset({_S.PENDING, _S.CLAIMED, _S.SENDING, _S.DEFERRED})
#: They have it, or may have it, or are getting it: no other mailing of the issue goes to them.
HOLDING = frozenset({_S.CLAIMED, _S.SENDING, _S.DEFERRED, _S.ACCEPTED, _S.UNKNOWN})
#: Their run is over, and they did not get it.
LET_GO = frozenset({_S.REFUSED, _S.SUPPRESSED, _S.EXPIRED, _S.WRITTEN})
