"""What came back."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the table of composer/database/bounces.py as it was at this version."""
    op.create_table(
        "returned",
        sa.Column("id", sa.Integer()),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("bounce", sa.Text()),
        sa.Column("effect", sa.Text(), nullable=False),
        sa.Column("status", sa.Text()),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.Column("recipient", sa.Text(), server_default="", nullable=False),
        sa.Column("is_own", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("domain", sa.Text(), server_default="", nullable=False),
        sa.Column("reader_id", sa.Integer()),
        sa.Column("mailing_id", sa.Integer()),
        sa.PrimaryKeyConstraint("id", name="pk_returned"),
        sa.UniqueConstraint("hash", name="uq_returned_hash"),
        sa.CheckConstraint(
            "kind IN ('bounce', 'delay', 'receipt', 'out of office', 'challenge', 'complaint', 'unsubscribe',"
            " 'not understood')",
            name="ck_returned_kind",
        ),
        sa.CheckConstraint("bounce IN ('hard', 'bad domain', 'full', 'soft', 'ours')", name="ck_returned_bounce"),
        sa.CheckConstraint(
            "effect IN ('suppressed', 'counted', 'alert', 'left', 'unproven', 'kept')", name="ck_returned_effect"
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_returned_reader_id", "returned", ["reader_id"])
    op.create_index("ix_returned_mailing_id", "returned", ["mailing_id"])
    op.create_index("ix_returned_at", "returned", ["at"])
