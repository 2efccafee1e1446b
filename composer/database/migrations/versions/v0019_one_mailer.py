"""Messages of the public pages have the states, the claims and the events of deliveries.

Requests in progress go on: one that a process had in hand is pending again if its final dot was not sent, and unconfirmed
if it may have been sent. The time of its last change is not known; it is the time of the request.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

_EMAILS = "transactional_emails"
_LARGE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_STATES = (
    "state IN ('pending', 'claimed', 'sending', 'deferred', 'accepted', 'refused', 'unknown', 'suppressed',"
    " 'expired', 'written')"
)
#: The order matters: each statement leaves states that the next ones do not know.
_TRANSLATIONS = (
    # Claimed, and nothing was sent: the attempt had been counted in advance, and `due` was the end of the claim.
    "UPDATE transactional_emails SET state = 'pending', attempts = attempts - 1, next_at = counted, counted = NULL"
    " WHERE state = 'waiting' AND attempts > 0 AND counted IS NOT NULL",
    "UPDATE transactional_emails SET state = 'deferred' WHERE state = 'waiting' AND attempts > 0",
    "UPDATE transactional_emails SET state = 'pending' WHERE state = 'waiting'",
    "UPDATE transactional_emails SET state = 'unknown', reason = 'run_died' WHERE state = 'sending'",
    "UPDATE transactional_emails SET attempts = attempts - 1 WHERE reason IN ('nobody', 'full') AND attempts > 0",
    "UPDATE transactional_emails SET state = 'expired', reason = 'deadline' WHERE state = 'dropped' AND reason = 'expired'",
    "UPDATE transactional_emails SET state = 'suppressed' WHERE state = 'dropped'",
    "UPDATE transactional_emails SET words = NULL WHERE words = ''",
    "UPDATE transactional_emails SET changed = asked",
)


def upgrade() -> None:
    """Rename and add columns, translate the states, and let events be about a message of the public pages."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    _change_emails()
    _change_workers()
    if is_sqlite:
        _rebuild_events()
    else:
        _change_events()
    op.create_index("ix_delivery_events_mailing_id", "delivery_events", ["mailing_id"])
    op.create_index("ix_delivery_events_subscriber_id", "delivery_events", ["subscriber_id"])
    is_theirs = sa.text("email_id IS NOT NULL")
    op.create_index(
        "ix_delivery_events_email_id",
        "delivery_events",
        ["email_id"],
        sqlite_where=is_theirs,
        postgresql_where=is_theirs,
    )


def _change_emails() -> None:
    last = _last_id(_EMAILS)
    op.drop_index("ix_transactional_emails_state_due", _EMAILS)
    with op.batch_alter_table(_EMAILS, table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.drop_constraint("ck_transactional_emails_state", type_="check")
        batch.alter_column("due", new_column_name="next_at", existing_type=sa.BigInteger(), existing_nullable=False)
        batch.alter_column("drop_reason", new_column_name="reason", existing_type=sa.Text())
        batch.alter_column(
            "reply", new_column_name="words", existing_type=sa.Text(), nullable=True, server_default=None
        )
        batch.add_column(sa.Column("worker_id", sa.Integer()))
        batch.add_column(sa.Column("changed", sa.BigInteger()))
        batch.add_column(sa.Column("queue_id", sa.Text()))
    for statement in _TRANSLATIONS:
        op.execute(statement)
    with op.batch_alter_table(_EMAILS, table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.alter_column("changed", existing_type=sa.BigInteger(), nullable=False)
        batch.create_check_constraint("ck_transactional_emails_state", _STATES)
    op.create_index("ix_transactional_emails_state_next_at", _EMAILS, ["state", "next_at"])
    _keep_last_id(_EMAILS, last)


def _change_workers() -> None:
    last = _last_id("workers")
    with op.batch_alter_table("workers", table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.alter_column("mailing_id", existing_type=sa.Integer(), nullable=True)
    _keep_last_id("workers", last)


def _rebuild_events() -> None:
    """Copy the events into the new table: SQLite cannot change a column."""
    op.create_table(
        "delivery_events",
        sa.Column("id", _LARGE),
        sa.Column("mailing_id", sa.Integer()),
        sa.Column("subscriber_id", _LARGE),
        sa.Column("email_id", sa.Integer()),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("who", sa.Text(), server_default="", nullable=False),
        sa.Column("run", sa.Integer()),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_delivery_events"),
        sa.ForeignKeyConstraint(["mailing_id"], ["mailings.id"], name="fk_delivery_events_mailing_id"),
        sa.ForeignKeyConstraint(
            ["email_id"], ["transactional_emails.id"], name="fk_delivery_events_email_id", ondelete="CASCADE"
        ),
    )
    names = "id, mailing_id, subscriber_id, at, kind, reason, who, run, words"
    op.execute(f"INSERT INTO delivery_events ({names}) SELECT {names} FROM mailing_events")  # noqa: S608
    op.drop_table("mailing_events")


def _change_events() -> None:
    """Change them in place, as PostgreSQL can: its identity is part of what tells an original from a copy."""
    for name in ("mailing_id", "subscriber_id"):
        op.drop_index(f"ix_mailing_events_{name}", "mailing_events")
    op.execute("ALTER TABLE mailing_events RENAME TO delivery_events")
    op.execute("ALTER SEQUENCE mailing_events_id_seq RENAME TO delivery_events_id_seq")
    op.execute("ALTER TABLE delivery_events RENAME CONSTRAINT pk_mailing_events TO pk_delivery_events")
    op.execute(
        "ALTER TABLE delivery_events RENAME CONSTRAINT fk_mailing_events_mailing_id TO fk_delivery_events_mailing_id"
    )
    op.execute("ALTER TABLE delivery_events ALTER COLUMN mailing_id DROP NOT NULL")
    op.add_column("delivery_events", sa.Column("email_id", sa.Integer()))
    op.create_foreign_key(
        "fk_delivery_events_email_id", "delivery_events", _EMAILS, ["email_id"], ["id"], ondelete="CASCADE"
    )


def _last_id(table: str) -> int | None:
    """Return the last id that SQLite gave in a table; None on PostgreSQL, which alters tables in place, and for none."""
    if op.get_bind().dialect.name != "sqlite":
        return None
    found: int | None = (
        op.get_bind().exec_driver_sql("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).scalar()
    )
    return found


def _keep_last_id(table: str, last: int | None) -> None:
    """Go on behind the last id: the table was made anew, and ids are never given twice, not even those of deleted rows."""
    if last is not None:
        op.get_bind().exec_driver_sql("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
        op.get_bind().exec_driver_sql("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, last))
