"""The command `compose send --due`: send due mailings unattended, and print what happened to each.

Input: an open newsletter and the command line. Output: printed lines, an exit code.
"""

import traceback
from typing import TYPE_CHECKING, assert_never

from composer.cli.sending.run_view import RunView, told
from composer.cli.sending.send_flags import SendFlags
from composer.cli.ui import console
from composer.cli.ui.mailing_texts import code_of, identity, paused, title, when
from composer.core.command_lines import command_line
from composer.core.errors import ComposeError

if TYPE_CHECKING:
    from composer.app.context import MailingContext
    from composer.app.mailings.due_run import DueFailed, DueOutcome
    from composer.delivery.config.delivery_settings import Settings
    from composer.delivery.core.mailing import Mailing

#: The exit code for several mailings is the first of these that any of them has, and 0 otherwise.
_HEAVIEST = (130, 1, 75, 3)


def send_due(context: "MailingContext", settings: "Settings", flags: SendFlags) -> int:
    """Send due mailings, print what happened to each, and return the exit code."""
    from composer.app.mailings.due_run import DueFailed, DueStopped
    from composer.app.mailings.due_run import send_due as due_outcomes

    view, codes = RunView(context), list[int]()
    for outcome in due_outcomes(
        context, settings, view.controls, limit=flags.options.limit, is_dry=flags.is_dry, begins=_name
    ):
        try:
            codes.append(_told(context, outcome, view))
        except Exception as error:  # if one result cannot be printed, the other mailings are still sent
            assert not isinstance(outcome, DueStopped)
            codes.append(_tell_failed(DueFailed(mailing=outcome.mailing, error=error)))
    if not codes:
        console.talk("no mailings are due")
    return next((code for code in _HEAVIEST if code in codes), 0)


def _name(mailing: "Mailing") -> None:
    console.answer(f"{title(mailing)}: {mailing.subject}")


def _told(context: "MailingContext", outcome: "DueOutcome", view: RunView) -> int:
    """Print what happened to one mailing, and return its exit code."""
    from composer.app.mailings.due_run import (
        DueBusy,
        DueDry,
        DueFailed,
        DueLater,
        DuePaused,
        DueSent,
        DueStopped,
        DueUnconfirmed,
    )

    zone = context.newsletter.zone
    match outcome:
        case DuePaused(mailing=mailing):
            assert mailing.pause is not None
            console.answer(f"{title(mailing)} is {paused(mailing.pause, zone)}")
            console.answer(f"next: {command_line('send', mailing.issue)}     continues it; --due does not")
            return 75
        case DueDry(mailing=mailing):
            console.answer(f"{title(mailing)} is due")
            return 0
        case DueBusy(mailing=mailing, worker=worker):
            console.answer(
                f"{title(mailing)} is being sent by process {worker.process}, since {when(worker.began, zone)}"
            )
            return 75
        case DueLater(mailing=mailing):
            console.answer(f"{title(mailing)} is retried at {when(outcome.again, zone)}")
            return 75
        case DueUnconfirmed(mailing=mailing, sums=sums):
            _name(mailing)
            console.answer(identity(sums))
            console.answer(f"next: compose settle {mailing.id}")
            return code_of(sums)
        case DueFailed():
            return _tell_failed(outcome)
        case DueSent():
            return told(context, outcome.outcome, view)
        case DueStopped():
            return 130
        case _:
            assert_never(outcome)


def _tell_failed(failed: "DueFailed") -> int:
    """Print why a mailing could not be sent (for a bug, with its traceback), and return the exit code."""
    console.talk(f"{title(failed.mailing)}:")
    if isinstance(failed.error, ComposeError):
        console.stop(failed.error)
        return failed.error.exit_code
    console.talk("".join(traceback.format_exception(failed.error)).rstrip())
    return 1
