"""Whether a review is approved: its answers, judged by who may approve now.

Input: a connection, a review or a mailing, settings. Output: an `Approval`. Guarantees: only people who may approve now count,
each mailbox once, by their last answer; somebody who was removed from `approvals.by` neither completes nor blocks anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection, select, update

from composer.core.addresses import mailbox_of
from composer.database.tables.review_tables import mailing_reviews, review_answers, reviews
from composer.delivery.approval.content_diff import OUTDATED
from composer.delivery.approval.recorded_editions import differences, editions_in
from composer.delivery.approval.reviews import GivenAnswer, Review, ReviewAnswer, last_answers, review_id_of_mailing
from composer.delivery.config.delivery_settings import Settings
from composer.editions.pipeline import is_outdated


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """How a review stands. Only the last answers of people who may approve now are in it."""

    #: How many must approve.
    needed: int = 0
    approved: tuple[GivenAnswer, ...] = ()
    #: Requests for changes.
    returned: tuple[GivenAnswer, ...] = ()
    #: Answers of people who may not approve any more: they count for nothing.
    former: tuple[GivenAnswer, ...] = ()
    #: Where an earlier edition of the issue was approved, and this one by nobody: what has changed since, in codes by stem.
    changed_since: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: The last answer on record; 0 for none.
    last: int = 0

    @property
    def is_enough(self) -> bool:
        """Whether enough people approve and nobody requests changes."""
        return len(self.approved) >= self.needed and not self.returned

    def permits(self, allowed_until: int | None) -> bool:
        """Return whether a mailing may go out.

        `allowed_until`: somebody allowed it in spite of this, and knew the answers up to this one. A request for changes
        that came later is none of what they allowed.
        """
        if allowed_until is None:
            return self.is_enough
        return all(each.id <= allowed_until for each in self.returned)


def approval_of(connection: Connection, review: Review, settings: Settings) -> Approval:
    """Return how a review stands with those who may approve now."""
    here = reviews.c.issue == review.issue, reviews.c.hash == review.hash
    review_id = connection.scalar(select(reviews.c.id).where(*here))
    found = _approval(connection, review_id, settings)
    return found if found.approved else replace(found, changed_since=_changed_since(connection, review))


def approval_of_mailing(connection: Connection, mailing_id: int, settings: Settings) -> Approval:
    """Return how the review that a mailing was frozen from stands with those who may approve now."""
    return _approval(connection, review_id_of_mailing(connection, mailing_id), settings)


def answers_before(connection: Connection, mailing_id: int, end: datetime | None) -> tuple[GivenAnswer, ...]:
    """Return everybody's last answer for a mailing's review, given before the mailing ended, the first first."""
    found = last_answers(connection, review_id_of_mailing(connection, mailing_id), end)
    return tuple(sorted(found.values(), key=lambda each: each.id))


def allowance_of(connection: Connection, mailing_id: int) -> int | None:
    """Return the last answer that was known to whoever allowed a mailing to go out without approvals; None: nobody did."""
    here = mailing_reviews.c.mailing_id == mailing_id
    found: int | None = connection.scalar(select(mailing_reviews.c.allowed_until).where(here))
    return found


def allow_until(connection: Connection, mailing_id: int, last: int) -> None:
    """Record that somebody who knows the answers up to `last` allows a mailing to go out in spite of them."""
    here = mailing_reviews.c.mailing_id == mailing_id
    connection.execute(update(mailing_reviews).where(here).values(allowed_until=last))


def is_permitted(connection: Connection, mailing_id: int, settings: Settings, allowed_until: int | None = None) -> bool:
    """Return whether a mailing may begin, or go on.

    `allowed_until` as in `Approval.permits`, beside what was allowed before.
    """
    known = [each for each in (allowed_until, allowance_of(connection, mailing_id)) if each is not None]
    return approval_of_mailing(connection, mailing_id, settings).permits(max(known, default=None))


def may_begin(connection: Connection, mailing_id: int, settings: Settings, allowed_until: int | None = None) -> bool:
    """Tell the same in a transaction that writes; until it ends, nobody's answer can change it."""
    review_id = review_id_of_mailing(connection, mailing_id)
    connection.execute(select(reviews.c.id).where(reviews.c.id == review_id).with_for_update())
    return is_permitted(connection, mailing_id, settings, allowed_until)


def _approval(connection: Connection, review_id: int | None, settings: Settings) -> Approval:
    found = last_answers(connection, review_id)
    current = {mailbox_of(each.address) for each in settings.approvers}
    counted = sorted((each for mailbox, each in found.items() if mailbox in current), key=lambda each: each.id)
    return Approval(
        needed=settings.approvals,
        approved=tuple(each for each in counted if each.answer is ReviewAnswer.YES),
        returned=tuple(each for each in counted if each.answer is ReviewAnswer.NO),
        former=tuple(each for mailbox, each in found.items() if mailbox not in current),
        last=max((each.id for each in found.values()), default=0),
    )


def _changed_since(connection: Connection, review: Review) -> Mapping[str, tuple[str, ...]]:
    """Return what has changed since the last time that somebody approved the issue, by stem."""
    approved = select(review_answers.c.review_id).where(review_answers.c.answer == ReviewAnswer.YES)
    last = connection.execute(
        select(reviews)
        .where(reviews.c.issue == review.issue, reviews.c.hash != review.hash, reviews.c.id.in_(approved))
        .order_by(reviews.c.id.desc())
        .limit(1)
    ).first()
    if last is None:
        return {}
    if is_outdated(last.hash):
        return {review.issue: (OUTDATED,)}
    return differences(editions_in(connection, last.id), review.editions)
