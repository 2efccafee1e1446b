"""The tables of what editors saw and said: editions, test sends, words given, and which editions a mailing holds.

Comes in: nothing. Goes out: tables. What they mean is said in composer/delivery/approvals.py.
"""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, UniqueConstraint

from composer.database.metadata import Moment, metadata

#: An issue file as it stood when it was tested, approved or mailed. Ids are never given again: they stand in links.
editions = Table(
    "editions",
    metadata,
    Column("id", Integer, primary_key=True),
    #: The issue key, and the file's stem: `2025-01-30.de` is an edition of `2025-01-30`.
    Column("issue", Text, nullable=False),
    Column("stem", Text, nullable=False),
    #: The edition's hash.
    Column("hash", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("language", Text, nullable=False),
    #: The issue's own date (year-month-day) and number; NULL where an older version has not kept them.
    Column("issue_date", Text),
    Column("issue_number", Integer),
    #: Digests by section (delivery/digests.py), as JSON.
    Column("digests", Text, nullable=False),
    #: The fullest message, for editors.
    Column("compiled", LargeBinary, nullable=False),
    #: What a reader without any tag gets, where that is another: what the page online shows to everybody.
    Column("public", LargeBinary),
    Column("seen", Moment, nullable=False),
    UniqueConstraint("stem", "hash"),
    sqlite_autoincrement=True,
)

#: A test send of this edition that a server took; files count for nothing here.
edition_tests = Table(
    "edition_tests",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("edition_id", Integer, ForeignKey("editions.id"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("address", Text, nullable=False),
    #: What the server said.
    Column("reply", Text, nullable=False),
    Index("ix_edition_tests_edition_id", "edition_id"),
)

#: What somebody was asked, and said, of an edition. The last word of a person stands; ids stand in links.
edition_words = Table(
    "edition_words",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("edition_id", Integer, ForeignKey("editions.id"), nullable=False),
    #: As written in newsletter.yaml, and as addresses are compared.
    Column("address", Text, nullable=False),
    Column("normal", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("comment", Text, nullable=False, server_default=""),
    #: How the word came: by a link, or at the command line of whom.
    Column("via", Text, nullable=False, server_default=""),
    Column("at", Moment, nullable=False),
    UniqueConstraint("edition_id", "normal"),
    CheckConstraint("answer IN ('asked', 'yes', 'no')", name="answer"),
    sqlite_autoincrement=True,
)

#: The editions that a mailing holds: one for each language.
mailing_editions = Table(
    "mailing_editions",
    metadata,
    Column("mailing_id", Integer, ForeignKey("mailings.id"), primary_key=True, autoincrement=False),
    Column("edition_id", Integer, ForeignKey("editions.id"), primary_key=True, autoincrement=False),
)
