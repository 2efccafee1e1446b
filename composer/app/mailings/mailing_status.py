"""How mailings stand: their totals, what people decided about them, what keeps them from going on.

Input: an open newsletter, one mailing or all. Output: values; of one mailing also who has not got it. Changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from composer.app.context import MailingContext
from composer.app.mailings.approval_state import refusal_of
from composer.delivery.approval.approvals import answers_before
from composer.delivery.approval.reviews import GivenAnswer
from composer.delivery.config.delivery_settings import Settings, settings_of
from composer.delivery.core.mailing import Mailing, Sums, mailing_of, mailings_of, sums_of
from composer.delivery.ledger.reconciliation import Decided, decided_of
from composer.delivery.ledger.restore import all_lost
from composer.delivery.preflight.preflight import Refusal
from composer.delivery.reporting.statistics import RecipientOutcome, next_try, not_received


@dataclass(frozen=True, slots=True, kw_only=True)
class MailingStatus:
    """How one mailing stands."""

    mailing: Mailing
    sums: Sums
    #: Who counts as having received it because a person said so.
    decided: tuple[Decided, ...]
    #: When the next message that was put off is tried again.
    next_try: datetime | None
    #: What those who may approve said of it.
    answers: tuple[GivenAnswer, ...]
    #: Why it may not go on, as far as its approvals are concerned.
    held: Refusal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MailingOverview:
    """How one mailing stands, or all of them."""

    mailings: tuple[MailingStatus, ...]
    #: Issues whose mailing was lost when a backup was restored, and when that was; looked for among all mailings only.
    lost: Mapping[str, datetime] = field(default_factory=dict)
    #: The first of those who have not got a mailing; looked for in one mailing only.
    not_received: tuple[RecipientOutcome, ...] = ()

    @property
    def is_even(self) -> bool:
        """Whether the totals of every mailing add up."""
        return all(each.sums.is_even for each in self.mailings)


def status(context: MailingContext, mailing_id: int | None = None, *, most: int = 0) -> MailingOverview:
    """Look how mailings stand; of one mailing, name `most` who have not got it at most. Raises MailingError."""
    settings = settings_of(context.newsletter)
    with context.database.read() as connection:
        if mailing_id is None:
            found = tuple(_status(connection, each, settings) for each in mailings_of(connection))
            return MailingOverview(mailings=found, lost=all_lost(connection))
        one = _status(connection, mailing_of(connection, mailing_id), settings)
        names = not_received(connection, mailing_id, most) if most else ()
        return MailingOverview(mailings=(one,), not_received=names)


def _status(connection: Connection, mailing: Mailing, settings: Settings) -> MailingStatus:
    return MailingStatus(
        mailing=mailing,
        sums=sums_of(connection, mailing.id),
        decided=decided_of(connection, mailing.id),
        next_try=next_try(connection, mailing.id),
        answers=answers_before(connection, mailing.id, mailing.ended),
        held=refusal_of(connection, mailing, settings),
    )
