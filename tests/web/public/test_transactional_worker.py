"""The worker that sends the mails of the public pages: what it records, what it takes over, and what an error does."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text

from composer.core.workspace import Workspace
from composer.database.engine import Database
from composer.database.location import Location
from composer.database.schema_upgrade import open_database
from composer.database.tables.mailing_tables import events, workers
from composer.database.tables.transactional_tables import transactional_emails
from composer.delivery.core.states import DeliveryState
from composer.delivery.database_guard.sending_lock import Lock, lock_sending
from composer.web.public.transactional import queue
from tests.databases import PostgresServer
from tests.fake_smtp import once, says
from tests.web.public.running import NOW, Running, running

S, T = DeliveryState, transactional_emails


def ask(pages: Running, address: str = "anna@example.net", path: str = "/subscribe") -> None:
    assert pages.post_form(path, {"email": address}).status == 200


def told(pages: Running) -> list[tuple[str, str | None, str]]:
    """Return the events of mails in order: kind, reason, reply."""
    with pages.database.read() as connection:
        rows = connection.execute(select(events).where(events.c.email_id.is_not(None)).order_by(events.c.id))
        return [(row.kind, row.reason, row.words) for row in rows]


def test_each_change_is_an_event(pages: Running) -> None:
    """As in a mailing: deferred with the reply, then accepted; a request that is not served, with the reason."""
    pages.script["rcpt"] = once(says(b"451 4.3.0 <anna@example.net> later\r\n"), b"250 2.1.5 Ok\r\n")
    ask(pages)
    pages.until(lambda: pages.letter_states() == ["deferred"])
    pages.clock.pass_by(minutes=1)
    pages.until(lambda: pages.letter_states() == ["accepted"])
    ask(pages, "nobody@example.net", "/preferences")
    assert pages.settled() == ["accepted", "suppressed"]
    deferred, accepted, suppressed = told(pages)
    assert deferred == ("deferred", None, "451 4.3.0 <…> later")
    assert accepted[:2] == ("accepted", None) and accepted[2].startswith("250 ")
    assert suppressed == ("suppressed", "nobody", "")
    with pages.database.read() as connection:
        row = connection.execute(select(T).where(T.c.id == 1)).one()
        assert (row.attempts, row.queue_id, row.worker_id) == (2, "Q1", 1)


def test_a_stopped_worker_is_recorded(pages: Running) -> None:
    """Its row says that it has ended, and another process can send at once."""
    pages.until(lambda: _ended(pages) == [None])
    pages.worker.stop(60)
    assert _ended(pages) == [NOW]


def test_a_second_process_waits_for_the_first(publication: Workspace, tmp_path: Path, sqlite_template: Path) -> None:
    """On SQLite: it accepts requests and says once that another process sends; it sends as soon as that one has ended."""
    path = tmp_path / "newsletter.db"
    shutil.copy(sqlite_template, path)
    with (
        open_database(Location(path=path)) as database,
        lock_sending(database, Lock.PAGES) as first,
        running(publication, database) as pages,
    ):
        ask(pages)
        pages.until(lambda: [line for line in pages.told if line.startswith("mail: another compose serve")])
        assert pages.letter_states() == ["pending"]
        first.release()
        pages.until(lambda: pages.letter_states() == ["accepted"])
        assert sum(line.startswith("mail: another compose serve") for line in pages.told) == 1


def test_a_lost_lock_is_taken_again(publication: Workspace, postgres: PostgresServer, postgres_template: str) -> None:
    """On PostgreSQL, the server ends the session with the lock: the worker registers again, and sends."""
    location = postgres.create(postgres_template)
    with open_database(location) as database, running(publication, database) as pages:
        pages.until(lambda: _ended(pages) == [None])
        with database.write() as connection:
            holds = text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2")
            assert connection.scalars(holds).all() == [True]
        ask(pages)
        pages.until(lambda: pages.letter_states() == ["accepted"])
        assert _ended(pages) == [NOW, None]
    postgres.drop(location)


def _ended(pages: Running) -> list[object]:
    with pages.database.read() as connection:
        return list(connection.scalars(select(workers.c.ended).order_by(workers.c.id)))


def test_an_error_delays_only_its_own_mail(pages: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mail that cannot be made is tried again later, and others are sent meanwhile."""
    made = pages.worker._written
    broken = iter((True,))

    def fail_once(*given: object) -> object:
        if next(broken, False):
            raise ValueError("anna@example.net")
        return made(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(pages.worker, "_written", fail_once)
    ask(pages)
    pages.until(lambda: pages.letter_states() == ["deferred"])
    ask(pages, "ben@example.net")
    pages.until(lambda: pages.letter_states() == ["deferred", "accepted"])
    pages.clock.pass_by(minutes=1)
    pages.until(lambda: pages.letter_states() == ["accepted", "accepted"])
    assert told(pages)[0] == ("deferred", None, "")


def test_an_error_after_the_dot_leaves_the_mail_unconfirmed(database: Database) -> None:
    """It may have been sent, so it is not tried again."""
    row = {"kind": "confirm", "address": "a@b.org", "normal": "a@b.org", "language": "en", "asked": NOW, "next_at": NOW}
    with database.write() as connection:
        connection.execute(insert(T), [{**row, "changed": NOW, "state": S.PENDING}])
        order = queue.next_email(connection, 7, 50, NOW).order
        assert order is not None
        assert not queue.intend(connection, order.email, 8, NOW)
        assert queue.intend(connection, order.email, 7, NOW)
        if connection.dialect.name == "postgresql":
            # The server of the tests does not wait for the disk.
            assert connection.scalar(text("SHOW synchronous_commit")) == "on"
        queue.put_off(connection, order.email, 7, NOW)
        found = connection.execute(select(T)).one()
        assert (found.state, found.reason, found.attempts) == ("unknown", "run_died", 1)
        assert queue.next_email(connection, 7, 50, NOW + timedelta(hours=2)).order is None
