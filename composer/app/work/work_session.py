"""One process of `compose work`, from its start to its end.

Input: a newsletter's folder, a `JobOrder` with its stop request. Output: nothing; results are in the database, in files and in
the event log. Guarantees: what would prevent a job is reported before the first one starts; after a stop request, a mailing in
progress is drained before the process ends.
"""

import contextlib
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from composer.app.context import MailingContext, open_newsletter
from composer.app.work.job_engine import Engine
from composer.app.work.job_order import JobOrder
from composer.app.work.job_runner import JobRunner
from composer.app.work.jobs import Job, jobs_of
from composer.app.work.metrics import served_metrics
from composer.audience.identity.token_secret import tokens_of
from composer.core.environment import Environment
from composer.core.environment import environment as own_environment
from composer.core.errors import ComposeError, UsageError
from composer.core.event_log import emit
from composer.database import machines
from composer.database.backup import require_backup_program
from composer.database.machines import Machine, WorkConflictError
from composer.database.schema_version import newest, version_of
from composer.delivery.config.passphrase_encryption import LEAST
from composer.delivery.core.scheduler import StopLevel

_LOG = logging.getLogger("compose.work")
#: The name under which a machine lists that it sends the mail of the public pages.
PAGES = "public_pages_mail"
#: Seconds that a mail of the public pages may take at the end.
LAST_MAIL = 20


def work(
    order: JobOrder,
    *,
    folder: Path | None = None,
    environment: Environment | None = None,
    opened: Callable[[Machine], None] = lambda machine: None,
) -> None:
    """Do every scheduled job at its time, until the order's stop request.

    `opened` is called once everything has started. Raises WorkConflictError if another process does not allow it, and
    ComposeError for settings that prevent a job.
    """
    environment = environment or own_environment()
    with open_newsletter(folder, environment) as context:
        _check(context, order)
        jobs = jobs_of(context.newsletter, order.folders)
        has_pages = context.newsletter.delivery.public_url is not None
        names = (*(job.name.value for job in jobs), *((PAGES,) if has_pages else ()))
        session = _Session(context, order, names)
        runner = JobRunner(context.workspace.root, environment, order)
        with contextlib.ExitStack() as stack:
            stack.callback(session.end)
            if has_pages:
                stack.enter_context(_pages_mail(context, order))
            if order.metrics_port is not None:
                stack.enter_context(served_metrics(context, order.metrics_port, order.clock))
            stack.callback(runner.drain)
            # Whatever ends this block also ends the mailings in progress.
            stack.callback(lambda: order.stop.level is StopLevel.NONE and order.stop.say())
            engine = _engine(context, session, jobs, runner)
            stack.callback(engine.stop)
            engine.start()
            emit(_LOG, "work.began", machine=session.machine.id)
            opened(session.machine)
            session.beat_until_stopped()
            emit(_LOG, "work.stopping", said="stopping: running jobs are finished or drained")


def _check(context: MailingContext, order: JobOrder) -> None:
    if order.folders.backups is not None:
        require_backup_program(context.database)
    if order.folders.keys is not None and len(order.folders.passphrase) < LEAST:
        raise UsageError(
            "--keys needs the passphrase that encrypts the keys",
            f"set COMPOSE_KEYS_PASSPHRASE, with at least {LEAST} characters",
        )


def _engine(context: MailingContext, session: "_Session", jobs: tuple[Job, ...], runner: JobRunner) -> Engine:
    """Return what starts the jobs: within this process on SQLite, through the database on PostgreSQL."""
    if context.database.path is not None:
        from composer.app.work.local_engine import LocalEngine

        return LocalEngine(jobs, runner.start)
    from composer.app.work.cluster_engine import ClusterEngine

    url, machine_id = context.database.location.url, session.machine.id
    return ClusterEngine(url, machine_id, jobs, runner.start, session.live_ids)


class _Session:
    """One process among the others."""

    def __init__(self, context: MailingContext, order: JobOrder, jobs: tuple[str, ...]) -> None:
        self._database, self._order = context.database, order
        with self._database.write() as connection:
            program = version("compose-newsletter")
            self.machine = machines.register(connection, order.machine, program, jobs, order.clock())

    def live_ids(self) -> tuple[int, ...]:
        """Return the ids of the processes that are running."""
        with self._database.read() as connection:
            return tuple(each.id for each in machines.live_machines(connection, self._order.clock()))

    def beat_until_stopped(self) -> None:
        """Record that this process is alive until a stop is requested. Raises WorkConflictError."""
        while not self._order.stop.wait(machines.HEARTBEAT_INTERVAL.total_seconds()):
            try:
                self._beat()
            except WorkConflictError:
                raise
            except ComposeError as error:
                # The jobs fail for the same reason, and start again when the database is back.
                said = f"heartbeat failed: {error.message}"
                emit(_LOG, "work.no_heartbeat", level=logging.ERROR, said=said, error=type(error).__name__)

    def end(self) -> None:
        """Record the end of this process."""
        with contextlib.suppress(ComposeError), self._database.write() as connection:
            machines.end(connection, self.machine.id, self._order.clock())

    def _beat(self) -> None:
        with self._database.write() as connection:
            if version_of(connection) != newest():
                raise WorkConflictError(
                    "the database was upgraded by a newer version of compose", "update compose on this machine"
                )
            is_known = machines.heartbeat(connection, self.machine.id, self._order.clock())
        if not is_known:
            # The other machines, and the queue of this one, know only the number of the lost row.
            raise WorkConflictError("the database no longer knows this machine", "start compose work again")


@contextmanager
def _pages_mail(context: MailingContext, order: JobOrder) -> Iterator[None]:
    """Send the mail of the public pages inside the block, as `compose serve` does."""
    # Imported late: not every newsletter has public pages.
    from composer.web.public.http.write_executor import WriteExecutor
    from composer.web.public.site.public_settings import read_public_settings
    from composer.web.public.transactional.worker import TransactionalWorker

    settings = read_public_settings(context.workspace, context.environment, order.clock())
    executor = WriteExecutor(context.database)
    worker = TransactionalWorker(
        database=context.database,
        executor=executor,
        mailer=settings.mailer,
        tokens=tokens_of(context.database, context.environment),
        clock=order.clock,
        log=_LOG,
    )
    worker.start()
    try:
        yield
    finally:
        worker.stop(LAST_MAIL)
        executor.close()
