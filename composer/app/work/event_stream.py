"""The events of mailings, for other programs: from the first one or after the last one that a program has.

Input: an open newsletter, an id, how long to follow. Output: events, as they are written, by whichever machine. Guarantees:
changes nothing; a program that stores the id of the last event that it has processed gets each event once.
"""

from collections.abc import Iterator

from composer.app.context import MailingContext
from composer.core.errors import UsageError
from composer.delivery.reporting.event_feed import EventFeed, MailingEvent, has_event
from composer.delivery.worker.stop_request import Stop

#: Seconds between two looks for new events, and while a transaction with events is being written.
_LOOK, _WAIT = 0.5, 0.05


def events(
    context: MailingContext,
    *,
    after: int = 0,
    mailing_id: int | None = None,
    is_followed: bool = False,
    stop: Stop | None = None,
) -> Iterator[MailingEvent]:
    """Yield events after this id; with `is_followed`, also those to come, until a stop is requested.

    Raises UsageError if the database does not have the event `after`, and DatabaseError.
    """
    stop = stop or Stop()
    if after:
        with context.database.read() as connection:
            if not has_event(connection, after):
                raise UsageError(
                    f"there is no event {after} in this database",
                    "if it was restored from a backup, events have new numbers: read them again without --after",
                )
    feed = EventFeed(context.database, after, mailing_id)
    while True:
        yield from feed.read()
        if feed.is_settled and not is_followed:
            return
        if stop.wait(_LOOK if feed.is_settled else _WAIT):
            return
