"""The small messages of the readers' pages."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table of composer/database/public.py as it was at this version."""
    op.create_table(
        "letters",
        sa.Column("id", sa.Integer()),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("normal", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("edition", sa.Text(), server_default="", nullable=False),
        sa.Column("origin", sa.Text(), server_default="", nullable=False),
        sa.Column("asked", sa.BigInteger(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reply", sa.Text(), server_default="", nullable=False),
        sa.Column("used", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_letters"),
        sa.CheckConstraint("kind IN ('confirm', 'link')", name="ck_letters_kind"),
        sa.CheckConstraint(
            "state IN ('waiting', 'sending', 'accepted', 'refused', 'unknown', 'written', 'dropped')",
            name="ck_letters_state",
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_letters_state_due", "letters", ["state", "due"])
    op.create_index("ix_letters_normal", "letters", ["normal"])
