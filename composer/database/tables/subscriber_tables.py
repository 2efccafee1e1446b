"""The tables of the audience: subscribers, their tags, their history, consents, imports, the suppression list.

Input: nothing. Output: tables. What they mean is said in composer/audience.
"""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from composer.database.tables.metadata import LargeId, Moment, metadata

#: How somebody agreed: one row for all subscribers of an import, one for each who answered by the web.
consents = Table(
    "consents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("recorded", Moment, nullable=False),
    #: How, when, which words.
    Column("evidence", Text, nullable=False),
    sqlite_autoincrement=True,
)

imports = Table(
    "imports",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("file", Text, nullable=False),
    #: What wrote the file: csv, mailchimp …
    Column("kind", Text, nullable=False),
    Column("consent_id", Integer, ForeignKey("consents.id")),
    #: The counts of the summary, as JSON.
    Column("counts", Text, nullable=False),
    Column("undone", Moment),
    sqlite_autoincrement=True,
)

#: An id is never issued twice (public_ids.py): a token made for one person must not lead to another.
subscribers = Table(
    "subscribers",
    metadata,
    Column("id", LargeId, primary_key=True),
    #: As written.
    Column("address", Text, nullable=False),
    #: By which addresses are compared.
    Column("normal", Text, nullable=False),
    Column("name", Text, nullable=False, server_default=""),
    Column("first_name", Text, nullable=False, server_default=""),
    Column("last_name", Text, nullable=False, server_default=""),
    Column("language", Text, nullable=False, server_default=""),
    #: The newsletter's own merge fields, as JSON.
    Column("fields", Text, nullable=False, server_default="{}"),
    Column("status", Text, nullable=False),
    Column("created", Moment, nullable=False),
    Column("changed", Moment, nullable=False),
    Column("consent_id", Integer, ForeignKey("consents.id")),
    #: When they agreed, where that is known of each.
    Column("consented", Moment),
    #: The import that brought them.
    Column("import_id", Integer, ForeignKey("imports.id")),
    UniqueConstraint("normal"),
    CheckConstraint("status IN ('pending', 'active', 'unsubscribed', 'bounced', 'complained')", name="status"),
    sqlite_autoincrement=True,
)

subscriber_tags = Table(
    "subscriber_tags",
    metadata,
    Column(
        "subscriber_id",
        LargeId,
        ForeignKey("subscribers.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("tag", Text, primary_key=True),
    sqlite_with_rowid=False,
)
Index("ix_subscriber_tags_tag", subscriber_tags.c.tag, subscriber_tags.c.subscriber_id)

#: What became different about a subscriber, when, and by whom; it goes with the subscriber.
subscriber_changes = Table(
    "subscriber_changes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subscriber_id", LargeId, ForeignKey("subscribers.id", ondelete="CASCADE"), nullable=False),
    Column("at", Moment, nullable=False),
    #: status, address, consent, tag, or the name of a field.
    Column("what", Text, nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("import_id", Integer, ForeignKey("imports.id")),
    Index("ix_subscriber_changes_subscriber_id", "subscriber_id"),
    sqlite_autoincrement=True,
)

#: Addresses that get nothing, whatever else is said of them; of an erased person only a hash.
suppressions = Table(
    "suppressions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("normal", Text),
    Column("hash", Text),
    Column("reason", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("since", Moment, nullable=False),
    Column("import_id", Integer, ForeignKey("imports.id")),
    UniqueConstraint("normal"),
    UniqueConstraint("hash"),
    CheckConstraint("(normal IS NULL) <> (hash IS NULL)", name="either"),
    CheckConstraint(
        "reason IN ('unsubscribed', 'bounced', 'complained', 'erased', 'imported', 'by_hand', 'held')", name="reason"
    ),
    sqlite_autoincrement=True,
)

#: What was erased, when, and what stays; nothing in it tells who it was.
erasures = Table(
    "erasures",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("hash", Text, nullable=False),
    Column("receipt", Text, nullable=False),
    sqlite_autoincrement=True,
)

#: Which subscriber had which address in which mailings, where that is not the whole story of an address: somebody who got mail
#: was removed, or changed their address, or has an address that somebody had before. Only the keyed hash of an address is here.
#: What the rows mean, and who writes them: composer/audience/identity/tombstones.py.
tombstones = Table(
    "tombstones",
    metadata,
    #: Without a foreign key: the subscriber may be gone.
    Column("subscriber_id", LargeId, primary_key=True, autoincrement=False),
    Column("hash", Text, primary_key=True),
    #: The address was theirs in the mailings from this number on, up to and including that one. NULL: it still is.
    Column("first_mailing", Integer, primary_key=True, autoincrement=False),
    Column("last_mailing", Integer),
    Column("at", Moment, nullable=False),
    Index("ix_tombstones_hash", "hash"),
)

#: Keys that must live and die with the database: docs/decisions/0004-one-database-one-erasure-key.md.
database_keys = Table(
    "database_keys",
    metadata,
    Column("name", Text, primary_key=True),
    Column("key", LargeBinary, nullable=False),
)
