"""Shows a run to a person: its progress, its result, the exit code.

Input: the progress and the result of a run. Output: printed lines, an exit code. What is sent, and when, is decided in
composer/app/mailings and in the run loop.
"""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, assert_never

from composer.cli.sending.bounces_held import lines_of
from composer.cli.sending.proposal_view import show_refusals
from composer.cli.ui import console
from composer.cli.ui.mailing_texts import answers, code_of, identity, messages, title, totals, when
from composer.cli.ui.progress_bar import shown
from composer.cli.ui.signals import Signalled, listen
from composer.core.command_lines import command_line
from composer.delivery.core.scheduler import Ending, StopLevel
from composer.delivery.core.states import DeliveryState

if TYPE_CHECKING:
    from composer.app.context import MailingContext
    from composer.app.mailings.mailing_run import RunControls, RunFinished, RunOutcome
    from composer.delivery.core.mailing import Mailing
    from composer.delivery.worker.progress import Progress


class RunView:
    """Shows the progress of runs, and receives the signals that stop them."""

    def __init__(self, context: "MailingContext") -> None:
        self._zone = context.newsletter.zone
        #: None until the first run begins: before that, a signal ends the command.
        self.stop: Signalled | None = None

    @property
    def controls(self) -> "RunControls":
        """The controls that are passed to a run."""
        from composer.app.clock import now
        from composer.app.mailings.mailing_run import RunControls

        return RunControls(stop=self.listen, watch=self.watch, clock=now)

    def listen(self) -> Signalled:
        """Receive signals from now on."""
        self.stop = self.stop or listen()
        return self.stop

    @contextmanager
    def watch(self, mailing: "Mailing") -> "Iterator[Callable[[Progress], None]]":
        """Show a run, with a progress bar on a terminal, and print when it is stopping."""
        is_draining = is_at_once = False
        stop = self.listen()
        with shown(title(mailing), self._zone) as show:

            def tell(progress: "Progress") -> None:
                nonlocal is_draining, is_at_once
                # If progress can no longer be shown, sending continues unchanged.
                with suppress(OSError):
                    # Printed here and not in the signal handler, which may interrupt the printing of another line.
                    if progress.outstanding is not None and not is_draining:
                        is_draining = True
                        more = "; press Ctrl-C again to stop at once" if stop.is_by_hand else ""
                        console.talk(f"stopping: {answers(progress.outstanding, self._zone)}{more}")
                    if stop.level is StopLevel.NOW and not is_at_once:
                        is_at_once = True
                        console.talk("stopping at once")
                    show(progress)

            yield tell


def told(context: "MailingContext", outcome: "RunOutcome", view: RunView) -> int:
    """Print the result of a run, and return the exit code."""
    from composer.app.mailings.mailing_run import DatabaseUnreachable, RunFinished, RunRefused, ServerUnreachable

    match outcome:
        case RunRefused():
            show_refusals(outcome.refusals)
            return 1
        case DatabaseUnreachable(mailing=mailing):
            console.stop(outcome.error)
            goes_on = command_line("send", mailing.issue)
            console.talk(f"    mailing {mailing.id} is not finished: {goes_on} continues it")
            return 75
        case ServerUnreachable(mailing=mailing):
            console.stop(outcome.error)
            goes_on = command_line("send", mailing.issue)
            console.talk(
                f"    mailing {mailing.id} is frozen, and nothing was sent: {goes_on} sends it as it was frozen"
            )
            if view.listen().level is not StopLevel.NONE:
                return 130
            return 75 if outcome.error.is_temporary else 1
        case RunFinished():
            for each in outcome.requests:
                console.talk(f"changes requested by {each.address}: {each.comment}")
            for line in lines_of(outcome.holds):
                console.talk(line)
            if outcome.mailing.is_rehearsal:
                return _tell_rehearsal(context, outcome)
            return _tell(context, outcome, view.listen())
        case _:
            assert_never(outcome)


def _tell_rehearsal(context: "MailingContext", outcome: "RunFinished") -> int:
    run, folder = outcome.run, context.workspace.name(outcome.folder)
    console.answer(f"{messages(run.sums[DeliveryState.WRITTEN])} written to {folder}/; nothing was sent")
    return {Ending.DONE: 0, Ending.INTERRUPTED: 130}.get(run.ending, 1)


def _tell(context: "MailingContext", outcome: "RunFinished", stop: Signalled) -> int:
    """Print the result of a run and what to do next, and return the exit code."""
    from composer.delivery.database_guard.ledger_age import CopyError
    from composer.delivery.ledger.reconciliation import promise

    run, mailing, sums, zone = outcome.run, outcome.mailing, outcome.run.sums, context.newsletter.zone
    # If the ledger cannot be reached, these may not be the latest numbers.
    console.answer(f"last recorded: {totals(sums)}" if run.ending is Ending.LEDGER else identity(sums))
    match run.ending:
        case Ending.DONE:
            pass
        case Ending.LATER:
            if run.next_due is not None:
                console.answer(f"deferred messages are retried from {when(run.next_due, zone)}")
        case Ending.LIMIT:
            console.answer("the number of messages that --limit allows was reached")
        case Ending.QUOTA:
            console.answer("the daily quota is used up")
        case Ending.INTERRUPTED:
            console.answer("stopped by you" if stop.by in (signal.SIGINT, None) else f"stopped by {stop.by.name}")
        case Ending.STOPPED:
            console.answer("stopped by compose stop")
        case Ending.HALTED:
            console.answer(f"stopped: the server is rejecting the sender or the message: {run.words}")
        case Ending.UNREACHABLE:
            console.answer(
                f"stopped: the server has not accepted anything for a while{': ' + run.words if run.words else ''}"
            )
        case Ending.LEDGER:
            console.answer(f"stopped: results could not be recorded: {run.words}")
    if run.unanswered:
        console.answer(f"the server had not answered for {messages(run.unanswered)} when the run ended")
    if sums.open:
        console.answer(f"next: {command_line('send', mailing.issue)}     continues; {promise(outcome.twice)}")
    if unknown := sums[DeliveryState.UNKNOWN]:
        console.answer(
            f"next: compose settle {mailing.id}     {unknown:,} unconfirmed; not sent again until you decide"
        )
    if not sums.open and not sums[DeliveryState.UNKNOWN]:
        console.answer(f"next: compose report {mailing.id}")
    if run.ending is Ending.INTERRUPTED:
        return 130
    if run.ending is Ending.HALTED:
        return 1
    if run.ending is Ending.LEDGER:
        # The totals are older: what happened since is not recorded.
        return 1 if isinstance(run.error, CopyError) else 75
    return code_of(sums)
