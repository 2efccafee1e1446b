"""Resumes a frozen mailing as it was frozen, even if the issue has changed since.

Input: an open newsletter, an unfinished mailing, options. Output: a `ProposedResumption`, then the result of the run.
Guarantees: the issue is only read to report changes; nothing is sent before `resume`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from composer.app.context import MailingContext, notes_of
from composer.app.mailings.approval_state import allowed_until
from composer.app.mailings.mail_route import configured_routes
from composer.app.mailings.mailing_run import RunControls, RunOutcome, RunRefused, run_mailing
from composer.app.mailings.send_options import SendOptions
from composer.app.mailings.send_target import audience_of, check_all
from composer.audience.identity.token_secret import tokens_of
from composer.core.command_lines import command_line
from composer.core.errors import ContentError
from composer.delivery.approval.approvals import allow_until, allowance_of, approval_of_mailing
from composer.delivery.approval.content_diff import BROKEN
from composer.delivery.approval.recorded_editions import changes_of_mailing, edition_of
from composer.delivery.config.delivery_settings import Settings
from composer.delivery.config.resolve import ConfiguredRoute
from composer.delivery.core.mailing import Mailing, MailingError, Sums, allow, is_early, sums_of
from composer.delivery.core.states import DeliveryState
from composer.delivery.database_guard.copy_detection import check_original
from composer.delivery.ledger.reaper import reap
from composer.delivery.preflight.preflight import Code, PreflightFacts, Refusal, refusals, waived
from composer.delivery.preflight.storage_place import trouble_with


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedResumption:
    """A frozen mailing to resume, and what prevents it."""

    mailing: Mailing
    sums: Sums
    options: SendOptions
    settings: Settings
    #: The mail servers.
    routes: tuple[ConfiguredRoute, ...]
    #: The time it is scheduled for, if resuming would send it before that.
    waits_for: datetime | None
    known: PreflightFacts
    #: The reasons in the options, and those with which it was frozen.
    allowed: Mapping[str, str]

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        """What prevents it from continuing."""
        return refusals(self.known, self.allowed)

    @property
    def waived(self) -> tuple[Refusal, ...]:
        """Refusals that are overridden by a reason."""
        return waived(self.known, self.allowed)

    @property
    def count(self) -> int:
        """The number of remaining recipients, which confirms it. Messages being sent belong to another run."""
        return self.sums.open - self.sums[DeliveryState.SENDING]


def propose_resumption(
    context: MailingContext,
    mailing: Mailing,
    paths: Sequence[Path],
    options: SendOptions,
    settings: Settings,
    clock: Callable[[], datetime],
) -> ProposedResumption:
    """Propose to resume a mailing. `paths`: the files of its issue today.

    Releases the recipients claimed by dead processes. Raises MailingError if the options name another audience.
    """
    if options.audience is not None and audience_of(context, options.audience).code != mailing.audience.code:
        raise MailingError(
            f"mailing {mailing.id} of {mailing.issue} is not finished, and its audience is {mailing.audience.in_words}",
            f"finish it first:   {command_line('send', mailing.issue)}",
        )
    changed = _changes(context, mailing, paths, clock())
    reap(context.database, mailing.id, clock())
    with context.database.read() as connection:
        sums = sums_of(connection, mailing.id)
        approval = approval_of_mailing(connection, mailing.id, settings)
        allowance = allowance_of(connection, mailing.id)
    path = context.database.path
    known = PreflightFacts(
        editions=(),
        continues=mailing.id,
        issue=mailing.issue,
        approval=approval,
        allowed_until=allowance,
        differences=changed,
        database=trouble_with(path) if path is not None else "",
    )
    # Reasons given when it was frozen do not cover a later request for changes (`allowed_until`).
    before = {code: reason for code, reason in mailing.allowed.items() if code != Code.UNAPPROVED}
    return ProposedResumption(
        mailing=mailing,
        sums=sums,
        options=options,
        settings=settings,
        routes=configured_routes(context, settings),
        waits_for=mailing.due if is_early(mailing, sums, clock()) else None,
        known=known,
        allowed={**before, **options.allowed},
    )


def _changes(
    context: MailingContext, mailing: Mailing, paths: Sequence[Path], now: datetime
) -> Mapping[str, tuple[str, ...]]:
    """Return how the frozen editions differ from the files, as codes by stem."""
    try:
        editions = [edition_of(each.variants) for each in check_all(context, paths, now)]
        with context.database.read() as connection:
            return dict(changes_of_mailing(connection, mailing.id, editions))
    except ContentError:
        return {mailing.issue: (BROKEN,)}


def check_ready_to_resume(context: MailingContext, proposed: ProposedResumption) -> None:
    """Check, before the prompt, that this database may continue the mailing. Raises CopyError."""
    check_original(context.database, notes_of(context.environment), proposed.mailing.id)


def resume(context: MailingContext, proposed: ProposedResumption, controls: RunControls | None = None) -> RunOutcome:
    """Resume a mailing as it was proposed; the reasons that override refusals are recorded.

    Raises MailingError if it has ended in the meantime, BusyError, CopyError.
    """
    if proposed.refusals:
        return RunRefused(refusals=proposed.refusals)
    mailing, reasons = proposed.mailing, proposed.options.allowed
    tokens = tokens_of(context.database, context.environment)
    until = allowed_until(proposed.known.approval, reasons)
    mattered = {each.code for each in waived(proposed.known, reasons)}
    if mattered:
        with context.database.write() as connection:
            allow(connection, mailing.id, {code: reasons[code] for code in mattered})
            if until is not None:
                allow_until(connection, mailing.id, until)
    return run_mailing(
        context,
        proposed.settings,
        mailing,
        tokens,
        controls or RunControls(),
        limit=proposed.options.limit,
        allowed_until=until,
    )
