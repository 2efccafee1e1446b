"""A week of `compose work` alone, in seconds: a scheduled mailing, deferred mail, sign-up mail, bounces, archive, backups.

The clock is the test's, and an engine of the test starts each job at its times. All else is real: the session with its
heartbeats, the database, the mail server, the mailbox, the files.
"""

import os
import shutil
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from apscheduler.triggers.cron import CronTrigger
from sqlalchemy import func, select

from composer.app.context import MailingContext, open_newsletter
from composer.app.mailings.mailing_start import MailingWaits, send
from composer.app.work import certificates, work_session
from composer.app.work.job_order import JobOrder, WorkFolders
from composer.app.work.job_records import records_of
from composer.app.work.job_runner import JobRunner
from composer.app.work.jobs import JOBS, Job
from composer.audience.identity.token_secret import tokens_of
from composer.core.addresses import Address
from composer.database.location import Location
from composer.database.tables.bounce_tables import returned
from composer.database.tables.transactional_tables import transactional_emails
from composer.delivery.core.mailing import mailing_of, sums_of
from composer.delivery.core.states import DeliveryState
from composer.web.public.transactional.mail_requests import EmailKind, EmailRequest, request_email
from tests.app.mailing_setup import ALLOWED, proposed
from tests.bounces.intake import dovecot
from tests.bounces.intake.dovecot import PASSWORD, USER, Dovecot
from tests.bounces.news import report, verp
from tests.cli_harness import CliHarness, make_workspace, recipients
from tests.databases import PostgresServer, postgres_programs
from tests.fake_smtp import FakeSmtp, SmtpSession

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not dovecot.is_there() and not os.environ.get("CI"), reason="needs Dovecot"),
]

#: A Monday; the mailing is scheduled for Thursday morning.
MONDAY = datetime(2031, 1, 27, 0, 30, tzinfo=UTC)
THURSDAY = datetime(2031, 1, 30, 7, 0, tzinfo=UTC)
STEP, END = timedelta(hours=2), MONDAY + timedelta(days=7)
NEWSLETTER = f"""\
delivery:
  public_url: https://news.example.org/n
  imap:
    host: 127.0.0.1
    port: {{port}}
    username: {USER}
    ca_file: certificate.pem
"""


class Clock:
    """Stands still but for the test."""

    def __init__(self) -> None:
        self.now = MONDAY

    def __call__(self) -> datetime:
        return self.now


class Week:
    """The engine: starts each job at its times, two hours at a time, and asks for the end after a week."""

    def __init__(self, jobs: Sequence[Job], runner: JobRunner, order: JobOrder, clock: Clock, events: "Events") -> None:
        self._jobs, self._runner, self._order, self._clock, self._events = jobs, runner, order, clock, events
        self._thread = threading.Thread(target=self._run, name="week")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._thread.join()

    def _run(self) -> None:
        try:
            while self._clock.now < END:
                before, self._clock.now = self._clock.now, self._clock.now + STEP
                for job in self._jobs:
                    trigger = CronTrigger.from_crontab(job.schedule, timezone=UTC)
                    following = trigger.get_next_fire_time(None, before)
                    if following is not None and following <= self._clock.now:
                        self._runner.start(job)
                self._wait()
                self._events.happen(self._clock.now)
        finally:
            self._order.stop.say()

    def _wait(self) -> None:
        """Wait until the jobs have ended, but not for a mailing that waits for its own next attempt."""
        end = time.monotonic() + 1.5
        while self._runner.is_busy and time.monotonic() < end:
            time.sleep(0.005)


class Events:
    """What happens to the newsletter during the week."""

    def __init__(self, context: MailingContext, mailbox: Dovecot, mailing_id: int) -> None:
        self._context, self._mailbox, self._mailing_id = context, mailbox, mailing_id
        self._left = [self._sign_up, self._bounce]

    def happen(self, now: datetime) -> None:
        if self._left and now > THURSDAY + timedelta(days=len(self._left) % 2 + 1):
            self._left.pop()(now)

    def _sign_up(self, now: datetime) -> None:
        address = Address(address="new@example.org")
        request = EmailRequest(kind=EmailKind.CONFIRM, address=address, values={}, language="en", asked=now)
        with self._context.database.write() as connection:
            request_email(connection, request)

        def is_sent() -> bool:
            with self._context.database.read() as connection:
                state = connection.scalar(select(transactional_emails.c.state))
            return state == DeliveryState.ACCEPTED

        end = time.monotonic() + 120
        while not is_sent():
            assert time.monotonic() < end
            time.sleep(0.05)

    def _bounce(self, now: datetime) -> None:
        tokens = tokens_of(self._context.database, self._context.environment)
        with self._context.database.read() as connection:
            public_id = mailing_of(connection, self._mailing_id).public_id
        self._mailbox.put(1, report(verp(2, public_id, tokens), "reader2@example.net"))


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Dovecot]:
    with dovecot.dovecot() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def location(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Location | None]:
    if request.param == "sqlite":
        yield None
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    # The server's own pg_dump: an older one refuses.
    monkeypatch.setenv("PATH", f"{postgres_programs()}{os.pathsep}{os.environ['PATH']}")
    found = server.create(request.getfixturevalue("postgres_template"))
    yield found
    server.drop(found)


@pytest.fixture
def room(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    location: Location | None,
    mailbox: Dovecot,
) -> CliHarness:
    mailbox.clear()
    room = make_workspace(tmp_path, monkeypatch, capsys)
    room.location = location
    if location is not None:
        monkeypatch.setenv("COMPOSE_DATABASE_URL", location.url)
    monkeypatch.setenv("COMPOSE_IMAP_PASSWORD", PASSWORD)
    room.configure("delivery:\n  unsubscribe_url: https://leave.example.org/{token}\n", "")
    path = room.root / "newsletter.yaml"
    path.write_text(path.read_text(encoding="utf-8") + NEWSLETTER.format(port=mailbox.tls_port), encoding="utf-8")
    shutil.copy(mailbox.home / "certificate.pem", room.root / "certificate.pem")
    return room


def test_each_thing_is_done_exactly_once(
    room: CliHarness, mailbox: Dovecot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One mailing with one deferred recipient, one sign-up mail, one bounce, one archive page, seven backups."""
    refused = list[bytes]()

    def defer_first(session: SmtpSession) -> int:
        line = session.heard[-1]
        if b"Reader3@" in line and not refused:
            refused.append(line)
            return session.say(b"451 4.3.0 later\r\n")
        return session.say(b"250 2.1.5 Ok\r\n")

    clock = Clock()
    folders = WorkFolders(archive=tmp_path / "public", backups=tmp_path / "copies")
    with FakeSmtp({"rcpt": defer_first}) as office, open_newsletter(room.root) as context:
        monkeypatch.setenv("COMPOSE_SMTP_URL", f"smtp://127.0.0.1:{office.port}")
        room.add(5)
        outcome = send(context, proposed(context, due=THURSDAY, allowed=ALLOWED | {"no-pages": "a test"}))
        assert isinstance(outcome, MailingWaits)
        order = JobOrder(machine="desk", folders=folders, clock=clock)
        events = Events(context, mailbox, outcome.mailing.id)
        monkeypatch.setattr(
            work_session,
            "_engine",
            lambda context, session, jobs, runner: Week(jobs, runner, order, clock, events),
        )
        # No server answers at the address of the pages.
        monkeypatch.setattr(certificates, "look_at_public_site", lambda url, now: ())
        work_session.work(order, folder=room.root)
        with context.database.read() as connection:
            sums, records = sums_of(connection, outcome.mailing.id), records_of(connection)
            bounces = connection.scalar(select(func.count()).select_from(returned))
    assert sums.is_complete and sums[DeliveryState.ACCEPTED] == 5 and len(refused) == 1
    assert sorted(recipients(office)) == sorted(
        ["new@example.org", *(f"Reader{number}@example.net" for number in range(1, 6))]
    )
    assert bounces == 1 and mailbox.folder() == []
    assert (tmp_path / "public" / "2031" / "01-30" / "index.html").is_file()
    days = [f"2031-01-{day:02}" for day in range(27, 32)] + [f"2031-02-{day:02}" for day in range(1, 3)]
    assert [path.stem for path in sorted((tmp_path / "copies").iterdir())] == days
    assert {each.name: each.failures for each in records} == dict.fromkeys((job.name for job in JOBS), 0)
