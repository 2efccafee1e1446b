"""Starts a confirmed mailing: freezes it as proposed, and sends it or leaves it scheduled.

Input: an open newsletter, a `ProposedMailing`, and the controls that watch and stop the run. Output: the result.
Guarantees: it is frozen in one transaction, as it was proposed or not at all; if sending is not possible, no frozen
mailing is left behind.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version

from composer.app.context import MailingContext, notes_of, person
from composer.app.mailings.approval_state import allowed_until, permission_to_freeze, settings_now
from composer.app.mailings.mailing_proposal import ProposedMailing
from composer.app.mailings.mailing_run import RunControls, RunOutcome, RunRefused, run_mailing
from composer.delivery.approval.reviews import link_to_mailing
from composer.delivery.core.mailing import Mailing, MailingError, mailing_of, pause
from composer.delivery.core.pause import PauseReason
from composer.delivery.database_guard.copy_detection import check_original
from composer.delivery.database_guard.sending_lock import lock_sending
from composer.delivery.preflight.preflight import Refusal
from composer.delivery.preflight.proposal import SAMPLES, draft_of, samples
from composer.delivery.selection.freeze import freeze


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalsChanged:
    """Nothing was frozen, because an approval was withdrawn or changes were requested after the proposal."""

    refusals: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MailingWaits:
    """A mailing that is frozen and scheduled."""

    mailing: Mailing


SendOutcome = RunOutcome | MailingWaits | ApprovalsChanged


def send(context: MailingContext, proposed: ProposedMailing, controls: RunControls | None = None) -> SendOutcome:
    """Freeze a mailing as it was proposed, and send it or leave it scheduled.

    Raises MailingError without recipients, or if the number of recipients has changed since; BusyError, CopyError.
    """
    controls = controls or RunControls()
    proposed.require_recipients()
    if proposed.refusals:
        return RunRefused(refusals=proposed.refusals)
    if not proposed.is_rehearsal:
        check_original(context.database, notes_of(context.environment))
    if proposed.due is not None:
        frozen = _freeze(context, proposed, controls.clock)
        return frozen if isinstance(frozen, ApprovalsChanged) else MailingWaits(mailing=frozen)
    # Locked before freezing: if sending is not possible, no frozen mailing is left behind.
    with lock_sending(context.database) as lock:
        frozen = _freeze(context, proposed, controls.clock)
        if isinstance(frozen, ApprovalsChanged):
            return frozen
        return run_mailing(
            context,
            proposed.settings,
            frozen,
            proposed.tokens,
            controls,
            limit=proposed.options.limit,
            lock=lock,
            allowed_until=allowed_until(proposed.proposal.known.approval, proposed.options.allowed),
        )


def _freeze(
    context: MailingContext, proposed: ProposedMailing, clock: Callable[[], datetime]
) -> Mailing | ApprovalsChanged:
    """Freeze a mailing as it was proposed, unless its approvals have changed since."""
    proposal, options, is_rehearsal = proposed.proposal, proposed.options, proposed.is_rehearsal
    until = None if is_rehearsal else allowed_until(proposal.known.approval, options.allowed)
    approvers = proposed.settings if is_rehearsal else settings_now(context)
    with context.database.write() as connection:
        if not is_rehearsal:
            found = permission_to_freeze(connection, proposal, approvers, until, clock())
            if not found.is_granted:
                return ApprovalsChanged(refusals=found.refusals)
        only = None
        if is_rehearsal and not options.is_all:
            only = samples(connection, proposal, options.limit or SAMPLES)
        draft = draft_of(
            proposal,
            proposed.settings,
            made_by=person(context.workspace),
            program=version("compose-newsletter"),
            commit=proposed.commit,
            allowed=proposal.reasons(options.allowed),
            again_because=options.again or "",
            corrects=proposed.corrects,
            due=proposed.due,
            only=only,
        )
        mailing = freeze(connection, draft, clock())
        if options.limit is not None and not is_rehearsal:
            # Paused before anything is sent: even if this process dies, only a person sends the rest.
            pause(connection, mailing.id, draft.made_by, PauseReason.LIMIT, clock())
            mailing = mailing_of(connection, mailing.id)
        if not is_rehearsal and mailing.frozen != proposed.count:
            raise MailingError(
                f"the number of recipients has changed to {mailing.frozen:,}; nothing was sent",
                "run the command again",
            )
        link_to_mailing(connection, mailing.id, proposal.review, clock(), until)
    return mailing
