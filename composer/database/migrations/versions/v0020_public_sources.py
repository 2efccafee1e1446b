"""The public source of what was sent, and the versions of an issue in the online archive."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Create the tables of composer/database/tables/archive_tables.py as they were at this version."""
    op.create_table(
        "public_sources",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("texts", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_public_sources"),
    )
    op.create_table(
        "public_pictures",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_public_pictures"),
    )
    op.create_table(
        "edition_sources",
        sa.Column("edition_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("archive", sa.Text(), nullable=False),
        sa.Column("withdrawn", sa.Text()),
        sa.PrimaryKeyConstraint("edition_id", name="pk_edition_sources"),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name="fk_edition_sources_edition_id"),
        sa.ForeignKeyConstraint(["source"], ["public_sources.digest"], name="fk_edition_sources_source"),
    )
    op.create_table(
        "text_versions",
        sa.Column("id", sa.Integer()),
        sa.Column("stem", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("archive", sa.Text(), nullable=False),
        sa.Column("withdrawn", sa.Text()),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_text_versions"),
        sa.ForeignKeyConstraint(["source"], ["public_sources.digest"], name="fk_text_versions_source"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_text_versions_stem", "text_versions", ["stem"])
