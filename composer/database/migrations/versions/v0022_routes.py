"""The route of each attempt, and the condition of each route."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Add columns. Earlier deliveries have no route: there was only one."""
    op.add_column("deliveries", sa.Column("route", sa.Text()))
    op.add_column("delivery_events", sa.Column("route", sa.Text()))
    op.add_column("buckets", sa.Column("condition", sa.Text(), server_default="up", nullable=False))
    op.add_column("buckets", sa.Column("words", sa.Text(), server_default="", nullable=False))
