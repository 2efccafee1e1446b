"""The age of the ledger: a copy, a restored backup and a replaced file are rejected, so that no issue is sent twice."""

import os
import shutil
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import event, func, select, text, update

from composer.core.errors import DatabaseError
from composer.database.backup import backup
from composer.database.engine import Database
from composer.database.location import Location
from composer.database.schema_upgrade import open_database
from composer.database.tables.mailing_tables import deliveries, events, workers
from composer.delivery.core.mailing import mailing_of
from composer.delivery.core.scheduler import Ending
from composer.delivery.core.states import DeliveryState
from composer.delivery.database_guard.age_counter import ReplacedError
from composer.delivery.database_guard.age_files import read
from composer.delivery.database_guard.copy_detection import check_original
from composer.delivery.database_guard.database_id import remember
from composer.delivery.database_guard.ledger_age import CopyError
from composer.delivery.database_guard.sending_lock import BusyError, lock_file, lock_sending
from composer.delivery.ledger.reconciliation import send_again
from composer.delivery.ledger.restore import restore
from composer.delivery.ledger.workers import register_worker
from composer.delivery.selection.selection import LeftOut, Selection, count
from composer.delivery.worker.run_loop import send
from composer.delivery.worker.stop_request import Stop
from composer.transport.envelope import Envelope
from composer.transport.memory_transport import MemoryTransport
from composer.transport.outcome import Outcome
from tests.databases import PostgresServer, postgres_programs
from tests.delivery.factories import NOW, add_subscribers, frozen, kinds, name_publication, sums
from tests.delivery.worker.test_run_loop import job, number, refused, run

pytestmark = pytest.mark.slow

S = DeliveryState


@pytest.fixture
def path(tmp_path: Path, sqlite_template: Path) -> Path:
    """A SQLite database with tables."""
    path = tmp_path / "news" / "newsletter.db"
    path.parent.mkdir()
    shutil.copy(sqlite_template, path)
    return path


def _open(path: Path) -> Database:
    return open_database(Location(path=path))


def _beside(path: Path) -> tuple[Path, Path]:
    return path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")


def _backup(path: Path, target: Path) -> None:
    with _open(path) as database:
        backup(database, target, NOW)


def _snapshot(path: Path, target: Path) -> None:
    """Copy the file alone, like a snapshot of a volume or a backup program."""
    with _open(path) as database:
        database.settle()
    shutil.copy2(path, target)


def _cp(source: Path, path: Path) -> None:
    path.write_bytes(source.read_bytes())


def _mv(source: Path, path: Path) -> None:
    shutil.copy2(source, path.with_name("restored.db"))
    path.with_name("restored.db").rename(path)


def _rm_cp(source: Path, path: Path) -> None:
    path.unlink()
    shutil.copy2(source, path)


def _rsync(source: Path, path: Path) -> None:
    if shutil.which("rsync") is None:
        # Like such a program: a new file with the times of the source, which is then renamed.
        _mv(source, path)
        return
    subprocess.run(["rsync", "-a", str(source), str(path)], check=True)


def _sql(source: Path, path: Path) -> None:
    """Restore with SQLite's own tool, into the existing file."""
    with closing(sqlite3.connect(source)) as copy, closing(sqlite3.connect(path)) as into:
        copy.backup(into)


@pytest.mark.parametrize("is_wal_kept", [False, True])
@pytest.mark.parametrize("restore_by", [_cp, _mv, _rm_cp, _rsync, _sql])
@pytest.mark.parametrize("save", [_backup, _snapshot])
def test_a_backup_made_during_a_mailing_does_not_send(
    path: Path,
    tmp_path: Path,
    save: Callable[[Path, Path], None],
    restore_by: Callable[[Path, Path], None],
    is_wal_kept: bool,
) -> None:
    """With any way to copy and restore it, messages sent after the backup are not sent again."""
    to, kept = MemoryTransport(), tmp_path / "kept.db"
    with _open(path) as database:
        frozen(database, 20)
        run(database, to, limit=6)
    save(path, kept)
    with _open(path) as database:
        run(database, to, limit=8)
    restore_by(kept, path)
    if not is_wal_kept:
        for each in _beside(path):
            each.unlink(missing_ok=True)
    with _open(path) as database:
        with pytest.raises(CopyError, match=r"is a copy or a restored backup|is a backup") as stop:
            run(database, to)
        assert "compose db restored" in stop.value.hint
        with pytest.raises(CopyError):
            check_original(database)
    assert len(to.taken) == 14
    assert set(Counter(number(each.envelope) for each in to.taken).values()) == {1}


@pytest.mark.parametrize("run_before", [False, True])
def test_a_backup_from_before_the_mailing_does_not_send(path: Path, tmp_path: Path, run_before: bool) -> None:
    """It does not know the mailing: the same issue, frozen again, would be sent to everybody a second time."""
    to, kept = MemoryTransport(), tmp_path / "kept.db"
    with _open(path) as database:
        if run_before:
            frozen(database, 5, issue="2025-01-02")
            run(database, to)
        else:
            with database.write() as connection:
                add_subscribers(connection, 5)
    _snapshot(path, kept)
    with _open(path) as database:
        mailing = frozen(database, 0)
        run(database, to, mailing_id=mailing.id)
    _mv(kept, path)
    with _open(path) as database:
        again = frozen(database, 0)
        assert again.id == mailing.id
        with pytest.raises(CopyError, match="messages were sent that are not recorded in it"):
            run(database, to, mailing_id=again.id)


def test_a_backup_is_a_copy_even_if_nothing_was_sent_since(path: Path, tmp_path: Path) -> None:
    """A copy made with `db backup` is marked as a copy at any place; the original continues."""
    to, kept = MemoryTransport(), tmp_path / "elsewhere.db"
    with _open(path) as database:
        frozen(database, 10)
        run(database, to, limit=4)
    _backup(path, kept)
    with _open(kept) as database, pytest.raises(CopyError, match=r"is a backup \(made 2025-01-30 06:30 UTC\)"):
        run(database, to)
    with _open(path) as database:
        assert run(database, to).is_over


def test_a_database_that_was_moved_without_its_note_does_not_send(path: Path, tmp_path: Path) -> None:
    """The database at the old place may have continued; with its note next to it, an ended one is accepted."""
    to, alone = MemoryTransport(), tmp_path / "alone" / "newsletter.db"
    with _open(path) as database:
        frozen(database, 10)
        assert run(database, to).is_over
    alone.parent.mkdir()
    shutil.copy(path, alone)
    with _open(alone) as database:
        second = frozen(database, 0, issue="2025-02-28")
        for _ in range(2):
            with pytest.raises(CopyError, match=r"without newsletter\.db-sending"):
                run(database, to, mailing_id=second.id)
    shutil.copy(lock_file(path), lock_file(alone))
    with _open(alone) as database:
        assert run(database, to, mailing_id=second.id).is_over


def test_a_copied_folder_does_not_resume_a_mailing(path: Path, tmp_path: Path) -> None:
    """Both would send: the mailing was started in another file."""
    to = MemoryTransport()
    with _open(path) as database:
        frozen(database, 10)
        run(database, to, limit=4)
    shutil.copytree(path.parent, tmp_path / "copied")
    with (
        _open(tmp_path / "copied" / path.name) as database,
        pytest.raises(CopyError, match="the mailing was started in another database"),
    ):
        run(database, to)


def test_a_rehearsal_counts_for_nothing(path: Path, tmp_path: Path) -> None:
    """A copy can rehearse, and does not become the original by it."""
    to, kept = MemoryTransport(), tmp_path / "kept.db"
    with _open(path) as database:
        frozen(database, 10)
        run(database, to, limit=4)
    _backup(path, kept)
    with _open(kept) as database:
        rehearsal = frozen(database, 0, issue="x", is_rehearsal=True)
        assert run(database, MemoryTransport(), mailing_id=rehearsal.id).is_over
        with pytest.raises(CopyError):
            run(database, to)


def test_a_kill_at_any_time_is_not_a_restore(path: Path) -> None:
    """Between the commit and the note the database is ahead, and the next run continues."""
    to, last = MemoryTransport(), 0
    with _open(path) as database:
        frozen(database, 12)
    for step in ("before commit", "after commit", "claimed"):
        child = os.fork()
        if child == 0:
            _die_at(path, step)
        os.waitpid(child, 0)
        note = read(lock_file(path))
        assert note is not None and note.worker > last
        last = note.worker
    with _open(path) as database:
        ran = run(database, to)
        assert ran.ending is Ending.DONE
        assert sums(database).total == 12


def _die_at(path: Path, step: str) -> None:
    """Send, and exit without cleanup at a step of the third group."""
    left = 3

    def at(name: str) -> None:
        nonlocal left
        left -= name == step
        if left == 0 or name == "claimed" == step:
            os._exit(9)

    with open_database(Location(path=path)) as database:
        send(job(database, MemoryTransport(), limit=4), Stop(), step=at)
    os._exit(0)


def _taken_at(to_do: Callable[[], None], at: int) -> Callable[[Envelope], Outcome | None]:
    """Do something when this many messages were accepted."""
    seen = 0

    def script(envelope: Envelope) -> Outcome | None:
        nonlocal seen
        seen += 1
        if seen == at:
            to_do()
        return None

    return script


def _delete(path: Path, kept: Path) -> None:
    path.unlink()


def _move_folder(path: Path, kept: Path) -> None:
    path.parent.rename(path.parent.with_name("moved"))


def _delete_note(path: Path, kept: Path) -> None:
    lock_file(path).unlink()


def _replace(path: Path, kept: Path) -> None:
    _mv(kept, path)


def _overwrite_by_sqlite(path: Path, kept: Path) -> None:
    _sql(kept, path)


@pytest.mark.parametrize("do", [_delete, _move_folder, _delete_note, _replace, _overwrite_by_sqlite])
def test_a_run_notices_that_its_database_is_gone(path: Path, tmp_path: Path, do: Callable[[Path, Path], None]) -> None:
    """It stops at the next group, reports it, and creates no empty database."""
    kept = tmp_path / "kept.db"
    with _open(path) as database:
        frozen(database, 200)
    _snapshot(path, kept)
    to = MemoryTransport(_taken_at(lambda: do(path, kept), 20))
    with _open(path) as database, pytest.raises(ReplacedError, match=r"stopped: .* (replaced|moved|deleted)") as stop:
        run(database, to, connections=1)
    assert "compose db restored" in stop.value.hint
    assert len(to.taken) <= 22
    assert path.exists() is (do not in (_delete, _move_folder))


def test_a_run_notices_while_it_waits(path: Path) -> None:
    """A run that waits for its server checks, too, and does not end with totals from a deleted file."""
    with _open(path) as database:
        frozen(database, 3)
    refusal = refused(450, "4.2.0")

    def script(envelope: Envelope) -> Outcome | None:
        path.unlink(missing_ok=True)
        return refusal

    with _open(path) as database, pytest.raises(ReplacedError, match="no longer exists"):
        run(database, MemoryTransport(script), connections=1)


def test_a_link_has_the_lock_of_its_database(path: Path, tmp_path: Path) -> None:
    """One lock and one note, for every link to the database."""
    link, folder = tmp_path / "link.db", tmp_path / "folder"
    link.symlink_to(path)
    folder.symlink_to(path.parent)
    assert lock_file(link) == lock_file(folder / path.name) == lock_file(path)
    with _open(path) as database:
        frozen(database, 5)
        with register_worker(database, 1, NOW), _open(link) as other, pytest.raises(BusyError):
            register_worker(other, 1, NOW)
    to = MemoryTransport()
    with _open(link) as database:
        run(database, to, limit=2)
    with _open(path) as database:
        assert run(database, to).is_over


def test_a_link_that_leads_elsewhere_is_noticed(path: Path, tmp_path: Path) -> None:
    """The run writes to the file of the link; the next process would open another database."""
    link, other = tmp_path / "link.db", tmp_path / "other.db"
    link.symlink_to(path)
    with _open(path) as database:
        frozen(database, 50)
    _snapshot(path, other)

    def turn() -> None:
        link.unlink()
        link.symlink_to(other)

    with _open(link) as database, pytest.raises(ReplacedError):
        run(database, MemoryTransport(_taken_at(turn, 5)), connections=1)


def test_an_older_version_left_its_note(path: Path) -> None:
    """The number of the last run: a database that knows it continues, one that does not is rejected."""
    to = MemoryTransport()
    with _open(path) as database:
        frozen(database, 10)
        run(database, to, limit=4)
        with database.write() as connection:
            # As before notes had ages.
            connection.execute(update(workers).values(nonce=None, count=0))
            connection.execute(text("DELETE FROM database_state WHERE name = 'origins'"))
    lock_file(path).write_text(f"{2:020}\n")
    with _open(path) as database, pytest.raises(CopyError):
        run(database, to)
    lock_file(path).write_text(f"{1:020}\n")
    with _open(path) as database:
        # Also at another place, if its note came with it.
        with database.write() as connection:
            connection.execute(update(workers).values(home="file 77"))
        assert run(database, to).is_over
    note = read(lock_file(path))
    assert note is not None and not note.is_old and [each.issue for each in note.begun] == ["2025-01-30"]


def test_the_note_grows_with_every_group(path: Path) -> None:
    """One for each group with intents, and one for the end."""
    with _open(path) as database:
        frozen(database, 7)
        run(database, MemoryTransport(), connections=1)
        note = read(lock_file(path))
        with database.read() as connection:
            row = connection.execute(select(workers.c.nonce, workers.c["count"].label("groups"))).one()
    assert note is not None and (note.nonce, note.count) == (row.nonce, row.groups)
    assert note.count == 8


@pytest.mark.parametrize(("people", "at", "killed"), [(400, 390, 396), (400, 120, 180), (400, 200, 300)])
def test_a_backup_beside_the_log_of_the_killed_run_is_noticed(
    path: Path, tmp_path: Path, people: int, at: int, killed: int
) -> None:
    """SQLite makes a mixture of both, with the latest count and older rows: nothing is sent from it."""
    kept = tmp_path / "kept.db"
    with _open(path) as database:
        frozen(database, people)
        run(database, MemoryTransport(), limit=1)
    _snapshot(path, kept)
    child = os.fork()
    if child == 0:
        _die_after_checkpoint(path, at, killed)
    os.waitpid(child, 0)
    wal = _beside(path)[0]
    assert wal.stat().st_size > 0
    _cp(kept, path)
    to = MemoryTransport()
    with pytest.raises(DatabaseError, match=r"is a mixture of two databases|is damaged"), _open(path) as database:
        run(database, to)
    assert not to.taken
    _cp(kept, path)
    for each in _beside(path):
        each.unlink(missing_ok=True)
    with _open(path) as database, pytest.raises(CopyError):
        run(database, to)


def _die_after_checkpoint(path: Path, at: int, killed: int) -> None:
    """Send; restart the log in between; exit without cleanup."""
    seen = 0

    def script(envelope: Envelope) -> Outcome | None:
        nonlocal seen
        seen += 1
        if seen == at:
            with closing(sqlite3.connect(path, timeout=30)) as other:
                other.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()
        if seen == killed:
            os._exit(9)
        return None

    with _open(path) as database:
        send(job(database, MemoryTransport(script)), Stop())
    os._exit(0)


def test_a_killed_run_continues_with_its_log(path: Path) -> None:
    """The log next to the file is its own: its content is checked and valid."""
    with _open(path) as database:
        frozen(database, 60)
    child = os.fork()
    if child == 0:
        _die_after_checkpoint(path, 20, 40)
    os.waitpid(child, 0)
    to = MemoryTransport()
    with _open(path) as database:
        assert database.had_log
        run(database, to)
        assert sums(database)[S.PENDING] == 0 and len(to.taken) <= 24


def test_others_write_while_a_log_is_checked(path: Path) -> None:
    """The check takes seconds for millions of rows: a request to unsubscribe does not wait for it."""
    with _open(path) as database:
        frozen(database, 5)
        looked = 0

        def write(connection: object, cursor: object, statement: str, *rest: object) -> None:
            nonlocal looked
            if statement.startswith("PRAGMA integrity_check"):
                looked += 1
                with closing(sqlite3.connect(path, timeout=0)) as other:
                    other.execute("BEGIN IMMEDIATE").close()
                    other.rollback()

        with _open(path) as second:
            assert second.had_log
            event.listen(second.engine, "before_cursor_execute", write)
            run(second, MemoryTransport())
            assert looked == 3 and sums(second).is_complete


# --- compose db restored


def _restored_midway(path: Path, tmp_path: Path, to: MemoryTransport) -> None:
    """Twenty subscribers: a backup after six, then all are sent, then the backup is restored."""
    kept = tmp_path / "kept.db"
    with _open(path) as database:
        frozen(database, 20)
        run(database, to, limit=6)
    _backup(path, kept)
    with _open(path) as database:
        run(database, to)
    _mv(kept, path)


def test_after_a_restore_unproven_deliveries_are_unconfirmed(path: Path, tmp_path: Path) -> None:
    """After `db restored` nothing is sent a second time automatically; a person may decide to."""
    to = MemoryTransport()
    _restored_midway(path, tmp_path, to)
    with _open(path) as database:
        done = restore(database, None, "anna", NOW)
        assert done.unconfirmed == {1: 14} and done.survey.reached == {1: 6} and not done.survey.issues
        assert sums(database).by_state == {S.ACCEPTED: 6, S.UNKNOWN: 14}
        assert kinds(database, 20) == ["unknown"] and "restored" in kinds(database)
        ran = run(database, to)
        assert len(to.taken) == 20 and not ran.is_over
        with database.read() as connection:
            left = count(connection, Selection(issue="2025-01-30"))
            assert (left.included, dict(left.left_out)) == (0, {LeftOut.HAS_IT: 6, LeftOut.CANNOT_KNOW: 14})
        with database.write() as connection:
            send_again(connection, 1, "anna", NOW)
        assert run(database, to).is_over
    assert len(to.taken) == 34


def test_a_restored_database_becomes_the_original(path: Path, tmp_path: Path) -> None:
    """The next mailing is sent; the replaced database, and another backup, are copies now."""
    to = MemoryTransport()
    with _open(path) as database:
        frozen(database, 20)
        run(database, to, limit=6)
    _backup(path, tmp_path / "kept.db")
    with _open(path) as database:
        run(database, to)
        database.settle()
    shutil.copy(path, tmp_path / "replaced.db")
    _mv(tmp_path / "kept.db", path)
    with _open(path) as database:
        restore(database, None, "anna", NOW)
        second = frozen(database, 0, issue="2025-02-28")
        assert run(database, to, mailing_id=second.id).is_over
    _mv(tmp_path / "replaced.db", path)
    with _open(path) as database, pytest.raises(CopyError):
        run(database, to, mailing_id=frozen(database, 0, issue="x").id)


def test_a_mailing_that_is_lost_makes_its_issue_uncertain(path: Path, tmp_path: Path) -> None:
    """If the backup lacks the mailing, its recipients are not known: the issue is not sent again automatically."""
    to, kept = MemoryTransport(), tmp_path / "kept.db"
    with _open(path) as database:
        frozen(database, 5, issue="2025-01-02")
        run(database, to)
    _snapshot(path, kept)
    with _open(path) as database:
        lost = frozen(database, 0)
        run(database, to, mailing_id=lost.id)
    _rm_cp(kept, path)
    with _open(path) as database:
        done = restore(database, None, "anna", NOW)
        assert done.survey.issues == {"2025-01-30": f"mailing {lost.id}"} and not done.unconfirmed
        with database.write() as connection:
            # Also later subscribers, who may have been subscribed before.
            add_subscribers(connection, 1, first=99)
        with database.read() as connection:
            left = count(connection, Selection(issue="2025-01-30"))
            assert (left.included, dict(left.left_out)) == (0, {LeftOut.CANNOT_KNOW: 6})
            assert count(connection, Selection(issue="2025-02-28")).included == 6
            assert count(connection, Selection(issue="2025-01-30", is_again=True)).included == 6
        assert restore(database, None, "anna", NOW, ["2024-12-24"]).survey.named == ("2024-12-24",)
        with database.read() as connection:
            assert count(connection, Selection(issue="2024-12-24")).included == 0


def test_a_mailing_that_waits_for_its_time_is_not_touched(path: Path, tmp_path: Path) -> None:
    """The note says that it was not started: it is sent at its time."""
    to, kept = MemoryTransport(), tmp_path / "kept.db"
    with _open(path) as database:
        frozen(database, 5, issue="2025-01-02")
        run(database, to)
        waiting = frozen(database, 0, issue="2025-02-28")
    _snapshot(path, kept)
    with _open(path) as database:
        run(database, to, mailing_id=frozen(database, 0).id)
    _mv(kept, path)
    with _open(path) as database:
        restore(database, None, "anna", NOW)
        assert sums(database, waiting.id).by_state == {S.PENDING: 5}
        assert run(database, to, mailing_id=waiting.id).is_over


def test_nothing_is_accepted_while_somebody_sends(database: Database) -> None:
    """On SQLite because of the file's lock, on PostgreSQL because of a living run."""
    frozen(database, 5)
    with register_worker(database, 1, NOW), pytest.raises(BusyError):
        restore(database, None, "anna", NOW)
    restore(database, None, "anna", NOW)


# --- a note on each computer


@pytest.fixture
def named(database: Database) -> Database:
    """A database with a publication id, as after the first link."""
    with database.write() as connection:
        name_publication(connection, b"12345678")
    return database


def test_a_computer_notes_what_it_sent(named: Database, tmp_path: Path) -> None:
    """A database with rows older than this computer's note is rejected, even with a note next to it."""
    to, notes = MemoryTransport(), tmp_path / "state"
    frozen(named, 10)
    run(named, to, limit=4, notes=notes)
    files = list(notes.rglob("*.age"))
    assert len(files) == 1 and files[0].stat().st_mode & 0o777 == 0o600
    run(named, to, limit=2, notes=notes)
    assert len(list(notes.rglob("*.age"))) == 1
    with named.write() as connection:
        last = connection.scalar(select(func.max(workers.c.id)))
        connection.execute(update(workers).where(workers.c.id == last).values(count=0))
    if named.path is not None:
        # A snapshot of the whole folder.
        note = read(lock_file(named.path))
        assert note is not None
        lock_file(named.path).write_bytes(note.data.replace(f" {note.count:020} ".encode(), b" %020d " % 0))
    with pytest.raises(CopyError, match="this computer sent messages that are not recorded in it"):
        run(named, to, notes=notes)
    restore(named, notes, "anna", NOW)
    assert run(named, to, mailing_id=frozen(named, 0, issue="x").id, notes=notes).is_over


def test_another_computer_reports_its_own_notes(server: Location, tmp_path: Path) -> None:
    """Accepted on one computer, the database is rejected on another until its lost mailings are marked, too."""
    to, here, there = MemoryTransport(), tmp_path / "here", tmp_path / "there"
    with open_database(server) as database:
        with database.write() as connection:
            name_publication(connection, b"12345678")
        frozen(database, 10)
        lost = frozen(database, 0, issue="2025-01-02")
        run(database, to, mailing_id=1, limit=4, notes=here)
        run(database, to, mailing_id=lost.id, notes=there)
        with database.write() as connection:
            # As after a restore.
            for table in (deliveries, events, workers):
                connection.execute(table.delete().where(table.c.mailing_id == lost.id))
            connection.exec_driver_sql("DELETE FROM mailing_variants WHERE mailing_id = 2")
            connection.exec_driver_sql("DELETE FROM recipients WHERE mailing_id = 2")
            connection.exec_driver_sql("DELETE FROM mailings WHERE id = 2")
            connection.execute(update(workers).values(count=0))
        with pytest.raises(CopyError):
            run(database, to, notes=here)
        assert restore(database, here, "anna", NOW).unconfirmed == {1: 6}
        with database.write() as connection:
            send_again(connection, 1, "anna", NOW)
        with pytest.raises(CopyError, match="not decided"):
            run(database, to, notes=there)
        done = restore(database, there, "berta", NOW)
        assert not done.unconfirmed and list(done.survey.issues) == ["2025-01-02"]
        assert run(database, to, notes=there).is_over
        assert run(database, to, mailing_id=frozen(database, 0, issue="x").id, notes=here).is_over


# --- PostgreSQL


@pytest.fixture
def server(postgres: PostgresServer, postgres_template: str) -> Iterator[Location]:
    """A PostgreSQL database with tables."""
    location = postgres.create(postgres_template)
    yield location
    postgres.drop(location)


def _tool(postgres: PostgresServer, *words: str) -> None:
    """Run a PostgreSQL program."""
    command = [str(postgres_programs() / words[0]), "-h", postgres.socket, "-U", "postgres", *words[1:]]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("is_same", [False, True])
def test_a_dump_that_was_restored_does_not_send(
    postgres: PostgresServer, server: Location, tmp_path: Path, is_same: bool
) -> None:
    """Into another database, or into a new one of the same name: its tables are different."""
    to, dump, name = MemoryTransport(), tmp_path / "news.dump", server.name.rpartition("/")[2]
    with open_database(server) as database:
        frozen(database, 20)
        run(database, to, limit=6)
    _tool(postgres, "pg_dump", "--format=custom", f"--file={dump}", name)
    with open_database(server) as database:
        run(database, to)
    if is_same:
        _tool(postgres, "pg_restore", "--clean", f"--dbname={name}", str(dump))
        restored = server
    else:
        restored = postgres.create()
        _tool(postgres, "pg_restore", f"--dbname={restored.name.rpartition('/')[2]}", str(dump))
    with open_database(restored) as database:
        with pytest.raises(CopyError, match="was restored, or is a copy"):
            run(database, to)
        assert restore(database, None, "anna", NOW).unconfirmed == {1: 14}
        assert not run(database, to).is_over and len(to.taken) == 20
    if not is_same:
        # The first one has not changed.
        with open_database(server) as database:
            assert run(database, to, mailing_id=frozen(database, 0, issue="x").id).is_over
        postgres.drop(restored)


def test_a_dump_from_before_the_first_mailing_does_not_send(postgres: PostgresServer, server: Location) -> None:
    """The identity is known since `db upgrade` created the tables."""
    to, name = MemoryTransport(), server.name.rpartition("/")[2]
    with open_database(server) as database:
        remember(database)
        with database.write() as connection:
            add_subscribers(connection, 5)
    kept = postgres.create(name)
    with open_database(server) as database:
        run(database, to, mailing_id=frozen(database, 0).id)
    with open_database(kept) as database, pytest.raises(CopyError, match="was restored, or is a copy"):
        run(database, to, mailing_id=frozen(database, 0).id)
    postgres.drop(kept)


def test_a_standby_that_took_over_is_detected(server: Location) -> None:
    """A new timeline: the last commits of the old server may be missing."""
    to = MemoryTransport()
    with open_database(server) as database:
        frozen(database, 5)
        run(database, to, limit=2)
        with database.write() as connection:
            connection.exec_driver_sql(
                'UPDATE database_state SET value = replace(value, \'"timeline": "00000001"\', \'"timeline": "00000000"\')'
                " WHERE name = 'server'"
            )
        with pytest.raises(CopyError, match="a standby took over"):
            run(database, to)


def test_rows_replaced_under_a_run_stop_it(server: Location) -> None:
    """On PostgreSQL the count in the row is checked instead of files."""
    with open_database(server) as database:
        frozen(database, 100)

        def turn_back() -> None:
            with database.write() as connection:
                connection.execute(update(workers).values(count=0))

        with pytest.raises(ReplacedError, match=r"the content of .* was replaced"):
            run(database, MemoryTransport(_taken_at(turn_back, 10)), connections=1)


def test_the_lock_is_free_after_a_refusal(path: Path) -> None:
    """A rejected process does not prevent others from sending."""
    with _open(path) as database:
        frozen(database, 3)
        with lock_sending(database), pytest.raises(BusyError):
            lock_sending(database)
        assert run(database, MemoryTransport()).is_over
        with database.read() as connection:
            assert mailing_of(connection, 1).ended
