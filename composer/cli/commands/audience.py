"""The command `compose audience`: figures about all subscribers."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from composer.app.clock import now
from composer.cli.sending import bounces_held
from composer.cli.ui import console

if TYPE_CHECKING:
    from composer.bounces.health.audience_health import AudienceHealth, Figures, HealthMark, Month


#: Characters between a row and its bar, and the shortest and longest bar.
_GAP, _SHORTEST_BAR, _LONGEST_BAR = 2, 4, 24


@click.group("audience")
def command() -> None:
    """Show how the audience develops: growth, bounces, complaints."""


@command.command("health")
@click.option(
    "--days",
    type=click.IntRange(1, 3650),
    default=90,
    metavar="N",
    help="Include the mailings of the last N days.  [default: 90]",
)
@click.option(
    "--html", "file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Also write a web page."
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def health(days: int, file: Path | None, as_json: bool) -> int:
    """Show growth, and bounces and complaints by mailing and provider.

    Rates are compared with the limits that Gmail, Yahoo and Microsoft set for senders. Exit code 1 if a rate is too
    high, or if bounces are held.
    """
    from composer.app.context import open_newsletter
    from composer.app.people.health_report import audience_health, write_health_page
    from composer.bounces.health.audience_health import HealthMark

    with open_newsletter() as context:
        found = audience_health(context, now(), days)
    if file is not None:
        write_health_page(context, found, file)
        console.talk(f"written: {file}")
    if as_json:
        console.answer_json(_as_data(found))
    else:
        for line in _lines(found, shutil.get_terminal_size().columns):
            console.answer(line)
    return 1 if found.worst() is HealthMark.ALARM else 0


def _lines(found: "AudienceHealth", columns: int) -> Iterator[str]:
    subscribers = ", ".join(f"{number:,} {status}" for status, number in found.subscribers.items())
    yield f"Subscribers   {subscribers or 'none yet'}"
    yield from _growth(found.months[-6:], columns)
    yield f"Mailings of the last {found.days} days{'' if found.mailings else ': none'}"
    for mailing in found.mailings:
        yield _row(mailing.issue, mailing.total)
    for name, figures in found.by_provider().items():
        yield _row(f"at {name}", figures)
    for domain, status, words, number in found.refusals:
        text = words if status in words else f"{status} {words}"
        yield f"SENDER REJECTED by {domain}, {number:,} times: {text}"
    yield from bounces_held.lines_of(found.holds)


def _growth(months: "tuple[Month, ...]", columns: int) -> Iterator[str]:
    """Yield a row for each month, with a bar: plus signs for subscribers gained, minus signs for subscribers lost."""
    if not months:
        yield "Growth    no subscribers yet"
        return
    yield "Growth    month    joined imported    left bounced complained  active"
    rows = [
        f"          {each.first:%Y-%m} {each.joined:>7,} {each.imported:>8,} {each.left:>7,} {each.bounced:>7,}"
        f" {each.complained:>10,} {each.active:>7,}"
        for each in months
    ]
    room = min(columns - max(map(len, rows)) - _GAP, _LONGEST_BAR)
    most = max(each.joined + each.lost for each in months)
    for row, each in zip(rows, months, strict=True):
        yield f"{row}{' ' * _GAP}{_bar(each, most, room)}".rstrip()


def _bar(month: "Month", most: int, room: int) -> str:
    """Return a bar, with the full width for the busiest month; every number above zero gets at least one character."""
    if room < _SHORTEST_BAR:
        return ""
    gained, lost = (max(1, round(each * room / most)) if each else 0 for each in (month.joined, month.lost))
    # Because of the rounding, both together may be one character too long.
    over = max(0, gained + lost - room)
    if gained > lost:
        return "+" * (gained - over) + "-" * lost
    return "+" * gained + "-" * (lost - over)


def _row(name: str, figures: "Figures") -> str:
    return (
        f"  {name:<24}{figures.accepted:>9,} accepted"
        f"   {figures.bounced:>6,} bounced {figures.bounce_rate:>7.2%}{_word(figures.bounce_mark)}"
        f"   {figures.complaints:>4,} complaints {figures.complaint_rate:>7.3%}{_word(figures.complaint_mark)}"
    )


def _word(mark: "HealthMark") -> str:
    return {"watch": " (watch)", "alarm": " TOO HIGH"}.get(mark.value, "")


def _as_data(found: "AudienceHealth") -> dict[str, object]:
    return {
        "subscribers": dict(found.subscribers),
        "worst": found.worst().value,
        "months": [
            {
                "month": f"{each.first:%Y-%m}",
                "joined": each.joined,
                "imported": each.imported,
                "left": each.left,
                "bounced": each.bounced,
                "complained": each.complained,
                "active": each.active,
            }
            for each in found.months
        ],
        "mailings": [
            {"id": each.id, "issue": each.issue, "made": each.made.isoformat(), **_figures(each.total)}
            for each in found.mailings
        ],
        "providers": {name.value: _figures(each) for name, each in found.by_provider().items()},
        "domains": {name: _figures(each) for name, each in found.by_domain(50)},
        "refusals": [
            {"domain": domain, "status": status or None, "words": words, "count": number}
            for domain, status, words, number in found.refusals
        ],
        "held": bounces_held.as_data(found.holds),
    }


def _figures(figures: "Figures") -> dict[str, object]:
    return {
        "accepted": figures.accepted,
        "bounced": figures.bounced,
        "hard": figures.hard,
        "ours": figures.ours,
        "complaints": figures.complaints,
        "bounce_rate": round(figures.bounce_rate, 6),
        "complaint_rate": round(figures.complaint_rate, 6),
        "bounces": figures.bounce_mark.value,
        "complaining": figures.complaint_mark.value,
    }
