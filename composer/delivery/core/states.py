"""The states of a delivery, and all transitions between them.

Input: nothing. Output: the states, and `WAYS`, which the ledger follows and
docs/explanation/delivery-guarantees.md shows.

    pending   -> claimed, suppressed, expired (only when a person cancels the mailing), unknown (`compose db restored`)
    claimed   -> pending, deferred, refused, suppressed, sending, unknown (`compose db restored`)
    sending   -> accepted, deferred, refused, unknown, written (a rehearsal)
    deferred  -> claimed, suppressed, expired, unknown (`compose db restored`)
    unknown   -> accepted, pending (`compose settle`); accepted, deferred, refused (the answer came late, to its own process)
    refused   -> pending (three in a row, about the sender or the message: the run stops),
                 unknown (`compose db restored`, about the sender or the message)
"""

from enum import StrEnum


class DeliveryState(StrEnum):
    """The state of one recipient of a mailing; a recipient is in exactly one state."""

    #: not processed yet
    PENDING = "pending"
    #: a run is processing the delivery; the final dot of the SMTP DATA command has not been sent
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
    #: unsubscribed or suppressed before the message was sent
    SUPPRESSED = "suppressed"
    #: retried until the deadline, or the mailing was canceled before that
    EXPIRED = "expired"
    #: written to a file by a rehearsal; nothing was sent
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
#: Not finished yet.
OPEN = frozenset({_S.PENDING, _S.CLAIMED, _S.SENDING, _S.DEFERRED})
#: Received, perhaps received, or being sent, so no other mailing of the issue is sent to these recipients.
HOLDING = frozenset({_S.CLAIMED, _S.SENDING, _S.DEFERRED, _S.ACCEPTED, _S.UNKNOWN})
#: Finished and not received.
LET_GO = frozenset({_S.REFUSED, _S.SUPPRESSED, _S.EXPIRED, _S.WRITTEN})
