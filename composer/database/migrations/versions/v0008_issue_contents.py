"""Editions keep the date and number of their issue, by which a copied or renamed issue file is recognised."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the columns to the editions of composer/database/approvals.py; what was kept before has no value in them."""
    op.add_column("editions", sa.Column("issue_date", sa.Text()))
    op.add_column("editions", sa.Column("issue_number", sa.Integer()))
