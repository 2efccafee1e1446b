"""Which message a correction answers, for each recipient."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add the columns of `recipients`; corrections that are under way answer what they answered before."""
    op.add_column("recipients", sa.Column("answered_mailing", sa.Integer()))
    op.add_column("recipients", sa.Column("answered_reader", sa.BigInteger().with_variant(sa.Integer(), "sqlite")))
