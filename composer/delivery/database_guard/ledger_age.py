"""Checks the age of the ledger: whether this database has a record of every message that was sent.

Input: a connection, the notes next to the database and on this computer. Output: the problems, as `Evidence`.
Guarantees: a database with fewer records than a note (a copy, a restored backup) is detected.
"""

import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sqlalchemy import (
    Connection,
    delete,
    exists,
    func,
    insert,
    select,
)

from composer.core.errors import ComposeError
from composer.database.database_state import BACKUP, database_state
from composer.database.tables.mailing_tables import workers
from composer.database.tables.subscriber_tables import database_keys
from composer.delivery.database_guard.age_files import Note

#: Rows of `database_state`: every acceptance of this database as the original, as JSON; the identity of the server.
ORIGINS, SERVER = "origins", "server"
#: An advisory lock of PostgreSQL.
_LOCK = 0x636F6D70_6F736534
WAY_ON = "to make this database the original:   compose db restored"


class CopyError(ComposeError):
    """The database is a copy or a restored backup, and may lack records of sent messages."""


class CopySign(StrEnum):
    """Why a database may not be the original, the most certain first."""

    #: made by `compose db backup`
    BACKUP = "backup"
    #: the note next to the database contains more than the database
    BEHIND = "behind"
    #: a note of this computer contains more than the database
    BEHIND_MACHINE = "behind_machine"
    #: PostgreSQL: different tables, database or server
    OTHER_TABLES = "other_tables"
    #: PostgreSQL: restored to a point in time, or a standby took over
    OTHER_TIMELINE = "other_timeline"
    #: messages were sent from it, and there is no note next to it
    NO_NOTE = "no_note"
    #: the mailing was started in another file or on another server
    MOVED = "moved"
    #: accepted elsewhere, and this computer has notes of earlier mailings
    UNHEARD = "unheard"


_WORDS = {
    CopySign.BACKUP: "{name} is a backup (made {more})",
    CopySign.BEHIND: "{name} is a copy or a restored backup: messages were sent that are not recorded in it",
    CopySign.BEHIND_MACHINE: "{name} is a copy or a restored backup: this computer sent messages that are not recorded in it",
    CopySign.OTHER_TABLES: "{name} was restored, or is a copy: its tables are not those of the last mailing",
    CopySign.OTHER_TIMELINE: "{name} was restored to an earlier time, or a standby took over: sent messages may be missing in it",
    CopySign.NO_NOTE: "{name} is a copy, or was moved without {more}: messages were sent from it, but that file is missing"
    " or empty",
    CopySign.MOVED: "{name} is a copy: the mailing was started in another database ({more})",
    CopySign.UNHEARD: "{name} was restored, and you have not decided what to do about earlier mailings of this computer",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A sign that the database is a copy, and a detail for its message."""

    sign: CopySign
    more: str = ""

    def error(self, name: str) -> CopyError:
        """Return the error."""
        return CopyError(_WORDS[self.sign].format(name=name, more=self.more), f"nothing was sent; {WAY_ON}")


def lock(connection: Connection) -> None:
    """Prevent others from starting a run or accepting the database until this transaction ends; SQLite has one writer
    anyway.

    The transaction is on disk before a note is written, with any server configuration.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK), func.set_config("synchronous_commit", "on", True)))


def nonce() -> str:
    """Return a unique number."""
    return secrets.token_hex(16)


def origins_of(connection: Connection) -> tuple[str, ...]:
    """Return this database's acceptances, the oldest first; empty if no message was sent from it."""
    value = state_of(connection, ORIGINS)
    return () if value is None else tuple(json.loads(value))


def accept(connection: Connection) -> str:
    """Make this database the original; return the new acceptance."""
    new = nonce()
    set_state(connection, ORIGINS, json.dumps([*origins_of(connection), new]))
    set_state(connection, BACKUP, None)
    return new


def state_of(connection: Connection, name: str) -> str | None:
    """Return a stored fact about the database."""
    return connection.scalar(select(database_state.c.value).where(database_state.c.name == name))


def set_state(connection: Connection, name: str, value: str | None) -> None:
    """Store a fact about the database, or delete it."""
    connection.execute(delete(database_state).where(database_state.c.name == name))
    if value is not None:
        connection.execute(insert(database_state), [{"name": name, "value": value}])


def is_known(connection: Connection, note: Note) -> bool:
    """Return whether the database contains everything that a note contains."""
    if note.is_old:
        last = select(func.max(workers.c.id)).where(workers.c.mailing_id.is_not(None))
        return (connection.scalar(last) or 0) >= note.worker
    if note.worker == 0:
        return note.origin in origins_of(connection)
    mine = exists().where(workers.c.id == note.worker, workers.c.nonce == note.nonce, workers.c.count >= note.count)
    return bool(connection.scalar(select(mine)))


def was_sent_from(connection: Connection) -> bool:
    """Return whether messages were sent from this database by a version that writes notes."""
    return bool(connection.scalar(select(exists().where(workers.c.nonce.is_not(None)))))


def look_at_notes(
    connection: Connection, beside: Note | None, beside_path: Path | None, machine: Iterable[Note]
) -> tuple[Evidence, ...]:
    """Compare the database with the notes. `beside_path`: the path of SQLite's note; None on PostgreSQL."""
    found = []
    if (made := state_of(connection, BACKUP)) is not None:
        found.append(Evidence(sign=CopySign.BACKUP, more=made))
    if beside is not None and not is_known(connection, beside):
        found.append(Evidence(sign=CopySign.BEHIND))
    behind = [note for note in machine if not is_known(connection, note)]
    if behind:
        before = origins_of(connection)[:-1]
        is_settled_elsewhere = all(note.origin in before for note in behind)
        found.append(Evidence(sign=CopySign.UNHEARD if is_settled_elsewhere else CopySign.BEHIND_MACHINE))
    if beside is None and beside_path is not None and was_sent_from(connection):
        found.append(Evidence(sign=CopySign.NO_NOTE, more=beside_path.name))
    return tuple(found)


def check_database_id(connection: Connection, mailing_id: int, home: str, beside: Note | None) -> tuple[Evidence, ...]:
    """Return a sign if a mailing was started in another file or on another server."""
    before = connection.execute(
        select(workers.c.home, workers.c.host, workers.c.began, workers.c.nonce)
        .where(workers.c.mailing_id == mailing_id)
        .order_by(workers.c.id.desc())
        .limit(1)
    ).first()
    if before is None or not before.home or not home or before.home == home:
        return ()
    if before.nonce is None and beside is not None and beside.is_old:
        # A database of an earlier version that was moved together with its note.
        return ()
    return (Evidence(sign=CopySign.MOVED, more=f"{before.host}, {before.began:%Y-%m-%d %H:%M} UTC"),)


def publication_of(connection: Connection) -> str | None:
    """Return the id of the publication, as in the notes of a computer; None in a database without rows."""
    key = connection.scalar(select(database_keys.c.key).where(database_keys.c.name == "publication"))
    return None if key is None else key.hex()


def first_of(evidence: Sequence[Evidence], name: str) -> None:
    """Raise CopyError for the most certain sign, if there is one."""
    if evidence:
        raise min(evidence, key=lambda each: list(CopySign).index(each.sign)).error(name)
