"""Everything around the send loop, with processes that are killed at any moment.

`make torture` runs it hundreds of times.

Input: a location for a database of either kind, a random generator. Output: a line of counts for each scenario, or an
AssertionError if a promise of docs/explanation/delivery-guarantees.md is broken: a second copy, a lost recipient, a
page that confirms what did not happen, a mailing that cannot be ended.
"""

import contextlib
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from composer.database.location import URL, Location
from composer.delivery.core.states import DeliveryState as S
from tests.databases import PostgresServer, postgres_programs
from tests.torture.promises import ISSUES, KEY, Life

_ISSUE = ISSUES[0]
_PEOPLE = tuple(f"Reader{number}@example.net" for number in range(1, 41))
_GIVE_UP = 60


@dataclass(frozen=True, slots=True)
class Rig:
    """A newsletter with forty subscribers, and functions that copy and restore its database."""

    life: Life
    dice: random.Random
    location: Location
    server: PostgresServer | None
    env: Mapping[str, str]

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "composer", *arguments],
            cwd=self.life.root, env={**os.environ, **self.env}, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def send_and_kill(self) -> None:
        """Test and freeze the issue, begin to send, and be killed after the dot of one of the first thirty."""
        assert self.life.say("test", _ISSUE).code == 0
        code, said = self.send_until(self.dice.randint(1, 30), lambda process: process.kill())
        assert code == -signal.SIGKILL, said

    def send_until(
        self, count: int, act: Callable[["subprocess.Popen[str]"], None], *, connections: int = 4
    ) -> tuple[int, str]:
        """Start sending to forty; act once the server has accepted this number, and before it has accepted six more."""
        life, end = self.life, time.monotonic() + _GIVE_UP
        before = len(life.copies)
        life.free.clear()
        life.most = before + count + 6
        process = self.start("send", _ISSUE, "--yes", str(len(_PEOPLE)), "--connections", str(connections))
        while len(life.copies) < before + count:
            assert time.monotonic() < end and process.poll() is None, "the server waits for messages"
            time.sleep(0.001)
        act(process)
        life.most = None
        life.free.set()
        said, _ = process.communicate(timeout=_GIVE_UP)
        # Messages being sent are counted before anything is checked.
        while not life.office.is_empty:
            time.sleep(0.001)
        return process.returncode, said

    def back_up_while_it_sends(self) -> Path:
        """Copy the database in the middle of a mailing, which then continues to its end, or is killed."""
        assert self.life.say("test", _ISSUE).code == 0
        kept: list[Path] = []

        def act(process: "subprocess.Popen[str]") -> None:
            kept.append(self.copy())
            if self.dice.random() < 0.5:
                process.kill()

        self.send_until(self.dice.randint(1, 20), act)
        return kept[0]

    def copy(self) -> Path:
        """Copy the database while it is in use."""
        life = self.life
        life.number += 1
        path = life.folder / f"kept-{life.number}"
        if self.server is not None:
            self._postgres("pg_dump", "--format=custom", f"--file={path}", "--dbname={dsn}")
        elif self.dice.random() < 0.5:
            assert life.say("db", "backup", str(path)).code == 0
        else:
            with (
                contextlib.closing(sqlite3.connect(life.path)) as one,
                contextlib.closing(sqlite3.connect(path)) as two,
            ):
                one.backup(two)
        return path

    def put_back(self, kept: Path, way: str) -> None:
        life = self.life
        if self.server is None:
            _put_file_back(life.path, kept, way)
            return
        name = self.location.name.rpartition("/")[2]
        match way:
            case "clean":
                self._postgres("pg_restore", "--clean", "--if-exists", "--dbname={dsn}", str(kept))
            case "fresh":
                self.server.run(f"DROP DATABASE {name} WITH (FORCE)")
                self.server.run(f"CREATE DATABASE {name}")
                self._postgres("pg_restore", "--dbname={dsn}", str(kept))
            case "renamed":
                self.swap(self.make_ready(kept))
            case "in place":
                # The tables stay; only their content is older.
                tables = "SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables WHERE schemaname = 'public'"
                script = f"DO $$ BEGIN EXECUTE (SELECT 'TRUNCATE ' || ({tables}) || ' CASCADE'); END $$"
                self._postgres("psql", "--quiet", "--dbname={dsn}", "--command", script)
                self._postgres("pg_restore", "--data-only", "--disable-triggers", "--dbname={dsn}", str(kept))
            case _:
                raise ValueError(way)

    def make_ready(self, kept: Path) -> str:
        """Restore a copy into its own database, and return its name."""
        assert self.server is not None
        other = self.server.create()
        self._postgres("pg_restore", f"--dbname={_dsn(other)}", str(kept))
        return other.name.rpartition("/")[2]

    def swap(self, other: str) -> None:
        """Replace the newsletter's database with another one, even if processes are connected to it."""
        assert self.server is not None
        name = self.location.name.rpartition("/")[2]
        self.server.run(f"DROP DATABASE {name} WITH (FORCE)")
        self.server.run(f"ALTER DATABASE {other} RENAME TO {name}")

    def _postgres(self, program: str, *arguments: str) -> None:
        path = postgres_programs() / program
        dsn = _dsn(self.location)
        done = subprocess.run(
            [path, *(each.format(dsn=dsn) for each in arguments)], check=False, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr

    def states(self) -> Counter[str]:
        """Return the states of all deliveries of the issue, over all its mailings."""
        from sqlalchemy import func, select

        from composer.database.tables.mailing_tables import deliveries

        with self.life.open() as database, database.read() as connection:
            rows = connection.execute(select(deliveries.c.state, func.count()).group_by(deliveries.c.state))
            return Counter({row[0]: row[1] for row in rows})


def _dsn(location: Location) -> str:
    return location.url.replace("postgresql+psycopg", "postgresql")


def _put_file_back(path: Path, kept: Path, way: str) -> None:
    twin = kept.with_name(f"{kept.name}-twin")
    shutil.copy2(kept, twin)
    for name in (f"{path.name}-wal", f"{path.name}-shm"):
        path.with_name(name).unlink(missing_ok=True)
    match way:
        case "cp":
            shutil.copyfile(twin, path)
        case "mv":
            twin.replace(path)
        case "rsync":
            part = path.with_name(f".{path.name}.x1")
            shutil.copy2(twin, part)
            part.rename(path)
        case "rm and cp":
            path.unlink()
            shutil.copyfile(twin, path)
        case "without its side file":
            path.with_name(f"{path.name}-sending").unlink()
            twin.replace(path)
        case _:
            raise ValueError(way)


WAYS = {
    "SQLite": ("cp", "mv", "rsync", "rm and cp", "without its side file"),
    "PostgreSQL": ("clean", "fresh", "renamed", "in place"),
}


@contextlib.contextmanager
def rigged(kind: str, folder: Path, dice: random.Random, server: PostgresServer | None) -> Iterator[Rig]:
    """Create a newsletter with a database of a kind, and set this process's environment for it."""
    folder.mkdir(parents=True)
    before = dict(os.environ)
    location = Location(path=folder / "news" / "newsletter.db")
    env = {
        name: str(folder / "own") for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "APPDATA", "LOCALAPPDATA", "HOME")
    }
    env["COMPOSE_SECRET_KEY"] = KEY
    if kind == "PostgreSQL":
        assert server is not None
        location = server.create()
        env[URL] = location.url
    life = Life(folder, location if location.path is None else None)
    try:
        with life.office:
            env["COMPOSE_SMTP_URL"] = f"smtp://127.0.0.1:{life.office.port}"
            os.environ.update(env)
            if kind == "PostgreSQL":
                assert life.say("db", "upgrade").code == 0
            life.take_list(_PEOPLE)
            yield Rig(life, dice, location, server if kind == "PostgreSQL" else None, env)
    finally:
        os.environ.clear()
        os.environ.update(before)


def undo_and_import_again(rig: Rig) -> None:
    """Sent or killed on the way, undone, imported again, sent again: one copy each, or unconfirmed."""
    life = rig.life
    if rig.dice.random() < 0.5:
        rig.send_and_kill()
    else:
        life.send(_ISSUE)
    life.undo()
    life.take_list(_PEOPLE)
    _to_the_end(rig)
    # Subscribers removed before their turn left that mailing, and get the issue as late joiners.
    life.send(_ISSUE, "--to-those-without")
    life.check()
    states = rig.states()
    assert states[S.ACCEPTED] + states[S.UNKNOWN] == len(_PEOPLE), f"somebody is lost: {states}"


def restore_in_the_middle(rig: Rig, way: str) -> None:
    """A copy from the middle of a mailing is restored: sending is refused.

    After `db restored`, nobody receives a second copy.
    """
    life = rig.life
    kept = rig.back_up_while_it_sends()
    sent = len(life.copies)
    rig.put_back(kept, way)
    life.say("send", "--due")
    assert life.send(_ISSUE).code != 0
    assert life.send(_ISSUE, "--to-those-without").code != 0
    assert len(life.copies) == sent, "a restored backup was sent from"
    said = life.say("db", "restored", "--yes")
    assert said.code == 0, said
    _to_the_end(rig)
    life.send(_ISSUE, "--to-those-without")
    life.check()
    assert sum(rig.states().values()) >= len(_PEOPLE), rig.states()


def replaced_while_it_sends(rig: Rig) -> None:
    """The database is removed or replaced by an older one while a mailing runs: the run stops and says so."""
    life = rig.life
    assert life.say("test", _ISSUE).code == 0
    kept = rig.copy()
    other = "" if rig.server is None else rig.make_ready(kept)
    away = life.path.with_name("away.db")

    def act(_: "subprocess.Popen[str]") -> None:
        if rig.server is not None:
            rig.swap(other)
            return
        life.path.rename(away)
        if rig.dice.random() < 0.5:
            shutil.copy2(kept, life.path)

    code, out = rig.send_until(rig.dice.randint(1, 15), act, connections=2)
    assert code in (1, 75), f"{code}: {out}"
    assert "accounted for" not in out, out
    assert len(life.counts) < len(_PEOPLE), "it went on without its database"
    if rig.server is not None:
        assert life.send(_ISSUE).code != 0
        assert life.say("db", "restored", "--yes").code == 0
    else:
        # The original is restored, with the files next to it.
        life.path.unlink(missing_ok=True)
        away.rename(life.path)
    _to_the_end(rig)
    life.check()


def end_after_a_kill(rig: Rig) -> None:
    """Killed and then cancelled: it ends at once, and recipients being sent to are unconfirmed."""
    life = rig.life
    rig.send_and_kill()
    begun = time.monotonic()
    said = life.say("stop", "1", "--for-good")
    assert said.code in (0, 3), said
    assert time.monotonic() - begun < 60, "it took too long to end"
    states = rig.states()
    assert not states[S.CLAIMED] + states[S.SENDING] + states[S.PENDING] + states[S.DEFERRED], states
    assert states[S.UNKNOWN] <= 4 and sum(states.values()) == len(_PEOPLE), states
    assert states[S.ACCEPTED] + states[S.UNKNOWN] >= len(life.counts), states
    life.check()


def due_after_a_kill(rig: Rig) -> None:
    """Killed, then `send --due` as from a timer: it continues, although a person had started it."""
    life = rig.life
    rig.send_and_kill()
    said = life.say("send", "--due")
    assert said.code in (0, 3), said
    states = rig.states()
    assert states[S.ACCEPTED] + states[S.UNKNOWN] == len(_PEOPLE), states
    life.check()


def old_tokens(rig: Rig) -> None:
    """Links in messages of subscribers who were removed or erased, and added again or not, still unsubscribe.

    The pages are correct.
    """
    life = rig.life
    life.send(_ISSUE)
    some = rig.dice.sample(life.copies, 6)
    for copy in some[:3]:
        life.erase(copy.mailbox)
    life.undo()
    back = [copy.mailbox for copy in some if rig.dice.random() < 0.6]
    life.take_list(back or [some[0].mailbox])
    for copy in some:
        if copy.mailbox in back and rig.dice.random() < 0.5:
            life.sign_up(copy.mailbox)
    for copy in some:
        life.unsubscribe(copy)
    life.check()


def _to_the_end(rig: Rig) -> None:
    """Continue until nothing is left to do; unconfirmed recipients count as received."""
    life = rig.life
    for _ in range(5):
        if life.send(_ISSUE).code not in (75,):
            break
    life.settle("--count-as-received")
    life.end_all()


#: The scenarios by name; a scenario with variants is run in each of them.
SCENARIOS: Mapping[str, Callable[[Rig], None]] = {
    "undo and import again": undo_and_import_again,
    "replaced while it sends": replaced_while_it_sends,
    "end after a kill": end_after_a_kill,
    "due after a kill": due_after_a_kill,
    "old tokens": old_tokens,
}


def play(
    kind: str, rounds: int, seed: int, folder: Path, server: PostgresServer | None
) -> Iterator[tuple[str, int, int]]:
    """Run every scenario this number of times.

    Yield its name, the number of runs, and the number of copies on the server.
    """
    scenarios = dict(SCENARIOS)
    for way in WAYS[kind]:
        scenarios[f"restored by {way}"] = lambda rig, way=way: restore_in_the_middle(rig, way)  # type: ignore[misc]
    for name, scenario in scenarios.items():
        copies = 0
        for number in range(rounds):
            dice = random.Random(f"{seed} {kind} {name} {number}")
            with rigged(kind, folder / f"{kind}-{name}-{number}".replace(" ", "-"), dice, server) as rig:
                try:
                    scenario(rig)
                except BaseException as error:
                    error.add_note(f"{kind}, {name}, seed {seed}, round {number}")
                    raise
                copies += len(rig.life.copies)
        yield name, rounds, copies
