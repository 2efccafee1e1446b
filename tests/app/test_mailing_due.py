"""Mailings that a timer sends, without the command line: functions return values and print nothing."""

from collections.abc import Iterator
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path

import pytest

from composer.app.context import open_newsletter
from composer.app.mailings.due_run import DueDry, DueFailed, DueLater, DuePaused, DueSent, DueStopped, send_due
from composer.app.mailings.mailing_run import RunControls, RunRefused
from composer.app.mailings.mailing_start import MailingWaits, send
from composer.app.mailings.mailing_status import status
from composer.delivery.approval.reviews import ReviewAnswer
from composer.delivery.config.delivery_settings import settings_of
from composer.delivery.core.scheduler import Ending
from composer.delivery.core.states import DeliveryState
from composer.delivery.preflight.preflight import Code
from composer.delivery.selection.freeze import freeze
from composer.delivery.worker.progress import Progress
from composer.delivery.worker.stop_request import Stop
from tests.app.mailing_setup import APPROVALS, clock, give_answer, proposed, resumption, sent
from tests.cli_harness import CliHarness, make_workspace, recipients
from tests.delivery.factories import draft
from tests.fake_smtp import FakeSmtp, says

pytestmark = pytest.mark.slow

S = DeliveryState


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[CliHarness]:
    """A newsletter; a test fails if it prints anything."""
    capsys.readouterr()
    yield make_workspace(tmp_path, monkeypatch, capsys)
    assert capsys.readouterr() == ("", "")


@pytest.fixture
def office(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSmtp]:
    with FakeSmtp({}) as office:
        monkeypatch.setenv("COMPOSE_SMTP_URL", f"smtp://127.0.0.1:{office.port}")
        yield office


def test_a_mailing_waits_for_its_time(room: CliHarness, office: FakeSmtp) -> None:
    """A scheduled mailing is not due before its time; then it is sent without a prompt, except in a dry run."""
    room.add(2)
    due = clock().replace(microsecond=0) + timedelta(hours=1)
    with open_newsletter(room.root) as context:
        settings = settings_of(context.newsletter)
        outcome = send(context, proposed(context, due=due))
        assert isinstance(outcome, MailingWaits) and outcome.mailing.due == due
        assert list(send_due(context, settings)) == []
        later = RunControls(clock=lambda: due + timedelta(minutes=1))
        (dry,) = send_due(context, settings, later, is_dry=True)
        assert isinstance(dry, DueDry) and recipients(office) == []
        begun: list[int] = []
        (ran,) = send_due(context, settings, later, begins=lambda mailing: begun.append(mailing.id))
        assert isinstance(ran, DueSent) and begun == [outcome.mailing.id]
        assert sent(ran.outcome).run.sums[S.ACCEPTED] == 2
    assert len(recipients(office)) == 2


def test_a_timer_skips_paused_mailings(room: CliHarness, office: FakeSmtp) -> None:
    """A paused mailing is reported, and the others are sent; after a stop, no further mailing is looked at."""
    room.add(2)
    said = Stop()
    said.say()
    with open_newsletter(room.root) as context:
        settings = settings_of(context.newsletter)
        first = sent(send(context, proposed(context, limit=1)))
        (found,) = send_due(context, settings)
        assert isinstance(found, DuePaused) and found.mailing.id == first.mailing.id
        assert list(send_due(context, settings, RunControls(stop=lambda: said))) == [DueStopped()]
    assert len(recipients(office)) == 1


def test_a_request_for_changes_stops_a_frozen_mailing(room: CliHarness, office: FakeSmtp) -> None:
    """A request for changes stops a mailing that was approved when frozen, for a person and for a timer."""
    room.configure("delivery:\n", APPROVALS)
    room.add(2)
    due = clock().replace(microsecond=0) + timedelta(hours=1)
    later = RunControls(clock=lambda: due + timedelta(minutes=1))
    with open_newsletter(room.root) as context:
        give_answer(context, proposed(context), ReviewAnswer.YES)
        found = proposed(context, due=due)
        waiting = send(context, found)
        assert isinstance(waiting, MailingWaits)
        give_answer(context, found, ReviewAnswer.NO)
        (ran,) = send_due(context, settings_of(context.newsletter), later)
        assert isinstance(ran, DueSent) and isinstance(ran.outcome, RunRefused)
        assert [each.code for each in ran.outcome.refusals] == [Code.UNAPPROVED]
        (now,) = status(context).mailings
        assert now.held is not None and now.held.code is Code.UNAPPROVED
        rest = resumption(context, waiting.mailing.id)
        assert [each.code for each in rest.refusals] == [Code.UNAPPROVED] and rest.waits_for == due
    assert recipients(office) == []


def test_deferred_messages_are_not_retried_early(room: CliHarness, office: FakeSmtp) -> None:
    """A run that was stopped while waiting is not paused; a timer that comes too early sends nothing."""
    room.add(2)
    office.script = {"rcpt": says(b"450 4.2.1 mailbox busy\r\n")}
    said = Stop()

    def tell(progress: Progress) -> None:
        if progress.sums[S.DEFERRED] == 2:
            said.say()

    with open_newsletter(room.root) as context:
        controls = RunControls(stop=lambda: said, watch=lambda mailing: nullcontext(tell))
        first = sent(send(context, proposed(context), controls))
        assert (first.run.ending, first.run.sums[S.DEFERRED]) == (Ending.INTERRUPTED, 2)
        (early,) = send_due(context, settings_of(context.newsletter))
        assert isinstance(early, DueLater) and early.again > clock()
    assert recipients(office) == []


def test_a_failed_mailing_does_not_prevent_others(
    room: CliHarness, office: FakeSmtp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error of the mail server is returned for each mailing, and the next one is tried."""
    room.add(2)
    due = clock().replace(microsecond=0) + timedelta(hours=1)
    later = RunControls(clock=lambda: due + timedelta(minutes=1))
    with open_newsletter(room.root) as context:
        assert isinstance(send(context, proposed(context, due=due)), MailingWaits)
        with context.database.write() as connection:
            freeze(connection, draft("2031-02-27", due=due), clock())
        monkeypatch.setenv("COMPOSE_SMTP_URL", "nonsense")
    with open_newsletter(room.root) as context:
        outcomes = list(send_due(context, settings_of(context.newsletter), later))
        assert [type(each) for each in outcomes] == [DueFailed, DueFailed]
    assert recipients(office) == []
