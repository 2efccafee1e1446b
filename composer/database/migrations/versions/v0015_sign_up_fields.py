"""What people write of themselves when they sign up, beside their name."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add the column of `letters`; who asked before has written nothing else."""
    op.add_column("letters", sa.Column("fields", sa.Text(), nullable=False, server_default="{}"))
