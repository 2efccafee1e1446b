"""Finds subscribers: one by address, or several by a filter or an audience.

Input: a newsletter's context and a filter. Output: subscribers, counted and streamed. Guarantees: changes nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from composer.app.context import MailingContext
from composer.audience.subscribers import Status, Subscriber, count, get, select_subscribers
from composer.core.audience_filter import AudienceFilter
from composer.core.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriberList:
    """The selected subscribers."""

    #: The number of subscribers by status; a status without subscribers is missing.
    counts: Mapping[Status, int]
    #: In the order in which they were added. Can be iterated once.
    subscribers: Iterator[Subscriber]

    @property
    def total(self) -> int:
        """The number of subscribers."""
        return sum(self.counts.values())


def find_subscriber(context: MailingContext, address: str) -> Subscriber:
    """Return a subscriber by address, in any spelling. Raises AudienceError without one."""
    with context.database.read() as connection:
        return get(connection, address)


@contextmanager
def subscribers_meant(
    context: MailingContext, condition: AudienceFilter, statuses: Sequence[Status] = (), *, audience: str = ""
) -> Iterator[SubscriberList]:
    """Provide the selected subscribers until the block ends; without a status, of any status.

    `audience`: an audience of newsletter.yaml, instead of the condition. Raises UsageError.
    """
    with context.database.read() as connection:
        meant = _meant(context.newsletter.audiences, audience, condition)
        yield SubscriberList(
            counts=count(connection, meant, status=statuses),
            subscribers=select_subscribers(connection, meant, status=statuses),
        )


def _meant(audiences: Mapping[str, AudienceFilter], name: str, condition: AudienceFilter) -> AudienceFilter:
    if not name:
        return condition
    if name not in audiences:
        raise UsageError(
            f"newsletter.yaml has no audience “{name}”", f"its audiences are: {', '.join(audiences) or 'none'}"
        )
    if condition:
        raise UsageError(
            "--audience cannot be combined with other filters", "use the filters of the audience as options instead"
        )
    return audiences[name]
