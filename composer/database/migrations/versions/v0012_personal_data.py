"""An index by which the events about one person are found."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make the index."""
    op.create_index("ix_mailing_events_reader_id", "mailing_events", ["reader_id"])
