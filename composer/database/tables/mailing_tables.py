"""The tables of delivery: mailings, their frozen messages and recipients, the deliveries, the event log, the workers.

Input: nothing. Output: tables. composer/delivery explains the values; delivery/ledger defines who may change them.
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

from composer.database.tables.metadata import IS_STATE, LargeId, Moment, metadata
from composer.database.tables.transactional_tables import transactional_emails

#: An issue by its key. `again` above 0: a mailing that is also sent to people who have it already, with a reason.
issues = Table(
    "issues",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False),
    Column("again", Integer, nullable=False, server_default="0"),
    UniqueConstraint("key", "again"),
)

#: `id` is the small number that people use; tokens and messages contain `public_id`, which is never used twice
#: (public_ids.py).
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
    #: The version of the program.
    Column("program", Text, nullable=False),
    #: The edition's hash.
    Column("edition", Text, nullable=False),
    Column("git_commit", Text),
    #: Whether everything was committed; NULL without git.
    Column("is_committed", Boolean),
    Column("subject", Text, nullable=False),
    #: Who was selected: a filter (audience_filter.py) as JSON.
    Column("audience", Text, nullable=False),
    #: What a message needs besides the compiled variant (delivery/messages/message_factory.py), as JSON.
    Column("frozen_settings", Text, nullable=False),
    #: How many recipients were frozen: the states must add up to it.
    Column("frozen", Integer, nullable=False),
    #: Who was excluded when it was frozen: counts by reason, as JSON.
    Column("left_out", Text, nullable=False),
    #: The refusals that were allowed, by code, with the reasons, as JSON.
    Column("allowed", Text, nullable=False, server_default="{}"),
    #: Why it is sent again.
    Column("again_because", Text, nullable=False, server_default=""),
    #: The mailing that this one corrects.
    Column("corrects", Integer, ForeignKey("mailings.id")),
    #: It is not sent before this time.
    Column("due", Moment),
    #: When it was stopped: no run sends it; NULL again after it is resumed.
    Column("stopped", Moment),
    #: Since when only a person can resume it, who paused it, and why (delivery/core/pause.py).
    Column("paused", Moment),
    Column("paused_by", Text, nullable=False, server_default=""),
    Column("paused_because", Text),
    #: When it ended: nothing more is sent, and the recipients' values are deleted.
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
    #: The compiled message, with its pictures.
    Column("compiled", LargeBinary, nullable=False),
)

#: One permanent row for each recipient of a mailing. Its only data about a person is a number.
deliveries = Table(
    "deliveries",
    metadata,
    Column("mailing_id", Integer, ForeignKey("mailings.id"), primary_key=True, autoincrement=False),
    #: Without a foreign key, because the row stays when a person is erased.
    Column("subscriber_id", LargeId, primary_key=True, autoincrement=False),
    Column("variant", SmallInteger, nullable=False, server_default="0"),
    Column("state", Text, nullable=False),
    #: The issue, if the recipient has it or will get it. UNIQUE below prevents a second copy.
    Column("issue_id", Integer),
    #: The worker that has claimed it.
    Column("worker_id", Integer),
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    Column("first_at", Moment),
    Column("next_at", Moment, nullable=False),
    Column("changed", Moment, nullable=False),
    Column("throttled", SmallInteger, nullable=False, server_default="0"),
    Column("requeue_count", SmallInteger, nullable=False, server_default="0"),
    #: What a rejection says about the subscriber (retry_policy.RefusalCategory).
    Column("refusal_category", Text),
    #: Why it is in this state, if there is no server reply: a code (delivery/core/events.py).
    Column("reason", Text),
    #: The server's last reply, without the subscriber's address.
    Column("words", Text),
    #: The server's name for the message in its log.
    Column("queue_id", Text),
    #: The route of the last attempt; NULL if newsletter.yaml named only one server.
    Column("route", Text),
    CheckConstraint(IS_STATE, name="state"),
    UniqueConstraint("issue_id", "subscriber_id"),
    sqlite_with_rowid=False,
)
#: With OR: SQLite uses this index for a query about one of the two states, if the state is a literal and not a
#: parameter.
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

#: The frozen values of the recipients of mailings that have not ended. A row is deleted together with its subscriber.
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
    #: Of a correction: the message that it replies to, by its mailing and its subscriber id.
    Column("answered_mailing", Integer),
    Column("answered_subscriber", LargeId),
    sqlite_with_rowid=False,
)

_IS_OF_EMAIL = text("email_id IS NOT NULL")
#: What happened to mailings, to their deliveries, and to messages of the public pages, in order. Rows are added and
#: never changed; those about a message of the public pages are deleted with it. core/event_writer.py writes them.
events = Table(
    "delivery_events",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    #: NULL: a message of the public pages.
    Column("mailing_id", Integer, ForeignKey("mailings.id")),
    #: NULL: the mailing as a whole.
    Column("subscriber_id", LargeId),
    Column("email_id", Integer, ForeignKey(transactional_emails.c.id, ondelete="CASCADE")),
    Column("at", Moment, nullable=False),
    #: Codes: what happened and, if there is no server reply, why (delivery/core/events.py).
    Column("kind", Text, nullable=False),
    Column("reason", Text),
    #: The person who did it, if it was a person.
    Column("who", Text, nullable=False, server_default=""),
    #: The run that it is about: an id of `workers`.
    Column("run", Integer),
    #: The server's reply, or the obstacle. Only for people: no code reads it.
    Column("words", Text, nullable=False, server_default=""),
    #: The route of the attempt; NULL if newsletter.yaml named only one server.
    Column("route", Text),
    Index("ix_delivery_events_mailing_id", "mailing_id"),
    #: To find the events of one person without reading all events of all mailings.
    Index("ix_delivery_events_subscriber_id", "subscriber_id"),
    Index("ix_delivery_events_email_id", "email_id", sqlite_where=_IS_OF_EMAIL, postgresql_where=_IS_OF_EMAIL),
)

#: Processes that are sending or have sent: alive as long as they hold the lock of their id
#: (delivery/ledger/workers.py).
workers = Table(
    "workers",
    metadata,
    Column("id", Integer, primary_key=True),
    #: NULL: it sends the messages of the public pages.
    Column("mailing_id", Integer, ForeignKey("mailings.id")),
    Column("host", Text, nullable=False),
    Column("process", Integer, nullable=False),
    #: The identity of the database; a copy has another one.
    Column("home", Text, nullable=False),
    Column("began", Moment, nullable=False),
    #: The last heartbeat, by the database's own clock.
    Column("seen", Moment, nullable=False),
    Column("ended", Moment),
    #: Random, so that runs cannot be confused; NULL for a rehearsal, or a run of an earlier version.
    Column("nonce", Text),
    #: Increases with each group of intents (delivery/database_guard/age_counter.py).
    Column("count", BigInteger, nullable=False, server_default="0"),
    sqlite_autoincrement=True,
)

#: One row for each route, shared by all processes (delivery/throttle/token_bucket.py).
buckets = Table(
    "buckets",
    metadata,
    Column("name", Text, primary_key=True),
    #: Microseconds since 1970, because at 60,000 messages per minute there is one message per millisecond.
    Column("next_at", BigInteger),
    Column("paused_until", Moment),
    Column("throttles", Integer, nullable=False, server_default="0"),
    Column("ceiling", Float),
    Column("ceiling_at", Moment),
    #: Why it was paused (core/routing.RouteCondition), until it accepts a message again; and the server's reply, only
    #: for people.
    Column("condition", Text, nullable=False, server_default="up"),
    Column("words", Text, nullable=False, server_default=""),
)

#: How many messages were sent in each hour, for the daily quota.
usage = Table(
    "bucket_usage",
    metadata,
    Column("bucket", Text, primary_key=True),
    #: Hours since 1970.
    Column("hour", Integer, primary_key=True, autoincrement=False),
    Column("count", Integer, nullable=False),
)
