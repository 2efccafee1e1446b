"""Tries changes on a copy of the tree: one at a time, each with the tests of its module.

Input: the folder of the tree, changes, the number of parallel runs. Output: for each change, whether a test noticed it,
and how long that took. Guarantees: the tree itself is not changed, and tests that hang are stopped with everything they
started.
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
from tests.mutants.swapping import can_swap
from tests.mutants.watching import Watched, importers, read_watched, that_run, that_use

_LEFT_BEHIND = shutil.ignore_patterns(
    ".git", ".venv", "outbox", "dist", "node_modules", "__pycache__", ".hypothesis", ".*_cache", ".compose"
)
#: Exit codes of pytest: all tests passed; one failed; none were found. With another code, it could not collect them.
_PASSED, _FAILED, _NONE = 0, 1, 5
_ARGUMENTS = ("-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--hypothesis-profile", "mutants")
#: Additional seconds for tests, on top of three times their duration without a change.
_GRACE = 20.0
#: A failing test that takes at least this many seconds is run again without the change.
_SLOW = 0.5


class BrokenError(Exception):
    """The tests do not pass without a change."""


class CannotLoadError(Exception):
    """The changed module cannot be imported."""


class Verdict(StrEnum):
    """The result for a change."""

    NOTICED = "noticed"
    MISSED = "NOT NOTICED"
    #: not noticed, either: the tests ran much longer than without it, and none of them failed
    HUNG = "HUNG"
    #: not counted: the module cannot be imported, which says nothing about its tests
    UNLOADABLE = "not loadable"
    #: not tried: the tests fail without it
    BROKEN = "NOT TRIED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A change and its result."""

    change: Change
    verdict: Verdict
    seconds: float
    #: The output of tests that fail without a change.
    words: str = ""


class Server:
    """A process that runs tests in its own forks, one order at a time (warm.py, session.py)."""

    def __init__(self, folder: Path, module: str, *arguments: str) -> None:
        # Processes that tests start use this copy, too.
        environment = {**os.environ, "PYTHONPATH": str(folder), "TMPDIR": str(folder.with_suffix(".tmp"))}
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=folder,
            env=environment,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def read(self) -> int:
        """Read the next number."""
        assert self._process.stdout is not None
        return int(self._process.stdout.readline())

    def run(self, order: object, limit: float) -> int | None:
        """Run an order; return its exit code, or None if it took longer than the limit."""
        assert self._process.stdin is not None and self._process.stdout is not None
        print(json.dumps(order), file=self._process.stdin, flush=True)
        process = self.read()
        is_in_time, _, _ = select.select([self._process.stdout], [], [], limit)
        if not is_in_time:
            # Like Ctrl-C, so that processes started by the tests end with them.
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGINT)
            if not select.select([self._process.stdout], [], [], _GRACE)[0]:
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
        code = self.read()
        with suppress(ProcessLookupError):
            os.killpg(process, signal.SIGKILL)
        return code if is_in_time else None

    def close(self) -> None:
        """End the process."""
        # Closes its input, which ends it, and waits for it.
        self._process.__exit__(None, None, None)


class Copy:
    """A copy of the tree for one change at a time, and the processes that run its tests."""

    def __init__(self, root: Path, folder: Path, tests: Sequence[str]) -> None:
        self.root = shutil.copytree(root, folder, ignore=_LEFT_BEHIND)
        self._output = folder.with_suffix(".txt")
        folder.with_suffix(".tmp").mkdir()
        self._warm = Server(folder, "tests.mutants.warm")
        self._session = Server(folder, "tests.mutants.session", *tests)
        self._session.read()

    def watch(self, test: str) -> tuple[Watched, ...]:
        """Run a test file without a change, and record what each test runs; raises BrokenError if one fails."""
        rows = self._output.with_suffix(".json")
        if self._session.run({"file": test, "rows": str(rows), "output": str(self._output)}, 900) != _PASSED:
            raise BrokenError(f"{test}:\n{self.output[-3000:]}")
        return read_watched(rows)

    def run(self, tests: Sequence[Watched]) -> int | None:
        """Run tests without a change until the first one fails; return the exit code."""
        return self._session.run({"tests": [each.test for each in tests], "output": str(self._output)}, 900)

    def try_functions(self, change: Change, before: str, tests: Sequence[Watched]) -> int | None:
        """Run tests until the first one fails, with functions replaced in the loaded modules."""
        names = [each.test for each in tests]
        path = str(self.root / change.path)
        order = {"tests": names, "path": path, "before": before, "output": str(self._output)}
        return self._session.run(order, _limit(tests))

    def try_module(self, change: Change, tests: Sequence[Watched]) -> int | None:
        """Run tests until the first one fails, with all modules loaded again; raises CannotLoadError if that fails."""
        output = str(self._output)
        if (
            self._warm.run([["import", change.path.removesuffix(".py").replace("/", ".")], output], 6 * _GRACE)
            != _PASSED
        ):
            raise CannotLoadError
        return self._warm.run([["pytest", *_ARGUMENTS, *(each.test for each in tests)], output], _limit(tests))

    @property
    def output(self) -> str:
        """The output of the last run."""
        return self._output.read_text(encoding="utf-8", errors="replace")

    def close(self) -> None:
        """End the processes."""
        self._warm.close()
        self._session.close()

    @contextmanager
    def changed(self, change: Change) -> Iterator[str]:
        """Apply a change, and undo it afterwards; yields the original text."""
        path = self.root / change.path
        before = path.read_bytes()
        for cached in path.parent.glob(f"__pycache__/{path.stem}.*.pyc"):
            cached.unlink()
        path.write_text(change.text, encoding="utf-8")
        try:
            yield before.decode()
        finally:
            path.write_bytes(before)


def _limit(tests: Sequence[Watched]) -> float:
    # Recording takes longer than running, but property tests now try more examples.
    return 3 * sum(each.seconds for each in tests) + _GRACE


class Trials:
    """Tries changes, several at a time, each on its own copy."""

    def __init__(self, root: Path, jobs: int) -> None:
        self._root, self._jobs = root, jobs
        self._lock = threading.Lock()
        self._watched: dict[str, tuple[Watched, ...]] = {}
        self._importers = importers(root)

    def run(self, changes: Sequence[Change]) -> Iterator[Tried]:
        """Yield the changes as they have been tried, in any order."""
        waiting: queue.SimpleQueue[Change] = queue.SimpleQueue()
        done: queue.SimpleQueue[Tried | Exception] = queue.SimpleQueue()
        for change in changes:
            waiting.put(change)
        concerns = [DECISIVE[change.path] for change in changes]
        tests = list(dict.fromkeys(test for concern in concerns for test in concern.tests))
        if not any(concern.on_both for concern in concerns):
            # PostgreSQL takes a while to start.
            tests += ["-k", "not postgresql"]

        with tempfile.TemporaryDirectory(prefix="compose-mutants-", ignore_cleanup_errors=True) as name:
            # PostgreSQL may run as another user.
            Path(name).chmod(0o755)

            def work(number: int) -> None:
                try:
                    with closing(Copy(self._root, Path(name) / f"copy{number}", tests)) as copy:
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
        try:
            watched = [each for test in DECISIVE[change.path].tests for each in self._watch(copy, test)]
        except BrokenError as error:
            return Tried(change=change, verdict=Verdict.BROKEN, seconds=0, words=str(error))
        if not DECISIVE[change.path].on_both:
            watched = [each for each in watched if "postgresql" not in each.test]
        begun = time.monotonic()
        chosen = that_run(watched, change.path, change.function)
        with copy.changed(change) as before:
            try:
                if chosen and can_swap(change.path, before, change.text):
                    code = copy.try_functions(change, before, chosen)
                else:
                    # Code outside of functions is used by its module and by the modules that import it.
                    chosen = that_use(watched, self._importers[change.path])
                    code = copy.try_module(change, chosen) if chosen else _NONE
                verdict = _VERDICTS.get(code, Verdict.UNLOADABLE)
            except CannotLoadError:
                verdict = Verdict.UNLOADABLE
        words = copy.output
        if verdict is Verdict.NOTICED and (slow := _failed(words, chosen)) and copy.run([slow]) != _PASSED:
            # The duration of a test on a busy machine must not decide.
            verdict = Verdict.BROKEN
        return Tried(change=change, verdict=verdict, seconds=time.monotonic() - begun, words=words)

    def _watch(self, copy: Copy, test: str) -> tuple[Watched, ...]:
        with self._lock:
            if test not in self._watched:
                self._watched[test] = copy.watch(test)
            return self._watched[test]


_VERDICTS = {
    _PASSED: Verdict.MISSED,
    _NONE: Verdict.MISSED,
    _FAILED: Verdict.NOTICED,
    None: Verdict.HUNG,
}


def _failed(words: str, chosen: Sequence[Watched]) -> Watched | None:
    """Return which test failed, if it is slow enough to have failed only for that reason."""
    found = re.search(r"^FAILED (tests/.+?)(?: - .*)?$", words, re.MULTILINE)
    return next((each for each in chosen if found and each.test == found[1] and each.seconds > _SLOW), None)
