"""Mailings are stopped, settled and reported without the command line: functions return values and print nothing."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from composer.app.context import MailingContext, open_newsletter
from composer.app.mailings.mailing_resumption import (
    resume,
)
from composer.app.mailings.mailing_run import RunFinished
from composer.app.mailings.mailing_start import send
from composer.app.mailings.mailing_status import status
from composer.app.mailings.mailing_stop import end, release, stop
from composer.app.mailings.report_files import report
from composer.app.mailings.settlement import SettleDecision, lost_mailing, settle, unconfirmed
from composer.core.errors import UsageError
from composer.delivery.core.mailing import MailingError
from composer.delivery.core.states import DeliveryState
from tests.app.mailing_setup import ISSUE, clock, proposed, resumption, sent
from tests.cli_harness import CliHarness, make_workspace, recipients
from tests.delivery.factories import frozen
from tests.fake_smtp import FakeSmtp, SmtpSession

pytestmark = pytest.mark.slow

S = DeliveryState


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[CliHarness]:
    """A newsletter; a test fails if it prints anything."""
    capsys.readouterr()
    yield make_workspace(tmp_path, monkeypatch, capsys)
    assert capsys.readouterr() == ("", "")


@pytest.fixture
def context(room: CliHarness) -> Iterator[MailingContext]:
    with open_newsletter(room.root) as context:
        yield context


@pytest.fixture
def office(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSmtp]:
    with FakeSmtp({}) as office:
        monkeypatch.setenv("COMPOSE_SMTP_URL", f"smtp://127.0.0.1:{office.port}")
        yield office


def test_a_mailing_is_stopped_once_and_ended(context: MailingContext) -> None:
    """A second stop is not new; once cancelled, remaining recipients are expired, and the mailing cannot be stopped."""
    mailing = frozen(context.database, 3)
    first, second = stop(context, mailing.id, clock()), stop(context, mailing.id, clock())
    assert (first.issue, first.is_new, second.is_new) == (mailing.issue, True, False)
    assert release(context, mailing.id, clock())[S.PENDING] == 3
    told: list[object] = []
    ended = end(context, mailing.id, clock, tell=lambda alive, until: told.append(alive))
    assert ended.sums is not None and ended.sums[S.EXPIRED] == 3 and ended.sums.is_complete
    assert not ended.alive and not told
    with pytest.raises(MailingError):
        stop(context, mailing.id, clock())


def test_what_is_not_there_cannot_be_stopped(context: MailingContext) -> None:
    for function in (stop, release):
        with pytest.raises(MailingError):
            function(context, 7, clock())


def test_a_report_is_written_to_a_folder(context: MailingContext, tmp_path: Path) -> None:
    """It is written to the given folder, or to the outbox; its figures are those of the mailing."""
    mailing = frozen(context.database, 3)
    here = report(context, mailing.id, clock(), folder=tmp_path / "here")
    assert {each.parent for each in here.paths} == {tmp_path / "here" / "1-report"}
    there = report(context, mailing.id, clock())
    assert {each.parent for each in there.paths} == {context.workspace.root / "outbox" / "mailings" / "1-report"}
    assert all(each.is_file() for each in (*here.paths, *there.paths))
    assert there.statistics.sums.frozen == there.statistics.sums[S.PENDING] == 3


def _two_unconfirmed(room: CliHarness, office: FakeSmtp, context: MailingContext) -> int:
    """Send to three recipients; for two of them, the server does not answer after the message."""
    room.add(3)

    def dot(visit: SmtpSession) -> int:
        if b"Reader3@" in (visit.recipient or b""):
            return visit.say(b"250 2.0.0 Ok: queued as X1\r\n")
        visit.take()
        visit.connection.close()
        return 0

    office.script, office.offers = {"dot": dot}, ()
    run = sent(send(context, replace(found := proposed(context), settings=replace(found.settings, connections=1)))).run
    office.script = {}
    assert (run.sums[S.ACCEPTED], run.sums[S.UNKNOWN]) == (1, 2)
    return 1


def test_the_unconfirmed_count_as_received(room: CliHarness, office: FakeSmtp) -> None:
    """They are listed with their Message-IDs; a decision resolves all of them, and the mailing ends."""
    with open_newsletter(room.root) as context:
        mailing = _two_unconfirmed(room, office, context)
        found = unconfirmed(context, mailing, clock(), most=1)
        (one,) = found.first
        assert (found.count, one.name, one.message_id[0], one.message_id[-1]) == (2, "Reader1@example.net", "<", ">")
        done = settle(context, mailing, SettleDecision.RECEIVED, clock())
        assert (done.settled, done.left, done.sums[S.ACCEPTED], done.sums.is_complete) == (2, 0, 3, True)
        assert unconfirmed(context, mailing, clock()).count == 0
        found_status = status(context, mailing, most=5)
        assert [each.count for each in found_status.mailings[0].decided] == [2] and not found_status.not_received


def test_the_unconfirmed_are_sent_again(room: CliHarness, office: FakeSmtp) -> None:
    """They are pending again and get a second copy; the number of possible second copies is known."""
    with open_newsletter(room.root) as context:
        mailing = _two_unconfirmed(room, office, context)
        done = settle(context, mailing, SettleDecision.AGAIN, clock())
        assert (done.settled, done.left, done.sums[S.PENDING]) == (2, 0, 2)
        outcome = resume(context, resumption(context, mailing))
        assert isinstance(outcome, RunFinished)
        assert (outcome.twice, outcome.run.sums[S.ACCEPTED], outcome.run.is_over) == (2, 3, True)
    assert recipients(office).count("Reader1@example.net") == 2


def test_a_log_that_proves_nothing_settles_nobody(room: CliHarness, office: FakeSmtp, tmp_path: Path) -> None:
    with open_newsletter(room.root) as context:
        mailing = _two_unconfirmed(room, office, context)
        (tmp_path / "mail.log").write_text("nothing of interest\n", encoding="utf-8")
        done = settle(context, mailing, tmp_path / "mail.log", clock())
        assert (done.settled, done.left, done.sums[S.UNKNOWN]) == (0, 2, 2)
        with pytest.raises(UsageError):
            settle(context, mailing, tmp_path / "missing.log", clock())


def test_an_issue_that_was_not_lost_is_not_released(context: MailingContext) -> None:
    with pytest.raises(MailingError):
        lost_mailing(context, ISSUE)
