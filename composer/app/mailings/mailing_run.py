"""Runs a frozen mailing: chooses transport, messages and rate, and returns the result.

Input: an open newsletter, a frozen mailing, and the controls that watch and stop the run. Output: the result of the
run, or why it did not start. Guarantees: a mailing without the required approvals does not begin. The run loop decides
what is sent when.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from composer.app.clock import now
from composer.app.context import MailingContext, notes_of, person
from composer.app.mailings.approval_state import may_begin, permission, requests_of
from composer.app.mailings.mail_route import configured_routes, fastest, file_route, opened_routes
from composer.app.mailings.send_options import MAILINGS
from composer.audience.bounce_holds import Hold, open_holds
from composer.audience.identity.tokens import Tokens
from composer.core.errors import DatabaseError
from composer.delivery.approval.reviews import GivenAnswer
from composer.delivery.config.delivery_settings import Settings
from composer.delivery.config.resolve import profile_of, signing_host
from composer.delivery.core.mailing import Mailing, sums_of, variants_of
from composer.delivery.core.scheduler import Ending
from composer.delivery.database_guard.sending_lock import SendingLock
from composer.delivery.ledger.maintenance import end_for_good
from composer.delivery.ledger.reconciliation import may_get_twice
from composer.delivery.messages.message_factory import JobPayload
from composer.delivery.messages.message_worker_pool import messages_of
from composer.delivery.preflight.preflight import Refusal
from composer.delivery.selection.corrected_messages import answered_mailings
from composer.delivery.worker import run_loop
from composer.delivery.worker.progress import Progress
from composer.delivery.worker.run_loop import MailingJob, Run
from composer.delivery.worker.stop_request import Stop
from composer.mail.relays import echo_headers
from composer.transport.protocol import TransportError


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRefused:
    """Nothing was sent, because of these refusals."""

    refusals: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerUnreachable:
    """Nothing was sent, because the connection failed at the start. The mailing stays frozen."""

    mailing: Mailing
    error: TransportError


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseUnreachable:
    """The database could not be reached before or after the run. The mailing is not finished."""

    mailing: Mailing
    error: DatabaseError


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished:
    """A run that has ended."""

    mailing: Mailing
    run: Run
    #: The number of remaining recipients who may get it twice, because a person decided to send it again.
    twice: int
    #: The folder that a rehearsal wrote to.
    folder: Path
    #: If it was stopped: the requests for changes.
    requests: tuple[GivenAnswer, ...] = ()
    #: Its held bounces, about which a person decides.
    holds: tuple[Hold, ...] = ()


RunOutcome = RunFinished | RunRefused | ServerUnreachable | DatabaseUnreachable


@contextmanager
def _unwatched(mailing: Mailing) -> Iterator[Callable[[Progress], None]]:
    yield lambda progress: None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunControls:
    """The functions that stop a run and watch it."""

    #: Called before a frozen mailing is sent; the run then checks the returned object for stop requests.
    stop: Callable[[], Stop] = Stop
    #: Entered while messages are sent; the function it yields is called with the progress several times a second.
    watch: Callable[[Mailing], AbstractContextManager[Callable[[Progress], None]]] = _unwatched
    clock: Callable[[], datetime] = now


def run_mailing(
    context: MailingContext,
    settings: Settings,
    mailing: Mailing,
    tokens: Tokens,
    controls: RunControls,
    *,
    limit: int | None = None,
    lock: SendingLock | None = None,
    is_unattended: bool = False,
    allowed_until: int | None = None,
) -> RunOutcome:
    """Run a frozen mailing.

    `limit`: the most messages to try. `lock`: acquired before it was frozen. `is_unattended`: a timer started it.
    `allowed_until`: the last answer that was shown to the person who has just allowed sending without approvals.
    Raises MailingError if it has ended, BusyError, CopyError.
    """
    stop = controls.stop()
    try:
        allowed = permission(context, mailing, allowed_until)
        if not allowed.is_granted:
            return RunRefused(refusals=allowed.refusals)
        begins = may_begin(context, mailing, allowed_until)
        return _run(
            context,
            settings,
            mailing,
            tokens,
            controls,
            stop,
            begins,
            limit=limit,
            lock=lock,
            is_unattended=is_unattended,
        )
    except DatabaseError as error:
        return DatabaseUnreachable(mailing=mailing, error=error)


def _run(
    context: MailingContext,
    settings: Settings,
    mailing: Mailing,
    tokens: Tokens,
    controls: RunControls,
    stop: Stop,
    begins: Callable[[Connection], bool],
    *,
    limit: int | None,
    lock: SendingLock | None,
    is_unattended: bool,
) -> RunOutcome:
    database, is_rehearsal = context.database, mailing.is_rehearsal
    folder = context.workspace.root / MAILINGS / str(mailing.id)
    configured = configured_routes(context, settings, is_rehearsal=is_rehearsal)
    hosts = [each.server.host for each in configured]
    routes = opened_routes(configured) or (file_route(context, folder),)
    with database.read() as connection:
        variants, left = variants_of(connection, mailing.id), sums_of(connection, mailing.id).open
        twice, answered = may_get_twice(connection, mailing.id), answered_mailings(connection, mailing)
    payload = JobPayload.of(
        mailing,
        variants,
        tokens,
        answered=answered,
        profile=profile_of(context.newsletter, context.environment, signing_host(hosts)),
        zone=context.newsletter.zone,
        echoes=echo_headers(hosts),
    )
    limit = None if is_rehearsal else limit
    who = person(context.workspace)
    with messages_of(payload, min(left, limit or left), fastest(routes)) as message_source:
        job = MailingJob(
            database=database,
            mailing_id=mailing.id,
            routes=routes,
            message_source=message_source,
            limit=limit,
            who=who,
            notes=notes_of(context.environment),
            lock=lock,
            is_unattended=is_unattended,
            pause=mailing.pause,
            may_begin=begins,
        )
        try:
            with controls.watch(mailing) as tell:
                run = run_loop.send(job, stop, tell=tell, now=controls.clock)
        except TransportError as error:
            return ServerUnreachable(mailing=mailing, error=error)
    if is_rehearsal and not run.is_over:
        # A rehearsal is not resumed, so subscribers' values are not kept for it.
        with database.write() as connection:
            end_for_good(connection, mailing.id, who, controls.clock())
    requests = requests_of(context, mailing) if run.ending is Ending.STOPPED else ()
    with database.read() as connection:
        holds = tuple(each for each in open_holds(connection) if each.mailing_id == mailing.id)
    return RunFinished(mailing=mailing, run=run, twice=twice, folder=folder, requests=requests, holds=holds)
