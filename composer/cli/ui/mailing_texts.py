"""Mailings in an editor's words: what the commands about them share.

Input: values of the delivery room. Output: lines. Never prints, never decides.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from composer.delivery.core.pause import PauseReason
from composer.delivery.core.states import DeliveryState

if TYPE_CHECKING:
    from composer.delivery.core.mailing import Mailing, Sums
    from composer.delivery.core.pause import Pause
    from composer.delivery.worker.drain import Outstanding

#: Where a recipient stands, in an editor's words.
WORDS = {
    DeliveryState.PENDING: "still to be sent",
    DeliveryState.CLAIMED: "still to be sent",
    DeliveryState.SENDING: "on their way",
    DeliveryState.DEFERRED: "trying again",
    DeliveryState.ACCEPTED: "taken by their server",
    DeliveryState.REFUSED: "turned away",
    DeliveryState.UNKNOWN: "cannot know",
    DeliveryState.SUPPRESSED: "left before their turn",
    DeliveryState.EXPIRED: "given up",
    DeliveryState.WRITTEN: "written to a file",
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
#: Why a subscriber who is meant gets nothing, in an editor's words.
LEFT_OUT = {
    "pending": "have not confirmed yet",
    "unsubscribed": "have left",
    "bounced": "have an address that does not take mail",
    "complained": "have called a message spam",
    "held": "get nothing until you decide about their bounces: compose bounces held",
    "suppressed": "stand on the suppression list",
    "has_it": "have it already",
    "cannot_know": "may have it: nobody knows (compose settle)",
    "turned_away": "were turned away before: no such mailbox or domain",
    "not_theirs": "did not get the issue that is corrected",
}


def sums_in_words(sums: "Sums") -> Iterator[tuple[str, int]]:
    """Yield the sums that are not empty, in words, the best first."""
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
        # What a run has in hand and has not begun is still to be sent, for everybody but that run.
        number = sums[state] + (sums[DeliveryState.CLAIMED] if state is DeliveryState.PENDING else 0)
        if number:
            yield WORDS[state], number


def totals(sums: "Sums") -> str:
    """Add the states up, and claim nothing."""
    parts = " + ".join(f"{number:,} {words}" for words, number in sums_in_words(sums)) or "0"
    return f"{parts} = {sums.total:,}"


def identity(sums: "Sums") -> str:
    """Say that the states add up, in numbers; or that they do not."""
    if sums.is_even:
        return f"{totals(sums)}: everybody is accounted for"
    return f"{totals(sums)}, and {sums.frozen:,} were frozen: THE SUMS DO NOT ADD UP, trust nothing below"


def title(mailing: "Mailing") -> str:
    """Name a mailing."""
    kind = "rehearsal" if mailing.is_rehearsal else "mailing"
    again = f" (again: {mailing.again_because})" if mailing.again else ""
    return f"{kind} {mailing.id} of {mailing.issue}{again}"


def condition(mailing: "Mailing", sums: "Sums", zone: ZoneInfo) -> str:
    """Return whether a mailing goes on."""
    if mailing.ended and sums[DeliveryState.UNKNOWN]:
        return f"over since {when(mailing.ended, zone)}, with unknowns"
    if mailing.ended:
        return f"over since {when(mailing.ended, zone)}"
    if mailing.pause is not None:
        return paused(mailing.pause, zone)
    if not sums.open:
        return "waits for a decision about the unknown"
    if mailing.due and sums[DeliveryState.PENDING] == sums.frozen:
        return f"goes out {when(mailing.due, zone)} (compose send --due)"
    return "not finished"


def paused(pause: "Pause", zone: ZoneInfo) -> str:
    """Say that a mailing is paused: since when, by whom, why."""
    by = f" by {pause.by}" if pause.by else ""
    return f"paused {when(pause.at, zone)}{by}: {PAUSED[pause.reason]}"


def when(moment: datetime, zone: ZoneInfo) -> str:
    """Write a time as editors read it: where they are, to the minute."""
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"


def answers(outstanding: "Outstanding", zone: ZoneInfo) -> str:
    """Return what a run that is about to end waits for."""
    until = f"{outstanding.until.astimezone(zone):%H:%M:%S}"
    return f"waiting for {outstanding.server} to answer about {messages(outstanding.open)}, until {until} at the latest"


def messages(number: int) -> str:
    """Count messages."""
    return "1 message" if number == 1 else f"{number:,} messages"


def people(number: int) -> str:
    """Count subscribers."""
    return "1 subscriber" if number == 1 else f"{number:,} subscribers"


def code_of(sums: "Sums") -> int:
    """Return the exit code that the sums stand for: 75 something remains, 3 somebody must settle, 0 done."""
    if sums.open:
        return 75
    return 3 if sums[DeliveryState.UNKNOWN] else 0
