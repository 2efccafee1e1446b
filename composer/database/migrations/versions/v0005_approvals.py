"""Editions as they were seen, test sends, approvals."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the tables of composer/database/approvals.py as they were at this version."""
    op.create_table(
        "editions",
        sa.Column("id", sa.Integer()),
        sa.Column("issue", sa.Text(), nullable=False),
        sa.Column("stem", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("digests", sa.Text(), nullable=False),
        sa.Column("compiled", sa.LargeBinary(), nullable=False),
        sa.Column("public", sa.LargeBinary()),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_editions"),
        sa.UniqueConstraint("stem", "hash", name="uq_editions_stem_hash"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "edition_tests",
        sa.Column("id", sa.Integer()),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_edition_tests"),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name="fk_edition_tests_edition_id"),
    )
    op.create_index("ix_edition_tests_edition_id", "edition_tests", ["edition_id"])
    op.create_table(
        "edition_words",
        sa.Column("id", sa.Integer()),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("normal", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), server_default="", nullable=False),
        sa.Column("via", sa.Text(), server_default="", nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_edition_words"),
        sa.UniqueConstraint("edition_id", "normal", name="uq_edition_words_edition_id_normal"),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name="fk_edition_words_edition_id"),
        sa.CheckConstraint("answer IN ('asked', 'yes', 'no')", name="ck_edition_words_answer"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "mailing_editions",
        sa.Column("mailing_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("edition_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("mailing_id", "edition_id", name="pk_mailing_editions"),
        sa.ForeignKeyConstraint(["mailing_id"], ["mailings.id"], name="fk_mailing_editions_mailing_id"),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name="fk_mailing_editions_edition_id"),
    )
