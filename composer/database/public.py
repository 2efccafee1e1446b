"""The table of the readers' pages: small messages that somebody asked for, and what became of each.

Comes in: nothing. Goes out: a table. What it means is said in composer/web/public.
"""

from sqlalchemy import CheckConstraint, Column, Index, Integer, Table, Text

from composer.database.metadata import Moment, metadata

#: One row for each time that somebody gave an address. A row is taken away when its link has ended: it knows an address.
letters = Table(
    "letters",
    metadata,
    Column("id", Integer, primary_key=True),
    #: confirm: to subscribe. link: to see, change or delete.
    Column("kind", Text, nullable=False),
    #: As written, and as addresses are compared.
    Column("address", Text, nullable=False),
    Column("normal", Text, nullable=False),
    Column("name", Text, nullable=False, server_default=""),
    #: The language of the page, and of the edition that was asked for.
    Column("language", Text, nullable=False),
    Column("edition", Text, nullable=False, server_default=""),
    #: The site that the form stood on.
    Column("origin", Text, nullable=False, server_default=""),
    Column("asked", Moment, nullable=False),
    #: When it is to be tried next.
    Column("due", Moment, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("state", Text, nullable=False),
    #: What the mail server said.
    Column("reply", Text, nullable=False, server_default=""),
    #: When its link was used; it works once.
    Column("used", Moment),
    Index("ix_letters_state_due", "state", "due"),
    Index("ix_letters_normal", "normal"),
    CheckConstraint("kind IN ('confirm', 'link')", name="kind"),
    CheckConstraint(
        "state IN ('waiting', 'sending', 'accepted', 'refused', 'unknown', 'written', 'dropped')", name="state"
    ),
    sqlite_autoincrement=True,
)
