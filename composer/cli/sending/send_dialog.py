"""The dialog of `compose send`: shows the proposed mailing, asks for confirmation, and prints the result.

Input: an open newsletter and the options of the command line. Output: printed lines, an exit code. What may be sent,
and the result, are decided in composer/app/mailings.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from composer.cli.sending import proposal_view as screen
from composer.cli.sending.run_view import RunView, told
from composer.cli.sending.send_flags import SendFlags
from composer.cli.sending.send_time import question, time_of
from composer.cli.ui import console
from composer.cli.ui.mailing_texts import when
from composer.core.errors import UsageError

if TYPE_CHECKING:
    from composer.app.context import MailingContext
    from composer.app.mailings.mailing_start import SendOutcome
    from composer.app.mailings.send_target import SendTarget
    from composer.delivery.config.delivery_settings import Settings
    from composer.delivery.core.mailing import Mailing


def send(context: "MailingContext", settings: "Settings", flags: SendFlags, issue: str) -> int:
    """Send an issue, or continue its unfinished mailing; return the exit code."""
    from composer.app.mailings.send_target import target_of

    target = target_of(context, issue, flags.options)
    if target.unfinished is not None:
        return _resume(context, settings, flags, target.unfinished, target.paths)
    return _begin(context, settings, flags, target)


def _begin(context: "MailingContext", settings: "Settings", flags: SendFlags, target: "SendTarget") -> int:
    """Show a new mailing, ask for confirmation, and send it."""
    from composer.app.clock import now
    from composer.app.mailings.mailing_proposal import check_ready, propose
    from composer.app.mailings.mailing_start import send as start

    if target.is_rehearsal:
        console.talk("This is a rehearsal: no mail server is set up, so nothing is sent.")
    due = _due(context, flags, is_rehearsal=target.is_rehearsal)
    proposed = propose(context, target, flags.options, settings, now, due=due)
    screen.show(proposed)
    proposed.require_recipients()
    if proposed.refusals:
        return 1
    check_ready(context, proposed, is_dry=flags.is_dry)
    if flags.is_dry:
        console.answer("nothing was sent: --dry-run")
        return 0
    what = question(due, proposed.days_early)
    if not target.is_rehearsal and not screen.ask(proposed.count, yes=flags.yes, what=what):
        return 1
    view = RunView(context)
    return _told(context, start(context, proposed, view.controls), view)


def _told(context: "MailingContext", outcome: "SendOutcome", view: RunView) -> int:
    """Print the result of a new mailing, and return the exit code."""
    from composer.app.mailings.mailing_start import ApprovalsChanged, MailingWaits

    match outcome:
        case ApprovalsChanged():
            screen.show_refusals(outcome.refusals)
            console.talk("the approvals have changed since the prompt: nothing was sent")
            return 1
        case MailingWaits(mailing=mailing):
            assert mailing.due is not None
            zone = context.newsletter.zone
            console.answer(
                f"mailing {mailing.id} is scheduled for {when(mailing.due, zone)}; compose send --due sends it then"
            )
            return 0
        case _:
            return told(context, outcome, view)


def _due(context: "MailingContext", flags: SendFlags, *, is_rehearsal: bool) -> datetime | None:
    """Return the time given with --at; None without it. Raises UsageError."""
    from composer.app.clock import now

    if flags.at is None:
        return None
    if is_rehearsal:
        raise UsageError("a rehearsal cannot be scheduled", "set up a mail server, or leave out --at")
    return time_of(flags.at, context.newsletter.zone, now())


def _resume(
    context: "MailingContext", settings: "Settings", flags: SendFlags, mailing: "Mailing", paths: Sequence[Path]
) -> int:
    """Show a frozen mailing, ask for confirmation, and continue it."""
    from composer.app.clock import now
    from composer.app.mailings.mailing_resumption import check_ready_to_resume, propose_resumption, resume

    if flags.at is not None:
        raise UsageError(f"mailing {mailing.id} is already frozen, so --at has no effect", "leave out --at")
    proposed = propose_resumption(context, mailing, paths, flags.options, settings, now)
    zone = context.newsletter.zone
    waits = "" if proposed.waits_for is None else when(proposed.waits_for, zone)
    screen.show_rest(proposed, zone, waits=waits)
    if proposed.refusals:
        return 1
    if not proposed.sums.open:
        console.answer(f"next: compose settle {mailing.id}     all other recipients are accounted for")
        return 3
    check_ready_to_resume(context, proposed)
    if flags.is_dry:
        console.answer("nothing was sent: --dry-run")
        return 0
    if not screen.ask(
        proposed.count,
        yes=flags.yes,
        also=mailing.frozen,
        what=f"send it now instead of {waits} to" if waits else "send it to",
        but=f", which sends it now instead of {waits}" if waits else "",
    ):
        return 1
    view = RunView(context)
    return told(context, resume(context, proposed, view.controls), view)
