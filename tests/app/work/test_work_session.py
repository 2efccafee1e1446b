"""`compose work` as a process: it sends what is due, drains on SIGTERM, goes on after a kill, and stays alone on SQLite."""

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete

from composer.app.context import open_newsletter
from composer.app.mailings.mailing_start import MailingWaits, send
from composer.database.tables.work_tables import machines
from composer.delivery.core.states import DeliveryState
from tests.app.mailing_setup import clock, proposed
from tests.cli_harness import CliHarness, make_workspace, recipients
from tests.databases import PostgresServer
from tests.fake_smtp import FakeSmtp, SmtpSession

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name != "posix", reason="sends POSIX signals")]

S = DeliveryState


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CliHarness:
    return make_workspace(tmp_path, monkeypatch, capsys)


class HeldServer(FakeSmtp):
    """A mail server that answers the first message only when the test allows it."""

    def __init__(self) -> None:
        self.is_reached, self.may_answer = threading.Event(), threading.Event()

        def hold(session: SmtpSession) -> int:
            self.is_reached.set()
            assert self.may_answer.wait(120)
            return session.say(b"250 2.0.0 Ok\r\n")

        super().__init__({"dot": hold})


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[HeldServer]:
    server = HeldServer()
    with server:
        monkeypatch.setenv("COMPOSE_SMTP_URL", f"smtp://127.0.0.1:{server.port}")
        yield server
        server.may_answer.set()


def schedule(room: CliHarness, count: int) -> int:
    """Freeze a mailing that is due now, without sending it."""
    room.add(count)
    with open_newsletter(room.root) as context:
        outcome = send(context, proposed(context, due=clock().replace(microsecond=0)))
    assert isinstance(outcome, MailingWaits)
    return outcome.mailing.id


def finished(child: "subprocess.Popen[str]") -> tuple[int, str]:
    out, err = child.communicate(timeout=120)
    assert "Traceback" not in out + err
    return child.returncode, out + err


def test_a_mailing_is_sent_and_drained(room: CliHarness, server: HeldServer) -> None:
    """SIGTERM while a message is being sent: its answer is recorded, the process ends, the next one sends the rest."""
    mailing = schedule(room, 20)
    child = room.start("work", "--name", "desk")
    assert server.is_reached.wait(120)
    status = room.say("status")
    assert "desk" in status.out and f"sending mailing {mailing}" in status.out
    child.send_signal(signal.SIGTERM)
    server.may_answer.set()
    assert finished(child)[0] == 0
    sums = room.sums(mailing)
    assert sums[S.UNKNOWN] == 0 and sums[S.ACCEPTED] == len(recipients(server))
    again = room.start("work")
    try:
        while room.sums(mailing).open:
            assert again.poll() is None
    finally:
        again.terminate()
        finished(again)
    assert room.sums(mailing)[S.ACCEPTED] == 20
    assert len(set(recipients(server))) == len(recipients(server)) == 20


def test_after_a_kill_the_next_process_goes_on(room: CliHarness, server: HeldServer) -> None:
    """What was being sent is unconfirmed and not sent twice; the rest is sent, although nobody said that the first ended."""
    mailing = schedule(room, 8)
    child = room.start("work")
    assert server.is_reached.wait(120)
    child.kill()
    assert finished(child)[0] == -signal.SIGKILL
    server.may_answer.set()
    again = room.start("work")
    try:
        while room.sums(mailing).open:
            assert again.poll() is None
    finally:
        again.terminate()
        finished(again)
    sums = room.sums(mailing)
    assert sums[S.ACCEPTED] + sums[S.UNKNOWN] == 8 and 1 <= sums[S.UNKNOWN] <= 4
    assert len(set(recipients(server))) == len(recipients(server))


def test_one_process_on_sqlite(room: CliHarness, server: HeldServer) -> None:
    """A second one is refused with exit code 75, and says who is working."""
    schedule(room, 1)
    child = room.start("work")
    assert server.is_reached.wait(120)
    refused = room.say("work")
    assert refused.code == 75 and f"process {child.pid}" in refused.err
    server.may_answer.set()
    child.terminate()
    assert finished(child)[0] == 0


@pytest.mark.parametrize("arguments", [("--keys", "keys")])
def test_missing_settings_are_reported_before_anything_starts(
    room: CliHarness, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder for keys without a passphrase: nothing is registered or written."""
    monkeypatch.delenv("COMPOSE_KEYS_PASSPHRASE", raising=False)
    refused = room.say("work", *arguments)
    assert refused.code == 2 and "COMPOSE_KEYS_PASSPHRASE" in refused.err
    assert not (room.root / "keys").exists()


def test_postgresql_backups_need_pg_dump(
    room: CliHarness, postgres: PostgresServer, postgres_template: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With PostgreSQL, the program that makes the copies must be there; `compose db backup` says the same."""
    location = postgres.create(postgres_template)
    monkeypatch.setenv("COMPOSE_DATABASE_URL", location.url)
    monkeypatch.setenv("PATH", str(tmp_path))
    for arguments in (("work", "--backups", "copies"), ("db", "backup", "copy.dump")):
        refused = room.say(*arguments)
        assert refused.code == 1 and "pg_dump" in refused.err
    postgres.drop(location)


def test_a_lost_registration_ends_the_process(room: CliHarness, server: HeldServer) -> None:
    """If the row of a machine is gone (a restored backup), the process drains and ends, so that it is started again."""
    schedule(room, 1)
    child = room.start("work")
    assert server.is_reached.wait(120)
    with room.open() as database, database.write() as connection:
        connection.execute(delete(machines))
    server.may_answer.set()
    code, said = finished(child)
    assert code == 75 and "no longer knows this machine" in said
    assert len(recipients(server)) == 1
