"""The age of the ledger, facts about the database, issues that a restored backup made uncertain."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the columns of `owners` and make the tables of composer/database/state.py as they were at this version."""
    with op.batch_alter_table("owners") as batch:
        batch.add_column(sa.Column("nonce", sa.Text()))
        batch.add_column(sa.Column("count", sa.BigInteger(), server_default="0", nullable=False))
    op.create_table(
        "database_state",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_database_state"),
    )
    op.create_table(
        "lost_issues",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_lost_issues"),
    )
