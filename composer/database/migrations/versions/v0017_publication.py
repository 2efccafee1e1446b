"""The random name of the publication, by which the computers that send know its database.

It was made at the first mailing: a backup from before did not have it, and nobody could tell what had been sent since.
"""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

_KEYS = sa.table("database_keys", sa.column("name", sa.Text), sa.column("key", sa.LargeBinary))


def upgrade() -> None:
    """Make it, unless a mailing has."""
    is_there = op.get_bind().scalar(sa.select(_KEYS.c.name).where(_KEYS.c.name == "publication"))
    if is_there is None:
        op.execute(_KEYS.insert().values(name="publication", key=secrets.token_bytes(8)))
