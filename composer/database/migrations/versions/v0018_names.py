"""Tables and columns by the field's names: subscribers, workers, transactional e-mails.

Nothing but names changes; rows, ids and what a mailing has in hand stay as they are.
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

#: Old parts of names and new ones, the longer first.
_NAMES = {
    "reader_changes": "subscriber_changes",
    "answered_reader": "answered_subscriber",
    "reader_tags": "subscriber_tags",
    "reader_id": "subscriber_id",
    "readers": "subscribers",
    "owner_id": "worker_id",
    "owners": "workers",
    "letters": "transactional_emails",
    "strikes": "requeue_count",
    "blame": "refusal_category",
    "terms": "frozen_settings",
}
_OLD = re.compile(rf"(?<![a-z])({'|'.join(_NAMES)})(?![a-z])")
_TABLES = (
    "readers", "reader_tags", "reader_changes", "owners", "letters", "mailings", "deliveries", "recipients", "mailing_events",
    "edition_variants", "returned", "bounce_marks", "tombstones",
)  # fmt: skip

_COLUMNS = sa.text(
    """SELECT attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
    WHERE relnamespace = current_schema()::regnamespace AND relname = :table AND attnum > 0 AND NOT attisdropped"""
)
_CONSTRAINTS = sa.text(
    """SELECT conname FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
    WHERE relnamespace = current_schema()::regnamespace AND relname = :table AND contype <> 'n'"""
)
_INDEXES = sa.text("SELECT indexname FROM pg_indexes WHERE schemaname = current_schema() AND tablename = :table")
_SEQUENCES = sa.text(
    "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'S'"
)


def upgrade() -> None:
    """Rename tables, columns, constraints, indexes and sequences."""
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        for table in _TABLES:
            _rebuild(connection, table)
    else:
        _rename(connection)


def _new(name: str) -> str:
    return _OLD.sub(lambda found: _NAMES[found[0]], name)


def _rebuild(connection: sa.Connection, table: str) -> None:
    """Copy a table into one whose definition has the new names: SQLite cannot rename constraints."""
    master = sa.text("SELECT sql FROM sqlite_master WHERE tbl_name = :table AND type = :type AND sql IS NOT NULL")
    (definition,) = connection.scalars(master, {"table": table, "type": "table"})
    indexes = connection.scalars(master, {"table": table, "type": "index"}).all()
    columns = [row[1] for row in connection.exec_driver_sql(f'PRAGMA table_info("{table}")')]
    new, fresh = _new(table), f"fresh_{table}"
    body = definition[definition.index("(") :]
    connection.exec_driver_sql(f'CREATE TABLE "{fresh}" {_new(body)}')
    olds, news = (", ".join(f'"{each}"' for each in names) for names in (columns, map(_new, columns)))
    connection.exec_driver_sql(f'INSERT INTO "{fresh}" ({news}) SELECT {olds} FROM "{table}"')  # noqa: S608
    _keep_last_id(connection, table, fresh)
    connection.exec_driver_sql(f'DROP TABLE "{table}"')
    connection.exec_driver_sql(f'ALTER TABLE "{fresh}" RENAME TO "{new}"')
    for index in indexes:
        connection.exec_driver_sql(_new(index))


def _keep_last_id(connection: sa.Connection, table: str, fresh: str) -> None:
    """Let ids go on where they were: SQLite counts from the highest row that was copied, and that may have been erased."""
    if connection.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'").first() is None:
        return
    last = connection.scalar(sa.text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": table})
    if last is not None:
        connection.execute(sa.text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": fresh})
        statement = sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)")
        connection.execute(statement, {"name": fresh, "last": last})


def _rename(connection: sa.Connection) -> None:
    """Rename in place, as PostgreSQL can: columns, constraints, indexes and sequences, then the tables."""
    for table in _TABLES:
        named = {"table": table}
        columns = connection.scalars(_COLUMNS, named).all()
        constraints = connection.scalars(_CONSTRAINTS, named).all()
        for kind, names in (("COLUMN", columns), ("CONSTRAINT", constraints)):
            for name in names:
                if _new(name) != name:
                    connection.exec_driver_sql(f'ALTER TABLE "{table}" RENAME {kind} "{name}" TO "{_new(name)}"')
        indexes = connection.scalars(_INDEXES, named).all()
        for name in indexes:
            if _new(name) != name:
                connection.exec_driver_sql(f'ALTER INDEX "{name}" RENAME TO "{_new(name)}"')
        if _new(table) != table:
            connection.exec_driver_sql(f'ALTER TABLE "{table}" RENAME TO "{_new(table)}"')
    sequences = connection.scalars(_SEQUENCES).all()
    for name in sequences:
        if _new(name) != name:
            connection.exec_driver_sql(f'ALTER SEQUENCE "{name}" RENAME TO "{_new(name)}"')
