"""The table of what came back: one row for each message, for good; what it says is explained in composer/bounces.

Comes in: nothing. Goes out: a table, and the classes of a bounce, which both the bounces and the delivery room know.
"""

from enum import StrEnum

from sqlalchemy import Boolean, CheckConstraint, Column, Index, Integer, Table, Text, UniqueConstraint, text

from composer.database.metadata import LargeId, Moment, metadata


class BounceClass(StrEnum):
    """What a failure means for the reader; bounces.policy says what is done."""

    #: there is no such mailbox
    HARD = "hard"
    #: there is no such domain, or no way to it
    BAD_DOMAIN = "bad_domain"
    FULL = "full"
    #: anything else at their end: it counts, and is forgiven
    SOFT = "soft"
    #: a rule of theirs, our reputation, our message: never held against a reader
    OURS = "ours"


returned = Table(
    "returned",
    metadata,
    Column("id", Integer, primary_key=True),
    #: Of the message, so that it is recorded once however often it is read.
    Column("hash", Text, nullable=False),
    Column("at", Moment, nullable=False),
    #: How it came: file, pipe, imap, ses, postmark.
    Column("source", Text, nullable=False),
    #: vocabulary.Kind, the class of a bounce, and what followed (policy.Effect).
    Column("kind", Text, nullable=False),
    Column("bounce", Text),
    Column("effect", Text, nullable=False),
    #: RFC 3463, such as 5.1.1.
    Column("status", Text),
    #: The other side's words.
    Column("words", Text, nullable=False, server_default=""),
    #: As the message names it. Anybody can write this.
    Column("recipient", Text, nullable=False, server_default=""),
    #: Whether that is the reader's own address, or a forward.
    Column("is_own", Boolean, nullable=False, server_default=text("true")),
    #: The domain of the reader's address, for the counts.
    Column("domain", Text, nullable=False, server_default=""),
    #: Whom our own key names; without foreign keys: what came back stays counted when a person is erased.
    Column("reader_id", LargeId),
    Column("mailing_id", Integer),
    UniqueConstraint("hash"),
    CheckConstraint(
        "kind IN ('bounce', 'delay', 'receipt', 'out_of_office', 'challenge', 'complaint', 'unsubscribe',"
        " 'not_understood')",
        name="kind",
    ),
    CheckConstraint("bounce IN ('hard', 'bad_domain', 'full', 'soft', 'ours')", name="bounce"),
    CheckConstraint("effect IN ('suppressed', 'counted', 'alert', 'left', 'unproven', 'kept')", name="effect"),
    sqlite_autoincrement=True,
)
Index("ix_returned_reader_id", returned.c.reader_id)
Index("ix_returned_mailing_id", returned.c.mailing_id)
Index("ix_returned_at", returned.c.at)
