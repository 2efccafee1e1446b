"""Checks whether a database is the original, a copy or a restored backup: before freezing, and when a run starts.

Input: a database, the folder of this computer's notes. Output: `Evidence`, a CopyError, or the counter of a run. The
signs themselves are in ledger_age.py (notes) and database_id.py (PostgreSQL).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, select

from composer.audience.suppression import erasure_key
from composer.core.errors import DatabaseError
from composer.database.engine import Database
from composer.database.tables.mailing_tables import issues, mailings
from composer.database.tables.metadata import milliseconds
from composer.delivery.database_guard.age_counter import AgeCounter
from composer.delivery.database_guard.age_files import AgeFile, Begun, MachineNotes, Note, joined, read
from composer.delivery.database_guard.database_id import compare, identity_of, store
from composer.delivery.database_guard.ledger_age import (
    Evidence,
    accept,
    check_database_id,
    first_of,
    lock,
    look_at_notes,
    nonce,
    origins_of,
    publication_of,
)
from composer.delivery.database_guard.sending_lock import lock_file
from composer.delivery.database_guard.wal_check import check_whole


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabasePlace:
    """The surroundings of a database, which are not part of it."""

    #: Where a mailing is sent from: a file or a server.
    home: str
    #: SQLite: the note next to the file, and its path.
    beside: Note | None = None
    beside_path: Path | None = None
    #: PostgreSQL: the identity of the server.
    identity: Mapping[str, str] = field(default_factory=dict)
    #: The notes of this computer, and their content.
    machine: MachineNotes
    known: Mapping[Path, Note]

    @property
    def begun(self) -> tuple[Begun, ...]:
        """All mailings in the notes."""
        return joined(self.beside.begun if self.beside else (), *(note.begun for note in self.known.values()))


def place_of(database: Database, notes: Path | None, session: Connection | None = None) -> DatabasePlace:
    """Return the surroundings of a database. Call it before reading rows, because a note never contains more than they do.

    `notes`: the folder of this computer's notes. `session`: of PostgreSQL, outside a transaction. Raises DatabaseError.
    """
    with database.read() as connection:
        publication = publication_of(connection)
    machine = MachineNotes(None if notes is None or publication is None else notes / publication)
    known = machine.read()
    if database.path is not None:
        path = lock_file(database.path)
        home = f"file {database.path.stat().st_ino}"
        return DatabasePlace(home=home, beside=_note_at(path), beside_path=path, machine=machine, known=known)
    if session is not None:
        identity = identity_of(session)
    else:
        with database.translated(), database.engine.connect() as opened:
            identity = identity_of(opened.execution_options(isolation_level="AUTOCOMMIT"))
    # Empty if the server does not tell its identity.
    is_known = {"server", "database"} <= identity.keys()
    home = f"server {identity['server']} {identity['database']}" if is_known else ""
    return DatabasePlace(home=home, identity=identity, machine=machine, known=known)


def check_original(database: Database, notes: Path | None = None, mailing_id: int | None = None) -> None:
    """Check that this database is not a copy, before anything is frozen or confirmed.

    Raises CopyError, DatabaseError, SettingsError (the key that recognises erased people is missing).
    """
    place = place_of(database, notes)
    with database.read() as connection:
        _check(connection, database, place, mailing_id)


def check_before_run(database: Database, place: DatabasePlace, mailing_id: int) -> None:
    """Check the same before the transaction in which a run starts; a rehearsal is not checked.

    With years of mailings the check takes seconds. In the transaction it would block requests to unsubscribe.
    """
    with database.read() as connection:
        if not connection.scalar(select(mailings.c.is_rehearsal).where(mailings.c.id == mailing_id)):
            _check(connection, database, place, mailing_id)


def _check(connection: Connection, database: Database, place: DatabasePlace, mailing_id: int | None) -> None:
    first_of(signs(connection, place, mailing_id), database.location.name)
    check_whole(connection, database, mailing_id)
    erasure_key(connection)


def signs(connection: Connection, place: DatabasePlace, mailing_id: int | None = None) -> tuple[Evidence, ...]:
    """Return all signs that this database is a copy, or was restored."""
    found = [*look_at_notes(connection, place.beside, place.beside_path, place.known.values())]
    found += compare(connection, place.identity)
    if mailing_id is not None:
        found += check_database_id(connection, mailing_id, place.home, place.beside)
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """The first values of a run; `nonce` is None for a rehearsal, which is not counted."""

    nonce: str | None
    origin: str = ""
    begun: tuple[Begun, ...] = ()


def begin(connection: Connection, mailing_id: int, place: DatabasePlace, database: Database) -> Start:
    """Check that a run may start: this is the original, or the mailing is a rehearsal. Raises CopyError, SettingsError."""
    mailing = connection.execute(
        select(mailings.c.is_rehearsal, mailings.c.made, issues.c.key)
        .join_from(mailings, issues)
        .where(mailings.c.id == mailing_id)
    ).one()
    if mailing.is_rehearsal:
        return Start(nonce=None)
    lock(connection)
    first_of(signs(connection, place, mailing_id), database.location.name)
    erasure_key(connection)
    origins = origins_of(connection)
    origin = origins[-1] if origins else accept(connection)
    if place.identity:
        store(connection, place.identity)
    this = Begun(mailing=mailing_id, issue=mailing.key, made=milliseconds(mailing.made))
    return Start(nonce=nonce(), origin=origin, begun=joined(place.begun, (this,)))


def count_from(
    start: Start,
    worker_id: int,
    database: Database,
    place: DatabasePlace,
    superseded: Iterable[Path],
    handle: int | None = None,
) -> AgeCounter:
    """Return the counter of a run: its notes are on disk before the first message. Raises DatabaseError.

    `superseded`: notes of this computer that are no longer needed. `handle`: of SQLite's note, which is locked.
    """
    name = database.location.name
    paths = () if database.path is None or place.beside_path is None else (database.path, place.beside_path)
    if start.nonce is None:
        return AgeCounter(worker_id=worker_id, paths=paths, name=name)
    note = Note(worker=worker_id, nonce=start.nonce, count=0, origin=start.origin, begun=start.begun)
    files = write_notes(note, place, superseded, handle)
    return AgeCounter(worker_id=worker_id, note=note, files=files, paths=paths, name=name)


def write_notes(
    note: Note, place: DatabasePlace, superseded: Iterable[Path], handle: int | None = None
) -> tuple[AgeFile, ...]:
    """Write a note next to the database and on this computer; return the open files. Raises DatabaseError."""
    files = []
    if place.beside_path is not None:
        try:
            beside = AgeFile(place.beside_path, handle)
            beside.write(note)
        except OSError as error:
            raise _unusable(place.beside_path, "written", error) from None
        files.append(beside)
    if (own := place.machine.open(note)) is not None:
        files.append(own)
        place.machine.remove(path for path in superseded if path != own.path)
    return tuple(files)


def _note_at(path: Path) -> Note | None:
    try:
        return read(path)
    except OSError as error:
        raise _unusable(path, "read", error) from None


def _unusable(path: Path, what: str, error: OSError) -> DatabaseError:
    reason = error.strerror or error
    return DatabaseError(f"{path} cannot be {what}: {reason}", "sending needs this file next to the database")
