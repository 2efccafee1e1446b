"""The tables of the audience: subscribers, their tags, their history, consents, imports, the suppression list.

Input: nothing. Output: tables. composer/audience explains the values.
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

#: How people consented: one row for all subscribers of an import, one for each person on the web.
consents = Table(
    "consents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("recorded", Moment, nullable=False),
    #: How, when, with which text.
    Column("evidence", Text, nullable=False),
    sqlite_autoincrement=True,
)

imports = Table(
    "imports",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("file", Text, nullable=False),
    #: The program that wrote the file: csv, mailchimp …
    Column("kind", Text, nullable=False),
    Column("consent_id", Integer, ForeignKey("consents.id")),
    #: The counts of the summary, as JSON.
    Column("counts", Text, nullable=False),
    Column("undone", Moment),
    sqlite_autoincrement=True,
)

#: An id is never used twice (public_ids.py), because a token for one person must not lead to another.
subscribers = Table(
    "subscribers",
    metadata,
    Column("id", LargeId, primary_key=True),
    #: As written.
    Column("address", Text, nullable=False),
    #: The form for comparing addresses.
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
    #: When they consented, if it is known for each person.
    Column("consented", Moment),
    #: The import that added them.
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

#: What was changed about a subscriber, when, and by whom; deleted together with the subscriber.
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

#: The suppression list: addresses that get no mailing; of an erased person only a hash.
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

#: What was erased, when, and what is kept; without any data that identifies the person.
erasures = Table(
    "erasures",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("hash", Text, nullable=False),
    Column("receipt", Text, nullable=False),
    sqlite_autoincrement=True,
)

#: Which subscriber had which address in which mailings, if that has changed: a recipient was removed, changed their
#: address, or has an address that another person had before. Contains only the keyed hash of an address.
#: composer/audience/identity/tombstones.py explains the rows and writes them.
tombstones = Table(
    "tombstones",
    metadata,
    #: Without a foreign key, because the subscriber may be deleted.
    Column("subscriber_id", LargeId, primary_key=True, autoincrement=False),
    Column("hash", Text, primary_key=True),
    #: The first and the last mailing in which the address was theirs. NULL: it still is.
    Column("first_mailing", Integer, primary_key=True, autoincrement=False),
    Column("last_mailing", Integer),
    Column("at", Moment, nullable=False),
    Index("ix_tombstones_hash", "hash"),
)

#: Keys that belong to this one database: docs/decisions/0004-erased-but-remembered.md.
database_keys = Table(
    "database_keys",
    metadata,
    Column("name", Text, primary_key=True),
    Column("key", LargeBinary, nullable=False),
)
