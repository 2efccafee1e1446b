"""Runs tests repeatedly, each time in a fork of one pytest session that has loaded and collected all of them.

Input: on stdin, one line of JSON for each run: the tests (of a file, or by name), the functions to change if any, and
the files for the output and the recorded rows. Output: on stdout, two lines for each run: the process id, then the exit
code.
"""

import json
import os
import sys
import traceback
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol
from hypothesis import settings

from tests.mutants.swapping import swap
from tests.mutants.warm import MOST_EXAMPLES, few_examples
from tests.mutants.watching import Watcher

PREPARE = "tests/mutants/prepare.py"


class _Server:
    """A pytest plugin that, instead of running all tests, runs the requested ones."""

    def __init__(self, orders: int, answers: int) -> None:
        self._orders, self._answers = os.fdopen(orders), os.fdopen(answers, "w")

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        for item in session.items:
            if item.nodeid.startswith(PREPARE):
                _run(item)
        print(os.getpid(), flush=True, file=self._answers)
        for line in self._orders:
            process = os.fork()
            if process == 0:
                _obey(session, json.loads(line))
            print(process, flush=True, file=self._answers)
            print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), flush=True, file=self._answers)
        return True


class _Nothing:
    """The next item of a run: only the session itself, which must be kept."""

    def __init__(self, session: pytest.Session) -> None:
        self._session = session

    def listchain(self) -> list[pytest.Session]:
        return [self._session]


def _run(item: pytest.Item) -> bool:
    """Run a test, and return whether it passed."""
    reports = runtestprotocol(item, log=False, nextitem=_Nothing(item.session))  # type: ignore[arg-type]
    for report in reports:
        if report.failed:
            print(f"FAILED {item.nodeid}\n{report.longreprtext}", flush=True)
    return not any(report.failed for report in reports)


def _obey(session: pytest.Session, order: dict[str, str | list[str]]) -> None:
    code = 3
    try:
        os.setsid()
        written = os.open(str(order["output"]), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for descriptor in (1, 2):
            os.dup2(written, descriptor)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        import tests.databases

        # Its own databases, with names that no other fork uses.
        tests.databases._NUMBERS = count(os.getpid() * 1000)
        if "path" in order:
            swap(str(order["path"]), str(order["before"]), Path(str(order["path"])).read_text(encoding="utf-8"))
        few_examples(3 if "rows" in order else MOST_EXAMPLES)
        code = _watch(session, order) if "rows" in order else _test(session, list(order["tests"]))
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _watch(session: pytest.Session, order: dict[str, str | list[str]]) -> int:
    watcher = Watcher(Path.cwd())
    items = {item.nodeid: item for item in session.items if item.nodeid.partition("::")[0] == order["file"]}
    # On PostgreSQL, a test runs the same functions as on SQLite.
    twins = {name: twin for name in items if (twin := name.replace("postgresql", "sqlite")) != name and twin in items}
    if not all(watcher.watch(name, partial(_run, item)) for name, item in items.items() if name not in twins):
        return 1
    for name, twin in twins.items():
        watcher.copy(twin, name)
    watcher.write(Path(str(order["rows"])))
    return 0


def _test(session: pytest.Session, tests: list[str]) -> int:
    items = {item.nodeid: item for item in session.items}
    return 0 if all(_run(items[test]) for test in tests) else 1


def main() -> None:
    """Collect the named test files, and serve."""
    orders, answers = os.dup(0), os.dup(1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    # The same examples each time, without a deadline, which a busy machine could exceed.
    settings.register_profile("mutants", derandomize=True, deadline=None)
    arguments = ["-s", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--hypothesis-profile", "mutants"]
    # Hypothesis is already loaded, and needs no rewriting.
    arguments += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
    pytest.main([*arguments, *sys.argv[1:], PREPARE], [_Server(orders, answers)])


if __name__ == "__main__":
    main()
