"""Jobs in threads: what is recorded of each run, and that a failing job does not end the process."""

import logging
import threading
from pathlib import Path

import pytest

from composer.app.context import MailingContext
from composer.app.work.job_order import JobOrder
from composer.app.work.job_records import JobRecord, records_of
from composer.app.work.job_runner import JobRunner
from composer.app.work.jobs import Job, JobName
from composer.core.environment import Environment
from composer.core.errors import OutputError
from composer.core.event_log import attached

pytestmark = pytest.mark.slow

PERSON = "anna@example.org"


class Records(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.records = list[logging.LogRecord]()

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


def job(run: object) -> Job:
    return Job(name=JobName.ARCHIVE, schedule="* * * * *", run=run)  # type: ignore[arg-type]


def runner(context: MailingContext, order: JobOrder | None = None) -> JobRunner:
    return JobRunner(context.workspace.root, context.environment, order or JobOrder(machine="one"))


def record(context: MailingContext) -> JobRecord:
    with context.database.read() as connection:
        (found,) = records_of(connection)
    return found


def fail(context: MailingContext, order: JobOrder) -> None:
    raise OutputError("the disk is full", "make room")


def crash(context: MailingContext, order: JobOrder) -> None:
    raise ValueError(PERSON)


def test_results_are_recorded(context: MailingContext, caplog: pytest.LogCaptureFixture) -> None:
    """A success, a mistake that a person can fix, a bug: each with its code, and never with a message in the log."""
    for each in (fail, fail, crash):
        one = runner(context)
        one.start(job(each))
        one.drain()
    failed = record(context)
    assert (failed.failures, failed.error, failed.succeeded, failed.machine) == (3, "ValueError", None, "one")
    one = runner(context)
    one.start(job(lambda context, order: None))
    one.drain()
    good = record(context)
    assert (good.failures, good.error) == (0, None)
    assert good.succeeded is not None and good.succeeded == good.ended


def test_events_of_failures(context: MailingContext) -> None:
    """The log has the kind of an error, its place if it is a bug, and no text that may be about a person."""
    seen = Records()
    with attached(seen):
        for each in (fail, crash):
            one = runner(context)
            one.start(job(each))
            one.drain()
    assert [entry.msg for entry in seen.records] == ["job.failed", "job.bug"]
    assert PERSON not in str([vars(entry) for entry in seen.records])


def test_the_same_job_never_runs_twice_at_once(context: MailingContext) -> None:
    """A job that takes longer than its interval is not started again before it has ended."""
    entered, leave, runs = threading.Event(), threading.Event(), list[int]()

    def wait(context: MailingContext, order: JobOrder) -> None:
        runs.append(1)
        entered.set()
        assert leave.wait(60)

    one = runner(context)
    one.start(job(wait))
    assert entered.wait(60)
    one.start(job(wait))
    leave.set()
    one.drain()
    assert runs == [1]


def test_nothing_starts_after_a_stop(context: MailingContext) -> None:
    """A job that comes due while the process stops is left to the next start, or to another machine."""
    order, runs = JobOrder(machine="one"), list[int]()
    order.stop.say()
    one = runner(context, order)
    one.start(job(lambda context, order: runs.append(1)))
    one.drain()
    assert runs == []


def test_a_broken_newsletter_is_logged_and_tried_again(context: MailingContext, tmp_path: Path) -> None:
    """Someone who is editing newsletter.yaml does not end the process; nothing can be recorded then."""
    runs = list[int]()
    path = context.workspace.root / "newsletter.yaml"
    text = path.read_text()
    one = JobRunner(context.workspace.root, Environment(environment={}, folder=tmp_path), JobOrder(machine="one"))
    path.write_text("name: [")
    one.start(job(lambda context, order: runs.append(1)))
    one.drain()
    path.write_text(text)
    assert runs == []
    with context.database.read() as connection:
        assert records_of(connection) == ()
