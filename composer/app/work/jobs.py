"""The list of scheduled jobs: what each is called, when it runs, and which machines do it.

Input: the newsletter, the folders of a machine. Output: its jobs. Guarantees: each job may run at any time, any number of
times, on any machine.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from composer.app.context import MailingContext
from composer.app.work import job_functions
from composer.app.work.job_order import JobOrder, WorkFolders
from composer.content.document.newsletter import Newsletter


class JobName(StrEnum):
    """The names of jobs, as they are stored and logged."""

    MAILINGS = "mailings"
    BOUNCES = "bounces"
    ARCHIVE = "archive"
    BACKUPS = "backups"
    CERTIFICATES = "certificates"
    ALERTS = "alerts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A scheduled job."""

    name: JobName
    #: As in crontab(5), in UTC.
    schedule: str
    run: Callable[[MailingContext, JobOrder], None]
    is_wanted: Callable[[Newsletter, WorkFolders], bool] = lambda newsletter, folders: True
    #: Whether every machine does it at the same time; otherwise the first machine that is free does it.
    is_shared: bool = False


#: A backup is made once a day: the job only looks more often, so that it is made soon after a pause.
JOBS = (
    Job(name=JobName.MAILINGS, schedule="* * * * *", run=job_functions.send_mailings, is_shared=True),
    Job(
        name=JobName.BOUNCES,
        schedule="*/10 * * * *",
        run=job_functions.read_bounces,
        is_wanted=lambda newsletter, folders: newsletter.delivery.imap is not None,
    ),
    Job(
        name=JobName.ARCHIVE,
        schedule="*/5 * * * *",
        run=job_functions.publish_archive,
        is_wanted=lambda newsletter, folders: folders.archive is not None,
    ),
    Job(
        name=JobName.BACKUPS,
        schedule="*/15 * * * *",
        run=job_functions.back_up,
        is_wanted=lambda newsletter, folders: folders.backups is not None or folders.keys is not None,
    ),
    Job(name=JobName.CERTIFICATES, schedule="23 */6 * * *", run=job_functions.check_certificates),
    Job(name=JobName.ALERTS, schedule="7 * * * *", run=job_functions.raise_alerts),
)


def jobs_of(newsletter: Newsletter, folders: WorkFolders) -> tuple[Job, ...]:
    """Return the jobs that a machine with these folders does."""
    return tuple(job for job in JOBS if job.is_wanted(newsletter, folders))
