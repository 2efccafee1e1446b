"""Runs a trial until it is stopped: a copy of the newsletter, invented subscribers, and the world outside on this computer.

Input: a newsletter, an issue, a number of subscribers. Output: the figures of the mailing; pages in the browser.
Guarantees: changes nothing in the newsletter's folder, and no key, database or note of the person; every message ends in
the trial's own mail server.
"""

import signal
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

from composer.app.administration.public_pages import ServerAddress, public_settings, serve_pages
from composer.app.clock import now
from composer.app.context import MailingContext, open_newsletter
from composer.app.issues.issue_lookup import IssueFile, find_current_issue, find_issue
from composer.app.people.bounce_intake import ingest_files
from composer.app.people.list_import import ImportRequest, import_list
from composer.app.people.subscriber_edits import own_fields
from composer.app.trial.invented_subscribers import invent
from composer.app.trial.trial_folder import PAGES, disarm, make_trial_folder, trial_environment
from composer.app.trial.trial_mailing import TrialMailing
from composer.audience.identity.tokens import Tokens
from composer.audience.lists.formats.detection import tables_in
from composer.core.errors import ComposeError, UsageError
from composer.core.issue_files import editions_of_issue
from composer.delivery.preflight.probes import trouble_with_pages
from composer.editions.check_run import check_issue
from composer.web.loopback_listener import HOST, listen_on
from composer.web.trial.received_mail import ReceivedMail, TrialMailbox
from composer.web.trial.smtp_listener import TrialHandler
from composer.web.trial.trial_pages import MailingView, application
from composer.web.trial.trial_proxy import TrialProxy
from composer.web.trial.trial_server import TrialServer, listen

_CONSENT = "invented for a trial"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRequest:
    """What is tried."""

    issue: IssueFile
    subscribers: int = 12
    #: The port of the pages; None for the first free one.
    port: int | None = None
    #: The folder to keep; None for a temporary folder.
    keep: Path | None = None
    #: Whether to send at once, and to end after that.
    is_unattended: bool = False


def issue_to_try(name: str | None = None, folder: Path | None = None) -> IssueFile:
    """Return an issue by path or by stem, or the current one. Raises UsageError, WorkspaceError."""
    return find_current_issue(folder)[0] if name is None else find_issue(name, folder)


def run_trial(
    request: TrialRequest,
    opened: Callable[[str], None],
    tell: Callable[[str], None],
    clock: Callable[[], datetime] = now,
) -> MailingView:
    """Run a trial until Ctrl-C or SIGTERM, or until its mailing has ended; return the last state of the mailing.

    `opened` is called with the address of the pages; `tell` with each line for people. Raises TrialError, UsageError,
    ContentError, OutputError.
    """
    workspace, issue = request.issue.workspace, request.issue.path
    if not issue.is_relative_to(workspace.root):
        raise UsageError(f"{issue} is outside the newsletter's folder", "copy the file into the folder issues/")
    with (
        _interrupted_by_signals(),
        _folder(request.keep, workspace.root) as folder,
        listen_on(0) as mail,
        listen(request.port) as web,
    ):
        tell(f"preparing a copy of the newsletter, with {request.subscribers:,} invented subscribers")
        for each in editions_of_issue(workspace, issue):
            # Here, problems have the names and lines of the person's own files.
            check_issue(workspace, each, clock())
        copy = make_trial_folder(workspace, folder, mail.getsockname()[1])
        path = copy.root / issue.relative_to(workspace.root)
        try:
            with open_newsletter(copy.root, trial_environment(copy)) as context:
                trial = _Trial(context, IssueFile(workspace=copy, path=path), (mail, web), clock, tell)
                trial.invent_subscribers(request.subscribers)
                return trial.run(opened, is_unattended=request.is_unattended)
        finally:
            disarm(copy)


class _Trial:
    """The parts of a trial: the mail server and its pages in one thread, bounces in another, the public pages in this one."""

    def __init__(
        self,
        context: MailingContext,
        issue: IssueFile,
        sockets: tuple[socket.socket, socket.socket],
        clock: Callable[[], datetime],
        tell: Callable[[str], None],
    ) -> None:
        self._context, self._clock, self._tell = context, clock, tell
        mail, web = sockets
        self._url = f"http://{HOST}:{web.getsockname()[1]}/"
        #: The port of the public pages, known when they are open.
        self._pages_port = 0
        self._is_unattended = False
        #: Reads bounces one after the other, as a timer would.
        self._bounces = ThreadPoolExecutor(1, thread_name_prefix="bounces")
        mailbox, proxy = TrialMailbox(), TrialProxy(lambda: self._pages_port)
        self._mailing = TrialMailing(
            context, issue, probe=self._probe, clock=clock, ended=self._mailing_ended, tell=tell
        )
        handler = TrialHandler(mailbox, clock, self._bounced)
        self._server = TrialServer(mail, web, handler, application(mailbox, proxy, self._mailing))

    def invent_subscribers(self, count: int) -> None:
        """Import the invented subscribers as a list, with a value for each merge field."""
        newsletter, workspace = self._context.newsletter, self._context.workspace
        languages = (newsletter.language, *sorted(workspace.languages()))
        values = {name: newsletter.samples.get(name, "Sample") for name in own_fields(newsletter)}
        path = workspace.root / "invented-subscribers.csv"
        path.write_text(invent(count, languages, values), encoding="utf-8")
        with tables_in(path) as tables:
            request = ImportRequest(file=path, consent=_CONSENT)
            import_list(self._context, tables, request, decide=lambda preview: True, clock=self._clock)

    def run(self, opened: Callable[[str], None], *, is_unattended: bool) -> MailingView:
        """Run until a signal, or until the mailing has ended."""
        self._is_unattended = is_unattended
        self._server.start()
        try:
            context = self._context
            settings = public_settings(context.workspace, context.environment, self._clock())
            serve_pages(
                settings,
                context.environment,
                ServerAddress(port=0),
                opened=lambda addresses: self._opened(addresses, opened),
                clock=self._clock,
                tell=self._tell,
            )
        finally:
            self._mailing.stop()
            self._bounces.shutdown()
            self._server.stop()
        return self._mailing.mailing()

    def _opened(self, addresses: tuple[str, ...], opened: Callable[[str], None]) -> None:
        self._pages_port = urlsplit(addresses[0]).port or 0
        opened(self._url)
        if self._is_unattended:
            self._mailing.send()

    def _probe(self, public_url: str, tokens: Tokens) -> str:
        """Ask the pages for our key where the reverse proxy would find them."""
        return trouble_with_pages(f"http://{HOST}:{self._pages_port}{PAGES}", tokens)

    def _bounced(self, mail: ReceivedMail, bounce: bytes) -> None:
        path = self._context.workspace.root / ".compose" / "bounces" / f"{mail.number}.eml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bounce)
        self._bounces.submit(self._read_bounce, path)

    def _read_bounce(self, path: Path) -> None:
        try:
            ingest_files(self._context, [path], clock=self._clock)
        except ComposeError as error:
            self._tell(f"the bounce {path.name} cannot be read: {error.message}")

    def _mailing_ended(self) -> None:
        if self._is_unattended:
            # After the bounces that have arrived; Ctrl-C would do the same.
            self._bounces.submit(signal.raise_signal, signal.SIGINT)


@contextmanager
def _folder(keep: Path | None, root: Path) -> Iterator[Path]:
    """Provide the folder, which is removed at the end unless it is kept.

    Raises UsageError if the folder to keep is not new, or is in the newsletter's folder.
    """
    if keep is not None:
        if keep.exists():
            raise UsageError(f"{keep} already exists", "choose the name of a new folder for --keep")
        if keep.resolve().is_relative_to(root):
            raise UsageError(f"{keep} is inside the newsletter's folder", "choose a folder outside it for --keep")
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="compose-trial-") as name:
        yield Path(name)


@contextmanager
def _interrupted_by_signals() -> Iterator[None]:
    """Treat the end of a service and a closed terminal as Ctrl-C, so that the folder is always removed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    numbers = [signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
    before = {number: signal.signal(number, interrupt) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
