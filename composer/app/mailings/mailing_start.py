"""Starts a mailing that was proposed and confirmed: freezes exactly that, and sends it or leaves it to wait for its time.

Input: an open newsletter, a `ProposedMailing`, who watches and who may stop it. Output: what became of it.
Guarantees: it is frozen in one transaction, as it was proposed or not at all; whoever may not send leaves no frozen mailing
behind.
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
    """Nothing was frozen: since it was proposed somebody withdrew an approval, or requests changes."""

    refusals: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MailingWaits:
    """A mailing is frozen and waits for its time."""

    mailing: Mailing


SendOutcome = RunOutcome | MailingWaits | ApprovalsChanged


def send(context: MailingContext, proposed: ProposedMailing, controls: RunControls | None = None) -> SendOutcome:
    """Freeze a mailing as it was proposed, and send it; or have it wait for its time.

    Raises MailingError where nobody would get it, or somebody came or left since it was proposed; BusyError, CopyError.
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
    # Held from before the freezing on: whoever may not send leaves no frozen mailing behind.
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
            # Before anything is sent: whatever becomes of this process, the rest is for a person to send.
            pause(connection, mailing.id, draft.made_by, PauseReason.LIMIT, clock())
            mailing = mailing_of(connection, mailing.id)
        if not is_rehearsal and mailing.frozen != proposed.count:
            raise MailingError(
                f"subscribers came or went meanwhile: it would be {mailing.frozen:,} now; nothing was sent",
                "run it again",
            )
        link_to_mailing(connection, mailing.id, proposal.review, clock(), until)
    return mailing
