"""Runs a mailing in front of a person: what is said on the way, what became of it, the exit code.

Comes in: a frozen mailing and how it leaves. Goes out: lines and an exit code. What is sent, and when, is the engine's.
"""

import signal
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from composer.app.mailings.send_options import MAILINGS, SendOptions
from composer.cli.sending.send_time import time_of
from composer.cli.ui import console
from composer.cli.ui.mailing_texts import answers, code_of, identity, messages, title, totals, when
from composer.cli.ui.progress_bar import shown
from composer.cli.ui.signals import Signalled
from composer.core.command_lines import command_line
from composer.core.errors import DatabaseError, UsageError
from composer.core.workspace import OUTBOX
from composer.delivery.core.scheduler import Ending, RateLevel
from composer.delivery.core.states import DeliveryState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from composer.app.context import MailingContext
    from composer.audience.identity.tokens import Tokens
    from composer.delivery.config.delivery_settings import Settings
    from composer.delivery.core.mailing import Mailing
    from composer.delivery.database_guard.sending_lock import SendingLock
    from composer.delivery.worker.progress import Progress
    from composer.delivery.worker.run_loop import MailingJob, Run
    from composer.transport.protocol import Transport, TransportError


def run(job: "MailingJob", mailing: "Mailing", zone: ZoneInfo, stop: Signalled) -> "Run":
    """Send, with a bar where there is a terminal, and say how it ended on the way. Raises as engine.send."""
    from composer.delivery.worker.run_loop import send

    is_draining = is_at_once = False
    with shown(title(mailing), zone) as show:

        def tell(progress: "Progress") -> None:
            nonlocal is_draining, is_at_once
            # What cannot be shown any more is no reason to send otherwise.
            with suppress(OSError):
                # Said here and not in the signal's handler, which may have come in the middle of another line.
                if progress.outstanding is not None and not is_draining:
                    is_draining = True
                    more = "; press Ctrl-C again to stop at once" if stop.is_by_hand else ""
                    console.talk(f"stopping: {answers(progress.outstanding, zone)}{more}")
                if stop.level is RateLevel.NOW and not is_at_once:
                    is_at_once = True
                    console.talk("stopping at once")
                show(progress)

        return send(job, stop, tell=tell)


def tell(run: "Run", mailing: "Mailing", folder: str | None, stop: Signalled, zone: ZoneInfo, *, twice: int) -> int:
    """Say what became of a run, and what to do next; give the exit code.

    `folder`: where a rehearsal wrote to. `twice`: how many were to get it who may have it.
    """
    from composer.delivery.database_guard.ledger_age import CopyError
    from composer.delivery.ledger.reconciliation import promise

    sums = run.sums
    if mailing.is_rehearsal:
        console.answer(f"{sums[DeliveryState.WRITTEN]:,} written to {folder}/; nothing has left this computer")
        return {Ending.DONE: 0, Ending.INTERRUPTED: 130}.get(run.ending, 1)
    # Where the ledger is out of reach, nobody knows whether these are the last numbers.
    console.answer(f"last recorded: {totals(sums)}" if run.ending is Ending.LEDGER else identity(sums))
    command = command_line("send", mailing.issue)
    match run.ending:
        case Ending.DONE:
            pass
        case Ending.LATER:
            if run.next_due is not None:
                console.answer(f"what was put off is due again {when(run.next_due, zone)}")
        case Ending.LIMIT:
            console.answer("as many as --limit allows were tried")
        case Ending.QUOTA:
            console.answer("the daily quota is used up")
        case Ending.INTERRUPTED:
            console.answer("stopped by you" if stop.by in (signal.SIGINT, None) else f"stopped by {stop.by.name}")
        case Ending.STOPPED:
            console.answer("stopped by compose stop")
        case Ending.HALTED:
            console.answer(f"stopped, for the server's answers are about us or about the message: {run.words}")
        case Ending.UNREACHABLE:
            console.answer(f"stopped: the server took nothing for a while{': ' + run.words if run.words else ''}")
        case Ending.LEDGER:
            console.answer(f"stopped, for nothing could be written down: {run.words}")
    if run.unanswered:
        console.answer(f"the server had not answered about {messages(run.unanswered)} when the run ended")
    if sums.open:
        console.answer(f"next: {command}     goes on; {promise(twice)}")
    if unknown := sums[DeliveryState.UNKNOWN]:
        console.answer(f"next: compose settle {mailing.id}     of {unknown:,} nobody can know; they get no second copy")
    if not sums.open and not sums[DeliveryState.UNKNOWN]:
        console.answer(f"next: compose report {mailing.id}")
    if run.ending is Ending.INTERRUPTED:
        return 130
    if run.ending is Ending.HALTED:
        return 1
    if run.ending is Ending.LEDGER:
        # The sums are from before: what came then is not recorded.
        return 1 if isinstance(run.error, CopyError) else 75
    return code_of(sums)


def _tell_unreachable(error: "TransportError", mailing: "Mailing") -> None:
    """Say that there was no connection to begin with, and how to go on."""
    console.stop(error)
    command = command_line("send", mailing.issue)
    console.talk(f"    mailing {mailing.id} is frozen, and nothing was sent now: {command} goes on, as it was frozen")


def due_of(asked: SendOptions, publication: "MailingContext", *, is_rehearsal: bool) -> datetime | None:
    """Give the time that --at names, None without it. Raises UsageError."""
    from composer.cli.ui.open_database import now

    if asked.at is None:
        return None
    if is_rehearsal:
        raise UsageError("a rehearsal does not wait", "set up a mail server, or leave out --at")
    return time_of(asked.at, publication.newsletter.zone, now())


def run_mailing(
    publication: "MailingContext",
    settings: "Settings",
    asked: SendOptions,
    mailing: "Mailing",
    tokens: "Tokens",
    stop: Signalled,
    lock: "SendingLock | None" = None,
    *,
    is_unattended: bool = False,
    allowed_until: int | None = None,
) -> int:
    """Run a mailing that was frozen, and say what became of it; give the exit code.

    `lock`: taken before it was frozen. `is_unattended`: a timer started it. `allowed_until`: the last answer that was shown to
    whoever has just allowed it to go out without approvals.
    """
    from composer.cli.sending.approval_state import is_permitted, permission

    try:
        if not is_permitted(publication, mailing, allowed_until):
            return 1
        may_begin = permission(publication, mailing, allowed_until)
        return _run_mailing(
            publication, settings, asked, mailing, tokens, stop, lock, may_begin, is_unattended=is_unattended
        )
    except DatabaseError as error:
        console.stop(error)
        console.talk(f"    mailing {mailing.id} is not finished: {command_line('send', mailing.issue)} goes on with it")
        return 75


def _run_mailing(
    publication: "MailingContext",
    settings: "Settings",
    asked: SendOptions,
    mailing: "Mailing",
    tokens: "Tokens",
    stop: Signalled,
    lock: "SendingLock | None",
    may_begin: "Callable[[Connection], bool]",
    *,
    is_unattended: bool,
) -> int:
    from composer.app.context import notes_of, person
    from composer.cli.sending.approval_state import show_requests
    from composer.cli.ui.open_database import now
    from composer.delivery.config.resolve import profile_of
    from composer.delivery.core.mailing import sums_of, variants_of
    from composer.delivery.ledger.maintenance import end_for_good
    from composer.delivery.ledger.reconciliation import may_get_twice
    from composer.delivery.messages.message_factory import JobPayload
    from composer.delivery.messages.message_worker_pool import messages_of
    from composer.delivery.selection.corrected_messages import answered_mailings
    from composer.delivery.worker.run_loop import MailingJob
    from composer.mail.relays import echo_header
    from composer.transport.protocol import TransportError

    zone, is_rehearsal = publication.newsletter.zone, mailing.is_rehearsal
    folder = publication.workspace.root / MAILINGS / str(mailing.id)
    transport, host = transport_to(publication, folder if is_rehearsal else None)
    with publication.database.read() as connection:
        variants, left = variants_of(connection, mailing.id), sums_of(connection, mailing.id).open
        twice, answered = may_get_twice(connection, mailing.id), answered_mailings(connection, mailing)
    profile = profile_of(publication.newsletter, publication.environment, host)
    echo = echo_header(host)
    payload = JobPayload.of(mailing, variants, tokens, answered=answered, profile=profile, zone=zone, echo=echo)
    limit = None if is_rehearsal else asked.limit
    rate = None if is_rehearsal else settings.rate
    who = person(publication.workspace)
    with messages_of(payload, min(left, limit or left), rate) as message_source:
        job = MailingJob(
            database=publication.database,
            mailing_id=mailing.id,
            transport=transport,
            message_source=message_source,
            connections=1 if is_rehearsal else settings.connections,
            rate=rate,
            daily_quota=None if is_rehearsal else settings.daily_quota,
            limit=limit,
            who=who,
            notes=notes_of(publication.environment),
            lock=lock,
            is_unattended=is_unattended,
            pause=mailing.pause,
            may_begin=may_begin,
        )
        try:
            ran = run(job, mailing, zone, stop)
        except TransportError as error:
            _tell_unreachable(error, mailing)
            if stop.level is not RateLevel.NONE:
                return 130
            return 75 if error.is_temporary else 1
    if is_rehearsal and not ran.is_over:
        # It counts for nothing: subscribers' values are not kept for it.
        with publication.database.write() as connection:
            end_for_good(connection, mailing.id, who, now())
    if ran.ending is Ending.STOPPED:
        show_requests(publication, mailing)
    for line in _held(publication, mailing):
        console.talk(line)
    return tell(ran, mailing, publication.workspace.name(folder), stop, zone, twice=twice)


def _held(publication: "MailingContext", mailing: "Mailing") -> "Iterable[str]":
    from composer.audience.bounce_holds import open_holds
    from composer.cli.sending.bounces_held import lines_of

    with publication.database.read() as connection:
        return lines_of([each for each in open_holds(connection) if each.mailing_id == mailing.id])


def route(publication: "MailingContext", *, is_rehearsal: bool) -> str:
    """Name the server; whatever is wrong with its settings is told before the question."""
    if is_rehearsal:
        return "outbox"
    transport, _ = transport_to(publication, None)
    return transport.name


def transport_to(publication: "MailingContext", folder: Path | None) -> "tuple[Transport, str]":
    if folder is not None:
        from composer.transport.outbox_transport import FileTransport

        return FileTransport(folder, publication.workspace.root / OUTBOX), ""
    from composer.delivery.config.resolve import server_of
    from composer.transport.smtp.smtp_transport import SmtpTransport

    server = server_of(publication.newsletter, publication.workspace, publication.environment)
    return SmtpTransport(server), server.host
