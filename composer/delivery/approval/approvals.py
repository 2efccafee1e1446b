"""Whether a review is approved: its answers, counted by who may approve now.

Input: a connection, a review or a mailing, settings. Output: an `Approval`. Guarantees: only people who may approve now
count, each mailbox once, with its last answer; a person who was removed from `approvals.by` neither completes nor
blocks an approval.
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
    """The state of a review. It contains only the last answers of people who may approve now."""

    #: How many must approve.
    needed: int = 0
    approved: tuple[GivenAnswer, ...] = ()
    #: Requests for changes.
    returned: tuple[GivenAnswer, ...] = ()
    #: Answers of people who may no longer approve, and which therefore do not count.
    former: tuple[GivenAnswer, ...] = ()
    #: If only an earlier edition of the issue was approved: what has changed since, as codes by stem.
    changed_since: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: The last recorded answer; 0 if there is no answer.
    last: int = 0

    @property
    def is_enough(self) -> bool:
        """Whether enough people approve and no one requests changes."""
        return len(self.approved) >= self.needed and not self.returned

    def permits(self, allowed_until: int | None) -> bool:
        """Return whether a mailing may be sent.

        `allowed_until`: a person allowed it without enough approvals, and knew the answers up to this one. A request
        for changes that came later is not covered.
        """
        if allowed_until is None:
            return self.is_enough
        return all(each.id <= allowed_until for each in self.returned)


def approval_of(connection: Connection, review: Review, settings: Settings) -> Approval:
    """Return the state of a review, counted by who may approve now."""
    here = reviews.c.issue == review.issue, reviews.c.hash == review.hash
    review_id = connection.scalar(select(reviews.c.id).where(*here))
    found = _approval(connection, review_id, settings)
    return found if found.approved else replace(found, changed_since=_changed_since(connection, review))


def approval_of_mailing(connection: Connection, mailing_id: int, settings: Settings) -> Approval:
    """Return the state of the review that a mailing was frozen from, counted by who may approve now."""
    return _approval(connection, review_id_of_mailing(connection, mailing_id), settings)


def answers_before(connection: Connection, mailing_id: int, end: datetime | None) -> tuple[GivenAnswer, ...]:
    """Return each person's last answer to a mailing's review before the mailing ended, the oldest first."""
    found = last_answers(connection, review_id_of_mailing(connection, mailing_id), end)
    return tuple(sorted(found.values(), key=lambda each: each.id))


def allowance_of(connection: Connection, mailing_id: int) -> int | None:
    """Return the last answer known to the person who allowed a mailing without approvals; None if no person did."""
    here = mailing_reviews.c.mailing_id == mailing_id
    found: int | None = connection.scalar(select(mailing_reviews.c.allowed_until).where(here))
    return found


def allow_until(connection: Connection, mailing_id: int, last: int) -> None:
    """Record that a person who knows the answers up to `last` allows a mailing to be sent anyway."""
    here = mailing_reviews.c.mailing_id == mailing_id
    connection.execute(update(mailing_reviews).where(here).values(allowed_until=last))


def is_permitted(connection: Connection, mailing_id: int, settings: Settings, allowed_until: int | None = None) -> bool:
    """Return whether a mailing may start or be resumed.

    `allowed_until` as in `Approval.permits`, in addition to what was allowed before.
    """
    known = [each for each in (allowed_until, allowance_of(connection, mailing_id)) if each is not None]
    return approval_of_mailing(connection, mailing_id, settings).permits(max(known, default=None))


def may_begin(connection: Connection, mailing_id: int, settings: Settings, allowed_until: int | None = None) -> bool:
    """Return the same in a transaction that writes; no answer can change it until the transaction ends."""
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
    """Return what has changed since the issue was last approved, by stem."""
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
