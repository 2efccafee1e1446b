"""The table of the public pages: small messages that somebody asked for, and what became of each.

Input: nothing. Output: a table. What it means is said in composer/web/public.
"""

from sqlalchemy import CheckConstraint, Column, Index, Integer, Table, Text

from composer.database.tables.metadata import Moment, metadata

#: One row for each time that somebody gave an address. A row is taken away when its link has ended: it knows an address.
transactional_emails = Table(
    "transactional_emails",
    metadata,
    Column("id", Integer, primary_key=True),
    #: confirm: to subscribe. link: to see, change or delete.
    Column("kind", Text, nullable=False),
    #: As written, and as addresses are compared.
    Column("address", Text, nullable=False),
    Column("normal", Text, nullable=False),
    #: What all addresses of one mailbox have in common: a mailbox gets few letters a day, whatever +tag is written.
    Column("mailbox", Text, nullable=False, server_default=""),
    Column("name", Text, nullable=False, server_default=""),
    #: What else they wrote of themselves, by merge field, as JSON.
    Column("fields", Text, nullable=False, server_default="{}"),
    #: The language of the page, and of the edition that was asked for.
    Column("language", Text, nullable=False),
    Column("edition", Text, nullable=False, server_default=""),
    #: The site that the form stood on.
    Column("origin", Text, nullable=False, server_default=""),
    Column("asked", Moment, nullable=False),
    #: When it is to be tried next.
    Column("due", Moment, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    #: Its place in the queue: the lowest turn first, and of one turn the oldest.
    Column("turn", Integer, nullable=False, server_default="0"),
    #: When it took one of the hour's places; none while it waits.
    Column("counted", Moment),
    Column("state", Text, nullable=False),
    #: Why it was dropped: limit, full, repeated, nobody, expired.
    Column("drop_reason", Text),
    #: What the mail server said.
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
