"""The approvals of a mailing, looked at again whenever it is to begin or go on.

Input: an open publication and a mailing. Output: whether it may; what keeps it is printed. Decides nothing itself: what counts
is decided in composer/delivery/approval/approvals.py.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from composer.cli.sending import proposal_view as screen
from composer.cli.ui import console

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from composer.app.context import MailingContext
    from composer.delivery.approval.approvals import Approval
    from composer.delivery.config.delivery_settings import Settings
    from composer.delivery.core.mailing import Mailing
    from composer.delivery.preflight.preflight import Refusal
    from composer.delivery.preflight.proposal import Proposal


def settings_now(publication: "MailingContext") -> "Settings":
    """Read newsletter.yaml again: who may approve may have changed while a question waited for its answer."""
    from composer.content.document.newsletter import read_newsletter
    from composer.delivery.config.delivery_settings import settings_of

    return settings_of(read_newsletter(publication.workspace))


def permission(
    publication: "MailingContext", mailing: "Mailing", allowed_until: int | None
) -> "Callable[[Connection], bool]":
    """Return what tells, in the transaction in which a mailing begins, whether it still may.

    `allowed_until`: the last answer that was shown to whoever has just allowed it to go out without approvals.
    """
    from composer.delivery.approval.approvals import may_begin

    if mailing.is_rehearsal:
        return lambda connection: True
    settings = settings_now(publication)
    return lambda connection: may_begin(connection, mailing.id, settings, allowed_until)


def refusal_of(connection: "Connection", mailing: "Mailing", settings: "Settings") -> "Refusal | None":
    """Return why a mailing that is not over may not begin or go on, as far as its approvals are concerned."""
    from composer.delivery.approval.approvals import allowance_of, approval_of_mailing
    from composer.delivery.preflight.preflight import PreflightFacts, refusals

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


def is_permitted(publication: "MailingContext", mailing: "Mailing", allowed_until: int | None) -> bool:
    """Tell whether a mailing may begin or go on; print what keeps it from that."""
    from composer.delivery.approval.approvals import is_permitted

    if mailing.is_rehearsal:
        return True
    settings = settings_now(publication)
    with publication.database.read() as connection:
        if is_permitted(connection, mailing.id, settings, allowed_until):
            return True
        found = refusal_of(connection, mailing, settings)
    screen.show_refusals([] if found is None else [found])
    return False


def is_still_approved(
    connection: "Connection", proposal: "Proposal", settings: "Settings", allowed_until: int | None
) -> bool:
    """Tell, in the transaction that freezes a mailing, whether what was shown is approved; print what keeps it back."""
    from composer.cli.ui.open_database import now
    from composer.delivery.approval.approvals import approval_of
    from composer.delivery.approval.reviews import hold
    from composer.delivery.preflight.preflight import PreflightFacts, refusals

    hold(connection, proposal.review, now())
    approval = approval_of(connection, proposal.review, settings)
    if approval.permits(allowed_until):
        return True
    screen.show_refusals(refusals(PreflightFacts(editions=(), issue=proposal.issue, approval=approval), {}))
    console.talk("the approvals have changed since you were asked: nothing was sent")
    return False


def allowed_until(approval: "Approval", allowed: Mapping[str, str]) -> int | None:
    """Return the last answer known to whoever said `--allow unapproved`; None where nobody did, or nobody had to."""
    from composer.delivery.preflight.preflight import Code

    return approval.last if Code.UNAPPROVED in allowed and not approval.is_enough else None


def show_requests(publication: "MailingContext", mailing: "Mailing") -> None:
    """Print who requests changes of a mailing, which has stopped."""
    from composer.delivery.approval.approvals import approval_of_mailing

    with publication.database.read() as connection:
        found = approval_of_mailing(connection, mailing.id, settings_now(publication)).returned
    for each in found:
        console.talk(f"changes requested by {each.address}: {each.comment}")
