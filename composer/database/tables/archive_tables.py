"""The tables of the online archive: what was sent, in the form that everybody may see, and what changed since.

Input: nothing. Output: tables. delivery/approval/archive_records.py explains the values. None of them contains anything
about a subscriber.
"""

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from composer.database.tables.metadata import Moment, metadata

#: The compressed texts of an issue, without parts for some subscribers only (publish/sources/public_source.py). The same
#: texts are stored once, whatever was sent how often.
public_sources = Table(
    "public_sources",
    metadata,
    #: The digest of the whole, and that of the texts and pictures: the settings of the newsletter may differ.
    Column("digest", Text, primary_key=True),
    Column("texts", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

#: The pictures of public sources, each once.
public_pictures = Table(
    "public_pictures",
    metadata,
    #: SHA-256 of the bytes.
    Column("digest", Text, primary_key=True),
    Column("data", LargeBinary, nullable=False),
)

#: The public source of an edition that was frozen for a mailing.
edition_sources = Table(
    "edition_sources",
    metadata,
    Column("edition_id", Integer, ForeignKey("editions.id"), primary_key=True, autoincrement=False),
    Column("source", Text, ForeignKey("public_sources.digest"), nullable=False),
    #: `archive:` of the issue (public, unlisted, none), and why it was withdrawn, if it was.
    Column("archive", Text, nullable=False),
    Column("withdrawn", Text),
)

#: The versions of an issue in the archive that differ from the one before: corrections, withdrawals, and other values of
#: `archive:`. Rows are added and never changed.
text_versions = Table(
    "text_versions",
    metadata,
    Column("id", Integer, primary_key=True),
    #: The name of the issue's file, as in `editions`.
    Column("stem", Text, nullable=False),
    Column("source", Text, ForeignKey("public_sources.digest"), nullable=False),
    Column("archive", Text, nullable=False),
    Column("withdrawn", Text),
    Column("at", Moment, nullable=False),
    Index("ix_text_versions_stem", "stem"),
    sqlite_autoincrement=True,
)
