"""Mailings are proposed, sent and resumed without the command line: functions return values and print nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from composer.app.context import open_newsletter
from composer.app.mailings.mailing_proposal import check_ready, propose
from composer.app.mailings.mailing_resumption import (
    check_ready_to_resume,
    resume,
)
from composer.app.mailings.mailing_run import RunControls, RunFinished, RunRefused, ServerUnreachable
from composer.app.mailings.mailing_start import ApprovalsChanged, send
from composer.app.mailings.mailing_status import status
from composer.app.mailings.mailing_stop import release, stop
from composer.app.mailings.send_options import SendOptions
from composer.app.mailings.send_target import target_of
from composer.delivery.approval.reviews import ReviewAnswer
from composer.delivery.config.delivery_settings import settings_of
from composer.delivery.core.mailing import Mailing, MailingError
from composer.delivery.core.pause import PauseReason
from composer.delivery.core.scheduler import Ending
from composer.delivery.core.states import DeliveryState
from composer.delivery.preflight.preflight import Code
from composer.delivery.worker.progress import Progress
from composer.delivery.worker.stop_request import Stop
from tests.app.mailing_setup import ALLOWED, APPROVALS, clock, give_answer, proposed, resumption, sent
from tests.cli_harness import CliHarness, make_workspace, recipients
from tests.delivery.factories import add_subscribers
from tests.factories import sample
from tests.fake_smtp import FakeSmtp

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


def test_a_rehearsal_of_the_sample_writes_a_message_for_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a mail server, one message for each of three subscribers is written to files, and does not count as sent."""
    make_workspace(tmp_path, monkeypatch, capsys)
    root = sample(tmp_path).root
    issue = max(path.stem for path in (root / "issues").glob("*.yaml"))
    with open_newsletter(root) as context:
        with context.database.write() as connection:
            add_subscribers(connection, 3)
        target = target_of(context, issue, SendOptions())
        found = propose(context, target, SendOptions(), settings_of(context.newsletter), clock)
        assert target.is_rehearsal and found.routes == ()
        assert (found.count, found.refusals, found.waived) == (3, (), ())
        assert Code.UNTESTED in {each.code for each in found.later_refusals}
        outcome = sent(send(context, found))
        assert (outcome.run.ending, outcome.run.sums[S.WRITTEN], outcome.mailing.is_rehearsal) == (Ending.DONE, 3, True)
        assert outcome.folder == root / "outbox" / "mailings" / "1"
        assert len(list(outcome.folder.rglob("*.eml"))) == 3
        assert propose(context, target, SendOptions(), settings_of(context.newsletter), clock).count == 3


def test_a_mailing_is_proposed_and_sent_once(room: CliHarness, office: FakeSmtp) -> None:
    """Each subscriber gets one copy; the callback gets the totals; a second mailing of the issue has no recipients."""
    room.add(4)
    seen: list[Progress] = []

    @contextmanager
    def watch(mailing: Mailing) -> Iterator[Callable[[Progress], None]]:
        assert mailing.frozen == 4
        yield seen.append

    with open_newsletter(room.root) as context:
        found = proposed(context)
        assert (found.count, found.is_rehearsal, found.refusals, found.corrects) == (4, False, (), None)
        assert [each.code for each in found.waived] == [Code.UNTESTED]
        check_ready(context, found)
        outcome = sent(send(context, found, RunControls(watch=watch)))
        assert (outcome.run.ending, outcome.run.sums[S.ACCEPTED], outcome.run.is_over) == (Ending.DONE, 4, True)
        assert outcome.mailing.allowed == ALLOWED and not outcome.twice and not outcome.holds
        assert seen and seen[-1].sums[S.ACCEPTED] == 4
        with pytest.raises(MailingError):
            proposed(context)
        (status_now,) = status(context).mailings
        assert (status_now.mailing.id, status_now.sums[S.ACCEPTED], status_now.held) == (outcome.mailing.id, 4, None)
    assert recipients(office) == [f"Reader{number}@example.net" for number in range(1, 5)]


def test_what_is_refused_is_neither_frozen_nor_sent(room: CliHarness, office: FakeSmtp) -> None:
    room.add(2)
    with open_newsletter(room.root) as context:
        found = proposed(context, allowed={})
        outcome = send(context, found)
        assert isinstance(outcome, RunRefused) and outcome.refusals == found.refusals
        assert [each.code for each in outcome.refusals] == [Code.UNTESTED]
        assert not status(context).mailings
    assert recipients(office) == []


def test_a_changed_number_of_recipients_prevents_freezing(room: CliHarness, office: FakeSmtp) -> None:
    """A number was confirmed: if it has changed, nothing is frozen."""
    room.add(2)
    with open_newsletter(room.root) as context:
        found = proposed(context)
        with context.database.write() as connection:
            add_subscribers(connection, 1, first=3)
        with pytest.raises(MailingError):
            send(context, found)
        assert not status(context).mailings
    assert recipients(office) == []


def test_nobody_to_send_to_is_an_error(room: CliHarness, office: FakeSmtp) -> None:
    with open_newsletter(room.root) as context:
        found = proposed(context)
        assert found.count == 0
        with pytest.raises(MailingError):
            send(context, found)


def test_a_stopped_mailing_is_resumed(room: CliHarness, office: FakeSmtp) -> None:
    """A mailing with a limit is left to a person; when resumed, it is sent to the others, and to none of them twice."""
    room.add(3)
    with open_newsletter(room.root) as context:
        first = sent(send(context, proposed(context, limit=1)))
        assert (first.run.ending, first.run.sums[S.ACCEPTED], first.run.sums.open) == (Ending.LIMIT, 1, 2)
        stop(context, first.mailing.id, clock())
        rest = resumption(context, first.mailing.id)
        assert (rest.count, rest.refusals, rest.waits_for) == (2, (), None)
        assert rest.mailing.pause is not None and rest.mailing.pause.reason is PauseReason.STOPPED
        check_ready_to_resume(context, rest)
        outcome = resume(context, rest)
        assert isinstance(outcome, RunFinished) and outcome.run.sums[S.ACCEPTED] == 3 and outcome.run.is_over
        with pytest.raises(MailingError):
            stop(context, first.mailing.id, clock())
    assert len(recipients(office)) == len(set(recipients(office))) == 3


def test_a_run_that_is_stopped_before_it_begins_sends_nothing(room: CliHarness, office: FakeSmtp) -> None:
    room.add(3)
    said = Stop()
    said.say(is_by_hand=True)
    with open_newsletter(room.root) as context:
        outcome = sent(send(context, proposed(context), RunControls(stop=lambda: said)))
        assert (outcome.run.ending, outcome.run.sums[S.PENDING]) == (Ending.INTERRUPTED, 3)
    assert recipients(office) == []


def test_a_mailing_changed_since_is_refused_until_allowed(room: CliHarness, office: FakeSmtp) -> None:
    """A frozen mailing continues as it was frozen; a change of the issue since then is a refusal."""
    room.add(2)
    with open_newsletter(room.root) as context:
        first = sent(send(context, proposed(context, limit=1)))
        room.write(subject="Another subject altogether")
        rest = resumption(context, first.mailing.id)
        assert [each.code for each in rest.refusals] == [Code.CHANGED]
        assert isinstance(resume(context, rest), RunRefused)
    assert len(recipients(office)) == 1


def test_without_a_server_a_frozen_mailing_stays(room: CliHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeSmtp({}) as office:
        port = office.port
    monkeypatch.setenv("COMPOSE_SMTP_URL", f"smtp://127.0.0.1:{port}")
    room.add(2)
    with open_newsletter(room.root) as context:
        outcome = send(context, proposed(context))
        assert isinstance(outcome, ServerUnreachable) and outcome.error.is_temporary
        assert release(context, outcome.mailing.id, clock())[S.PENDING] == 2


def test_a_withdrawn_approval_prevents_freezing(room: CliHarness, office: FakeSmtp) -> None:
    """If an approval is withdrawn between proposal and freezing, nothing is frozen or sent."""
    room.configure("delivery:\n", APPROVALS)
    room.add(2)
    with open_newsletter(room.root) as context:
        assert Code.UNAPPROVED in {each.code for each in proposed(context).refusals}
        give_answer(context, proposed(context), ReviewAnswer.YES)
        found = proposed(context)
        assert found.refusals == ()
        give_answer(context, found, ReviewAnswer.NO)
        outcome = send(context, found)
        assert isinstance(outcome, ApprovalsChanged)
        assert [each.code for each in outcome.refusals] == [Code.UNAPPROVED]
        assert not status(context).mailings
    assert recipients(office) == []
