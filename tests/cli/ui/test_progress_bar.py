"""The lines that a run prints without a terminal."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from composer.cli.ui.progress_bar import shown
from composer.delivery.core.mailing import Sums
from composer.delivery.core.scheduler import Wait, Why
from composer.delivery.worker.progress import Progress

NOW = datetime(2025, 1, 30, 6, 30, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def _progress(wait: Wait | None) -> Progress:
    sums = Sums(frozen=0, by_state={})
    return Progress(sums=sums, tried=0, open=0, seconds=1.0, pace=0.0, rate=None, wait=wait)


@pytest.mark.parametrize(
    ("why", "words"),
    [
        (Why.NO_CONNECTION, "paused until 07:30:00: no connection to the server"),
        (Why.SERVER, "paused until 07:30:00: the server asked to slow down"),
        (Why.ELSEWHERE, "paused until 07:30:00: the server asked another run to slow down"),
        (Why.QUOTA, "waiting until 07:30:00: the daily quota is used up"),
        (Why.RETRY, "waiting until 07:30:00: deferred messages are retried then"),
    ],
)
def test_a_wait_is_one_line_that_says_what_for(why: Why, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A wait prints one line on stderr, in the newsletter's time zone, at most once a minute."""
    with shown("mailing 1 of 2025-01-30", BERLIN) as tell:
        tell(_progress(None))
        for seconds in (0, 0, 5):
            tell(_progress(Wait(until=NOW + timedelta(seconds=seconds), why=why)))
    said = capsys.readouterr()
    assert said.err == f"mailing 1 of 2025-01-30: {words}\n" and said.out == ""
