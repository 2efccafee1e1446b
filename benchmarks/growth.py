"""Measures how costs grow with the size of a list: processor time and peak memory of each operation, by size.

Input: sizes. Output: a `Cost` for each operation and size; each operation runs in its own process, one after the other,
on the files that the ones before have left in a folder. `python -m benchmarks.growth OPERATION FOLDER COUNT` is that
process. Messages are sent to a transport that forgets them, so that only compose is measured.
"""

import gc
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import chdir
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from benchmarks import ROOT
from benchmarks.audience import NEWSLETTER

#: Bounces for each subscriber, and subscribers for each issue of the archive.
_BOUNCED, _ISSUE = 10, 100
#: A larger archive would be older than the web: 1,000 weekly issues are 19 years.
_MOST_ISSUES = 1_000
SIZES = (1_000, 10_000, 100_000)
#: The growth of fewer seconds than these is not judged, because it cannot be measured.
_LEAST = 0.5
#: How much more than n log n a step to the next size may cost, and how many MB more it may need.
_MORE, _MORE_MB = 1.3, 48

_NEWSLETTER = f"{NEWSLETTER}archive:\n  url: https://news.example.org/archive\n"
_ISSUE_TEXT = 'date: {day}\nsubject: "Number {number}"\nletter:\n  body: |\n    {words}\n'
_WORDS = "The quick brown fox jumps over the lazy dog and on to the next story. " * 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What an operation cost."""

    #: How many rows, messages, bounces or issues it processed.
    count: int
    #: Seconds of processor time, and the peak resident set in MB.
    cpu: float
    peak: float


Growth = Mapping[str, Sequence[Cost]]


def growth(sizes: Sequence[int]) -> Growth:
    """Measure every operation with every size."""
    found: dict[str, list[Cost]] = {name: [] for name in OPERATIONS}
    for size in sizes:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            _prepare(folder, size)
            for operation in OPERATIONS:
                cost = _cost(operation, folder, _count(operation, size))
                # An archive that is not larger says nothing new.
                if not any(each.count == cost.count for each in found[operation]):
                    found[operation].append(cost)
    return found


def is_level(costs: Sequence[Cost]) -> bool:
    """Return whether no step to the next size needed more than n log n allows, or much more memory.

    The cost of the smallest size is that of starting a process, so it is subtracted.
    """
    start = costs[0].cpu
    return all(
        (earlier.cpu - start < _LEAST or later.cpu - start <= (earlier.cpu - start) * allowed(earlier, later))
        and later.peak - earlier.peak <= _MORE_MB
        for earlier, later in pairwise(costs)
    )


def allowed(earlier: Cost, later: Cost) -> float:
    """Return how many times as much the larger size may cost."""
    few, many = earlier.count, later.count
    return _MORE * many * math.log(many) / (few * math.log(few))


def _count(operation: str, size: int) -> int:
    if operation == "archive":
        return min(size // _ISSUE, _MOST_ISSUES)
    return size // _BOUNCED if operation == "ingest" else size


def _prepare(folder: Path, size: int) -> None:
    from benchmarks.audience import write_list
    from benchmarks.returning import write_mailbox

    (folder / "newsletter.yaml").write_text(_NEWSLETTER, encoding="utf-8")
    write_list(folder / "list.csv", size)
    write_mailbox(folder / "bounced", _count("ingest", size))
    # A newsletter of its own, without a database: its archive has all issues, and not only those that were sent.
    issues = folder / "archive" / "issues"
    issues.mkdir(parents=True)
    (folder / "archive" / "newsletter.yaml").write_text(_NEWSLETTER, encoding="utf-8")
    for number in range(_count("archive", size)):
        day = date(2025, 1, 30) - timedelta(weeks=number)
        text = _ISSUE_TEXT.format(day=day, number=number, words=_WORDS)
        (issues / f"{day}.yaml").write_text(text, encoding="utf-8")


def _cost(operation: str, folder: Path, count: int) -> Cost:
    command = [sys.executable, "-m", "benchmarks.growth", operation, str(folder), str(count)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise RuntimeError(f"{operation} of {count:,}: {ran.stderr[-2000:]}")
    return Cost(**json.loads(ran.stdout.splitlines()[-1]))


def _command(*words: str, within: str = ".") -> Callable[[Path], None]:
    def command(folder: Path) -> None:
        from composer.cli.main import run

        with chdir(folder / within):
            if code := run([*words]):
                raise SystemExit(code)

    return command


def _freeze(folder: Path) -> None:
    from benchmarks.mailing import draft
    from composer.database.location import FILE, Location
    from composer.database.schema_upgrade import open_database
    from composer.delivery.selection.freeze import freeze

    with open_database(Location(path=folder / FILE)) as database, database.write() as connection:
        freeze(connection, draft("2025-01-30"), datetime.now(UTC))


def _send(folder: Path) -> None:
    from benchmarks.large import Forgetful
    from benchmarks.mailing import payload
    from composer.database.location import FILE, Location
    from composer.database.schema_upgrade import open_database
    from composer.delivery.core.mailing import mailing_of
    from composer.delivery.messages.message_factory import MailingMessages
    from composer.delivery.worker.route_work import Route
    from composer.delivery.worker.run_loop import MailingJob, send
    from composer.delivery.worker.stop_request import Stop

    with open_database(Location(path=folder / FILE)) as database:
        with database.read() as connection:
            mailing = mailing_of(connection, 1)
        messages = MailingMessages(payload(database, mailing, is_signed=False))
        job = MailingJob(
            database=database,
            mailing_id=1,
            routes=(Route(transport=Forgetful(), connections=16),),
            message_source=messages,
        )
        assert send(job, Stop()).is_over


def _ingest(folder: Path) -> None:
    from benchmarks.returning import take_in

    take_in(folder / "bounced")


#: In this order, because each uses what the ones before have left.
OPERATIONS: Mapping[str, Callable[[Path], None]] = {
    "import": _command("subscribers", "import", "list.csv", "--yes", "--consent", "form"),
    "export": _command("subscribers", "export", "out.csv"),
    "freeze": _freeze,
    "send": _send,
    "report": _command("report", "1"),
    "ingest": _ingest,
    "archive": _command("publish", "--unsent", within="archive"),
}


def main() -> None:
    """Run one operation; print its cost as JSON."""
    name, folder, count = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    # As the program itself does (composer/cli/main.py).
    gc.set_threshold(100_000)
    OPERATIONS[name](folder)
    own, others = (resource.getrusage(which) for which in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    cpu = own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime
    print(json.dumps({"count": count, "cpu": cpu, "peak": _peak(own.ru_maxrss)}), flush=True)
    os._exit(0)


def _peak(otherwise: int) -> float:
    """Return this process's peak in MB. On Linux, ru_maxrss includes the process that started this one."""
    status = Path("/proc/self/status")
    if not status.exists():
        return otherwise / 1024
    return int(next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:")).split()[1]) / 1024


if __name__ == "__main__":
    main()
