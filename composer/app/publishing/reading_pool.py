"""Reads the issues of a large archive in processes of their own, so that all processors are used.

Input: what a process needs to find the same issues (`ReadingSetup`), then issues. Output: for each, in the same order,
an `IssueResult`. Guarantees: what a process cannot do is done in this one, which then reports why; a process ends with
this one, in whatever way that ends.
"""

import contextlib
import os
import pickle
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import IO, cast

from composer.app.publishing.archive_issues import ArchiveIssues
from composer.content.document.newsletter_config import ArchivePdf
from composer.core.environment import Environment, processors
from composer.publish.archive_reading import Jobs, Results
from composer.publish.issue_reading import IssueResult
from composer.publish.publication_source import IssueSource
from composer.publish.records.issue_record import IssueRecord
from composer.publish.site.site_folder import SiteFolder

#: Processes are worth it from this number of issues on; with PDFs, which take a second each, from fewer.
MANY, MANY_PDFS = 40, 3
#: The writer of the pages cannot keep up with more.
_MOST = 4
#: How many issues are read ahead for each process: memory must not grow with the archive if the writer is slower.
_AHEAD = 4


@dataclass(frozen=True, kw_only=True)
class ReadingSetup:
    """What a process needs to find the issues of an archive and to read them."""

    root: Path
    #: Where the database is found; None for an archive of issue files.
    environment: Environment | None
    #: The digest of what all pages are made with.
    common: str
    now: datetime
    folder: SiteFolder


@dataclass(frozen=True, kw_only=True)
class ReadingReply:
    """What a process says about an issue, with the version of it that the database does not have yet."""

    result: IssueResult
    version: object | None = None


@contextmanager
def reading_pool(
    issues: ArchiveIssues, common: str, now: datetime, jobs: Jobs, folder: SiteFolder
) -> Iterator[Results]:
    """Yield the results of issues; None for those that this process has to read.

    `common` is the digest of what all pages are made with; the folder is the new archive.
    """
    count = min(processors(), _MOST)
    has_pdf = any(each.archive.pdf is not ArchivePdf.NONE for each in issues.newsletters.values())
    if len(jobs) < (MANY_PDFS if has_pdf else MANY) or count == 1 or os.name != "posix":
        yield [None] * len(jobs)
        return
    setup = ReadingSetup(
        root=issues.workspace.root, environment=_portable(issues.environment), common=common, now=now, folder=folder
    )
    processes = [_ReadingProcess(pickle.dumps(setup)) for _ in range(count)]
    threads = ThreadPoolExecutor(count)
    try:
        replies = _in_order(threads, partial(_reply, _idle(processes)), jobs, count * _AHEAD)
        yield map(partial(_result, issues), replies)
    finally:
        for each in processes:
            each.close()
        threads.shutdown(cancel_futures=True)


class _ReadingProcess:
    """A process that reads one issue after the other."""

    def __init__(self, setup: bytes) -> None:
        self._setup: bytes | None = setup
        self._process = subprocess.Popen(
            # -P: ignore a folder of the same name in the current folder.
            [sys.executable, "-P", "-c", "from composer.app.publishing.reading_process import serve; serve()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # Ctrl-C on a terminal must go only to the command.
            process_group=0,
        )

    def reply(self, source: IssueSource, before: IssueRecord | None) -> ReadingReply | None:
        """Return the reply for an issue; None if the process cannot read it, or has ended."""
        target, replies = cast("IO[bytes]", self._process.stdin), cast("IO[bytes]", self._process.stdout)
        try:
            if self._setup is not None:
                target.write(self._setup)
                self._setup = None
            pickle.dump((source.stem, before), target)
            target.flush()
            return cast("ReadingReply | None", pickle.load(replies))  # noqa: S301  # from our own process
        except (OSError, EOFError, pickle.UnpicklingError, ValueError):
            return None

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                cast("IO[bytes]", pipe).close()


def _in_order(
    threads: ThreadPoolExecutor,
    reply: Callable[[tuple[IssueSource, IssueRecord | None]], ReadingReply | None],
    jobs: Jobs,
    most: int,
) -> Iterator[ReadingReply | None]:
    """Yield the reply for each issue, while at most this many others are read or wait."""
    waiting = deque[Future[ReadingReply | None]]()
    for job in jobs:
        if len(waiting) == most:
            yield waiting.popleft().result()
        waiting.append(threads.submit(reply, job))
    while waiting:
        yield waiting.popleft().result()


def _idle(processes: list[_ReadingProcess]) -> "SimpleQueue[_ReadingProcess]":
    idle: SimpleQueue[_ReadingProcess] = SimpleQueue()
    for each in processes:
        idle.put(each)
    return idle


def _reply(idle: "SimpleQueue[_ReadingProcess]", job: tuple[IssueSource, IssueRecord | None]) -> ReadingReply | None:
    process = idle.get()
    try:
        return process.reply(*job)
    finally:
        idle.put(process)


def _result(issues: ArchiveIssues, reply: ReadingReply | None) -> IssueResult | None:
    if reply is None:
        return None
    if reply.version is not None:
        issues.remember(reply.version)
    return reply.result


def _portable(environment: Environment | None) -> Environment | None:
    """Return the environment in a form that can go to another process."""
    return replace(environment, environment=dict(environment.environment)) if environment is not None else None
