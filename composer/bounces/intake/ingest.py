"""Import returned messages: read, classify and record them in batches, and only then release them.

Input: a mailbox. Output: an `IngestSummary`. Guarantees: if it is killed at any time and run again, no message is lost or
counted twice. A message is released (moved, kept as a file) only after it is recorded, and a recorded message is released
without a second effect.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from composer.audience.identity.tokens import Tokens
from composer.bounces.intake.message_files import Raw
from composer.bounces.parse.classifier import classify
from composer.bounces.parse.vocabulary import Returned, ReturnedKind
from composer.bounces.record.bounce_log import log_recorded
from composer.bounces.record.bounce_policy import BounceEffect
from composer.bounces.record.recorder import Recorded, hash_of, known, record
from composer.core.event_log import emit
from composer.database.engine import Database

#: A batch is one transaction: at most this many messages, or this many bytes.
_MOST, _MOST_BYTES = 100, 8 * 1024 * 1024

_LOG = logging.getLogger("compose.bounces")


class Mailbox(Protocol):
    """A source of messages."""

    @property
    def source(self) -> str:
        """Where its messages come from: file, pipe, imap."""
        ...

    def messages(self) -> Iterator[Raw]:
        """Yield the messages."""
        ...

    def release(self, done: Sequence[tuple[Raw, Recorded]]) -> None:
        """Release recorded messages, for example move them. Repeating it must change nothing."""
        ...


@dataclass(slots=True)
class IngestSummary:
    """The result of an import of returned messages."""

    #: New messages, by kind and by effect.
    kinds: Counter[ReturnedKind] = field(default_factory=Counter)
    effects: Counter[BounceEffect] = field(default_factory=Counter)
    #: Messages that were recorded already.
    known: int = 0
    #: Rejections because of the sender or the message, by domain and status: the count, and the first answer.
    alerts: Counter[tuple[str, str]] = field(default_factory=Counter)
    words: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def new(self) -> int:
        """The number of new messages."""
        return self.kinds.total()

    def add(self, recorded: Recorded) -> None:
        """Count one message."""
        if not recorded.is_new:
            self.known += 1
            return
        self.kinds[recorded.kind] += 1
        self.effects[recorded.effect] += 1
        if recorded.effect is BounceEffect.ALERT:
            finding = recorded.finding
            key = (recorded.domain, finding.status or "")
            if key not in self.alerts and len(self.alerts) >= _MOST:
                key = ("", "")
            self.alerts[key] += 1
            self.words.setdefault(key, finding.reply.text if finding.reply else finding.why)

    def join(self, other: "IngestSummary") -> None:
        """Add the counts of another summary."""
        self.kinds += other.kinds
        self.effects += other.effects
        self.known += other.known
        self.alerts += other.alerts
        self.words = other.words | self.words


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Messages in files, which are read and never changed."""

    read: Callable[[], Iterator[Raw]]
    source: str = "file"

    def messages(self) -> Iterator[Raw]:
        """Yield the messages."""
        return self.read()

    def release(self, done: Sequence[tuple[Raw, Recorded]]) -> None:
        """Do nothing: the files stay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipe:
    """The single message that a mail server pipes in. If a person should review it, it is kept as a file."""

    message: Raw
    folder: Path
    source: str = "pipe"

    def messages(self) -> Iterator[Raw]:
        """Yield the message."""
        yield self.message

    def release(self, done: Sequence[tuple[Raw, Recorded]]) -> None:
        """Keep messages that a person should review, because the mail server forgets the message when the command ends."""
        from composer.core.environment import write_private
        from composer.core.folders import make_private

        for raw, recorded in done:
            path = self.folder / f"{recorded.hash[:16]}.eml"
            if recorded.effect is BounceEffect.KEPT and not path.exists():
                make_private(self.folder, self.folder.parent)
                write_private(path, raw.data)


def ingest(
    database: Database,
    tokens: Tokens,
    mailbox: Mailbox,
    *,
    now: Callable[[], datetime],
    tell: Callable[[int], None] = lambda done: None,
) -> IngestSummary:
    """Import all messages of a mailbox; `tell` is called with the number of messages done."""
    summary = IngestSummary()
    batch: list[tuple[Raw, str, Returned]] = []
    size = 0
    for raw in mailbox.messages():
        batch.append((raw, hash_of(raw.data), classify(raw.data)))
        size += len(raw.data)
        if len(batch) == _MOST or size >= _MOST_BYTES:
            _take_in(database, tokens, mailbox, batch, summary, now())
            tell(summary.new + summary.known)
            batch, size = [], 0
    if batch:
        _take_in(database, tokens, mailbox, batch, summary, now())
        tell(summary.new + summary.known)
    emit(_LOG, "ingest.ended", source=mailbox.source, new=summary.new, known=summary.known)
    return summary


def _take_in(
    database: Database,
    tokens: Tokens,
    mailbox: Mailbox,
    batch: Sequence[tuple[Raw, str, Returned]],
    summary: IngestSummary,
    now: datetime,
) -> None:
    with database.read() as connection:
        there = known(connection, (each for _, each, _ in batch))
    if all(each in there for _, each, _ in batch):
        # There is nothing to write, so do not lock out a mailing that is being sent.
        done = [(raw, there[each]) for raw, each, _ in batch]
    else:
        with database.write() as connection:
            messages = [(each, came) for _, each, came in batch]
            recorded = record(connection, messages, tokens, source=mailbox.source, now=now)
        log_recorded(_LOG, recorded, mailbox.source)
        done = [(raw, each) for (raw, _, _), each in zip(batch, recorded, strict=True)]
    for _, each in done:
        summary.add(each)
    mailbox.release(done)
