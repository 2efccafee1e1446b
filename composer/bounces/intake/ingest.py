"""Takes in what came back: reads, understands, records in batches, and only then lets go of the messages.

Input: a mailbox. Output: a `Summary`. Killed at any moment and run again it neither loses nor counts twice: a message is
let go (moved, kept as a file) only after it is on record, and one that is on record is let go without another effect.
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

#: A batch is a transaction: so many messages at most, or so many bytes.
_MOST, _MOST_BYTES = 100, 8 * 1024 * 1024

_LOG = logging.getLogger("compose.bounces")


class Mailbox(Protocol):
    """Where messages are read from."""

    @property
    def source(self) -> str:
        """How its messages came: file, pipe, imap."""
        ...

    def messages(self) -> Iterator[Raw]:
        """Return the messages, one at a time."""
        ...

    def let_go(self, done: Sequence[tuple[Raw, Recorded]]) -> None:
        """Do with messages that are on record what is to be done; doing it again must change nothing."""
        ...


@dataclass(slots=True)
class IngestSummary:
    """What was taken in."""

    #: Messages that are new, by kind and by what followed.
    kinds: Counter[ReturnedKind] = field(default_factory=Counter)
    effects: Counter[BounceEffect] = field(default_factory=Counter)
    #: Messages that were on record already.
    known: int = 0
    #: What is about us, by domain and status: how often, and what was said first.
    alerts: Counter[tuple[str, str]] = field(default_factory=Counter)
    words: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def new(self) -> int:
        """How many messages are new."""
        return self.kinds.total()

    def add(self, recorded: Recorded) -> None:
        """Count one."""
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
        """Count what another one counted, too."""
        self.kinds += other.kinds
        self.effects += other.effects
        self.known += other.known
        self.alerts += other.alerts
        self.words = other.words | self.words


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Messages in files: they are read, and stay where and as they are."""

    read: Callable[[], Iterator[Raw]]
    source: str = "file"

    def messages(self) -> Iterator[Raw]:
        """Return the messages."""
        return self.read()

    def let_go(self, done: Sequence[tuple[Raw, Recorded]]) -> None:
        """Leave the files alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipe:
    """The one message that a mail server hands over; where a person should look at it, it is kept as a file."""

    message: Raw
    folder: Path
    source: str = "pipe"

    def messages(self) -> Iterator[Raw]:
        """Yield the message."""
        yield self.message

    def let_go(self, done: Sequence[tuple[Raw, Recorded]]) -> None:
        """Keep what a person should look at: the mail server forgets it as soon as we are done."""
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
    """Take in everything that a mailbox holds; `tell` is called with how many are done."""
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
        # Nothing to write: who sends meanwhile need not wait.
        done = [(raw, there[each]) for raw, each, _ in batch]
    else:
        with database.write() as connection:
            messages = [(each, came) for _, each, came in batch]
            recorded = record(connection, messages, tokens, source=mailbox.source, now=now)
        log_recorded(_LOG, recorded, mailbox.source)
        done = [(raw, each) for (raw, _, _), each in zip(batch, recorded, strict=True)]
    for _, each in done:
        summary.add(each)
    mailbox.let_go(done)
