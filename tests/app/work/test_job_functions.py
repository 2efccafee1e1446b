"""What the scheduled jobs do, and that each may be repeated."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from composer.app.context import MailingContext
from composer.app.work.alerts import AlertCode, alerts_of
from composer.app.work.job_functions import (
    BACKUP_HOUR,
    KEEP_BACKUPS,
    back_up,
    check_certificates,
    publish_archive,
    raise_alerts,
    read_bounces,
)
from composer.app.work.job_order import JobOrder, WorkFolders
from composer.app.work.job_records import record_failure, record_start
from composer.app.work.jobs import JOBS, JobName, jobs_of
from composer.database.tables.mailing_tables import deliveries, mailings
from composer.database.tables.work_tables import machines
from tests.delivery.factories import frozen

pytestmark = pytest.mark.slow

NIGHT = datetime(2031, 1, 30, 4, tzinfo=UTC)


def order(folders: WorkFolders, now: datetime) -> JobOrder:
    return JobOrder(machine="one", folders=folders, clock=lambda: now)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_one_backup_a_day(context: MailingContext, tmp_path: Path) -> None:
    """However often the job runs, there is one copy of database and keys for each night; old ones are deleted."""
    folders = WorkFolders(backups=tmp_path / "copies", keys=tmp_path / "keys", passphrase="a long enough passphrase")
    for hours in (0, 1, 20, 24, 25):
        back_up(context, order(folders, NIGHT + timedelta(hours=hours)))
    assert names(tmp_path / "copies") == ["2031-01-30.db", "2031-01-31.db"]
    assert names(tmp_path / "keys") == ["2031-01-30.keys", "2031-01-31.keys"]
    assert (tmp_path / "copies" / "2031-01-30.db").stat().st_mode & 0o777 == 0o600
    (tmp_path / "copies" / "notes.txt").write_text("mine")
    much_later = NIGHT + KEEP_BACKUPS + timedelta(days=1)
    back_up(context, order(folders, much_later))
    assert names(tmp_path / "copies") == ["2031-01-31.db", "2031-02-14.db", "notes.txt"]


def test_the_night_of_a_backup_begins_at_its_hour(context: MailingContext, tmp_path: Path) -> None:
    """Before the hour, in the newsletter's time zone, the copy of the night before counts."""
    folders = WorkFolders(backups=tmp_path / "copies")
    local = NIGHT.astimezone(context.newsletter.zone).replace(hour=BACKUP_HOUR - 1)
    back_up(context, order(folders, local))
    assert names(tmp_path / "copies") == ["2031-01-29.db"]


def test_jobs_without_settings_do_nothing(context: MailingContext, tmp_path: Path) -> None:
    """Without a mailbox, a folder or a mailing there is nothing to do, and that is not an error."""
    for folders in (WorkFolders(), WorkFolders(archive=tmp_path / "public")):
        for run in (read_bounces, publish_archive, back_up, check_certificates, raise_alerts):
            run(context, order(folders, NIGHT))
    assert names(tmp_path) == ["news"]
    always = [JobName.MAILINGS, JobName.CERTIFICATES, JobName.ALERTS]
    assert [job.name for job in jobs_of(context.newsletter, WorkFolders())] == always
    everything = WorkFolders(archive=tmp_path, backups=tmp_path)
    assert len(jobs_of(context.newsletter, everything)) == len(JOBS) - 1


def test_alerts(context: MailingContext) -> None:
    """Each cause has its code and its count; without a cause, nothing is found."""
    now = datetime.now(UTC)
    with context.database.read() as connection:
        assert alerts_of(connection, now) == ()
    frozen(context.database, 3)
    with context.database.write() as connection:
        connection.execute(update(mailings).values(made=now))
        connection.execute(update(deliveries).where(deliveries.c.subscriber_id == 1).values(state="unknown"))
        record_start(connection, "bounces", "one", now)
        for _ in range(3):
            record_failure(connection, "bounces", 1.0, "MailboxError", now)
        silent = {"host": "far", "process": 1, "program": "0.1.0", "protocol": 1, "jobs": "[]", "began": now}
        connection.execute(insert(machines).values(name="two", seen=now - timedelta(hours=1), **silent))
        found = {each.code: each.count for each in alerts_of(connection, now)}
    assert found == {AlertCode.UNCONFIRMED: 1, AlertCode.JOB_FAILS: 3, AlertCode.MACHINE_SILENT: 1}
