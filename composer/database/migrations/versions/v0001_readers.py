"""Readers, their tags and history, consents, imports, the suppression list."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables of composer/database/readers.py as they were at this version."""
    op.create_table(
        "consents",
        sa.Column("id", sa.Integer()),
        sa.Column("recorded", sa.BigInteger(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_consents"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "imports",
        sa.Column("id", sa.Integer()),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("consent_id", sa.Integer()),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("undone", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_imports"),
        sa.ForeignKeyConstraint(["consent_id"], ["consents.id"], name="fk_imports_consent_id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "readers",
        sa.Column("id", sa.Integer()),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("normal", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("first_name", sa.Text(), server_default="", nullable=False),
        sa.Column("last_name", sa.Text(), server_default="", nullable=False),
        sa.Column("language", sa.Text(), server_default="", nullable=False),
        sa.Column("fields", sa.Text(), server_default="{}", nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.Column("consent_id", sa.Integer()),
        sa.Column("consented", sa.BigInteger()),
        sa.Column("import_id", sa.Integer()),
        sa.PrimaryKeyConstraint("id", name="pk_readers"),
        sa.UniqueConstraint("normal", name="uq_readers_normal"),
        sa.ForeignKeyConstraint(["consent_id"], ["consents.id"], name="fk_readers_consent_id"),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name="fk_readers_import_id"),
        sa.CheckConstraint(
            "status IN ('pending', 'active', 'unsubscribed', 'bounced', 'complained')", name="ck_readers_status"
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "reader_tags",
        sa.Column("reader_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("reader_id", "tag", name="pk_reader_tags"),
        sa.ForeignKeyConstraint(["reader_id"], ["readers.id"], name="fk_reader_tags_reader_id", ondelete="CASCADE"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_reader_tags_tag", "reader_tags", ["tag", "reader_id"])
    op.create_table(
        "reader_changes",
        sa.Column("id", sa.Integer()),
        sa.Column("reader_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("import_id", sa.Integer()),
        sa.PrimaryKeyConstraint("id", name="pk_reader_changes"),
        sa.ForeignKeyConstraint(["reader_id"], ["readers.id"], name="fk_reader_changes_reader_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name="fk_reader_changes_import_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_reader_changes_reader_id", "reader_changes", ["reader_id"])
    op.create_table(
        "suppressions",
        sa.Column("id", sa.Integer()),
        sa.Column("normal", sa.Text()),
        sa.Column("hash", sa.Text()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("import_id", sa.Integer()),
        sa.PrimaryKeyConstraint("id", name="pk_suppressions"),
        sa.UniqueConstraint("normal", name="uq_suppressions_normal"),
        sa.UniqueConstraint("hash", name="uq_suppressions_hash"),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name="fk_suppressions_import_id"),
        sa.CheckConstraint("(normal IS NULL) <> (hash IS NULL)", name="ck_suppressions_either"),
        sa.CheckConstraint(
            "reason IN ('unsubscribed', 'bounced', 'complained', 'erased', 'imported', 'by_hand')",
            name="ck_suppressions_reason",
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "erasures",
        sa.Column("id", sa.Integer()),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("receipt", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_erasures"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "database_keys",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_database_keys"),
    )
