"""The report of a mailing: a self-contained page, a text, tables and the events.

Input: `Statistics`, recipients and events one by one, the newsletter's time zone. Output: files in a folder, which is
replaced as a whole. Guarantees: a message that was not confirmed is never reported as received.
"""

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from composer.core.errors import OutputError
from composer.core.folders import replace_folder
from composer.core.untrusted.untrusted_text import finished, visible
from composer.delivery.approval.reviews import ReviewAnswer
from composer.delivery.core.states import DeliveryState
from composer.delivery.reporting.route_results import ROUTE_WORDS
from composer.delivery.reporting.statistics import Domain, RecipientOutcome, Statistics

#: How many names the page shows; the table has all of them.
_MOST = 200
#: The states as the page shows them: the label, and the name of the color in its style sheet.
_BARS = (
    (DeliveryState.ACCEPTED, "accepted", "taken"),
    (DeliveryState.WRITTEN, "written to a file", "taken"),
    (DeliveryState.UNKNOWN, "unconfirmed", "unknown"),
    (DeliveryState.DEFERRED, "retrying", "again"),
    (DeliveryState.PENDING, "pending", "open"),
    (DeliveryState.CLAIMED, "pending", "open"),
    (DeliveryState.SENDING, "sending", "open"),
    (DeliveryState.REFUSED, "rejected", "refused"),
    (DeliveryState.SUPPRESSED, "excluded before sending", "left"),
    (DeliveryState.EXPIRED, "expired", "refused"),
)
_WORDS = {state: words for state, words, _ in _BARS}
_WIDTH, _HEIGHT = 640, 150


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """A segment of a bar, in percent."""

    colour: str
    words: str
    count: int
    start: float
    width: float


def write(
    folder: Path,
    account: Statistics,
    people: Iterable[RecipientOutcome],
    events: Iterable[dict[str, object]],
    *,
    newsletter: str,
    zone: ZoneInfo,
) -> tuple[Path, ...]:
    """Write report.html, report.txt, not-received.csv, domains.csv, events.jsonl; return the paths. Raises OutputError."""
    names = ("report.html", "report.txt", "not-received.csv", "domains.csv", "events.jsonl")

    def fill(fresh: Path) -> None:
        shown = _people(fresh / "not-received.csv", people)
        _domains(fresh / "domains.csv", account.domains)
        with (fresh / "events.jsonl").open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(json.dumps(each, ensure_ascii=False) + "\n" for each in events)
        text = visible("\n".join((newsletter, *summary(account, zone))))
        (fresh / "report.txt").write_text(f"{text}\n", encoding="utf-8", newline="\n")
        page = _page(account, shown, newsletter=newsletter, zone=zone)
        (fresh / "report.html").write_text(page, encoding="utf-8", newline="\n")

    try:
        # The report contains addresses.
        replace_folder(folder, fill, is_private=True)
    except OSError as error:
        raise OutputError(f"{folder} cannot be written: {error.strerror or error}") from error
    return tuple(folder / name for name in names)


def summary(account: Statistics, zone: ZoneInfo) -> tuple[str, ...]:
    """Return the summary of a mailing, as lines for editors."""
    mailing, sums, audience = account.mailing, account.sums, account.mailing.audience.in_words
    lines = [
        f"{'Rehearsal' if mailing.is_rehearsal else 'Mailing'} {mailing.id} of {mailing.issue}: {mailing.subject}",
        f"as of {_time(account.as_of, zone)} ({zone.key})",
        "",
        f"{sums.frozen:>9,}  recipients ({audience})",
    ]
    lines += [f"{number:>9,}  {words}" for words, number in _numbers(account)]
    lines += ["", *_sentences(account, zone)]
    if reasons := list(_reasons(account, zone)):
        lines += ["", *(f"{what:<17} {text}" for what, text in reasons)]
    if account.routes:
        lines += ["", "By mail server, counting each attempt:", *(f"  {each.in_words}" for each in account.routes)]
    return tuple(lines)


def _sentences(account: Statistics, zone: ZoneInfo) -> list[str]:
    """Return the sentences that sum up the numbers."""
    sums = account.sums
    lines: list[str] = []
    if sums.is_even:
        lines.append(f"The numbers add up to {sums.frozen:,}: all recipients are accounted for.")
    else:
        lines.append(f"THE NUMBERS DO NOT ADD UP: {sums.total:,} of {sums.frozen:,}. Do not rely on them.")
    lines += [each.in_words(zone) + "." for each in account.decided]
    if account.bounced:
        lines.append(
            f"{account.bounced:,} of the accepted messages bounced later; as far as is known, {account.received:,} were"
            " received."
        )
    if account.complained:
        lines.append(f"{account.complained:,} marked it as spam.")
    if account.left:
        lines.append(f"{account.left:,} unsubscribed by email.")
    if unknown := sums[DeliveryState.UNKNOWN]:
        lines.append(f"{unknown:,} unconfirmed: the server may have accepted the message but did not confirm it.")
    if sums.open:
        lines.append("The mailing is not finished.")
    return lines


def _reasons(account: Statistics, zone: ZoneInfo) -> Iterator[tuple[str, str]]:
    """Yield who approved it or requested changes, which refusals were allowed, and why it was sent again."""
    mailing = account.mailing
    for each in account.answers:
        yield "approved" if each.answer is ReviewAnswer.YES else "changes requested", each.in_words(zone)
    for code, reason in mailing.allowed.items():
        yield "allowed", f"{code}: {reason}"
    if mailing.again_because:
        yield "sent again", mailing.again_because


def _numbers(account: Statistics) -> Iterator[tuple[str, int]]:
    merged: dict[str, int] = {}
    for state, words, _ in _BARS:
        merged[words] = merged.get(words, 0) + account.sums[state]
    return ((words, number) for words, number in merged.items() if number)


def _people(path: Path, people: Iterable[RecipientOutcome]) -> tuple[list[tuple[str, str, str]], int]:
    """Write all of them to the table; return those whom the page shows, and how many there are."""
    shown: list[tuple[str, str, str]] = []
    count = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file)
        table.writerow(("subscriber", "address", "state", "words"))
        for each in people:
            state = "bounced" if each.bounce_history else _WORDS[each.state]
            words = " ".join(each.words.split())
            table.writerow((each.subscriber_id, _safe(each.name), state, _safe(words)))
            count += 1
            if count <= _MOST:
                shown.append((each.name, state, words))
    return shown, count


def _domains(path: Path, domains: Sequence[Domain]) -> None:
    states = [state for state, _, _ in _BARS]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file)
        # The last column is part of `accepted`.
        table.writerow(("domain", "subscribers", *(state.value for state in states), "counted_as_received"))
        for each in domains:
            numbers = (each.by_state.get(state, 0) for state in states)
            table.writerow((_safe(each.name), each.total, *numbers, each.decided))


def _safe(text: str) -> str:
    """Prevent a spreadsheet from reading a text as a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t")) else text


def _page(
    account: Statistics,
    people: tuple[list[tuple[str, str, str]], int],
    *,
    newsletter: str,
    zone: ZoneInfo,
) -> str:
    shown, count = people
    return _TEMPLATES.get_template("report.html.j2").render(
        newsletter=newsletter,
        mailing=account.mailing,
        sums=account.sums,
        as_of=_time(account.as_of, zone),
        zone=zone.key,
        numbers=list(_numbers(account)),
        whole=_pieces(account.sums.by_state, account.sums.total),
        sentences=_sentences(account, zone),
        reasons=list(_reasons(account, zone)),
        curve=_curve(account),
        # With seconds, because a small mailing is finished within a minute.
        times=[f"{account.progress[at][0].astimezone(zone):%Y-%m-%d %H:%M:%S}" for at in (0, -1) if account.progress],
        taken=account.progress[-1][1] if account.progress else 0,
        size=(_WIDTH, _HEIGHT),
        domains=[(each, _pieces(each.by_state, each.total)) for each in account.domains],
        routes=account.routes,
        route_words=ROUTE_WORDS,
        people=shown,
        more=count - len(shown),
    )


def _pieces(by_state: object, total: int) -> list[_Piece]:
    assert hasattr(by_state, "get")
    pieces: list[_Piece] = []
    start = 0.0
    for state, words, colour in _BARS:
        if number := by_state.get(state, 0):
            width = number / total * 100
            pieces.append(_Piece(colour=colour, words=words, count=number, start=start, width=width))
            start += width
    return pieces


def _curve(account: Statistics) -> str:
    """Return the points of the line: how many messages had been accepted at which time."""
    if not account.progress:
        return ""
    first, last = account.progress[0][0], account.progress[-1][0]
    span = max((last - first).total_seconds(), 0.001)
    most = max(account.sums.frozen, 1)
    return " ".join(
        f"{(at - first).total_seconds() / span * _WIDTH:.1f},{_HEIGHT - taken / most * _HEIGHT:.1f}"
        for at, taken in account.progress
    )


def _time(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"


_TEMPLATES = Environment(
    loader=PackageLoader("composer.delivery.reporting", "templates"),
    autoescape=select_autoescape(default=True, default_for_string=True),
    undefined=StrictUndefined,
    finalize=finished,
    trim_blocks=True,
    lstrip_blocks=True,
)
