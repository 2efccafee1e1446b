"""Opens the database of the newsletter one is in.

Comes in: the current folder and the environment. Goes out: the newsletter and its database, closed when the command ends.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from composer.core.workspace import Workspace

if TYPE_CHECKING:
    from composer.content.document.newsletter import Newsletter
    from composer.database.engine import Database
    from composer.database.location import Location


def place() -> "tuple[Newsletter, Location]":
    """Give the newsletter and where its database is, without opening it."""
    from composer.content.document.newsletter import read_newsletter
    from composer.core.environment import environment
    from composer.database.location import location_of

    workspace = Workspace.find(Path.cwd())
    newsletter = read_newsletter(workspace)
    return newsletter, location_of(newsletter, workspace, environment().environment)


@contextmanager
def opened() -> "Iterator[tuple[Newsletter, Database]]":
    """Open the database for as long as the block lasts."""
    from composer.app.context import open_newsletter

    with open_newsletter() as found:
        yield found.newsletter, found.database


def now() -> datetime:
    """Give the time; what is below the command line gets it as an argument."""
    return datetime.now(UTC)
