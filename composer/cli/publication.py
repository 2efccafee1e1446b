"""Opens what commands about mailings need: the newsletter, its database, its surroundings.

Comes in: the current folder and the environment. Goes out: a `Publication`, its database closed when the block ends.
"""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from composer.workspace import Workspace

if TYPE_CHECKING:
    from composer.content.newsletter import Newsletter
    from composer.database.engine import Database
    from composer.surroundings import Surroundings


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """A newsletter with its database open."""

    workspace: Workspace
    newsletter: "Newsletter"
    around: "Surroundings"
    database: "Database"


@contextmanager
def opened(start: Path | None = None) -> Iterator[Publication]:
    """Open it for as long as the block lasts. Raises WorkspaceError, ContentError, DatabaseError."""
    from composer.content.newsletter import read_newsletter
    from composer.database.engine import open_database
    from composer.database.location import location_of
    from composer.surroundings import surroundings

    workspace = Workspace.find(start or Path.cwd())
    newsletter, around = read_newsletter(workspace), surroundings()
    with open_database(location_of(newsletter, workspace, around.environment)) as database:
        yield Publication(workspace=workspace, newsletter=newsletter, around=around, database=database)


def notes_of(around: "Surroundings") -> Path:
    """Give where this computer notes how far ledgers are that it sent from."""
    from composer.surroundings import state_folder

    return state_folder(around.environment) / "ledgers"


def person(workspace: Workspace) -> str:
    """Name who is at the keyboard, for the record: as git knows them, else as the computer does."""
    from composer.delivery.place import user_of

    if found := user_of(workspace.root):
        return found
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"
