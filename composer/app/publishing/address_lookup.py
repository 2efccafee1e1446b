"""Whether an address is a subscriber's: for the search for private texts on public pages.

Input: a workspace and the environment, or an open database. Output: a function, or None without a database.
Guarantees: only reads; creates and upgrades no database.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from composer.content.document.newsletter import read_newsletter
from composer.core.environment import Environment
from composer.core.errors import DatabaseError
from composer.core.workspace import Workspace
from composer.database.location import location_of

if TYPE_CHECKING:
    from composer.database.engine import Database


def is_subscriber(database: "Database", address: str) -> bool:
    """Return whether the database has a subscriber with this address."""
    from composer.audience.subscribers import find

    with database.read() as connection:
        return find(connection, address) is not None


@contextmanager
def address_lookup(workspace: Workspace, environment: Environment) -> Iterator[Callable[[str], bool] | None]:
    """Provide `is_subscriber` for the newsletter's database; None without a database, or if its server does not answer.

    Raises ContentError, and DatabaseError for a file that another version of compose wrote, or that cannot be read.
    """
    location = location_of(read_newsletter(workspace), workspace, environment.environment)
    if location.path is not None and not location.path.exists():
        yield None
        return
    # Imported late: without a database, all that can read one is not needed.
    from composer.database.engine import connect
    from composer.database.schema_version import newest, version_of

    database = None
    try:
        database = connect(location)
        with database.read() as connection:
            version = version_of(connection)
    except DatabaseError:
        if database is not None:
            database.close()
        # The computer of a forge has the issue files, but not always the database.
        if location.path is not None:
            raise
        yield None
        return
    with database:
        if version not in (0, newest()):
            raise DatabaseError(
                f"the database at {location.name} has version {version}; this program needs {newest()}",
                "run: compose db upgrade",
            )
        yield partial(is_subscriber, database) if version else None
