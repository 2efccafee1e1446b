"""Audience health: judgements at the limits of the providers, a page in one file, growth that adds up."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest
from sqlalchemy import select, update

from composer.audience.changes import add_subscriber, confirm, unsubscribe
from composer.audience.mailbox_providers import Provider, provider_of
from composer.audience.suppression import Reason, suppress
from composer.bounces.health.audience_health import AudienceHealth, Figures, HealthMark, MailingFigures, Month
from composer.bounces.health.health_page import page
from composer.bounces.health.health_query import health_of
from composer.cli.commands.audience import _lines
from composer.cli.main import run
from composer.core.addresses import Address
from composer.database.engine import Database
from composer.database.tables.subscriber_tables import subscriber_changes, subscribers
from tests.audience.list_factory import take
from tests.factories import sample_message

NOW = datetime(2025, 3, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("figures", "bounces", "complaints"),
    [
        (Figures(accepted=99, bounced=50, complaints=9), HealthMark.FEW, HealthMark.FEW),
        (Figures(accepted=1000, bounced=19, complaints=1), HealthMark.GOOD, HealthMark.GOOD),
        (Figures(accepted=1000, bounced=20, complaints=2), HealthMark.WATCH, HealthMark.WATCH),
        (Figures(accepted=1000, bounced=50, complaints=3), HealthMark.ALARM, HealthMark.ALARM),
        (Figures(accepted=10_000, bounced=499, complaints=29), HealthMark.WATCH, HealthMark.WATCH),
        (Figures(accepted=900, refused=100, bounced=100), HealthMark.ALARM, HealthMark.GOOD),
        (Figures(accepted=110, bounced=2, complaints=1), HealthMark.GOOD, HealthMark.GOOD),
    ],
)
def test_rates_are_judged_by_the_limits(figures: Figures, bounces: HealthMark, complaints: HealthMark) -> None:
    """The limits: 0.1 and 0.3 % of complaints, 2 and 5 % of bounces; one complaint in a few hundred is not a rate."""
    assert (figures.bounce_mark, figures.complaint_mark) == (bounces, complaints)


@pytest.mark.parametrize(
    ("domain", "provider"),
    [
        ("gmail.com", Provider.GMAIL),
        ("googlemail.com", Provider.GMAIL),
        ("yahoo.co.jp", Provider.YAHOO),
        ("aol.com", Provider.YAHOO),
        ("hotmail.fr", Provider.MICROSOFT),
        ("outlook.com", Provider.MICROSOFT),
        ("gmail.com.example.org", Provider.OTHERS),
        ("notyahoo.com", Provider.OTHERS),
        ("", Provider.OTHERS),
    ],
)
def test_providers_of_domains(domain: str, provider: Provider) -> None:
    """The provider follows from the domain alone, without a lookup."""
    assert provider_of(domain) is provider


def test_growth_adds_up(database: Database) -> None:
    """New and lost subscribers count in their month, and the totals at the end of each month are right."""

    def at(month: int) -> datetime:
        return datetime(2025, month, 3, tzinfo=UTC)

    with database.write() as connection:
        ids = [
            add_subscriber(
                connection, Address(address=f"r{n}@x.example"), {}, source="t", now=at(1 + n % 2), consent="yes"
            ).id
            for n in range(6)
        ]
        add_subscriber(connection, Address(address="pending@x.example"), {}, source="t", now=at(2))
        unsubscribe(connection, ids[0], source="t", now=at(2))
        suppress(connection, "r1@x.example", Reason.BOUNCED, "bounce", at(3))
        suppress(connection, "r2@x.example", Reason.COMPLAINED, "complaint", at(3))
    with database.read() as connection:
        health = health_of(connection, NOW, 90)
    assert health.months == (
        Month(first=date(2025, 1, 1), joined=3, active=3),
        Month(first=date(2025, 2, 1), joined=3, left=1, active=5),
        Month(first=date(2025, 3, 1), bounced=1, complained=1, active=3),
    )
    assert health.subscribers == {"pending": 1, "active": 3, "unsubscribed": 1, "bounced": 1, "complained": 1}


def test_imports_are_not_sign_ups(database: Database, tmp_path: Path) -> None:
    """Imported people count separately, also those whom an import activated; months begin with the first of all."""

    def at(month: int) -> datetime:
        return datetime(2025, month, 3, tzinfo=UTC)

    path = tmp_path / "list.csv"
    path.write_text("email\n" + "".join(f"r{n}@x.example\n" for n in range(5)))
    with database.write() as connection:
        signed_up = add_subscriber(
            connection, Address(address="a@x.example"), {}, source="t", now=at(2), consent="yes"
        ).id
        add_subscriber(connection, Address(address="r4@x.example"), {}, source="t", now=at(2))
    take(database, path)
    with database.write() as connection:
        connection.execute(update(subscribers).where(subscribers.c.import_id.is_not(None)).values(created=at(2)))
        connection.execute(update(subscriber_changes).values(at=at(2)))
        first = connection.scalar(select(subscribers.c.id).where(subscribers.c.normal == "r0@x.example"))
        assert first is not None
        unsubscribe(connection, first, source="t", now=at(3))
        confirm(connection, first, "form", source="t", now=at(3))
        unsubscribe(connection, signed_up, source="t", now=at(3))
    with database.read() as connection:
        health = health_of(connection, NOW, 90)
    assert health.months == (
        Month(first=date(2025, 2, 1), joined=1, imported=5, active=6),
        Month(first=date(2025, 3, 1), joined=1, left=2, active=5),
    )


def test_without_subscribers(database: Database) -> None:
    """Without subscribers there is a sentence instead of months and bars."""
    with database.read() as connection:
        health = health_of(connection, NOW, 90)
    assert health.months == () and "Growth    no subscribers yet" in list(_lines(health, 80))
    assert "No subscribers yet" in page(health, "x")


@pytest.mark.parametrize("columns", [20, 70, 75, 80, 100, 300])
@pytest.mark.parametrize(
    "figures",
    [
        [(0, 0)],
        [(1, 0)],
        [(0, 1)],
        [(1, 1)],
        [(0, 0), (0, 0)],
        [(1, 999_999), (999_999, 1), (0, 0)],
        [(1_000_000, 1_000_000)],
        [(3, 2), (1, 0), (7, 7)],
    ],
)
def test_bars_fit(figures: list[tuple[int, int]], columns: int) -> None:
    """Bars fit the space: the longest is the month with the most, and small values are visible."""
    months = tuple(
        Month(first=date(2025, number, 1), joined=joined, left=left, active=joined)
        for number, (joined, left) in enumerate(figures, 1)
    )
    lines = [
        each
        for each in _lines(AudienceHealth(now=NOW, subscribers={}, months=months), columns)
        if each.startswith("          2")
    ]
    assert len(lines) == len(months)
    bars = ["".join(each for each in line if each in "+-")[1:] for line in lines]
    for line, bar, (joined, left) in zip(lines, bars, figures, strict=True):
        assert not bar or len(line) <= columns
        if any(bars):
            assert (bar.count("+") > 0, bar.count("-") > 0) == (joined > 0, left > 0)
    most = max(range(len(figures)), key=lambda at: sum(figures[at]))
    assert len(bars[most]) == max(map(len, bars)) <= 25
    assert columns < 100 or any(bars) == any(map(any, figures))


def _health() -> AudienceHealth:
    domains = {"gmail.com": Figures(accepted=1000, bounced=60, hard=50, complaints=4), "<b>&": Figures(accepted=5)}
    mailings = tuple(
        MailingFigures(id=n, issue=f"2025-0{n}-30 <&>", made=NOW, domains=domains) for n in range(3, 0, -1)
    )
    return AudienceHealth(
        now=NOW,
        subscribers={"active": 1005},
        months=tuple(Month(first=date(2025, n, 1), joined=10 * n, left=n, active=10 * n) for n in range(1, 13)),
        mailings=mailings,
        refusals=(("gmail.com", "5.7.26", "<script>alert(1)</script>", 3),),
    )


@pytest.mark.parametrize("health", [_health(), AudienceHealth(now=NOW, subscribers={})], ids=["full", "empty"])
def test_the_page_is_one_well_formed_file(health: AudienceHealth) -> None:
    """The page loads nothing, has no script, shows external text as text, and every chart has a description."""
    drawn = page(health, 'China "Briefing" <b>')
    body = drawn.replace("<!doctype html>", "").replace('<meta charset="utf-8">', "")
    body = body.replace('content="width=device-width, initial-scale=1">', 'content=""/>').replace(
        "'unsafe-inline'\">", '"/>'
    )
    tree = ElementTree.fromstring(body)
    assert {each.tag for each in tree.iter()} <= {
        "html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "table", "caption", "tr", "th", "td", "svg", "g",
        "rect", "line", "text",
    }  # fmt: skip
    assert not any(name in each.attrib for each in tree.iter() for name in ("src", "href", "onload"))
    assert all(each.attrib.get("aria-label") for each in tree.iter("svg"))
    assert "url(" not in drawn and "@import" not in drawn
    for each in tree.iter("rect"):
        assert float(each.attrib["height"]) >= 0 and 0 <= float(each.attrib["y"]) <= 200
        assert float(each.attrib["y"]) + float(each.attrib["height"]) <= 200


def test_the_command_prints_writes_and_warns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a mailing it says so; --html writes a page, --json figures; nothing is too high, so the exit code is 0."""
    sample_message(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert run(["audience", "health", "--html", "health.html"]) == 0
    out, err = capsys.readouterr()
    assert "Mailings of the last 90 days: none" in out
    assert "written: health.html" in err
    assert (tmp_path / "health.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert run(["audience", "health", "--json", "--days", "7"]) == 0
    assert json.loads(capsys.readouterr().out)["worst"] == "good"
    assert _health().worst() is HealthMark.ALARM


def test_the_docs_show_what_the_command_prints() -> None:
    """The session in docs/how-to/operate.md shows this output."""
    domains = {
        "gmail.com": Figures(accepted=18_402, bounced=11, hard=9, ours=2),
        "outlook.com": Figures(accepted=6_010, refused=40, bounced=350, hard=340, complaints=4),
        "reader.example": Figures(accepted=24_768, refused=8, bounced=60, hard=52, complaints=3),
    }
    health = AudienceHealth(
        now=NOW,
        subscribers={"active": 49_212, "unsubscribed": 3_104, "bounced": 611, "complained": 14},
        months=(
            Month(
                first=date(2024, 12, 1), joined=650, imported=1_200, left=219, bounced=77, complained=1, active=48_746
            ),
            Month(first=date(2025, 1, 1), joined=812, left=241, bounced=102, complained=3, active=49_212),
        ),
        mailings=(MailingFigures(id=1, issue="2025-01-30", made=NOW, domains=domains),),
        refusals=(("gmail.com", "4.7.28", "421 4.7.28 an unusual rate of unsolicited mail", 2),),
    )
    docs = Path(__file__).parents[3] / "docs" / "how-to" / "operate.md"
    shown = docs.read_text(encoding="utf-8").split("$ compose audience health\n")[1].split("```")[0]
    assert list(_lines(health, 80)) == shown.splitlines()
