"""What each scheduled job does: the use case that the command of the same purpose calls.

Input: an open newsletter, a `JobOrder`. Output: nothing; results are in the database, in files and in the event log.
Guarantees: each function may be repeated and interrupted. Raises ComposeError for what a person can fix.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from composer.app.context import MailingContext
from composer.app.work.alerts import alerts_of
from composer.app.work.certificates import record_certificates
from composer.app.work.job_order import JobOrder
from composer.core.event_log import emit

_LOG = logging.getLogger("compose.work")

#: Today's backup is made at this hour of the newsletter's time zone, or as soon as possible after it.
BACKUP_HOUR = 3
#: A backup still contains people who were erased since, so it is deleted after this time, once a newer one exists.
KEEP_BACKUPS = timedelta(days=14)


def send_mailings(context: MailingContext, order: JobOrder) -> None:
    """Send what is due, as `compose send --due` does. Raises the error of the first mailing that failed."""
    from composer.app.mailings.due_run import DueFailed, DueSent, send_due
    from composer.app.mailings.mailing_run import DatabaseUnreachable, RunControls, RunRefused, ServerUnreachable
    from composer.delivery.config.delivery_settings import settings_of

    controls = RunControls(stop=lambda: order.stop, clock=order.clock)
    failed: Exception | None = None
    for outcome in send_due(context, settings_of(context.newsletter), controls):
        match outcome:
            case DueFailed(error=error):
                failed = failed or error
            case DueSent(outcome=ServerUnreachable(error=unreachable)):
                failed = failed or unreachable
            case DueSent(outcome=DatabaseUnreachable(error=lost)):
                failed = failed or lost
            case DueSent(mailing=mailing, outcome=RunRefused(refusals=refusals)):
                for each in refusals:
                    said = f"mailing {mailing.id} is not sent: {each.words}"
                    emit(_LOG, "work.refused", level=logging.WARNING, said=said, mailing=mailing.id, code=each.code)
            case _:
                # The run itself has logged what it did; the rest has nothing to do now.
                pass
    if failed is not None:
        raise failed


def read_bounces(context: MailingContext, order: JobOrder) -> None:
    """Read the bounce mailbox, as `compose bounces ingest --imap` does."""
    from composer.app.people.bounce_intake import ingest_files

    if context.newsletter.delivery.imap is None:
        return
    found = ingest_files(context, (), by_imap=True, clock=order.clock).summary
    if found.new:
        emit(_LOG, "work.bounces", said=f"{found.new} messages read from the bounce mailbox", count=found.new)


def publish_archive(context: MailingContext, order: JobOrder) -> None:
    """Write the online archive, as `compose publish` does; nothing before the first mailing."""
    from composer.app.publishing.sent_archive import NothingSentError, publish_sent

    if order.folders.archive is None:
        return
    try:
        result = publish_sent(context, order.folders.archive, now=order.clock())
    except NothingSentError:
        return
    if result.written:
        emit(_LOG, "work.published", said=f"archive: {result.written} files written", count=result.written)


def back_up(context: MailingContext, order: JobOrder) -> None:
    """Make today's copies of the database and the keys, unless they exist, and delete those that are too old."""
    from composer.app.administration.database_versions import back_up_database
    from composer.app.administration.keys_backup import back_up_keys

    now, folders = order.clock(), order.folders
    ending = ".db" if context.database.path is not None else ".dump"
    if folders.backups is not None:
        _daily(context, folders.backups, ending, now, lambda path: back_up_database(context, path, now))
    if folders.keys is not None:
        _daily(
            context,
            folders.keys,
            ".keys",
            now,
            lambda path: back_up_keys(context, path, lambda: folders.passphrase, now),
        )


def _daily(context: MailingContext, folder: Path, ending: str, now: datetime, write: Callable[[Path], object]) -> None:
    local = now.astimezone(context.newsletter.zone)
    day = (local - timedelta(hours=BACKUP_HOUR)).date()
    target = folder / f"{day.isoformat()}{ending}"
    if target.exists():
        return
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    write(target)
    emit(_LOG, "work.backup", said=f"backup written: {target}", kind=ending[1:])
    for old in folder.glob(f"????-??-??{ending}"):
        if old.stem < (day - KEEP_BACKUPS).isoformat():
            old.unlink(missing_ok=True)


def check_certificates(context: MailingContext, order: JobOrder) -> None:
    """Record when the certificates of the public pages and the mail server expire."""
    record_certificates(context, order.clock())


def raise_alerts(context: MailingContext, order: JobOrder) -> None:
    """Log an alert for everything that a person should look at."""
    with context.database.read() as connection:
        found = alerts_of(connection, order.clock())
    for each in found:
        emit(_LOG, "work.alert", level=logging.WARNING, said=f"alert: {each.said}", code=each.code, count=each.count)
