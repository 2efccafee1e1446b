"""How old the ledger is: whether this database knows of everything that was sent.

Input: a connection, the notes beside the database and on this machine. Output: what is wrong, as `Evidence`. Guarantees: a
database that is behind a note (a copy, a restored backup) is told from one that is not.
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

#: Rows of `database_state`: every acceptance of this database as the original, as JSON; what the server said of itself.
ORIGINS, SERVER = "origins", "server"
#: An advisory lock of PostgreSQL.
_LOCK = 0x636F6D70_6F736534
WAY_ON = "if it is to be the original from now on:   compose db restored"


class CopyError(ComposeError):
    """The database is a copy or a restored backup: messages may have been sent of which it knows nothing."""


class CopySign(StrEnum):
    """Why a database may not be the original, the most certain first."""

    #: made by `compose db backup`
    BACKUP = "backup"
    #: the note beside it knows of more
    BEHIND = "behind"
    #: a note of this machine knows of more
    BEHIND_MACHINE = "behind_machine"
    #: PostgreSQL: other tables, another database, another server
    OTHER_TABLES = "other_tables"
    #: PostgreSQL: restored to a point in time, or a standby took over
    OTHER_TIMELINE = "other_timeline"
    #: it was sent from, and there is no note beside it
    NO_NOTE = "no_note"
    #: the mailing was begun in another file or on another server
    MOVED = "moved"
    #: accepted elsewhere, and this machine knows of mailings from before
    UNHEARD = "unheard"


_WORDS = {
    CopySign.BACKUP: "{name} is a backup (made {more})",
    CopySign.BEHIND: "{name} is a copy or a restored backup: messages were sent of which it knows nothing",
    CopySign.BEHIND_MACHINE: "{name} is a copy or a restored backup: messages were sent from here of which it knows nothing",
    CopySign.OTHER_TABLES: "{name} was restored, or is a copy: its tables are not the ones that were sent from last",
    CopySign.OTHER_TIMELINE: "{name} was restored to an earlier time, or a standby took over: it may lack what was sent",
    CopySign.NO_NOTE: "{name} was sent from before, and {more} beside it is missing or empty: it is a copy, or was moved alone",
    CopySign.MOVED: "{name} is a copy: the mailing was begun in another one ({more})",
    CopySign.UNHEARD: "{name} was restored, and mailings that were sent from this computer before that are not settled",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A sign that it is a copy, and what belongs to it in its sentence."""

    sign: CopySign
    more: str = ""

    def error(self, name: str) -> CopyError:
        """Return the stop."""
        return CopyError(_WORDS[self.sign].format(name=name, more=self.more), f"nothing was sent; {WAY_ON}")


def lock(connection: Connection) -> None:
    """Let nobody else begin a run, or accept the database, until this transaction ends; on SQLite a writer is alone anyway.

    What is written is on disk before a note says so, whatever the server is set to.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK), func.set_config("synchronous_commit", "on", True)))


def nonce() -> str:
    """Make a number that nothing else has."""
    return secrets.token_hex(16)


def origins_of(connection: Connection) -> tuple[str, ...]:
    """Return this database's acceptances, the oldest first; none if it was never sent from."""
    value = state_of(connection, ORIGINS)
    return () if value is None else tuple(json.loads(value))


def accept(connection: Connection) -> str:
    """Make this database the original from now on; give the new acceptance."""
    new = nonce()
    set_state(connection, ORIGINS, json.dumps([*origins_of(connection), new]))
    set_state(connection, BACKUP, None)
    return new


def state_of(connection: Connection, name: str) -> str | None:
    """Read a fact about the database."""
    return connection.scalar(select(database_state.c.value).where(database_state.c.name == name))


def set_state(connection: Connection, name: str, value: str | None) -> None:
    """Write a fact about the database, or remove it."""
    connection.execute(delete(database_state).where(database_state.c.name == name))
    if value is not None:
        connection.execute(insert(database_state), [{"name": name, "value": value}])


def is_known(connection: Connection, note: Note) -> bool:
    """Return whether the database knows all that a note knows."""
    if note.is_old:
        return (connection.scalar(select(func.max(workers.c.id))) or 0) >= note.worker
    if note.worker == 0:
        return note.origin in origins_of(connection)
    mine = exists().where(workers.c.id == note.worker, workers.c.nonce == note.nonce, workers.c.count >= note.count)
    return bool(connection.scalar(select(mine)))


def was_sent_from(connection: Connection) -> bool:
    """Return whether subscribers were written to from this database, since there are ages."""
    return bool(connection.scalar(select(exists().where(workers.c.nonce.is_not(None)))))


def look_at_notes(
    connection: Connection, beside: Note | None, beside_path: Path | None, machine: Iterable[Note]
) -> tuple[Evidence, ...]:
    """Compare the database with the notes. `beside_path`: where SQLite's is to be; None on PostgreSQL."""
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
    """Return whether a mailing was begun in another file, or on another server, than this one."""
    before = connection.execute(
        select(workers.c.home, workers.c.host, workers.c.began, workers.c.nonce)
        .where(workers.c.mailing_id == mailing_id)
        .order_by(workers.c.id.desc())
        .limit(1)
    ).first()
    if before is None or not before.home or not home or before.home == home:
        return ()
    if before.nonce is None and beside is not None and beside.is_old:
        # Of an earlier version, and its note came with it.
        return ()
    return (Evidence(sign=CopySign.MOVED, more=f"{before.host}, {before.began:%Y-%m-%d %H:%M} UTC"),)


def publication_of(connection: Connection) -> str | None:
    """Name the publication, as the notes of a machine do; None in a database that was emptied."""
    key = connection.scalar(select(database_keys.c.key).where(database_keys.c.name == "publication"))
    return None if key is None else key.hex()


def first_of(evidence: Sequence[Evidence], name: str) -> None:
    """Raise the most certain of them, if there is one: CopyError."""
    if evidence:
        raise min(evidence, key=lambda each: list(CopySign).index(each.sign)).error(name)
