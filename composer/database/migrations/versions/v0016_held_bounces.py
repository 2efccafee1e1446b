"""Bounces that are held until somebody decides, and why an address is on the suppression list for now."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

_EFFECTS = "'suppressed', 'counted', 'alert', 'left', 'unproven', 'kept', 'held', 'released'"
_REASONS = "'unsubscribed', 'bounced', 'complained', 'erased', 'imported', 'by_hand', 'held'"


def upgrade() -> None:
    """Make the tables of composer/database/bounces.py as they were at this version, and allow the new codes."""
    op.create_table(
        "bounce_groups",
        sa.Column("id", sa.Integer()),
        sa.Column("mailing_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("sample", sa.Text(), server_default="", nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("recipients", sa.Integer()),
        sa.Column("held", sa.BigInteger()),
        sa.Column("decided", sa.BigInteger()),
        sa.Column("decision", sa.Text()),
        sa.Column("decided_by", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_bounce_groups"),
        sa.UniqueConstraint("mailing_id", "kind", "key", name="uq_bounce_groups_mailing_id_kind_key"),
        sa.CheckConstraint("kind IN ('text', 'provider')", name="ck_bounce_groups_kind"),
        sa.CheckConstraint("decision IN ('released', 'discarded')", name="ck_bounce_groups_decision"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "bounce_marks",
        sa.Column("mailing_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "reader_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("text_group", sa.Integer(), nullable=False),
        sa.Column("provider_group", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("mailing_id", "reader_id", name="pk_bounce_marks"),
        sa.ForeignKeyConstraint(["text_group"], ["bounce_groups.id"], name="fk_bounce_marks_text_group"),
        sa.ForeignKeyConstraint(["provider_group"], ["bounce_groups.id"], name="fk_bounce_marks_provider_group"),
    )
    for name in ("text_group", "provider_group", "reader_id"):
        op.create_index(f"ix_bounce_marks_{name}", "bounce_marks", [name])
    for table, column, codes in (("returned", "effect", _EFFECTS), ("suppressions", "reason", _REASONS)):
        last = _last_id(table)
        with op.batch_alter_table(table, table_kwargs={"sqlite_autoincrement": True}) as batch:
            batch.drop_constraint(f"ck_{table}_{column}", type_="check")
            batch.create_check_constraint(f"ck_{table}_{column}", f"{column} IN ({codes})")
        _keep_last_id(table, last)


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
