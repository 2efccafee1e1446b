"""The version of the schema: the one of this program, and the one of a database.

Input: a connection. Output: numbers. Guarantees: changes nothing.
"""

import re
from pathlib import Path

from sqlalchemy import Connection, text

from composer.core.errors import DatabaseError

MIGRATIONS = Path(__file__).parent / "migrations"
#: Alembic's table, with our own name, because a PostgreSQL database may contain the table of another program.
VERSION_TABLE = "compose_version"


def newest() -> int:
    """Return this program's schema version: the number of its last migration."""
    return max(int(match[1]) for path in (MIGRATIONS / "versions").iterdir()
               if (match := re.fullmatch(r"v(\d{4})_\w+\.py", path.name)))  # fmt: skip


def version_of(connection: Connection) -> int:
    """Return a database's version; 0 for an empty one. Raises DatabaseError if it belongs to another program."""
    if connection.dialect.name == "sqlite":
        tables = {row[0] for row in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if tables and VERSION_TABLE not in tables:
            raise DatabaseError(
                "this database belongs to another program", "set another file:   database:   in newsletter.yaml"
            )
        is_there = bool(tables)
    else:
        is_there = connection.scalar(text("SELECT to_regclass(:name)"), {"name": VERSION_TABLE}) is not None
    if not is_there:
        return 0
    number = connection.exec_driver_sql(f"SELECT max(version_num) FROM {VERSION_TABLE}").scalar()  # noqa: S608
    return int(number) if number else 0
