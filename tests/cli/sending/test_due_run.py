"""`compose send --due` and `compose stop`: after kills, during other runs, with paused and broken mailings."""

import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text, update

from composer.database.tables.mailing_tables import mailings
from composer.delivery.core.pause import PauseReason
from composer.delivery.core.states import DeliveryState
from tests.cli_harness import CliHarness, make_workspace, recipients, stopping
from tests.databases import PostgresServer
from tests.fake_smtp import FakeSmtp, HangUp, SmtpSession, says

ISSUE, NEXT = "2031-01-30", "2031-02-27"
S = DeliveryState
pytestmark = [pytest.mark.skipif(os.name != "posix", reason="signals of POSIX"), pytest.mark.kill]


def until(is_so: Callable[[], bool]) -> None:
    """Wait for other processes, which take seconds to start on a busy machine."""
    end = time.monotonic() + 120
    while not is_so():
        assert time.monotonic() < end, "it did not come to it"
        # Each check opens the database.
        time.sleep(0.05)


class Held(FakeSmtp):
    """A server that works, or holds back its answers after the dot until it is released."""

    def __init__(self) -> None:
        super().__init__({})
        self.goes_on = threading.Event()
        #: How many answers are held back; each connection has its own thread.
        self.held = 0
        self._counting = threading.Lock()
        #: Processes that use it; they end with the test, whatever its result.
        self.children: list[subprocess.Popen[str]] = []

    def start(self, room: CliHarness, *arguments: str) -> "subprocess.Popen[str]":
        child = room.start(*arguments)
        self.children.append(child)
        return child

    def hold(self, after: int = 0) -> None:
        def dot(visit: SmtpSession) -> int:
            if len(recipients(self)) >= after:
                with self._counting:
                    self.held += 1
                self.goes_on.wait(250)
                if visit.office.closing.is_set():
                    raise HangUp
            return visit.say(b"250 2.0.0 Ok: queued as Q1\r\n")

        self.goes_on.clear()
        self.script, self.held = {"dot": dot}, 0

    def behave(self) -> None:
        self.script = {}
        self.goes_on.set()


@pytest.fixture
def office(monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    office = Held()
    with office:
        monkeypatch.setenv("COMPOSE_SMTP_URL", f"smtp://127.0.0.1:{office.port}")
        try:
            yield office
        finally:
            office.closing.set()
            office.goes_on.set()
            for child in office.children:
                if child.poll() is None:
                    child.kill()
                    child.communicate()


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CliHarness:
    """A newsletter on SQLite."""
    return make_workspace(tmp_path, monkeypatch, capsys)


@pytest.fixture(params=["sqlite", "postgresql"])
def either(room: CliHarness, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[CliHarness]:
    """A newsletter on each database."""
    if request.param == "sqlite":
        yield room
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    location = server.create(request.getfixturevalue("postgres_template"))
    monkeypatch.setenv("COMPOSE_DATABASE_URL", location.url.replace("+psycopg", ""))
    room.location = location
    yield room
    server.drop(location)


def _tested(room: CliHarness, count: int = 12) -> None:
    room.add(count)
    assert room.say("test", ISSUE).code == 0


def _begun(room: CliHarness, office: Held, *more: str, after: int = 4) -> "subprocess.Popen[str]":
    """Start sending to twelve; return when the server holds back two answers."""
    office.hold(after)
    child = office.start(room, "send", ISSUE, "--yes", "12", "--connections", "2", *more)
    until(
        lambda: (
            child.poll() is not None or (room.mailings() != [] and room.sums(1)[S.SENDING] == 2 and office.held == 2)
        )
    )
    assert child.poll() is None, child.communicate()
    return child


def _pause(room: CliHarness) -> PauseReason | None:
    found = room.mailings()[0].pause
    return None if found is None else found.reason


def test_a_mailing_whose_process_was_killed_is_ended_at_once(either: CliHarness, office: Held) -> None:
    """After SIGKILL, `stop --for-good` releases the claims, counts sent messages as unconfirmed, and the totals match."""
    room = either
    _tested(room)
    child = _begun(room, office)
    child.kill()
    child.communicate()
    said = room.say("stop", "1", "--for-good")
    assert said.code == 0, said.all
    assert (
        "waiting" not in said.err
        and "mailing 1 has ended: " in said.out
        and "all recipients are accounted for" in said.out
    )
    sums = room.sums(1)
    assert (sums.open, sums[S.UNKNOWN]) == (0, 2) and sums[S.ACCEPTED] + sums[S.EXPIRED] == 10
    assert room.mailings()[0].ended is not None
    assert "next: compose settle 1     delivery to 2 subscribers" in said.out
    assert room.say("settle", "1", "--count-as-received", "--yes", "2").code == 0


def test_stop_and_settle_release_the_claims_of_dead_processes(room: CliHarness, office: Held) -> None:
    """`compose stop` and `compose settle` release the recipients of a killed process, without a send in between."""
    _tested(room)
    child = _begun(room, office)
    child.kill()
    child.communicate()
    assert room.say("stop", "1").code == 0
    sums = room.sums(1)
    assert (sums[S.SENDING], sums[S.CLAIMED], sums[S.UNKNOWN]) == (0, 0, 2)
    assert room.say("settle", "1").code == 3
    assert room.say("settle", "1", "--count-as-received", "--yes", "2").code == 75


def test_a_living_run_is_asked_to_stop_and_waited_for(either: CliHarness, office: Held) -> None:
    """It prints which process it waits for and until when; that process records its results, and none is unconfirmed."""
    room = either
    _tested(room)
    child = _begun(room, office)
    end = office.start(room, "stop", "1", "--for-good")
    assert end.stderr is not None
    line = end.stderr.readline()
    assert re.search(
        rf"mailing 1 is being sent by process {child.pid} on \S+, since .*: waiting for it to end, until [\d:]+ at ",
        line,
    )
    assert room.sums(1)[S.SENDING] == 2
    office.behave()
    out, err = end.communicate(timeout=120)
    assert end.returncode == 0, out + err
    assert child.wait(60) in (0, 75)
    child.communicate()
    sums = room.sums(1)
    assert sums[S.ACCEPTED] == len(recipients(office)) and not sums[S.UNKNOWN] and not sums.open
    assert sums[S.ACCEPTED] + sums[S.EXPIRED] == 12 and room.mailings()[0].ended is not None


def test_a_process_that_does_not_end_is_left_alone(
    room: CliHarness, office: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A suspended process keeps its lock and its claims (75); once it is gone, the same command ends the mailing."""
    monkeypatch.setattr("composer.app.mailings.mailing_stop._MARGIN", -69)
    _tested(room)
    child = _begun(room, office)
    child.send_signal(signal.SIGSTOP)
    said = room.say("stop", "1", "--for-good")
    assert said.code == 75 and "mailing 1 has not ended yet" in said.err
    assert room.sums(1)[S.SENDING] == 2 and room.mailings()[0].ended is None
    child.kill()
    child.communicate()
    assert room.say("stop", "1", "--for-good").code == 0
    assert room.sums(1)[S.UNKNOWN] == 2


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGTERM])
def test_a_timer_continues_what_was_started_by_hand(room: CliHarness, office: Held, by: signal.Signals) -> None:
    """The timer continues it after a crash and after SIGTERM; no recipient gets two copies, and none is lost."""
    _tested(room)
    child = _begun(room, office)
    child.send_signal(by)
    if by is signal.SIGTERM:
        stopping(child)
        office.goes_on.set()
    child.communicate(timeout=120)
    office.behave()
    assert _pause(room) is None
    said = room.say("send", "--due")
    unknown = 2 if by is signal.SIGKILL else 0
    assert said.code == (3 if unknown else 0), said.all
    assert "mailing 1 of 2031-01-30: A letter for you" in said.out
    sums = room.sums(1)
    assert (sums[S.UNKNOWN], sums[S.ACCEPTED], sums.open) == (unknown, 12 - unknown, 0)
    assert len(set(recipients(office))) == len(recipients(office))
    # Only unconfirmed recipients are left, so there is nothing to send.
    said = room.say("send", "--due")
    assert said.code == 0 and "no mailings are due" in said.err


def test_a_timer_retries_deferred_messages_when_they_are_due(room: CliHarness, office: Held) -> None:
    """Before the retry is due, --due prints its time and does not contact the server (75)."""
    _tested(room)
    office.script = {"rcpt": says(b"451 4.2.0 later\r\n")}
    with room.open() as database, database.write() as connection:
        connection.execute(text("UPDATE subscribers SET status = 'unsubscribed' WHERE id > 2"))
    child = office.start(room, "send", ISSUE, "--yes", "2")
    until(lambda: room.mailings() != [] and room.sums(1)[S.DEFERRED] == 2)
    child.send_signal(signal.SIGTERM)
    child.communicate(timeout=120)
    visits = len(office.visits)
    said = room.say("send", "--due")
    assert said.code == 75 and re.search(
        r"mailing 1 of 2031-01-30 is retried at 20\d\d-\d\d-\d\d \d\d:\d\d\n", said.out
    )
    assert len(office.visits) == visits
    office.behave()
    with room.open() as database, database.write() as connection:
        connection.execute(text("UPDATE deliveries SET next_at = 0"))
    assert room.say("send", "--due").code == 0 and len(recipients(office)) == 2


@pytest.mark.parametrize("how", ["Ctrl-C", "stop", "--limit", "--limit, then SIGKILL"])
def test_a_paused_mailing_is_named_and_never_sent(room: CliHarness, office: Held, how: str) -> None:
    """After Ctrl-C, `compose stop` or `--limit`, status, `compose` and --due report it; only a person continues it."""
    _tested(room)
    if how in ("stop", "--limit"):
        assert room.say("send", ISSUE, "--yes", "12", "--limit", "3").code == 75
        if how == "stop":
            assert room.say("stop", "1").code == 0
    else:
        child = _begun(room, office, *(["--limit", "8"] if "SIGKILL" in how else []))
        child.send_signal(signal.SIGINT if how == "Ctrl-C" else signal.SIGKILL)
        if how == "Ctrl-C":
            until(lambda: _pause(room) is PauseReason.INTERRUPTED)
        office.behave()
        child.communicate(timeout=120)
        assert child.returncode in (130, -9)
    office.behave()
    before = recipients(office)
    why = {"Ctrl-C": "stopped with Ctrl-C", "stop": "stopped with compose stop"}.get(how, "sent with --limit")
    said = room.say("send", "--due")
    assert said.code == 75 and "mailing 1 of 2031-01-30 is paused " in said.out and f": {why}\n" in said.out
    assert f"next: compose send {ISSUE}     continues it; --due does not" in said.out
    assert recipients(office) == before
    assert f": {why}\n" in room.say("status", "1").out and '"because"' in room.say("status", "--json").out
    assert f"paused: {why}\n" in room.say().out
    assert room.say("send", "--due", "--dry-run").code == 75
    assert room.say("send", ISSUE, "--yes", "12").code in (0, 3)
    assert room.sums(1).open == 0 and len(set(recipients(office))) == len(recipients(office))


def test_one_broken_mailing_does_not_prevent_others(room: CliHarness, office: Held) -> None:
    """Two mailings that cannot be composed come before one that can: both are reported, and that one is sent."""
    _tested(room, 3)
    for issue in (NEXT, "2031-03-27"):
        room.write(issue, body=f"This is the letter of {issue}, with enough words in it to be read.")
        assert room.say("test", issue).code == 0
    for issue in (ISSUE, NEXT, "2031-03-27"):
        assert room.say("send", issue, "--at", "2031-01-30 07:00", "--yes", "3").code == 0
    with room.open() as database, database.write() as connection:
        connection.execute(update(mailings).values(due=datetime.now(UTC)))
        connection.execute(
            text("UPDATE mailing_variants SET compiled = :nonsense WHERE mailing_id = 1"), {"nonsense": b"x"}
        )
        connection.execute(text("UPDATE mailings SET frozen_settings = '{' WHERE id = 2"))
    child = office.start(room, "send", "--due")
    out, err = child.communicate(timeout=120)
    assert child.returncode == 1, out + err
    assert room.sums(3)[S.ACCEPTED] == 3 and len(recipients(office)) == 3
    assert "mailing 1 of 2031-01-30" in err and "mailing 2 of 2031-02-27" in err


def test_two_timers_and_a_run_by_hand(either: CliHarness, office: Held) -> None:
    """Run at once, one sends on SQLite and the others report it (75); on PostgreSQL they share.

    No recipient gets two copies.
    """
    room = either
    _tested(room)
    child = _begun(room, office)
    timers = [office.start(room, "send", "--due", "--connections", "1") for _ in range(2)]
    if room.location is None:
        for timer in timers:
            out, err = timer.communicate(timeout=120)
            assert timer.returncode == 75 and f"is being sent by process {child.pid}, since " in out, out + err
    office.behave()
    for each in (child, *timers):
        each.communicate(timeout=120)
        assert each.returncode in (0, 75), each.args
    sums = room.sums(1)
    assert sums[S.ACCEPTED] == 12 == len(set(recipients(office))) == len(recipients(office))


def test_a_stop_before_a_timer_is_respected(room: CliHarness, office: Held) -> None:
    """A mailing that is paused while another one is being sent is not sent after it."""
    _tested(room)
    room.write(NEXT, body="This is another letter, with enough words in it to be read.")
    assert room.say("test", NEXT).code == 0
    for issue in (ISSUE, NEXT):
        assert room.say("send", issue, "--at", "2031-01-30 07:00", "--yes", "12").code == 0
    with room.open() as database, database.write() as connection:
        connection.execute(update(mailings).values(due=datetime.now(UTC)))
    office.hold(2)
    timer = office.start(room, "send", "--due", "--connections", "1")
    until(lambda: office.held == 1)
    assert room.say("stop", "2").code == 0
    office.behave()
    out, err = timer.communicate(timeout=120)
    assert timer.returncode == 75, out + err
    assert "mailing 2 of 2031-02-27 is paused" in out and len(recipients(office)) == 12
    assert room.sums(2)[S.PENDING] == 12


def test_a_scheduled_mailing_takes_no_limit(room: CliHarness, office: Held) -> None:
    """--limit is refused with --at, because the scheduled mailing would not keep it."""
    _tested(room)
    said = room.say("send", ISSUE, "--at", "2031-01-30 07:00", "--limit", "3", "--yes", "12")
    assert said.code == 2 and "--limit" in said.err and room.mailings() == []


@pytest.mark.parametrize("either", ["postgresql"], indirect=True)
def test_a_database_that_goes_away_in_the_middle(either: CliHarness, postgres: PostgresServer, office: Held) -> None:
    """If recipients remain, it returns 75 and one line with the reason; the next run continues."""
    room, location = either, either.location
    assert location is not None
    _tested(room)
    child = _begun(room, office)
    name = location.name.rpartition("/")[2]
    postgres.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    # It waits until they are gone.
    postgres.run(f"SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = '{name}'")
    office.behave()
    out, err = child.communicate(timeout=120)
    assert child.returncode == 75, out + err
    assert "Traceback" not in err
    postgres.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    said = room.say("send", "--due")
    assert said.code == 3, said.all
    sums = room.sums(1)
    assert sums[S.UNKNOWN] == 2 and sums[S.ACCEPTED] == 10
    assert len(set(recipients(office))) == len(recipients(office)) <= 12
