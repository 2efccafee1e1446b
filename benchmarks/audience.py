"""Imports a million people, compared to `sqlite-utils insert --csv` of the same file into a table with the same index.

Input: a number of rows. Output: wall times and the peak memory of each command, each in its own process. The other tool
only copies cells; compose also checks and compares each row, and can undo the import.
"""

import csv
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import ROOT

#: Names of the commands in the report.
IMPORT, PEER, LIST, COUNT, EXPORT = "import", "sqlite-utils insert --csv", "list", "count", "export"
FEW = 10_000
NEWSLETTER = """\
name: Bench
language: en
timezone: UTC
sender:
  from: Bench <bench@example.org>
sections:
  letter:
    type: text
fields:
  company:
    default: ""
"""
_FIRST = ("Anna", "Ben", "Chen", "Dörte", "李", "Élodie", "Farid", "Grace")
_LAST = ("Müller", "Li", "Okafor", "Smith", "García", "王", "Novák")
_HOSTS = ("gmail.com", "example.org", "Mail.Example.com", "uni.example.edu")
_HEADER = ("Email Address", "First Name", "Last Name", "Language", "Company")
#: Runs the command and writes its peak resident set, in kilobytes.
_PROBE = """\
import resource, sys
from composer.cli.main import run
code = run(sys.argv[2:])
sys.stdout.flush()
open(sys.argv[1], "w").write(str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))
sys.exit(code)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The measurements of a command."""

    seconds: float
    #: Processor time, in user and system mode.
    cpu: float
    #: The peak resident set, in MB; None for the other tool.
    peak: float | None


def audience(rows: int) -> tuple[dict[str, Run], dict[str, Run]]:
    """Measure with FEW rows, then with `rows`; the other tool in the same run."""
    with tempfile.TemporaryDirectory() as name:
        few = _measure(Path(name) / "few", FEW, with_peer=False)
        many = _measure(Path(name) / "many", rows, with_peer=True)
    return few, many


def _measure(folder: Path, rows: int, *, with_peer: bool) -> dict[str, Run]:
    (folder / "issues").mkdir(parents=True)
    (folder / "newsletter.yaml").write_text(NEWSLETTER, encoding="utf-8")
    write_list(folder / "list.csv", rows)
    found = {IMPORT: _ours(folder, "subscribers", "import", "list.csv", "--yes", "--consent", "form")}
    if with_peer:
        found[PEER] = _peer(folder)
    found[LIST] = _ours(folder, "subscribers", "list")
    found[COUNT] = _ours(folder, "subscribers", "list", "--count")
    found[EXPORT] = _ours(folder, "subscribers", "export", "out.csv")
    return found


def write_list(path: Path, rows: int) -> None:
    """Write a list of this many people."""
    chosen = random.Random(1)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_HEADER)
        for number in range(rows):
            # In random order, as in real lists: an index over sorted addresses would be too easy.
            address = f"subscriber{chosen.randrange(10**9)}.{number}@{chosen.choice(_HOSTS)}"
            names = (chosen.choice(_FIRST), chosen.choice(_LAST))
            writer.writerow((address, *names, chosen.choice(("de", "en", "zh", "")), chosen.choice(("ACME", ""))))


def _ours(folder: Path, *arguments: str) -> Run:
    peak = folder / "peak.txt"
    run = _timed([sys.executable, "-c", _PROBE, str(peak), *arguments], folder)
    return Run(seconds=run.seconds, cpu=run.cpu, peak=int(peak.read_text()) / 1024)


def _peer(folder: Path) -> Run:
    program = [sys.executable, "-m", "sqlite_utils"]
    columns = [part for name in _HEADER for part in (name, "text")]
    for preparation in (
        ["create-table", "peer.db", "subscribers", "id", "integer", *columns, "--pk", "id"],
        ["create-index", "peer.db", "subscribers", _HEADER[0], "--unique"],
    ):
        subprocess.run([*program, *preparation], cwd=folder, check=True)
    return _timed([*program, "insert", "peer.db", "subscribers", "list.csv", "--csv"], folder)


def _timed(command: Sequence[str], folder: Path) -> Run:
    before, begin = os.times(), time.perf_counter()
    done = subprocess.run(
        command, cwd=folder, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    seconds, after = time.perf_counter() - begin, os.times()
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[-3:])}: {done.stderr.decode(errors='replace')[-2000:]}")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Run(seconds=seconds, cpu=cpu, peak=None)
