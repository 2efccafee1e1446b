"""The table of the public pages: transactional messages that people requested, and their results.

Input: nothing. Output: a table. composer/web/public explains the values.
"""

from sqlalchemy import CheckConstraint, Column, Index, Integer, Table, Text

from composer.database.tables.metadata import Moment, metadata

#: One row for each entered address. A row is deleted when its link expires, because it contains an address.
transactional_emails = Table(
    "transactional_emails",
    metadata,
    Column("id", Integer, primary_key=True),
    #: confirm: to subscribe. link: to see, change or delete.
    Column("kind", Text, nullable=False),
    #: As written, and as addresses are compared.
    Column("address", Text, nullable=False),
    Column("normal", Text, nullable=False),
    #: The same for all addresses of one mailbox: a mailbox gets only a few messages per day, with any +tag.
    Column("mailbox", Text, nullable=False, server_default=""),
    Column("name", Text, nullable=False, server_default=""),
    #: The other values that they entered, by merge field, as JSON.
    Column("fields", Text, nullable=False, server_default="{}"),
    #: The language of the page, and of the requested edition.
    Column("language", Text, nullable=False),
    Column("edition", Text, nullable=False, server_default=""),
    #: The site with the form.
    Column("origin", Text, nullable=False, server_default=""),
    Column("asked", Moment, nullable=False),
    #: When it will be tried next.
    Column("due", Moment, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    #: Its place in the queue: the lowest turn first, then the oldest.
    Column("turn", Integer, nullable=False, server_default="0"),
    #: When it used one of the hour's places; NULL while it waits.
    Column("counted", Moment),
    Column("state", Text, nullable=False),
    #: Why it was dropped: limit, full, repeated, nobody, expired.
    Column("drop_reason", Text),
    #: The mail server's reply.
    Column("reply", Text, nullable=False, server_default=""),
    #: When its link was used; it works once.
    Column("used", Moment),
    Index("ix_transactional_emails_state_due", "state", "due"),
    Index("ix_transactional_emails_state_turn", "state", "turn", "id"),
    Index("ix_transactional_emails_normal", "normal"),
    Index("ix_transactional_emails_mailbox", "mailbox"),
    Index("ix_transactional_emails_counted", "counted"),
    CheckConstraint("kind IN ('confirm', 'link')", name="kind"),
    CheckConstraint(
        "state IN ('waiting', 'sending', 'accepted', 'refused', 'unknown', 'written', 'dropped')", name="state"
    ),
    sqlite_autoincrement=True,
)
