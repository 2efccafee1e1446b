"""The states of every message that is sent: a delivery of a mailing, or a message of the public pages.

Input: nothing. Output: the states, and `WAYS`, all transitions between them, which delivery/ledger/claims.py and
core/transitions.py follow and docs/explanation/delivery-guarantees.md shows.

    pending   -> claimed, suppressed, expired (a person cancels the mailing; too old), unknown (`compose db restored`)
    claimed   -> pending, deferred, expired, refused, suppressed, sending, unknown (`compose db restored`)
    sending   -> accepted, deferred, expired, refused, unknown, written (to a file)
    deferred  -> claimed, suppressed, expired, unknown (`compose db restored`)
    unknown   -> accepted, pending (`compose settle`); accepted, deferred, expired, refused (the answer came late, to its
                 own process)
    refused   -> pending (three in a row, about the sender or the message: the run stops),
                 unknown (`compose db restored`, about the sender or the message)
"""

from enum import StrEnum


class DeliveryState(StrEnum):
    """The state of a message: of one recipient of a mailing, or requested on the public pages. It is in exactly one."""

    #: not processed yet
    PENDING = "pending"
    #: a worker is processing it; the final dot of the SMTP DATA command has not been sent
    CLAIMED = "claimed"
    #: the intent (the record that the message is about to be sent) is on disk; the final dot is being sent, without an
    #: answer yet
    SENDING = "sending"
    #: not accepted this time; retried, but not before `next_at`
    DEFERRED = "deferred"
    #: the server answered 250 to the final dot
    ACCEPTED = "accepted"
    #: rejected permanently
    REFUSED = "refused"
    #: unconfirmed: the final dot was sent, and no answer came
    UNKNOWN = "unknown"
    #: excluded before it was sent: unsubscribed or suppressed; on the public pages, a request that is not served
    SUPPRESSED = "suppressed"
    #: retried until the deadline, or the mailing was canceled before that
    EXPIRED = "expired"
    #: written to a file, as in a rehearsal; nothing was sent
    WRITTEN = "written"


_S = DeliveryState

WAYS: dict[DeliveryState, frozenset[DeliveryState]] = {
    _S.PENDING: frozenset({_S.CLAIMED, _S.SUPPRESSED, _S.EXPIRED, _S.UNKNOWN}),
    _S.CLAIMED: frozenset({_S.PENDING, _S.DEFERRED, _S.EXPIRED, _S.REFUSED, _S.SUPPRESSED, _S.SENDING, _S.UNKNOWN}),
    _S.SENDING: frozenset({_S.ACCEPTED, _S.DEFERRED, _S.EXPIRED, _S.REFUSED, _S.UNKNOWN, _S.WRITTEN}),
    _S.DEFERRED: frozenset({_S.CLAIMED, _S.SUPPRESSED, _S.EXPIRED, _S.UNKNOWN}),
    _S.ACCEPTED: frozenset(),
    _S.REFUSED: frozenset({_S.PENDING, _S.UNKNOWN}),
    _S.UNKNOWN: frozenset({_S.ACCEPTED, _S.PENDING, _S.DEFERRED, _S.EXPIRED, _S.REFUSED}),
    _S.SUPPRESSED: frozenset(),
    _S.EXPIRED: frozenset(),
    _S.WRITTEN: frozenset(),
}
#: Not finished yet.
OPEN = frozenset({_S.PENDING, _S.CLAIMED, _S.SENDING, _S.DEFERRED})
#: Received, perhaps received, or being sent, so no other mailing of the issue is sent to these recipients.
HOLDING = frozenset({_S.CLAIMED, _S.SENDING, _S.DEFERRED, _S.ACCEPTED, _S.UNKNOWN})
#: Finished and not received.
LET_GO = frozenset({_S.REFUSED, _S.SUPPRESSED, _S.EXPIRED, _S.WRITTEN})
