"""Mailings, their frozen messages and recipients, deliveries, the event log, who is sending and how fast."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables of composer/database/mailings.py as they were at this version."""
    op.create_table(
        "bucket_usage",
        sa.Column("bucket", sa.Text(), nullable=False),
        sa.Column("hour", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("bucket", "hour", name="pk_bucket_usage"),
    )
    op.create_table(
        "buckets",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("next_at", sa.BigInteger()),
        sa.Column("paused_until", sa.BigInteger()),
        sa.Column("throttles", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ceiling", sa.Float()),
        sa.Column("ceiling_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("name", name="pk_buckets"),
    )
    op.create_table(
        "issues",
        sa.Column("id", sa.Integer()),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("again", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_issues"),
        sa.UniqueConstraint("key", "again", name="uq_issues_key_again"),
    )
    op.create_table(
        "mailings",
        sa.Column("id", sa.Integer()),
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("is_rehearsal", sa.Boolean(), nullable=False),
        sa.Column("made", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("program", sa.Text(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("git_commit", sa.Text()),
        sa.Column("is_committed", sa.Boolean()),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("frozen", sa.Integer(), nullable=False),
        sa.Column("left_out", sa.Text(), nullable=False),
        sa.Column("allowed", sa.Text(), server_default="{}", nullable=False),
        sa.Column("again_because", sa.Text(), server_default="", nullable=False),
        sa.Column("corrects", sa.Integer()),
        sa.Column("due", sa.BigInteger()),
        sa.Column("stopped", sa.BigInteger()),
        sa.Column("ended", sa.BigInteger()),
        sa.ForeignKeyConstraint(["corrects"], ["mailings.id"], name="fk_mailings_corrects"),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"], name="fk_mailings_issue_id"),
        sa.PrimaryKeyConstraint("id", name="pk_mailings"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_mailings_issue_id", "mailings", ["issue_id"])
    op.create_table(
        "deliveries",
        sa.Column("mailing_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reader_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("variant", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("issue_id", sa.Integer()),
        sa.Column("owner_id", sa.Integer()),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("first_at", sa.BigInteger()),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.Column("throttled", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("strikes", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("blame", sa.Text()),
        sa.Column("words", sa.Text()),
        sa.Column("queue_id", sa.Text()),
        sa.CheckConstraint(
            "state IN ('pending', 'claimed', 'sending', 'deferred', 'accepted', 'refused', 'unknown', 'suppressed',"
            " 'expired', 'written')",
            name="ck_deliveries_state",
        ),
        sa.ForeignKeyConstraint(["mailing_id"], ["mailings.id"], name="fk_deliveries_mailing_id"),
        sa.PrimaryKeyConstraint("mailing_id", "reader_id", name="pk_deliveries"),
        sa.UniqueConstraint("issue_id", "reader_id", name="uq_deliveries_issue_id_reader_id"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_deliveries_due",
        "deliveries",
        ["mailing_id", "state", "next_at", "reader_id"],
        sqlite_where=sa.text("state = 'pending' OR state = 'deferred'"),
        postgresql_where=sa.text("state = 'pending' OR state = 'deferred'"),
    )
    op.create_table(
        "mailing_events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite")),
        sa.Column("mailing_id", sa.Integer(), nullable=False),
        sa.Column("reader_id", sa.Integer()),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["mailing_id"], ["mailings.id"], name="fk_mailing_events_mailing_id"),
        sa.PrimaryKeyConstraint("id", name="pk_mailing_events"),
    )
    op.create_index("ix_mailing_events_mailing_id", "mailing_events", ["mailing_id"])
    op.create_table(
        "mailing_variants",
        sa.Column("mailing_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("compiled", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["mailing_id"], ["mailings.id"], name="fk_mailing_variants_mailing_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("mailing_id", "number", name="pk_mailing_variants"),
    )
    op.create_table(
        "owners",
        sa.Column("id", sa.Integer()),
        sa.Column("mailing_id", sa.Integer(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("process", sa.Integer(), nullable=False),
        sa.Column("home", sa.Text(), nullable=False),
        sa.Column("began", sa.BigInteger(), nullable=False),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.Column("ended", sa.BigInteger()),
        sa.ForeignKeyConstraint(["mailing_id"], ["mailings.id"], name="fk_owners_mailing_id"),
        sa.PrimaryKeyConstraint("id", name="pk_owners"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "recipients",
        sa.Column("reader_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("mailing_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("first_name", sa.Text(), nullable=False),
        sa.Column("last_name", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["mailing_id"], ["mailings.id"], name="fk_recipients_mailing_id"),
        sa.ForeignKeyConstraint(["reader_id"], ["readers.id"], name="fk_recipients_reader_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("reader_id", "mailing_id", name="pk_recipients"),
        sqlite_with_rowid=False,
    )
