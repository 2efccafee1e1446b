"""The table of the public pages: transactional messages that people requested, and their results.

Input: nothing. Output: a table. composer/web/public explains the values.
"""

from sqlalchemy import CheckConstraint, Column, Index, Integer, Table, Text

from composer.database.tables.metadata import IS_STATE, Moment, metadata

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
    #: As in `deliveries`: the same functions change these columns (delivery/ledger/claims.py).
    Column("state", Text, nullable=False),
    Column("worker_id", Integer),
    Column("attempts", Integer, nullable=False, server_default="0"),
    #: It is not tried before this time.
    Column("next_at", Moment, nullable=False),
    Column("changed", Moment, nullable=False),
    #: Why it is in this state, if there is no server reply: a code (delivery/core/events.py, mail_requests.DropReason).
    Column("reason", Text),
    #: The server's last reply.
    Column("words", Text),
    #: The server's name for the message in its log.
    Column("queue_id", Text),
    #: Its place in the queue: the lowest turn first, then the oldest.
    Column("turn", Integer, nullable=False, server_default="0"),
    #: When it used one of the hour's places; NULL while it waits.
    Column("counted", Moment),
    #: When its link was used; it works once.
    Column("used", Moment),
    Index("ix_transactional_emails_state_next_at", "state", "next_at"),
    Index("ix_transactional_emails_state_turn", "state", "turn", "id"),
    Index("ix_transactional_emails_normal", "normal"),
    Index("ix_transactional_emails_mailbox", "mailbox"),
    Index("ix_transactional_emails_counted", "counted"),
    CheckConstraint("kind IN ('confirm', 'link')", name="kind"),
    CheckConstraint(IS_STATE, name="state"),
    sqlite_autoincrement=True,
)
