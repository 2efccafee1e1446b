"""Checks that the tables in a database match its version.

Input: an open database. Output: a `DatabaseError` that names what is missing. Guarantees: additions of your own (an
index, a view) are not an error.

Every opening compares a fingerprint of the definitions with the one from the last upgrade, in less than a millisecond.
Only if they differ, or after an error about a missing table or column, are the tables compared in full.
"""

import hashlib
import importlib
import json
import pkgutil
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, NoSuchTableError

from composer.core.errors import DatabaseError
from composer.database.schema_version import VERSION_TABLE, version_of

if TYPE_CHECKING:
    from sqlalchemy import MetaData

#: The row of `database_state` with the fingerprint.
_STAMP = "schema"
_READ = text("SELECT value FROM database_state WHERE name = :name")
_DEFINITIONS = {
    "sqlite": text("SELECT tbl_name, sql FROM sqlite_master WHERE type IN ('table', 'index') ORDER BY type, name"),
    "postgresql": text(
        """
        SELECT c.relname, a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull AS line
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
        UNION ALL
        SELECT c.relname, k.conname || ' ' || pg_get_constraintdef(k.oid)
        FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
        WHERE c.relnamespace = current_schema()::regnamespace AND k.contype <> 'n'
        UNION ALL
        SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = current_schema()
        ORDER BY 1, 2
        """
    ),
}
#: How drivers report a missing or existing table or column: texts of SQLite, codes of PostgreSQL.
_WORDS = ("no such table", "no such column", "has no column named", "already exists", "duplicate column")
_CODES = ("42P01", "42703", "42P07", "42701")


def stamp(connection: Connection) -> None:
    """Store the fingerprint of the current tables. Raises DatabaseError if they do not match this program."""
    if missing := _missing(connection):
        raise _error(connection, missing)
    tables = sorted(_metadata().tables)
    value = json.dumps({"tables": tables, "hash": _fingerprint(connection, tables)})
    connection.execute(text("DELETE FROM database_state WHERE name = :name"), {"name": _STAMP})
    connection.execute(
        text("INSERT INTO database_state (name, value) VALUES (:name, :value)"), {"name": _STAMP, "value": value}
    )


def check(connection: Connection) -> None:
    """Compare the tables with those of this program's version. Raises DatabaseError."""
    if not _is_as_stamped(connection) and (missing := _missing(connection)):
        raise _error(connection, missing)


def is_about_tables(error: DBAPIError) -> bool:
    """Return whether a driver error is about missing or existing tables or columns."""
    said = str(error.orig)
    return getattr(error.orig, "sqlstate", "") in _CODES or any(words in said for words in _WORDS)


def explain(connection: Connection) -> DatabaseError | None:
    """Return the error for missing tables or columns; None if the tables are right, so that the cause is a bug."""
    missing = _missing(connection)
    return _error(connection, missing) if missing else None


def untrue(version: int, error: DBAPIError | NoSuchTableError) -> DatabaseError | None:
    """Return the error for an upgrade that failed because the tables do not match the version."""
    if isinstance(error, NoSuchTableError):
        said = f"no such table: {error}"
    elif is_about_tables(error):
        said = str(error.orig).splitlines()[0]
    else:
        return None
    what = f"the database has version {version}, but its tables do not match that version: {said}"
    return DatabaseError(what, _HINT)


def _is_as_stamped(connection: Connection) -> bool:
    if not _is_there(connection, "database_state"):
        return False
    value = connection.scalar(_READ, {"name": _STAMP})
    if value is None:
        return False
    known = json.loads(value)
    return bool(known["hash"] == _fingerprint(connection, known["tables"]))


def _is_there(connection: Connection, table: str) -> bool:
    if connection.dialect.name == "sqlite":
        question = text("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = :name")
    else:
        question = text("SELECT count(to_regclass(:name))")
    return bool(connection.scalar(question, {"name": table}))


def _fingerprint(connection: Connection, tables: Sequence[str]) -> str:
    ours = frozenset(tables)
    lines = [
        f"{name} {definition}" for name, definition in connection.execute(_DEFINITIONS[connection.dialect.name])
        if name in ours
    ]  # fmt: skip
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _metadata() -> "MetaData":
    """Return the tables of all modules in `tables`."""
    from composer.database import tables
    from composer.database.tables.metadata import metadata

    for module in pkgutil.iter_modules(tables.__path__, f"{tables.__name__}."):
        importlib.import_module(module.name)
    return metadata


def _missing(connection: Connection) -> tuple[str, ...]:
    """Return the names of missing tables, columns, indexes and constraints."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    return tuple(_names(compare_metadata(context, _metadata())))


def _names(differences: Iterable[Any]) -> Iterator[str]:
    for each in differences:
        if isinstance(each, list):
            # Changes of one column: its type, or whether it may be empty.
            yield from (f"column {one[2]}.{one[3]} is different" for one in each)
            continue
        kind, what = each[0], each[-1]
        match kind:
            case "add_table":
                yield f"table {what.name}"
            case "add_column":
                yield f"column {each[2]}.{what.name}"
            case "add_index" | "add_constraint" | "add_fk":
                yield f"{'index' if kind == 'add_index' else 'constraint'} {what.name} on {what.table.name}"
            case _:
                # Additional objects belong to the owner of the database.
                pass


def _error(connection: Connection, missing: Sequence[str]) -> DatabaseError:
    shown = ", ".join(missing[:5]) + (f" and {len(missing) - 5} more" if len(missing) > 5 else "")
    what = f"the database has version {version_of(connection)}, but its tables do not match that version"
    return DatabaseError(f"{what}; missing: {shown}", _HINT)


_HINT = "restore a backup (compose help back-up-and-restore), or undo the changes to the tables; nothing was written"
