"""The tables of delivery: mailings, their frozen messages and recipients, the deliveries, the event log, who is sending.

Input: nothing. Output: tables. What they mean is said in composer/delivery; who may move what, in delivery/ledger.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from composer.database.tables.metadata import LargeId, Moment, metadata

#: An issue by its key. `again` above 0: a mailing that goes to people who have it, because somebody said why.
issues = Table(
    "issues",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False),
    Column("again", Integer, nullable=False, server_default="0"),
    UniqueConstraint("key", "again"),
)

#: `id` is the small number that people use; what leaves the house has `public_id`, which is never issued twice (public_ids.py).
mailings = Table(
    "mailings",
    metadata,
    Column("id", Integer, primary_key=True),
    #: The mailing in tokens, Message-IDs and VERP addresses.
    Column("public_id", LargeId, nullable=False),
    Column("issue_id", Integer, ForeignKey("issues.id"), nullable=False),
    Column("is_rehearsal", Boolean, nullable=False),
    #: When it was frozen, and by whom.
    Column("made", Moment, nullable=False),
    Column("made_by", Text, nullable=False),
    #: The program's version.
    Column("program", Text, nullable=False),
    #: The edition's hash.
    Column("edition", Text, nullable=False),
    Column("git_commit", Text),
    #: Whether everything was committed; NULL without git.
    Column("is_committed", Boolean),
    Column("subject", Text, nullable=False),
    #: Who is meant: a condition (audience_filter.py) as JSON.
    Column("audience", Text, nullable=False),
    #: What writing a message needs beside the compiled variant (delivery/messages/message_factory.py), as JSON.
    Column("frozen_settings", Text, nullable=False),
    #: How many recipients were frozen: what the states add up to.
    Column("frozen", Integer, nullable=False),
    #: Who was left out when it was frozen: counts by reason, as JSON.
    Column("left_out", Text, nullable=False),
    #: What was allowed in spite of a refusal, by code, with the reason given, as JSON.
    Column("allowed", Text, nullable=False, server_default="{}"),
    #: Why people get it again.
    Column("again_because", Text, nullable=False, server_default=""),
    #: The mailing that this one corrects.
    Column("corrects", Integer, ForeignKey("mailings.id")),
    #: Not before then.
    Column("due", Moment),
    #: Somebody said stop: no run sends; going on takes it back.
    Column("stopped", Moment),
    #: Since when only a person goes on with it, whose doing it was, and why (delivery/pause.py).
    Column("paused", Moment),
    Column("paused_by", Text, nullable=False, server_default=""),
    Column("paused_because", Text),
    #: It is over: nothing more is sent, and the recipients' values are gone.
    Column("ended", Moment),
    UniqueConstraint("public_id"),
    sqlite_autoincrement=True,
)
Index("ix_mailings_issue_id", mailings.c.issue_id)

variants = Table(
    "mailing_variants",
    metadata,
    Column("mailing_id", Integer, ForeignKey("mailings.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("number", SmallInteger, primary_key=True, autoincrement=False),
    Column("language", Text, nullable=False),
    #: The compiled message with its pictures.
    Column("compiled", LargeBinary, nullable=False),
)

#: One row for each recipient of a mailing, for good. It says nothing of a person but a number.
deliveries = Table(
    "deliveries",
    metadata,
    Column("mailing_id", Integer, ForeignKey("mailings.id"), primary_key=True, autoincrement=False),
    #: Without a foreign key: what was done stays counted when a person is erased.
    Column("subscriber_id", LargeId, primary_key=True, autoincrement=False),
    Column("variant", SmallInteger, nullable=False, server_default="0"),
    Column("state", Text, nullable=False),
    #: The issue, for as long as they have it, or are to get it: nobody is held twice (UNIQUE below).
    Column("issue_id", Integer),
    #: Who has it in hand.
    Column("worker_id", Integer),
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    Column("first_at", Moment),
    Column("next_at", Moment, nullable=False),
    Column("changed", Moment, nullable=False),
    Column("throttled", SmallInteger, nullable=False, server_default="0"),
    Column("requeue_count", SmallInteger, nullable=False, server_default="0"),
    #: What a refusal says about the subscriber (policy.Blame).
    Column("refusal_category", Text),
    #: Why it is in this state, where that is not an answer of a server: a code (delivery/events.py).
    Column("reason", Text),
    #: What the server said last, without the subscriber's address.
    Column("words", Text),
    #: What the server calls the message in its log.
    Column("queue_id", Text),
    CheckConstraint(
        "state IN ('pending', 'claimed', 'sending', 'deferred', 'accepted', 'refused', 'unknown', 'suppressed',"
        " 'expired', 'written')",
        name="state",
    ),
    UniqueConstraint("issue_id", "subscriber_id"),
    sqlite_with_rowid=False,
)
#: With OR: SQLite takes such an index where the question is about one of the two, and written out, not a parameter.
_TODO = text("state = 'pending' OR state = 'deferred'")
Index(
    "ix_deliveries_due",
    deliveries.c.mailing_id,
    deliveries.c.state,
    deliveries.c.next_at,
    deliveries.c.subscriber_id,
    sqlite_where=_TODO,
    postgresql_where=_TODO,
)

#: The frozen values of the recipients of mailings that are not over. A row goes with its subscriber, at once.
recipients = Table(
    "recipients",
    metadata,
    Column(
        "subscriber_id",
        LargeId,
        ForeignKey("subscribers.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("mailing_id", Integer, ForeignKey("mailings.id"), primary_key=True, autoincrement=False),
    Column("address", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("first_name", Text, nullable=False),
    Column("last_name", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("fields", Text, nullable=False),
    #: Of a correction: the message that they have and this one answers, by its mailing and the id that it went to.
    Column("answered_mailing", Integer),
    Column("answered_subscriber", LargeId),
    sqlite_with_rowid=False,
)

#: What happened, in its order; rows are added and never changed.
events = Table(
    "mailing_events",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("mailing_id", Integer, ForeignKey("mailings.id"), nullable=False),
    #: NULL: the mailing as a whole.
    Column("subscriber_id", LargeId),
    Column("at", Moment, nullable=False),
    #: Codes: what happened and, where that is not a server's answer, why (delivery/events.py).
    Column("kind", Text, nullable=False),
    Column("reason", Text),
    #: Who did it, where a person did.
    Column("who", Text, nullable=False, server_default=""),
    #: The run that it is about: an id of `workers`.
    Column("run", Integer),
    #: What the server said, or what was in the way. For people only: nothing looks into it.
    Column("words", Text, nullable=False, server_default=""),
    Index("ix_mailing_events_mailing_id", "mailing_id"),
    #: What is known of one person is found without a look at every event of every mailing.
    Index("ix_mailing_events_subscriber_id", "subscriber_id"),
)

#: Processes that send, or did: alive as long as they hold the lock that goes with the id (delivery/ledger/workers.py).
workers = Table(
    "workers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("mailing_id", Integer, ForeignKey("mailings.id"), nullable=False),
    Column("host", Text, nullable=False),
    Column("process", Integer, nullable=False),
    #: Which database this was: a copy of it is another one.
    Column("home", Text, nullable=False),
    Column("began", Moment, nullable=False),
    #: A sign of life, by the database's own clock.
    Column("seen", Moment, nullable=False),
    Column("ended", Moment),
    #: Random, so that no other run can be taken for this one; NULL: a rehearsal, or a run of an earlier version.
    Column("nonce", Text),
    #: Goes up with each group of intents (delivery/database_guard/ledger_age.py).
    Column("count", BigInteger, nullable=False, server_default="0"),
    sqlite_autoincrement=True,
)

#: One row for each way out, shared by all processes (delivery/throttle/token_bucket.py).
buckets = Table(
    "buckets",
    metadata,
    Column("name", Text, primary_key=True),
    #: Microseconds since 1970: at 60,000 a minute a millisecond is a whole message.
    Column("next_at", BigInteger),
    Column("paused_until", Moment),
    Column("throttles", Integer, nullable=False, server_default="0"),
    Column("ceiling", Float),
    Column("ceiling_at", Moment),
)

#: How many messages went out by hour, for the daily quota.
usage = Table(
    "bucket_usage",
    metadata,
    Column("bucket", Text, primary_key=True),
    #: Hours since 1970.
    Column("hour", Integer, primary_key=True, autoincrement=False),
    Column("count", Integer, nullable=False),
)
