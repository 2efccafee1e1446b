"""The schema's version: the one that this program knows, and that of a database.

Input: a connection. Output: numbers. Never changes anything.
"""

import re
from pathlib import Path

from sqlalchemy import Connection, text

from composer.core.errors import DatabaseError

MIGRATIONS = Path(__file__).parent / "migrations"
#: Alembic's table, under a name of our own: a PostgreSQL database may hold another program's.
VERSION_TABLE = "compose_version"


def newest() -> int:
    """Return the schema's version that this program knows: the number of its last migration."""
    return max(int(match[1]) for path in (MIGRATIONS / "versions").iterdir()
               if (match := re.fullmatch(r"v(\d{4})_\w+\.py", path.name)))  # fmt: skip


def version_of(connection: Connection) -> int:
    """Return a database's version; 0 for an empty one. Raises DatabaseError where it belongs to another program."""
    if connection.dialect.name == "sqlite":
        tables = {row[0] for row in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if tables and VERSION_TABLE not in tables:
            raise DatabaseError(
                "this database belongs to another program", "name another file:   database:   in newsletter.yaml"
            )
        is_there = bool(tables)
    else:
        is_there = connection.scalar(text("SELECT to_regclass(:name)"), {"name": VERSION_TABLE}) is not None
    if not is_there:
        return 0
    number = connection.exec_driver_sql(f"SELECT max(version_num) FROM {VERSION_TABLE}").scalar()  # noqa: S608
    return int(number) if number else 0
