"""The tables of reviews: editions, test sends, reviews with their answers, and the reviews of mailings.

Input: nothing. Output: tables. recorded_editions.py and approvals.py explain the values.
"""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)

from composer.database.tables.metadata import Moment, metadata

#: An issue file as it was when it was tested, reviewed or sent.
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
    #: The issue's own date (year-month-day) and number; NULL if an older version did not store them.
    Column("issue_date", Text),
    Column("issue_number", Integer),
    #: Digests by section (delivery/approval/content_diff.py), as JSON.
    Column("digests", Text, nullable=False),
    Column("seen", Moment, nullable=False),
    UniqueConstraint("stem", "hash"),
    sqlite_autoincrement=True,
)

#: The messages of an edition that may be shown: all of them to reviewers, one to the public.
edition_variants = Table(
    "edition_variants",
    metadata,
    Column("edition_id", Integer, ForeignKey("editions.id"), primary_key=True, autoincrement=False),
    #: From 1, the one with the most content first.
    Column("number", SmallInteger, primary_key=True, autoincrement=False),
    #: Who gets it: an audience (content/document/variants.py) as JSON.
    Column("subscribers", Text, nullable=False),
    #: Whether it is for subscribers without tags: the online page shows it to everybody.
    Column("is_public", Boolean, nullable=False),
    Column("compiled", LargeBinary, nullable=False),
)

#: A test send of this edition that a server accepted; files do not count here.
edition_tests = Table(
    "edition_tests",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("edition_id", Integer, ForeignKey("editions.id"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("address", Text, nullable=False),
    #: The server's reply.
    Column("reply", Text, nullable=False),
    Index("ix_edition_tests_edition_id", "edition_id"),
)

#: What is approved: an issue in all its languages, identified by one hash.
reviews = Table(
    "reviews",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("issue", Text, nullable=False),
    #: The hash of all its editions together, the same as that of a mailing.
    Column("hash", Text, nullable=False),
    Column("seen", Moment, nullable=False),
    UniqueConstraint("issue", "hash"),
    sqlite_autoincrement=True,
)

#: The editions of a review, one for each language.
review_editions = Table(
    "review_editions",
    metadata,
    Column("review_id", Integer, ForeignKey("reviews.id"), primary_key=True, autoincrement=False),
    #: From 1, the newsletter's main language first.
    Column("position", SmallInteger, primary_key=True, autoincrement=False),
    Column("edition_id", Integer, ForeignKey("editions.id"), nullable=False),
)

#: Who was sent a link. The link contains no row id, because a restored database may use it for another review or
#: person.
review_requests = Table(
    "review_requests",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("review_id", Integer, ForeignKey("reviews.id"), nullable=False),
    #: As written in newsletter.yaml, and as addresses are compared.
    Column("address", Text, nullable=False),
    Column("normal", Text, nullable=False),
    #: The content of the link's token: a digest of the review's hash and the address.
    Column("link", Text, nullable=False),
    Column("at", Moment, nullable=False),
    UniqueConstraint("review_id", "normal"),
    UniqueConstraint("link"),
    sqlite_autoincrement=True,
)

#: The answers. Rows are added and never changed; a person's last answer counts.
review_answers = Table(
    "review_answers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("review_id", Integer, ForeignKey("reviews.id"), nullable=False),
    Column("address", Text, nullable=False),
    Column("normal", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("comment", Text, nullable=False, server_default=""),
    #: Who entered it on the command line; empty if it came by link.
    Column("typed_by", Text, nullable=False, server_default=""),
    Column("at", Moment, nullable=False),
    CheckConstraint("answer IN ('yes', 'no')", name="answer"),
    Index("ix_review_answers_review_id", "review_id"),
    sqlite_autoincrement=True,
)

#: The review that a mailing was frozen from.
mailing_reviews = Table(
    "mailing_reviews",
    metadata,
    Column("mailing_id", Integer, ForeignKey("mailings.id"), primary_key=True, autoincrement=False),
    Column("review_id", Integer, ForeignKey("reviews.id"), nullable=False),
    #: If a person allowed it to be sent without approvals: the last answer that was known then, 0 for none.
    Column("allowed_until", Integer),
    Index("ix_mailing_reviews_review_id", "review_id"),
)
