"""The approvals of a mailing, checked again whenever it begins or continues.

Input: an open newsletter and a mailing. Output: whether it may begin or continue, and what prevents it. The decision
itself is made in composer/delivery/approval/approvals.py.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from composer.app.context import MailingContext
from composer.content.document.newsletter import read_newsletter
from composer.delivery.approval import approvals
from composer.delivery.approval.approvals import Approval, allowance_of, approval_of, approval_of_mailing
from composer.delivery.approval.reviews import GivenAnswer, hold
from composer.delivery.config.delivery_settings import Settings, settings_of
from composer.delivery.core.mailing import Mailing
from composer.delivery.preflight.preflight import Code, PreflightFacts, Refusal, refusals
from composer.delivery.preflight.proposal import Proposal


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """Whether the approvals of a mailing allow it to begin or continue."""

    is_granted: bool
    #: What prevents it.
    refusals: tuple[Refusal, ...] = ()


def settings_now(context: MailingContext) -> Settings:
    """Read newsletter.yaml again: the approvers may have changed while a prompt waited for its answer."""
    return settings_of(read_newsletter(context.workspace))


def may_begin(context: MailingContext, mailing: Mailing, allowed_until: int | None) -> Callable[[Connection], bool]:
    """Return a function that checks, in the transaction in which a mailing begins, whether it still may.

    `allowed_until`: the last answer that was shown to the person who has just allowed sending without approvals.
    """
    if mailing.is_rehearsal:
        return lambda connection: True
    settings = settings_now(context)
    return lambda connection: approvals.may_begin(connection, mailing.id, settings, allowed_until)


def refusal_of(connection: Connection, mailing: Mailing, settings: Settings) -> Refusal | None:
    """Return why an unfinished mailing may not begin or continue."""
    if mailing.is_rehearsal or mailing.ended is not None:
        return None
    known = PreflightFacts(
        editions=(),
        continues=mailing.id,
        issue=mailing.issue,
        approval=approval_of_mailing(connection, mailing.id, settings),
        allowed_until=allowance_of(connection, mailing.id),
    )
    return next(iter(refusals(known, {})), None)


def permission(context: MailingContext, mailing: Mailing, allowed_until: int | None) -> Permission:
    """Return whether a mailing may begin or continue now."""
    if mailing.is_rehearsal:
        return Permission(is_granted=True)
    settings = settings_now(context)
    with context.database.read() as connection:
        if approvals.is_permitted(connection, mailing.id, settings, allowed_until):
            return Permission(is_granted=True)
        found = refusal_of(connection, mailing, settings)
    return Permission(is_granted=False, refusals=() if found is None else (found,))


def permission_to_freeze(
    connection: Connection, proposal: Proposal, settings: Settings, allowed_until: int | None, now: datetime
) -> Permission:
    """Check, in the transaction that freezes a mailing, whether the proposal is approved."""
    hold(connection, proposal.review, now)
    approval = approval_of(connection, proposal.review, settings)
    if approval.permits(allowed_until):
        return Permission(is_granted=True)
    known = PreflightFacts(editions=(), issue=proposal.issue, approval=approval)
    return Permission(is_granted=False, refusals=refusals(known, {}))


def allowed_until(approval: Approval, allowed: Mapping[str, str]) -> int | None:
    """Return the last answer that the person who allowed `unapproved` knew of; None if it was not allowed or not needed."""
    return approval.last if Code.UNAPPROVED in allowed and not approval.is_enough else None


def requests_of(context: MailingContext, mailing: Mailing) -> tuple[GivenAnswer, ...]:
    """Return who requests changes to a mailing."""
    with context.database.read() as connection:
        return approval_of_mailing(connection, mailing.id, settings_now(context)).returned
