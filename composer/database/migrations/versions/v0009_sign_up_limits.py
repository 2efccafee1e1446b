"""Sign-up mail: limits by mailbox and hour, turns in the queue, and why a message was dropped."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_HOSTS_WITHOUT_DOTS = ("gmail.com", "googlemail.com")


def upgrade() -> None:
    """Add the columns of composer/database/public.py as they were at this version, and fill in the mailboxes."""
    op.add_column("letters", sa.Column("mailbox", sa.Text(), server_default="", nullable=False))
    op.add_column("letters", sa.Column("turn", sa.Integer(), server_default="0", nullable=False))
    op.add_column("letters", sa.Column("counted", sa.BigInteger()))
    op.add_column("letters", sa.Column("drop_reason", sa.Text()))
    op.create_index("ix_letters_state_turn", "letters", ["state", "turn", "id"])
    op.create_index("ix_letters_mailbox", "letters", ["mailbox"])
    op.create_index("ix_letters_counted", "letters", ["counted"])
    letters = sa.table("letters", sa.column("id"), sa.column("normal"), sa.column("mailbox"))
    connection = op.get_bind()
    rows = [
        {"row": row.id, "key": _mailbox(row.normal)}
        for row in connection.execute(sa.select(letters.c.id, letters.c.normal))
    ]
    if rows:
        statement = sa.update(letters).where(letters.c.id == sa.bindparam("row")).values(mailbox=sa.bindparam("key"))
        connection.execute(statement, rows)


def _mailbox(normal: str) -> str:
    """Return what `mailbox_of` (composer/content/addresses.py) returned at this version."""
    local, _, domain = normal.rpartition("@")
    bare = local.partition("+")[0] or local
    if domain in _HOSTS_WITHOUT_DOTS:
        return f"{bare.replace('.', '')}@gmail.com"
    return f"{bare}@{domain}"
