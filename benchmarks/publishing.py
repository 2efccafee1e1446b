"""Publishes an archive of the sample's size: from nothing, with one change, and in how much memory.

Input: a number of issues, each in two languages. Output: seconds and the peak memory of the largest process. Each run
of the command is a process of its own; pictures for previews of links were drawn before. `start` imports what the
command imports, and `loop` is ten million steps of Python: on a slow or busy machine, compare processor time with it.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from shutil import copytree, rmtree

from benchmarks import ROOT, SAMPLE

FEW = 52
_FIRST = date(2015, 2, 5)
_PUBLISH = (sys.executable, "-m", "composer", "publish", "--unsent")
_START = (sys.executable, "-c", "import composer.app.publishing.issue_file_archive, composer.publish.archive_build")
_LOOP = (sys.executable, "-c", "for number in range(10_000_000): number * number % 7")
#: Runs a command, and prints its seconds, its processor time, and the peak of the largest of its processes in kilobytes.
_PROBE = """\
import resource, subprocess, sys, time
begin = time.perf_counter()
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(time.perf_counter() - begin, used.ru_utime + used.ru_stime, used.ru_maxrss)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The measurements of a command: seconds, seconds of processor time, megabytes."""

    seconds: float
    cpu: float
    memory: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Publishing:
    """The runs of an archive."""

    pages: int
    #: With pictures that are not drawn yet, then with all of them.
    first: Run
    nothing: Run
    change: Run
    start: Run
    loop: Run

    @property
    def change_in_loops(self) -> float:
        """Return the processor time of one change after the start, in loops."""
        return (self.change.cpu - self.start.cpu) / self.loop.cpu


def publishing(issues: int) -> Publishing:
    """Measure an archive of so many issues in two languages."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "news"
        _write(folder, issues)
        environment = {**os.environ, "XDG_CACHE_HOME": f"{name}/cache", "PYTHONPATH": str(ROOT)}
        first = _run(_PUBLISH, folder, environment)
        rmtree(folder / "public")
        rmtree(folder / ".compose")
        nothing = _run(_PUBLISH, folder, environment)
        _change(folder / "issues" / f"{_FIRST + timedelta(days=7 * (issues // 2))}.yaml")
        change = _run(_PUBLISH, folder, environment)
        start = _run(_START, folder, environment)
        loop = _run(_LOOP, folder, environment)
    return Publishing(pages=2 * issues, first=first, nothing=nothing, change=change, start=start, loop=loop)


def _write(folder: Path, issues: int) -> None:
    """Copy the sample for every week; each issue has words of its own."""
    for name in ("assets", "templates", "issues/assets"):
        copytree(ROOT / name, folder / name)
    for path in ROOT.glob("newsletter*.yaml"):
        archive = "archive:\n  url: https://news.example.org\n" if path.name == "newsletter.yaml" else ""
        (folder / path.name).write_text(path.read_text(encoding="utf-8") + archive, encoding="utf-8")
    for tag in ("", ".de"):
        sample = (ROOT / "issues" / f"{SAMPLE}{tag}.yaml").read_text(encoding="utf-8")
        for number in range(issues):
            day = _FIRST + timedelta(days=7 * number)
            text = re.sub(r"^date: .*$", f"date: {day}", sample, count=1, flags=re.MULTILINE)
            text = re.sub(r" (and|und) ", rf" \1 {number} ", text)
            (folder / "issues" / f"{day}{tag}.yaml").write_text(text, encoding="utf-8")


def _change(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('subject: "', 'subject: "New: ', 1), encoding="utf-8")


def _run(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Run:
    done = subprocess.run(
        [sys.executable, "-c", _PROBE, *command],
        cwd=folder,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    seconds, cpu, kilobytes = map(float, done.stdout.split())
    return Run(seconds=seconds, cpu=cpu, memory=kilobytes / 1024)
