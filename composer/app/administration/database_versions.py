"""Upgrades and copies the database.

Input: a workspace, or a newsletter's context. Output: the versions before and after; the size of the copy. Guarantees:
a copy can be made while others write, and overwrites no file.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from composer.app.context import MailingContext
from composer.content.document.newsletter import read_newsletter
from composer.core.environment import Environment
from composer.core.workspace import Workspace
from composer.database.backup import backup
from composer.database.engine import connect
from composer.database.location import location_of
from composer.database.schema_upgrade import upgrade
from composer.delivery.database_guard.database_id import remember
from composer.delivery.database_guard.last_backup import LastBackup, note_database_backup
from composer.doctor.diagnosis import Diagnosis
from composer.doctor.key_backups import look_at_key_backup


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseUpgrade:
    """A database, with its versions before and after; they are the same if it was up to date."""

    name: str
    before: int
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseBackup:
    """A copy of the database."""

    #: In bytes.
    size: int
    #: The state of the backup of the keys, which the copy does not contain; None without keys.
    keys: Diagnosis | None


def upgrade_database(workspace: Workspace, environment: Environment) -> DatabaseUpgrade:
    """Upgrade the database to this program's version. Raises ContentError, DatabaseError."""
    location = location_of(read_newsletter(workspace), workspace, environment.environment)
    with connect(location) as database:
        before, after = upgrade(database)
        remember(database)
    return DatabaseUpgrade(name=location.name, before=before, after=after)


def back_up_database(context: MailingContext, file: Path, now: datetime) -> DatabaseBackup:
    """Copy the database to a new file. Raises DatabaseError."""
    size = backup(context.database, file, now)
    with context.database.write() as connection:
        note_database_backup(connection, LastBackup(at=now, file=str(file.absolute())))
    keys = look_at_key_backup(context.database, context.newsletter, context.environment)
    return DatabaseBackup(size=size, keys=keys)
