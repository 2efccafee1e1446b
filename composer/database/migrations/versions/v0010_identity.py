"""Large subscriber ids, a public id for mailings, tombstones."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_LARGE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Widen the ids of subscribers, give mailings the id that leaves the house, and make the table of tombstones."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER SEQUENCE readers_id_seq AS BIGINT")
        op.alter_column("readers", "id", type_=sa.BigInteger())
        for name in ("reader_tags", "reader_changes", "deliveries", "recipients", "mailing_events", "returned"):
            op.alter_column(name, "reader_id", type_=sa.BigInteger())
    op.add_column("mailings", sa.Column("public_id", _LARGE))
    # Tokens that are out hold the number itself: they keep working.
    op.execute("UPDATE mailings SET public_id = id")
    with op.batch_alter_table("mailings", table_kwargs={"sqlite_autoincrement": True}) as table:
        table.alter_column("public_id", existing_type=_LARGE, nullable=False)
        table.create_unique_constraint("uq_mailings_public_id", ["public_id"])
    op.create_table(
        "tombstones",
        sa.Column("reader_id", _LARGE, autoincrement=False, nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("first_mailing", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last_mailing", sa.Integer()),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("reader_id", "hash", "first_mailing", name="pk_tombstones"),
    )
    op.create_index("ix_tombstones_hash", "tombstones", ["hash"])
