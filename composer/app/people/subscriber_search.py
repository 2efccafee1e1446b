"""Finds subscribers: one by address, or those that words or an audience mean.

Input: a newsletter's context and who is meant. Output: subscribers, counted and streamed. Guarantees: changes nothing.
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
    """Those who are meant."""

    #: How many have which status; a status that nobody has is not in it.
    counts: Mapping[Status, int]
    #: In the order in which they came. It runs once.
    subscribers: Iterator[Subscriber]

    @property
    def total(self) -> int:
        """How many there are."""
        return sum(self.counts.values())


def find_subscriber(context: MailingContext, address: str) -> Subscriber:
    """Find a subscriber by address, however it is written. Raises AudienceError where there is none."""
    with context.database.read() as connection:
        return get(connection, address)


@contextmanager
def subscribers_meant(
    context: MailingContext, condition: AudienceFilter, statuses: Sequence[Status] = (), *, audience: str = ""
) -> Iterator[SubscriberList]:
    """List those who are meant, for as long as the block lasts; without a status, of any.

    `audience`: one of newsletter.yaml, in the place of the condition. Raises UsageError.
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
        raise UsageError(f"there is no audience “{name}”", f"there are: {', '.join(audiences) or 'none'}")
    if condition:
        raise UsageError("--audience stands alone", "write the audience's words as flags, and more beside them")
    return audiences[name]
