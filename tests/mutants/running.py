"""Tries changes on a copy of the tree: one at a time, each against the tests of its module.

Input: the folder of the tree, changes, how many at a time. Output: for each change whether a test noticed, and how long
that took. Guarantees: the tree itself is never written to, and a change that makes tests hang is stopped with all that
it has started.
"""

import json
import os
import queue
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tests.mutants.decisive import DECISIVE
from tests.mutants.model import Change
from tests.mutants.watching import Watched, importers, read_watched, that_notice

_LEFT_BEHIND = shutil.ignore_patterns(
    ".git", ".venv", "outbox", "dist", "node_modules", "__pycache__", ".hypothesis", ".*_cache", ".compose"
)
#: Of pytest: all tests passed; one failed; there were none. Another code says that it could not even collect them.
_PASSED, _FAILED, _NONE = 0, 1, 5
_ARGUMENTS = ("-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--hypothesis-profile", "mutants")
#: What is run: on SQLite, then on PostgreSQL where that concerns the module.
_ROUNDS = (("-k", "not postgresql"), ("-k", "postgresql"))
#: What tests may take beyond three times what they took without a change, in seconds.
_GRACE = 20.0
#: A test that takes this long and fails is asked again without the change, in seconds.
_SLOW = 0.5


class BrokenError(Exception):
    """The tests do not pass without a change."""


class Verdict(StrEnum):
    """What became of a change."""

    NOTICED = "noticed"
    MISSED = "NOT NOTICED"
    #: not noticed, either: the tests ran on far longer than without it, and none of them failed
    HUNG = "HUNG"
    #: not counted: the module can't even be imported, which says nothing about its tests
    UNLOADABLE = "not loadable"
    #: not tried: the tests fail without it
    BROKEN = "NOT TRIED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A change, and what became of it."""

    change: Change
    verdict: Verdict
    seconds: float
    #: What the tests said that fail without a change.
    words: str = ""


class Copy:
    """A copy of the tree, for one change at a time, and a process that runs its tests."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.root = shutil.copytree(root, folder, ignore=_LEFT_BEHIND)
        self._output = folder.with_suffix(".txt")
        places = folder.with_suffix(".tmp")
        places.mkdir()
        # Whatever tests start finds this copy, too.
        environment = {**os.environ, "PYTHONPATH": str(folder), "TMPDIR": str(places)}
        self._warm = subprocess.Popen(
            [sys.executable, "-m", "tests.mutants.warm"],
            cwd=self.root,
            env=environment,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def can_load(self, module: str) -> bool:
        """Return whether a module can be imported."""
        return self._order(["import", module], _GRACE, is_changed=True) == _PASSED

    def run(self, tests: Sequence[str], limit: float) -> int | None:
        """Run tests until the first one fails: pytest's exit code; None if they took longer than the limit."""
        return self._order(["pytest", *_ARGUMENTS, *tests], limit, is_changed=True)

    def watch(self, tests: Sequence[str]) -> tuple[Watched, ...]:
        """Run tests without a change, and see what each of them runs; raises BrokenError if they fail."""
        rows = self._output.with_suffix(".json")
        if self._order(["watch", str(rows), *_ARGUMENTS, *tests], 900, is_changed=False) not in (_PASSED, _NONE):
            raise BrokenError(f"{' '.join(tests)}:\n{self.output[-3000:]}")
        return read_watched(rows)

    @property
    def output(self) -> str:
        """What the last run printed."""
        return self._output.read_text(encoding="utf-8", errors="replace")

    def _order(self, order: list[str], limit: float, *, is_changed: bool) -> int | None:
        assert self._warm.stdin is not None and self._warm.stdout is not None
        print(json.dumps([order, str(self._output), not is_changed]), file=self._warm.stdin, flush=True)
        process = int(self._warm.stdout.readline())
        is_in_time, _, _ = select.select([self._warm.stdout], [], [], limit)
        if not is_in_time:
            # As Ctrl-C does: what tests have started is to end with them.
            os.kill(process, signal.SIGINT)
            if not select.select([self._warm.stdout], [], [], _GRACE)[0]:
                os.kill(process, signal.SIGKILL)
        code = int(self._warm.stdout.readline())
        with suppress(ProcessLookupError):
            os.killpg(process, signal.SIGKILL)
        return code if is_in_time else None

    def close(self) -> None:
        """Let the process go."""
        # Closes what leads there, by which it ends, and waits for it.
        self._warm.__exit__(None, None, None)

    @contextmanager
    def changed(self, change: Change) -> Iterator[None]:
        """Make a change, and take it back."""
        path = self.root / change.path
        before = path.read_bytes()
        for cached in path.parent.glob(f"__pycache__/{path.stem}.*.pyc"):
            cached.unlink()
        path.write_text(change.text, encoding="utf-8")
        try:
            yield
        finally:
            path.write_bytes(before)


class Trials:
    """Tries changes, several at a time, each on a copy of its own."""

    def __init__(self, root: Path, jobs: int) -> None:
        self._root, self._jobs = root, jobs
        self._lock = threading.Lock()
        self._watched: dict[tuple[str, tuple[str, ...]], tuple[Watched, ...]] = {}
        self._importers = importers(root)

    def run(self, changes: Sequence[Change]) -> Iterator[Tried]:
        """Give the changes as they have been tried, in any order."""
        waiting: queue.SimpleQueue[Change] = queue.SimpleQueue()
        done: queue.SimpleQueue[Tried | Exception] = queue.SimpleQueue()
        for change in changes:
            waiting.put(change)

        with tempfile.TemporaryDirectory(prefix="compose-mutants-", ignore_cleanup_errors=True) as name:
            # PostgreSQL may run as another user.
            Path(name).chmod(0o755)

            def work(number: int) -> None:
                try:
                    with closing(Copy(self._root, Path(name) / f"copy{number}")) as copy:
                        while True:
                            done.put(self._try(copy, waiting.get_nowait()))
                except queue.Empty:
                    pass
                except Exception as error:
                    done.put(error)

            threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(self._jobs)]
            for thread in threads:
                thread.start()
            for _ in changes:
                tried = done.get()
                if isinstance(tried, Exception):
                    raise tried
                yield tried

    def _try(self, copy: Copy, change: Change) -> Tried:
        concern = DECISIVE[change.path]
        try:
            rounds = [self._chosen(copy, change, which) for which in (_ROUNDS if concern.on_both else _ROUNDS[:1])]
        except BrokenError as error:
            return Tried(change=change, verdict=Verdict.BROKEN, seconds=0, words=str(error))
        begun = time.monotonic()
        verdict, words = Verdict.MISSED, ""
        with copy.changed(change):
            if not copy.can_load(change.path.removesuffix(".py").replace("/", ".")):
                verdict, rounds = Verdict.UNLOADABLE, []
            for chosen in rounds:
                limit = 3 * sum(each.seconds for each in chosen) + _GRACE
                code = copy.run([each.test for each in chosen], limit) if chosen else _NONE
                if code not in (_PASSED, _NONE):
                    verdict = {None: Verdict.HUNG, _FAILED: Verdict.NOTICED}.get(code, Verdict.UNLOADABLE)
                    words = copy.output
                    break
        if verdict is Verdict.NOTICED and (slow := _failed(words, chosen)) and copy.run([slow], 900) != _PASSED:
            # The time that a test takes on a busy machine is not what it is about.
            verdict = Verdict.BROKEN
        return Tried(change=change, verdict=verdict, seconds=time.monotonic() - begun, words=words)

    def _chosen(self, copy: Copy, change: Change, which: tuple[str, ...]) -> list[Watched]:
        watched = [each for test in DECISIVE[change.path].tests for each in self._watch(copy, test, which)]
        return that_notice(watched, change.path, change.function, self._importers[change.path])

    def _watch(self, copy: Copy, test: str, which: tuple[str, ...]) -> tuple[Watched, ...]:
        with self._lock:
            if (test, which) not in self._watched:
                self._watched[test, which] = copy.watch([test, *which])
            return self._watched[test, which]


def _failed(words: str, chosen: Sequence[Watched]) -> str | None:
    """Return which test failed, if it is slow enough to have failed for that alone."""
    found = re.search(r"^FAILED (tests/.+?)(?: - |$)", words, re.MULTILINE)
    return next((each.test for each in chosen if found and each.test == found[1] and each.seconds > _SLOW), None)
