"""Opens what commands about mailings need: the newsletter, its database, its surroundings.

Comes in: the current folder and the environment. Goes out: a `Publication`, its database closed when the block ends.
"""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from composer.core.workspace import Workspace

if TYPE_CHECKING:
    from composer.content.document.newsletter import Newsletter
    from composer.core.environment import Environment
    from composer.database.engine import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class MailingContext:
    """A newsletter with its database open."""

    workspace: Workspace
    newsletter: "Newsletter"
    around: "Environment"
    database: "Database"


@contextmanager
def opened(start: Path | None = None) -> Iterator[MailingContext]:
    """Open it for as long as the block lasts. Raises WorkspaceError, ContentError, DatabaseError."""
    from composer.content.document.newsletter import read_newsletter
    from composer.core.environment import environment
    from composer.database.location import location_of
    from composer.database.schema_upgrade import open_database

    workspace = Workspace.find(start or Path.cwd())
    newsletter, around = read_newsletter(workspace), environment()
    with open_database(location_of(newsletter, workspace, around.environment)) as database:
        yield MailingContext(workspace=workspace, newsletter=newsletter, around=around, database=database)


def notes_of(around: "Environment") -> Path:
    """Give where this computer notes how far ledgers are that it sent from."""
    from composer.core.environment import state_folder

    return state_folder(around.environment) / "ledgers"


def person(workspace: Workspace) -> str:
    """Name who is at the keyboard, for the record: as git knows them, else as the computer does."""
    from composer.delivery.preflight.storage_place import user_of

    if found := user_of(workspace.root):
        return found
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"
