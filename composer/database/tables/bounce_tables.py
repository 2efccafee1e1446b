"""The tables of bounces and replies: one permanent row for each message; composer/bounces explains the values.

Input: nothing. Output: tables, and the classes of bounces, which composer/bounces and composer/delivery share.
"""

from enum import StrEnum

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from composer.database.tables.metadata import LargeId, Moment, metadata


class BounceClass(StrEnum):
    """What a failure means for the subscriber; composer/bounces decides what to do."""

    #: the mailbox does not exist
    HARD = "hard"
    #: the domain does not exist, or cannot be reached
    BAD_DOMAIN = "bad_domain"
    FULL = "full"
    #: another problem of the recipient's server: counted, but without consequences
    SOFT = "soft"
    #: a policy of the server, our reputation, our message: never counts against a subscriber
    OURS = "ours"


returned = Table(
    "returned",
    metadata,
    Column("id", Integer, primary_key=True),
    #: Of the message, so that it is recorded only once.
    Column("hash", Text, nullable=False),
    Column("at", Moment, nullable=False),
    #: How it was received: file, pipe, imap, ses, postmark.
    Column("source", Text, nullable=False),
    #: The kind of message, the class of a bounce, and its effect.
    Column("kind", Text, nullable=False),
    Column("bounce", Text),
    Column("effect", Text, nullable=False),
    #: RFC 3463, such as 5.1.1.
    Column("status", Text),
    #: The text of the other server.
    Column("words", Text, nullable=False, server_default=""),
    #: As the message names it; it is not proven.
    Column("recipient", Text, nullable=False, server_default=""),
    #: Whether that is the subscriber's own address, or a forward.
    Column("is_own", Boolean, nullable=False, server_default=text("true")),
    #: The domain of the subscriber's address, for the counts.
    Column("domain", Text, nullable=False, server_default=""),
    #: The recipient in our own token; without foreign keys, because the row stays when a person is erased.
    Column("subscriber_id", LargeId),
    Column("mailing_id", Integer),
    UniqueConstraint("hash"),
    CheckConstraint(
        "kind IN ('bounce', 'delay', 'receipt', 'out_of_office', 'challenge', 'complaint', 'unsubscribe',"
        " 'not_understood')",
        name="kind",
    ),
    CheckConstraint("bounce IN ('hard', 'bad_domain', 'full', 'soft', 'ours')", name="bounce"),
    CheckConstraint(
        "effect IN ('suppressed', 'counted', 'alert', 'left', 'unproven', 'kept', 'held', 'released')", name="effect"
    ),
    sqlite_autoincrement=True,
)
Index("ix_returned_subscriber_id", returned.c.subscriber_id)
Index("ix_returned_mailing_id", returned.c.mailing_id)
Index("ix_returned_at", returned.c.at)

#: Bounces of one mailing with the same text or from one provider, to detect too many at a time
#: (composer/audience/bounce_holds.py).
bounce_groups = Table(
    "bounce_groups",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("mailing_id", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    #: A hash of the text without addresses and numbers; a provider's name, or a domain.
    Column("key", Text, nullable=False),
    #: The first text, without addresses.
    Column("sample", Text, nullable=False, server_default=""),
    #: How many subscribers would be suppressed, and how many recipients the mailing has (at that provider).
    Column("count", Integer, nullable=False),
    Column("recipients", Integer),
    #: Since when these are held; when, by whom and how it was decided.
    Column("held", Moment),
    Column("decided", Moment),
    Column("decision", Text),
    Column("decided_by", Text, nullable=False, server_default=""),
    UniqueConstraint("mailing_id", "kind", "key"),
    CheckConstraint("kind IN ('text', 'provider')", name="kind"),
    CheckConstraint("decision IN ('released', 'discarded')", name="decision"),
    sqlite_autoincrement=True,
)

#: Who was suppressed by a bounce in a mailing, or is held, and in which groups.
bounce_marks = Table(
    "bounce_marks",
    metadata,
    Column("mailing_id", Integer, primary_key=True, autoincrement=False),
    Column("subscriber_id", LargeId, primary_key=True, autoincrement=False),
    Column("text_group", Integer, ForeignKey("bounce_groups.id"), nullable=False),
    Column("provider_group", Integer, ForeignKey("bounce_groups.id"), nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_bounce_marks_text_group", "text_group"),
    Index("ix_bounce_marks_provider_group", "provider_group"),
    Index("ix_bounce_marks_subscriber_id", "subscriber_id"),
)
