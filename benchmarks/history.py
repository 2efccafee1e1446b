"""Writes what `make bench` measured into history.tsv, which is tracked: a regression is a line in a diff.

Input: ratios and counts by name. Output: one row for each commit and name. Guarantees: a row is replaced when the same
commit is measured again; a commit with changes that are not committed has a + after it.
"""

import datetime
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from benchmarks import ROOT

FILE = Path(__file__).with_name("history.tsv")
_HEAD = ("commit", "day", "processors", "name", "value")


def record(found: Mapping[str, float], file: Path = FILE) -> None:
    """Add the ratios of this commit; the measured file itself is not a change."""
    if not found:
        return
    commit = _git("rev-parse", "--short=10", "HEAD") + (
        "+" if _git("status", "--porcelain", "-uno", "--", f":!{FILE.relative_to(ROOT).as_posix()}") else ""
    )
    day = datetime.datetime.now(datetime.UTC).date().isoformat()
    rows = [row for row in _rows(file) if (row[0], row[3]) not in {(commit, name) for name in found}]
    rows += [(commit, day, str(os.cpu_count()), name, _written(value)) for name, value in found.items()]
    file.write_text("".join("\t".join(row) + "\n" for row in (_HEAD, *rows)), encoding="utf-8")


def _written(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.4g}"


def _rows(file: Path) -> list[tuple[str, ...]]:
    if not file.is_file():
        return []
    return [tuple(line.split("\t")) for line in file.read_text(encoding="utf-8").splitlines()[1:]]


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()
