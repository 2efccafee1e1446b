"""Reads returned mail, records it once, and suppresses or holds the subscribers it is about.

Input: a newsletter's context, and the source: files, a pipe, or the mailbox in newsletter.yaml. Output: what was read,
its effects, and what is held now. Guarantees: a message is recorded once, no matter how often it is read; a subscriber
changes only if the message contains the signed token that compose put into the original.
"""

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO

from composer.app.context import MailingContext
from composer.audience.bounce_holds import Hold, open_holds
from composer.audience.identity.token_secret import tokens_of
from composer.bounces.intake.imap import ImapMailbox
from composer.bounces.intake.ingest import Files, IngestSummary, Mailbox, Pipe, ingest
from composer.bounces.intake.message_files import read_path, read_pipe
from composer.bounces.record.bounce_settings import account_of
from composer.core.workspace import OUTBOX


@dataclass(frozen=True, slots=True, kw_only=True)
class BounceIntake:
    """Returned mail that was read."""

    summary: IngestSummary
    #: Held bounces that a person must decide about, including earlier ones.
    held: tuple[Hold, ...]


def ingest_files(
    context: MailingContext,
    paths: Sequence[Path],
    *,
    by_imap: bool = False,
    clock: Callable[[], datetime],
    tell: Callable[[int], None] = lambda done: None,
) -> BounceIntake:
    """Read messages, mbox files and folders; with `by_imap`, also the mailbox under delivery.imap in newsletter.yaml.

    `tell` is called with the number of messages read. Raises SettingsError, DatabaseError, and the errors of reading.
    """
    return _intake(context, _mailboxes(context, paths, by_imap=by_imap), clock, tell)


def ingest_pipe(context: MailingContext, stream: BinaryIO, clock: Callable[[], datetime]) -> BounceIntake:
    """Read one message from a mail server's pipe; if a person should review it, it is kept in the outbox."""

    def mailbox() -> Generator[Mailbox]:
        yield Pipe(message=read_pipe(stream), folder=context.workspace.root / OUTBOX / "bounces")

    return _intake(context, mailbox(), clock, lambda done: None)


def _mailboxes(context: MailingContext, paths: Sequence[Path], *, by_imap: bool) -> Generator[Mailbox]:
    for path in paths:
        yield Files(read=partial(read_path, path))
    if by_imap:
        account = account_of(context.newsletter, context.workspace, context.environment)
        with closing(ImapMailbox.open(account)) as mailbox:
            yield mailbox


def _intake(
    context: MailingContext,
    mailboxes: Generator[Mailbox],
    clock: Callable[[], datetime],
    tell: Callable[[int], None],
) -> BounceIntake:
    tokens, summary = tokens_of(context.database, context.environment), IngestSummary()
    with closing(mailboxes):
        for each in mailboxes:
            summary.join(ingest(context.database, tokens, each, now=clock, tell=tell))
    with context.database.read() as connection:
        return BounceIntake(summary=summary, held=open_holds(connection))
