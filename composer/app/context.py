"""A newsletter with its database open: the argument of every use case about subscribers and mailings.

Input: a folder and the environment. Output: a `MailingContext`; its database is closed when the block ends.
"""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from composer.content.document.newsletter import Newsletter, read_newsletter
from composer.core.environment import Environment, state_folder
from composer.core.environment import environment as own_environment
from composer.core.workspace import Workspace
from composer.database.engine import Database
from composer.database.location import location_of
from composer.database.schema_upgrade import open_database
from composer.delivery.preflight.storage_place import user_of


@dataclass(frozen=True, slots=True, kw_only=True)
class MailingContext:
    """A newsletter with its open database, and the environment with its secrets."""

    workspace: Workspace
    newsletter: Newsletter
    environment: Environment
    database: Database


@contextmanager
def open_newsletter(folder: Path | None = None, environment: Environment | None = None) -> Iterator[MailingContext]:
    """Open the newsletter that a folder belongs to, and its database, until the block ends.

    The defaults are the current folder and the environment of this process. A missing database is created, and an older
    one is upgraded. Raises WorkspaceError, ContentError, DatabaseError.
    """
    workspace = Workspace.find(folder or Path.cwd())
    newsletter, environment = read_newsletter(workspace), environment or own_environment()
    with open_database(location_of(newsletter, workspace, environment.environment)) as database:
        yield MailingContext(workspace=workspace, newsletter=newsletter, environment=environment, database=database)


def notes_of(environment: Environment) -> Path:
    """Return the folder where this computer records the last state of each ledger that it sent from."""
    return state_folder(environment) / "ledgers"


def person(workspace: Workspace) -> str:
    """Return the name of the current user for records: from git, or else from the operating system."""
    if found := user_of(workspace.root):
        return found
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"
