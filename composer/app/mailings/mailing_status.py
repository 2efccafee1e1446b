"""The status of mailings: their totals, people's decisions about them, and what prevents them from continuing.

Input: an open newsletter, one mailing or all. Output: values; for one mailing also who has not received it. Guarantees:
changes nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection

from composer.app.clock import now
from composer.app.context import MailingContext
from composer.app.mailings.approval_state import refusal_of
from composer.delivery.approval.approvals import answers_before
from composer.delivery.approval.reviews import GivenAnswer
from composer.delivery.config.delivery_settings import Settings, settings_of
from composer.delivery.config.resolve import route_places
from composer.delivery.core.mailing import Mailing, Sums, mailing_of, mailings_of, sums_of
from composer.delivery.ledger.reconciliation import Decided, decided_of
from composer.delivery.ledger.restore import all_lost
from composer.delivery.preflight.preflight import Refusal
from composer.delivery.reporting.route_results import RouteResult, ServerStatus, route_results, server_conditions
from composer.delivery.reporting.statistics import RecipientOutcome, next_try, not_received


@dataclass(frozen=True, slots=True, kw_only=True)
class MailingStatus:
    """The status of one mailing."""

    mailing: Mailing
    sums: Sums
    #: Recipients who count as having received the mailing, because a person decided so.
    decided: tuple[Decided, ...]
    #: When the next deferred message is retried.
    next_try: datetime | None
    #: The approvers' answers.
    answers: tuple[GivenAnswer, ...]
    #: Why its approvals do not allow it to continue.
    held: Refusal | None
    #: What each mail server did; only filled for one mailing, and if several servers were named.
    routes: tuple[RouteResult, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MailingOverview:
    """The status of one mailing, or of all."""

    mailings: tuple[MailingStatus, ...]
    #: Issues whose mailing was lost when a backup was restored, and when that was; only filled for all mailings.
    lost: Mapping[str, datetime] = field(default_factory=dict)
    #: The first recipients who have not received a mailing; only filled for one mailing.
    not_received: tuple[RecipientOutcome, ...] = ()
    #: The conditions of the mail servers; only filled for all mailings.
    servers: tuple[ServerStatus, ...] = ()

    @property
    def is_even(self) -> bool:
        """Whether the totals of every mailing add up."""
        return all(each.sums.is_even for each in self.mailings)


def status(
    context: MailingContext, mailing_id: int | None = None, *, most: int = 0, clock: Callable[[], datetime] = now
) -> MailingOverview:
    """Return the status of mailings; for one, with at most `most` who have not received it. Raises MailingError."""
    settings = settings_of(context.newsletter)
    with context.database.read() as connection:
        if mailing_id is None:
            found = tuple(_status(connection, each, settings) for each in mailings_of(connection))
            servers = server_conditions(connection, route_places(context.newsletter, context.environment), clock())
            return MailingOverview(mailings=found, lost=all_lost(connection), servers=servers)
        one = _status(connection, mailing_of(connection, mailing_id), settings)
        one = replace(one, routes=route_results(connection, mailing_id))
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
