"""Mailings that are paused."""

import time

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the columns of composer/database/mailings.py as they were at this version.

    Unfinished mailings that were started by hand are paused: earlier versions sent no such mailing by a timer, and did not
    record whether somebody had stopped it.
    """
    op.add_column("mailings", sa.Column("paused", sa.BigInteger()))
    op.add_column("mailings", sa.Column("paused_by", sa.Text(), server_default="", nullable=False))
    op.add_column("mailings", sa.Column("paused_because", sa.Text()))
    who = "SELECT who FROM mailing_events WHERE mailing_id = mailings.id AND kind = 'stopped' ORDER BY id DESC LIMIT 1"
    op.execute(
        f"UPDATE mailings SET paused = stopped, paused_because = 'stopped', paused_by = coalesce(({who}), '')"  # noqa: S608
        " WHERE ended IS NULL AND stopped IS NOT NULL"
    )
    others = "ended IS NULL AND stopped IS NULL AND due IS NULL AND NOT is_rehearsal"
    now = int(time.time() * 1000)
    op.execute(f"UPDATE mailings SET paused = {now}, paused_because = 'upgrade' WHERE {others}")  # noqa: S608
