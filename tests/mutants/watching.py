"""Records which functions of the package each test runs, and for how long: only those tests can notice a change.

Input: tests, one at a time. Output: a JSON file with a row for each test. Code that runs in a test's own processes
cannot be observed: such a test is marked, and is run for every change.
"""

import ast
import json
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import CodeType, FrameType


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A test without any change: its duration, the functions it ran ("path name"), and whether it started processes."""

    test: str
    seconds: float
    functions: frozenset[str]
    starts_processes: bool

    @property
    def file(self) -> str:
        return self.test.partition("::")[0]


_STARTS = {("process.py", "BaseProcess.start"), ("subprocess.py", "Popen.__init__")}


class Watcher:
    """Runs tests, and records what each of them ran."""

    def __init__(self, root: Path) -> None:
        self._package, self._root = f"{root}/composer/", root
        self._seen: set[CodeType] = set()
        self._rows: list[Watched] = []

    def _trace(self, frame: FrameType, event: str, argument: object) -> None:
        self._seen.add(frame.f_code)

    def watch(self, test: str, run: Callable[[], bool]) -> bool:
        """Run a test, and return whether it passed."""
        self._seen.clear()
        begun = time.monotonic()
        threading.settrace(self._trace)
        sys.settrace(self._trace)
        try:
            has_passed = run()
        finally:
            sys.settrace(None)
            threading.settrace(None)
        seconds, seen = time.monotonic() - begun, tuple(self._seen)
        functions = frozenset(self._name(code) for code in seen if code.co_filename.startswith(self._package))
        is_parent = any((Path(each.co_filename).name, each.co_qualname) in _STARTS for each in seen)
        self._rows.append(Watched(test=test, seconds=seconds, functions=functions, starts_processes=is_parent))
        return has_passed

    def copy(self, test: str, name: str) -> None:
        """Assume that another test runs the same functions as this one, in three times the time."""
        row = next(each for each in self._rows if each.test == test)
        self._rows.append(replace(row, test=name, seconds=3 * row.seconds))

    def write(self, path: Path) -> None:
        """Write a row for each test."""
        rows = [{**asdict(each), "functions": sorted(each.functions)} for each in self._rows]
        path.write_text(json.dumps(rows), encoding="utf-8")

    def _name(self, code: CodeType) -> str:
        return f"{Path(code.co_filename).relative_to(self._root)} {code.co_qualname.replace('<locals>.', '')}"


def read_watched(path: Path) -> tuple[Watched, ...]:
    """Read what a watcher has written."""
    rows = json.loads(path.read_text(encoding="utf-8"))
    return tuple(Watched(**{**row, "functions": frozenset(row["functions"])}) for row in rows)


def importers(root: Path) -> Mapping[str, frozenset[str]]:
    """Return, by path, each module itself and the modules and test files that import from it."""
    found: dict[str, set[str]] = {}
    for path in (*(root / "composer").rglob("*.py"), *(root / "tests").rglob("test_*.py")):
        name = str(path.relative_to(root))
        found.setdefault(name, set()).add(name)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                for each in (node.module, *(f"{node.module}.{alias.name}" for alias in node.names)):
                    found.setdefault(f"{each.replace('.', '/')}.py", set()).add(name)
    return {path: frozenset(names) for path, names in found.items()}


#: The longest time, in seconds, of the tests for one change; a change that only slower tests notice counts as not noticed.
_MOST_SECONDS = 40.0


def that_run(watched: Sequence[Watched], path: str, function: str) -> list[Watched]:
    """Return the tests that run a function, the fastest first; empty if no test runs it in its own process."""
    name = f"{path} {function}"
    if not any(name in each.functions for each in watched):
        return []
    return _quickest(each for each in watched if each.starts_processes or name in each.functions)


def that_use(watched: Sequence[Watched], paths: frozenset[str]) -> list[Watched]:
    """Return the tests of some files, and those that run any function of some modules, the fastest first; else all."""
    chosen = [each for each in watched if {each.file, *(name.partition(" ")[0] for name in each.functions)} & paths]
    started = [each for each in watched if each.starts_processes and each not in chosen]
    return _quickest([*chosen, *started] if chosen else watched)


def _quickest(tests: Iterable[Watched]) -> list[Watched]:
    """Sort tests, those on SQLite first, as far as there is time."""
    chosen: list[Watched] = []
    left = _MOST_SECONDS
    for each in sorted(tests, key=lambda each: ("postgresql" in each.test, each.seconds)):
        left -= each.seconds
        if left < 0 and chosen:
            break
        chosen.append(each)
    return chosen
