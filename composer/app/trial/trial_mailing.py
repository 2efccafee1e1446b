"""The mailing of a trial: an editors' test, then the issue to all subscribers, with the product's own use cases.

Input: an open newsletter in the trial's folder, an issue. Output: the figures for the trial's page. Guarantees: one
mailing at a time. What `compose send` would refuse is shown; it is sent all the same if a person could allow it.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from composer.app.context import MailingContext
from composer.app.issues.issue_lookup import IssueFile
from composer.app.issues.send_to_editors import prepare_editor_test, send_editor_test
from composer.app.mailings.mailing_proposal import propose
from composer.app.mailings.mailing_run import DatabaseUnreachable, RunControls, RunRefused, ServerUnreachable
from composer.app.mailings.mailing_start import ApprovalsChanged, SendOutcome, send
from composer.app.mailings.report_files import report
from composer.app.mailings.send_options import SendOptions
from composer.app.mailings.send_target import target_of
from composer.audience.identity.tokens import Tokens
from composer.audience.subscribers import ACTIVE, count
from composer.checks.catalogue import catalogue
from composer.core.errors import ComposeError
from composer.core.issue_files import editions_of_issue, issue_key
from composer.delivery.core.mailing import Mailing, mailings_of
from composer.delivery.preflight.preflight import ALLOWABLE, Refusal
from composer.delivery.reporting.mailing_report import summary
from composer.delivery.reporting.statistics import statistics_of
from composer.delivery.worker.progress import Progress
from composer.delivery.worker.stop_request import Stop
from composer.web.trial.trial_pages import MailingView, Stage

#: The fewest seconds between two lines about the progress.
_PAUSE = 2.0
_AGAIN, _ALLOWED = "sent again in a trial", "a trial"


class TrialMailing:
    """What the pages of a trial show and start."""

    def __init__(
        self,
        context: MailingContext,
        issue: IssueFile,
        *,
        probe: Callable[[str, Tokens], str],
        clock: Callable[[], datetime],
        ended: Callable[[], None],
        tell: Callable[[str], None],
    ) -> None:
        """`probe` asks the public pages for our key; `ended` is called when a mailing has ended; `tell` with each step."""
        self._context, self._issue, self._probe, self._clock, self._ended = context, issue, probe, clock, ended
        self._tell = tell
        self._view = MailingView(stage=Stage.READY)
        self._lock, self._stop = threading.Lock(), Stop()
        self._thread: threading.Thread | None = None

    @property
    def newsletter(self) -> str:
        """The newsletter's name, without the mark of the trial."""
        return self._context.newsletter.name.removeprefix("Trial: ")

    @property
    def issue(self) -> str:
        """The issue that is sent."""
        return issue_key(self._issue.path)

    @property
    def zone(self) -> ZoneInfo:
        """The newsletter's time zone."""
        return self._context.newsletter.zone

    def subscribers(self) -> int:
        """Return the number of subscribers who get mail."""
        with self._context.database.read() as connection:
            return sum(count(connection, status=ACTIVE).values())

    def mailing(self) -> MailingView:
        """Return the stage, and the summary of the latest mailing."""
        return replace(self._view, lines=self._summary())

    def report(self) -> str | None:
        """Return the report of the latest mailing as a web page."""
        latest = self._latest()
        if latest is None:
            return None
        page = next(path for path in report(self._context, latest, self._clock()).paths if path.suffix == ".html")
        return page.read_text(encoding="utf-8")

    def send(self) -> None:
        """Begin to send in a thread, unless a mailing is being sent."""
        with self._lock:
            if self._view.stage is Stage.SENDING or self._stop.level:
                return
            self._view = MailingView(stage=Stage.SENDING)
            self._thread = threading.Thread(target=self._run, name="mailing", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Stop a mailing, and wait until its messages that are open have ended."""
        self._stop.say()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        try:
            self._view = self._ended_view(self._send())
        except ComposeError as error:
            self._view = MailingView(stage=Stage.REFUSED, refusals=((error.message, error.hint),))
        finally:
            if self._view.stage is Stage.SENDING:
                # A bug: its traceback is printed, and the page does not wait forever.
                self._view = MailingView(stage=Stage.REFUSED, refusals=(("compose has a bug", ""),))
            self._ended()

    def _send(self) -> SendOutcome:
        context, clock = self._context, self._clock
        for path in editions_of_issue(context.workspace, self._issue.path):
            self._tell(f"sending a test of {path.stem} to the editors")
            edition = IssueFile(workspace=context.workspace, path=path)
            test = prepare_editor_test(edition, now=clock(), environment=context.environment)
            send_editor_test(test)
        options = SendOptions(again=_AGAIN if self._latest() is not None else None)
        target = target_of(context, self.issue, options)
        proposed = propose(context, target, options, clock=clock, probe=self._probe)
        if proposed.refusals:
            self._view = replace(self._view, refusals=tuple(map(_shown, proposed.refusals)))
            allowed = replace(options, allowed=dict.fromkeys((*ALLOWABLE, *catalogue()), _ALLOWED))
            proposed = propose(context, target, allowed, clock=clock, probe=self._probe)
        self._tell(f"sending to {self.subscribers():,} subscribers")
        return send(context, proposed, RunControls(stop=lambda: self._stop, watch=self._watched, clock=clock))

    @contextmanager
    def _watched(self, mailing: Mailing) -> Iterator[Callable[[Progress], None]]:
        """Report how far the mailing is, every few seconds at most."""
        told, again = -1, 0.0

        def show(progress: Progress) -> None:
            nonlocal told, again
            if progress.tried != told and progress.seconds >= again:
                told, again = progress.tried, progress.seconds + _PAUSE
                self._tell(
                    f"messages tried: {told:,}; subscribers left: {progress.sums.open:,} of {progress.sums.frozen:,}"
                )

        yield show

    def _ended_view(self, outcome: SendOutcome) -> MailingView:
        match outcome:
            case RunRefused(refusals=found) | ApprovalsChanged(refusals=found):
                return MailingView(stage=Stage.REFUSED, refusals=tuple(map(_shown, found)))
            case ServerUnreachable(error=error) | DatabaseUnreachable(error=error):
                return MailingView(stage=Stage.REFUSED, refusals=((error.message, error.hint),))
            case _:
                return replace(self._view, stage=Stage.FINISHED)

    def _latest(self) -> int | None:
        with self._context.database.read() as connection:
            return max((each.id for each in mailings_of(connection)), default=None)

    def _summary(self) -> tuple[str, ...]:
        latest = self._latest()
        if latest is None:
            return ()
        with self._context.database.read() as connection:
            statistics = statistics_of(connection, latest, self._clock())
        lines = summary(statistics, self.zone)
        # Without the time of the figures, which changes although nothing happens.
        return (lines[0], *lines[2:])


def _shown(refusal: Refusal) -> tuple[str, str]:
    return refusal.words, refusal.route
