"""The table of what came back: one row for each message, for good; what it says is explained in composer/bounces.

Input: nothing. Output: a table, and the classes of a bounce, which both the bounces and the delivery room know.
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
    """What a failure means for the subscriber; bounces.policy says what is done."""

    #: there is no such mailbox
    HARD = "hard"
    #: there is no such domain, or no way to it
    BAD_DOMAIN = "bad_domain"
    FULL = "full"
    #: anything else at their end: it counts, and is forgiven
    SOFT = "soft"
    #: a rule of theirs, our reputation, our message: never held against a subscriber
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
    #: Whether that is the subscriber's own address, or a forward.
    Column("is_own", Boolean, nullable=False, server_default=text("true")),
    #: The domain of the subscriber's address, for the counts.
    Column("domain", Text, nullable=False, server_default=""),
    #: Whom our own key names; without foreign keys: what came back stays counted when a person is erased.
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

#: Bounces of one mailing that say the same, or come from one provider, so that too many at once are noticed
#: (composer/audience/bounce_holds.py).
bounce_groups = Table(
    "bounce_groups",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("mailing_id", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    #: A hash of the text without addresses and numbers; a provider's name, or a domain.
    Column("key", Text, nullable=False),
    #: What was said first, without addresses.
    Column("sample", Text, nullable=False, server_default=""),
    #: How many subscribers it would leave out, and how many recipients the mailing has (at that provider).
    Column("count", Integer, nullable=False),
    Column("recipients", Integer),
    #: Since when these are held; when, by whom and how somebody decided.
    Column("held", Moment),
    Column("decided", Moment),
    Column("decision", Text),
    Column("decided_by", Text, nullable=False, server_default=""),
    UniqueConstraint("mailing_id", "kind", "key"),
    CheckConstraint("kind IN ('text', 'provider')", name="kind"),
    CheckConstraint("decision IN ('released', 'discarded')", name="decision"),
    sqlite_autoincrement=True,
)

#: Who was left out by a bounce in a mailing, or is held, and in which groups.
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
