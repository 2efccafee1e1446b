"""A Core statement that is compiled once for each type of database, for the few that run for every message.

Input: a statement, then rows of values as the database stores them (times in milliseconds). Output: the driver's rows.
Guarantees: driver errors are wrapped as SQLAlchemy would wrap them.

The statement runs on the driver's own cursor: SQLAlchemy needs about 70 µs for each execution, five times as long as
SQLite needs for the work itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql import ClauseElement


class Prepared:
    """A statement to run many times."""

    def __init__(self, statement: ClauseElement) -> None:
        """`statement` must not have lists to expand or types that convert values."""
        self._statement = statement
        self._compiled: dict[str, tuple[str, tuple[str, ...] | None, Mapping[str, Any]]] = {}

    def rows(self, connection: Connection, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Run the statement once; return its rows."""
        sql, names, fixed = self._sql(connection)
        given = {**fixed, **values} if fixed else values
        with _cursor(connection) as cursor:
            cursor.execute(sql, tuple(map(given.__getitem__, names)) if names else dict(given))
            return list(cursor.fetchall())

    def run_many(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
        """Run the statement for each row; return how many rows of the table were changed."""
        sql, names, fixed = self._sql(connection)
        given = [{**fixed, **row} for row in rows] if fixed else rows
        with _cursor(connection) as cursor:
            if names:
                cursor.executemany(sql, [tuple(map(row.__getitem__, names)) for row in given])
            else:
                cursor.executemany(sql, [dict(row) for row in given])
            return int(cursor.rowcount)

    def _sql(self, connection: Connection) -> tuple[str, tuple[str, ...] | None, Mapping[str, Any]]:
        dialect = connection.dialect
        if (found := self._compiled.get(dialect.name)) is None:
            compiled = self._statement.compile(dialect=dialect)
            # Constant values in the statement itself, besides its parameters.
            fixed = {name: value for name, value in compiled.params.items() if value is not None}
            order: list[str] | None = getattr(compiled, "positiontup", None)
            names = tuple(order) if order else None
            found = self._compiled[dialect.name] = (str(compiled), names, fixed)
        return found


@contextmanager
def _cursor(connection: Connection) -> Iterator[Any]:
    dialect, driver, cursor = connection.dialect, connection.connection, None
    try:
        cursor = driver.cursor()
        yield cursor
    except dialect.loaded_dbapi.Error as error:
        is_lost = dialect.is_disconnect(error, driver.dbapi_connection, cursor)
        if is_lost:
            connection.invalidate(error)
        raise DBAPIError.instance(
            None, None, error, dialect.loaded_dbapi.Error, connection_invalidated=is_lost, dialect=dialect
        ) from error
    finally:
        if cursor is not None:
            cursor.close()
