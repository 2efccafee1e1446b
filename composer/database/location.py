"""The location of the database: a file in this workspace, or a PostgreSQL server.

Input: the newsletter, the workspace, the environment. Output: a `Location`, or an error that says what to write.
Guarantees: a password comes from the environment (COMPOSE_DATABASE_URL, PGPASSWORD) or from ~/.pgpass, never from a
file in the workspace, and is never shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from composer.content.document.newsletter import Newsletter
from composer.core.errors import DatabaseError
from composer.core.workspace import Workspace

URL = "COMPOSE_DATABASE_URL"
FILE = "newsletter.db"
_FORM = "write it like   postgresql://name@host/database   or   data/newsletter.db"


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A file (`path`) or a server (`url`, which may contain a password and is not printed)."""

    path: Path | None = None
    url: str = field(default="", repr=False)

    @property
    def name(self) -> str:
        """The name for people: the file, or the server without user name and password."""
        if self.path is not None:
            return str(self.path)
        parts = urlsplit(self.url)
        return f"{parts.hostname or 'local server'}{parts.path}"


def at(text: str, folder: Path) -> Location:
    """Return the location from a path relative to a folder, sqlite:///path, or postgresql://. Raises DatabaseError."""
    scheme, colon, rest = text.partition("://")
    if not colon:
        return Location(path=(folder / Path(text).expanduser()).resolve())
    if scheme == "sqlite":
        if not rest.startswith("/") or rest in ("/", "/:memory:"):
            raise DatabaseError(
                "a database in memory is lost when the command ends", "write a file, such as sqlite:///news.db"
            )
        return Location(path=(folder / unquote(rest[1:])).resolve())
    if scheme in ("postgresql", "postgres", "postgresql+psycopg"):
        try:
            urlsplit(text).port  # noqa: B018 - the port is parsed on access
        except ValueError:
            raise DatabaseError("the address of the database is not valid", _FORM) from None
        return Location(url=f"postgresql+psycopg://{rest}")
    raise DatabaseError(f"the database type “{scheme}” is not supported: use SQLite or PostgreSQL", _FORM)


def location_of(newsletter: Newsletter, workspace: Workspace, environment: Mapping[str, str]) -> Location:
    """Return the location of this publication's database: COMPOSE_DATABASE_URL, else `database:`, else newsletter.db.

    Raises DatabaseError.
    """
    if given := environment.get(URL):
        return at(given, workspace.root)
    if newsletter.database is None:
        return Location(path=workspace.root / FILE)
    return at(newsletter.database, workspace.root)
