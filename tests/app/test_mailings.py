"""Mailings by their use cases, without a command line: values go in, values come out, nothing is printed."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from composer.app.context import MailingContext, open_newsletter
from composer.app.mailings.mailing_stop import end, release, stop
from composer.app.mailings.report_files import report
from composer.delivery.core.mailing import MailingError
from composer.delivery.core.states import DeliveryState
from tests.cli_harness import CliHarness, make_workspace
from tests.delivery.factories import frozen

S = DeliveryState


def clock() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[CliHarness]:
    """A newsletter; what a test did in it printed nothing."""
    capsys.readouterr()
    yield make_workspace(tmp_path, monkeypatch, capsys)
    assert capsys.readouterr() == ("", "")


@pytest.fixture
def context(room: CliHarness) -> Iterator[MailingContext]:
    with open_newsletter(room.root) as context:
        yield context


def test_a_mailing_is_stopped_once_and_ended(context: MailingContext) -> None:
    """Stopped twice it is new once; ended, everybody who was still to get it is given up, and nothing is left to stop."""
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
    for deed in (stop, release):
        with pytest.raises(MailingError):
            deed(context, 7, clock())


def test_a_report_is_written_where_it_is_wanted(context: MailingContext, tmp_path: Path) -> None:
    """Below the folder that is named, else below the outbox; its figures are those of the mailing."""
    mailing = frozen(context.database, 3)
    here = report(context, mailing.id, clock(), folder=tmp_path / "here")
    assert {each.parent for each in here.paths} == {tmp_path / "here" / "1-report"}
    there = report(context, mailing.id, clock())
    assert {each.parent for each in there.paths} == {context.workspace.root / "outbox" / "mailings" / "1-report"}
    assert all(each.is_file() for each in (*here.paths, *there.paths))
    assert there.statistics.sums.frozen == there.statistics.sums[S.PENDING] == 3
