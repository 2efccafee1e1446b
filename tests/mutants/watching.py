"""Which functions of the package each test runs, and how long it takes: only those tests can notice a change of a function.

Input: a run of pytest, as its plugin. Output: a file of JSON with a row for each test. What a test's own processes run can't
be seen: such a test is marked, and is asked about every change.
"""

import ast
import json
import sys
import threading
import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import CodeType, FrameType

import pytest


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A test without any change: how long it took, which functions ran ("path name"), and whether it started processes."""

    test: str
    seconds: float
    functions: frozenset[str]
    starts_processes: bool

    def concerns(self, path: str, function: str) -> bool:
        return self.starts_processes or f"{path} {function}" in self.functions

    def concerns_any(self, paths: Sequence[str]) -> bool:
        return self.starts_processes or any(each.partition(" ")[0] in paths for each in self.functions)


_STARTS = {("process.py", "BaseProcess.start"), ("subprocess.py", "Popen.__init__")}


class Watcher:
    """A plugin of pytest."""

    def __init__(self, root: Path, output: Path) -> None:
        self._package, self._root, self._output = f"{root}/composer/", root, output
        self._seen: set[CodeType] = set()
        self._rows: list[Watched] = []

    def _trace(self, frame: FrameType, event: str, argument: object) -> None:
        self._seen.add(frame.f_code)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        self._seen.clear()
        begun = time.monotonic()
        threading.settrace(self._trace)
        sys.settrace(self._trace)
        try:
            return (yield)
        finally:
            sys.settrace(None)
            threading.settrace(None)  # type: ignore[arg-type]
            seconds, seen = time.monotonic() - begun, tuple(self._seen)
            self._rows.append(
                Watched(
                    test=item.nodeid,
                    seconds=seconds,
                    functions=frozenset(
                        self._name(code) for code in seen if code.co_filename.startswith(self._package)
                    ),
                    starts_processes=any((Path(each.co_filename).name, each.co_qualname) in _STARTS for each in seen),
                )
            )

    def _name(self, code: CodeType) -> str:
        return f"{Path(code.co_filename).relative_to(self._root)} {code.co_qualname.replace('<locals>.', '')}"

    def pytest_sessionfinish(self) -> None:
        rows = [{**asdict(each), "functions": sorted(each.functions)} for each in self._rows]
        self._output.write_text(json.dumps(rows), encoding="utf-8")


def read_watched(path: Path) -> tuple[Watched, ...]:
    """Read what a watcher has written."""
    rows = json.loads(path.read_text(encoding="utf-8"))
    return tuple(Watched(**{**row, "functions": frozenset(row["functions"])}) for row in rows)


def importers(root: Path) -> Mapping[str, frozenset[str]]:
    """Return by the path of each module those that import something of it, and itself."""
    found: dict[str, set[str]] = {}
    for path in (root / "composer").rglob("*.py"):
        name = str(path.relative_to(root))
        found.setdefault(name, set()).add(name)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                for each in (node.module, *(f"{node.module}.{alias.name}" for alias in node.names)):
                    found.setdefault(f"{each.replace('.', '/')}.py", set()).add(name)
    return {path: frozenset(names) for path, names in found.items()}


def that_notice(watched: Sequence[Watched], path: str, function: str, around: frozenset[str]) -> list[Watched]:
    """Choose the tests that can notice a change, the quickest first.

    What stands outside of every function is used by its module and by those that import it.
    """
    chosen = [each for each in watched if each.concerns(path, function)]
    if all(each.starts_processes for each in chosen):
        chosen = [each for each in watched if each.concerns_any(tuple(around))]
    return sorted(chosen, key=lambda each: each.seconds)
