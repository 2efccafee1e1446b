"""The time of a mailing: what people type, clock changes, and the issue's date."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from composer.app.mailings.mailing_proposal import days_early
from composer.cli.sending.send_time import question, time_of
from composer.core.errors import UsageError
from tests.cli_harness import CliHarness, make_workspace
from tests.fake_smtp import FakeSmtp

BERLIN, NEW_YORK, TEHRAN = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York"), ZoneInfo("Asia/Tehran")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
NOW = datetime(2025, 1, 30, 6, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-01-30 07:30", "2025-01-30T07:30+01:00"),
        ("2025-07-30T07:00", "2025-07-30T07:00+02:00"),
        ("07:01", "2025-01-30T07:01+01:00"),
        ("07:00", "2025-01-31T07:00+01:00"),
        ("06:59", "2025-01-31T06:59+01:00"),
        ("06:30+00:00", "2025-01-30T06:30+00:00"),
        ("06:00Z", "2025-01-31T06:00+00:00"),
        ("2025-10-26 02:30+02:00", "2025-10-26T02:30+02:00"),
        ("2025-10-26 02:30+01:00", "2025-10-26T02:30+01:00"),
        ("2025-10-26 01:59", "2025-10-26T01:59+02:00"),
        ("2025-10-26 03:00", "2025-10-26T03:00+01:00"),
        ("2025-03-30 01:59", "2025-03-30T01:59+01:00"),
        ("2025-03-30 03:00", "2025-03-30T03:00+02:00"),
    ],
)
def test_times(text: str, expected: str) -> None:
    """Times are in the newsletter's time zone unless they contain an offset."""
    found = time_of(text, BERLIN, NOW)
    assert found == datetime.fromisoformat(expected) and found.utcoffset() is not None


@pytest.mark.parametrize(
    "text", ["half past seven", "", "2025-02-30 07:00", "2025-03-01", "25:00", "2025-01-30 06:59", "20250301"]
)
def test_invalid_times_are_refused(text: str) -> None:
    """A date alone and a time in the past are refused, too."""
    with pytest.raises(UsageError):
        time_of(text, BERLIN, NOW)


@pytest.mark.parametrize(
    ("text", "zone", "possible"),
    [
        ("2025-03-30 02:30", BERLIN, ("2025-03-30 01:30", "2025-03-30 03:30")),
        ("2025-03-30 02:00", BERLIN, ("2025-03-30 01:00", "2025-03-30 03:00")),
        ("2026-03-08 02:59", NEW_YORK, ("2026-03-08 01:59", "2026-03-08 03:59")),
        ("2025-10-05 02:15", LORD_HOWE, ("2025-10-05 01:45", "2025-10-05 02:45")),
        ("2025-10-26 02:30", BERLIN, ("2025-10-26 02:30+02:00", "2025-10-26 02:30+01:00")),
        ("2025-10-26 02:00", BERLIN, ("2025-10-26 02:00+02:00", "2025-10-26 02:00+01:00")),
        ("2025-11-02 01:30", NEW_YORK, ("2025-11-02 01:30-04:00", "2025-11-02 01:30-05:00")),
    ],
)
def test_clock_changes(text: str, zone: ZoneInfo, possible: tuple[str, str]) -> None:
    """Times that do not exist, or exist twice, are refused; the times in the hint are accepted."""
    with pytest.raises(UsageError) as caught:
        time_of(text, zone, NOW)
    for each in possible:
        assert f'--at "{each}"' in caught.value.hint
        assert time_of(each, zone, NOW) > NOW


def test_a_time_of_today_that_is_skipped() -> None:
    """`02:30` in the night of a clock change is not another time; on the days around it, it is accepted."""
    with pytest.raises(UsageError):
        time_of("02:30", BERLIN, datetime(2025, 3, 29, 12, tzinfo=UTC))
    assert time_of("02:30", BERLIN, datetime(2025, 3, 28, 12, tzinfo=UTC)) == datetime(2025, 3, 29, 1, 30, tzinfo=UTC)


def test_every_hour_of_a_year() -> None:
    """Only hours that do not exist or exist twice are refused; all others are returned as typed."""
    for zone, refused in ((BERLIN, 2), (NEW_YORK, 2), (TEHRAN, 0)):
        count = 0
        for hour in range(24 * 366):
            typed = datetime(2025, 2, 1) + timedelta(hours=hour)
            try:
                found = time_of(f"{typed:%Y-%m-%d %H:%M}", zone, NOW)
            except UsageError:
                count += 1
            else:
                assert found.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == typed
        assert count == refused, zone


def test_days_early() -> None:
    """The question begins two days before the date, in the editors' time zone."""
    dated = date(2025, 2, 1)
    for moment, days in (
        (datetime(2025, 1, 30, 22, 59, tzinfo=UTC), 2),
        (datetime(2025, 1, 30, 23, 1, tzinfo=UTC), 0),
        (datetime(2025, 2, 1, 6, tzinfo=UTC), 0),
        (datetime(2025, 2, 5, 6, tzinfo=UTC), 0),
        (datetime(2024, 2, 1, 6, tzinfo=UTC), 366),
    ):
        assert days_early(dated, moment, BERLIN) == days
    assert question(None, 0) == "send it to" and "now, 3 days before" in question(None, 3)
    assert "schedule it, 3 days before" in question(NOW, 3)


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CliHarness:
    return make_workspace(tmp_path, monkeypatch, capsys)


def test_the_issues_own_date(room: CliHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the issue's date, sending is refused unless allowed; days before it, there is a warning; on it, neither."""
    with FakeSmtp({}) as office:
        monkeypatch.setenv("COMPOSE_SMTP_URL", f"smtp://127.0.0.1:{office.port}")
        room.add(2)
        assert room.say("test", "2031-01-30").code == 0
        late = ("send", "2031-01-30", "--at", "2031-02-03 07:00", "--dry-run")
        said = room.say(*late)
        assert said.code == 1 and "DATE01" in said.all and "4 days ago" not in room.say("check", "2031-01-30").all
        assert room.say(*late, "--allow", "DATE01=a holiday").code == 0
        assert "days before" in room.say("send", "2031-01-30", "--dry-run").out
        assert "days before" not in room.say("send", "2031-01-30", "--at", "2031-01-30 07:00", "--dry-run").all
        assert "days before" not in room.say("send", "2031-01-30", "--at", "2031-01-29 19:00", "--dry-run").all
        assert "5 days before" in room.say("send", "2031-01-30", "--at", "2031-01-25 19:00", "--dry-run").out
        assert room.mailings() == [] or all(each.is_rehearsal for each in room.mailings())
