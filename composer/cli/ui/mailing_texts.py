"""Labels and lines about mailings that several commands share.

Input: values of composer/delivery. Output: texts. Guarantees: prints nothing and makes no decisions.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from composer.delivery.core.pause import PauseReason
from composer.delivery.core.routing import RouteCondition
from composer.delivery.core.states import DeliveryState

if TYPE_CHECKING:
    from composer.delivery.core.mailing import Mailing, Sums
    from composer.delivery.core.pause import Pause
    from composer.delivery.worker.drain import Outstanding

#: The label of each state of a recipient.
WORDS = {
    DeliveryState.PENDING: "pending",
    DeliveryState.CLAIMED: "pending",
    DeliveryState.SENDING: "sending",
    DeliveryState.DEFERRED: "retrying",
    DeliveryState.ACCEPTED: "accepted",
    DeliveryState.REFUSED: "rejected",
    DeliveryState.UNKNOWN: "unconfirmed",
    DeliveryState.SUPPRESSED: "excluded before sending",
    DeliveryState.EXPIRED: "expired",
    DeliveryState.WRITTEN: "written to a file",
}
#: The label of each condition of a mail server.
CONDITIONS = {
    RouteCondition.UP: "up",
    RouteCondition.DOWN: "down",
    RouteCondition.THROTTLED: "throttling",
    RouteCondition.REJECTING: "rejecting the sender or every message",
    RouteCondition.FULL: "daily quota used up",
}
#: Why a mailing is paused.
PAUSED = {
    PauseReason.STOPPED: "stopped with compose stop",
    PauseReason.CHANGES_REQUESTED: "changes were requested",
    PauseReason.INTERRUPTED: "stopped with Ctrl-C",
    PauseReason.LIMIT: "sent with --limit",
    PauseReason.HALTED: "the server rejected the sender or the message, or confirmed nothing",
    PauseReason.UPGRADE: "started by an earlier version of compose",
}
#: Why selected subscribers are excluded from a mailing; a number comes before.
LEFT_OUT = {
    "pending": "not confirmed yet",
    "unsubscribed": "unsubscribed",
    "bounced": "with an address that bounced",
    "complained": "marked a message as spam",
    "held": "with held bounces, until you decide: compose bounces held",
    "suppressed": "on the suppression list",
    "has_it": "already received it",
    "cannot_know": "may have received it: unconfirmed (compose settle)",
    "turned_away": "rejected before: no such mailbox or domain",
    "not_theirs": "did not receive the corrected issue",
}


def sums_in_words(sums: "Sums") -> Iterator[tuple[str, int]]:
    """Yield the label and number of each state that has recipients, the best state first."""
    order = (
        DeliveryState.ACCEPTED,
        DeliveryState.WRITTEN,
        DeliveryState.SENDING,
        DeliveryState.PENDING,
        DeliveryState.DEFERRED,
        DeliveryState.UNKNOWN,
        DeliveryState.REFUSED,
        DeliveryState.SUPPRESSED,
        DeliveryState.EXPIRED,
    )
    for state in order:
        # Recipients that a run has claimed, but not begun to send to, are still pending.
        number = sums[state] + (sums[DeliveryState.CLAIMED] if state is DeliveryState.PENDING else 0)
        if number:
            yield WORDS[state], number


def totals(sums: "Sums") -> str:
    """Return the states and their total, without a statement about them."""
    parts = " + ".join(f"{number:,} {words}" for words, number in sums_in_words(sums)) or "0"
    return f"{parts} = {sums.total:,}"


def identity(sums: "Sums") -> str:
    """Return the states and their total, and whether it matches the number of recipients."""
    if sums.is_even:
        return f"{totals(sums)}: all recipients are accounted for"
    return f"{totals(sums)}, but {sums.frozen:,} were frozen: THE TOTALS DO NOT ADD UP, do not rely on them"


def title(mailing: "Mailing") -> str:
    """Return the name of a mailing."""
    kind = "rehearsal" if mailing.is_rehearsal else "mailing"
    again = f" (again: {mailing.again_because})" if mailing.again else ""
    return f"{kind} {mailing.id} of {mailing.issue}{again}"


def condition(mailing: "Mailing", sums: "Sums", zone: ZoneInfo) -> str:
    """Return the state of a mailing."""
    if mailing.ended and sums[DeliveryState.UNKNOWN]:
        return f"ended {when(mailing.ended, zone)}, with unconfirmed recipients"
    if mailing.ended:
        return f"ended {when(mailing.ended, zone)}"
    if mailing.pause is not None:
        return paused(mailing.pause, zone)
    if not sums.open:
        return "waiting for your decision about unconfirmed recipients"
    if mailing.due and sums[DeliveryState.PENDING] == sums.frozen:
        return f"scheduled for {when(mailing.due, zone)} (compose send --due)"
    return "not finished"


def paused(pause: "Pause", zone: ZoneInfo) -> str:
    """Return since when a mailing is paused, by whom, and why."""
    by = f" by {pause.by}" if pause.by else ""
    return f"paused {when(pause.at, zone)}{by}: {PAUSED[pause.reason]}"


def when(moment: datetime, zone: ZoneInfo) -> str:
    """Return a time in the editors' time zone, to the minute."""
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"


def answers(outstanding: "Outstanding", zone: ZoneInfo) -> str:
    """Return what a run that is ending waits for."""
    until = f"{outstanding.until.astimezone(zone):%H:%M:%S}"
    return f"waiting for {outstanding.server} to answer for {messages(outstanding.open)}, until {until} at the latest"


def messages(number: int) -> str:
    """Return a number of messages."""
    return "1 message" if number == 1 else f"{number:,} messages"


def people(number: int) -> str:
    """Return a number of subscribers."""
    return "1 subscriber" if number == 1 else f"{number:,} subscribers"


def code_of(sums: "Sums") -> int:
    """Return the exit code for the totals: 75 if recipients remain, 3 if some are unconfirmed, 0 if all is done."""
    if sums.open:
        return 75
    return 3 if sums[DeliveryState.UNKNOWN] else 0
