"""The command `compose status`: the state of mailings."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from composer.cli.ui import console
from composer.cli.ui.mailing_texts import CONDITIONS, WORDS, condition, identity, title, when
from composer.cli.ui.work_texts import work_as_data, work_lines
from composer.core.command_lines import command_line
from composer.delivery.core.routing import RouteCondition

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from composer.app.mailings.mailing_status import MailingStatus
    from composer.delivery.core.pause import Pause
    from composer.delivery.reporting.route_results import ServerStatus
    from composer.delivery.reporting.statistics import RecipientOutcome

#: The most recipients listed; `compose report` writes the full list.
_MOST = 20
_ANSWERS = {"yes": "approved", "no": "changes"}


@click.command("status")
@click.argument("mailing", type=click.IntRange(min=1), metavar="MAILING", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON, without names of subscribers.")
def command(mailing: int | None, as_json: bool) -> int:
    """Show the delivery status and totals of mailings.

    Also lists the machines of `compose work`, what each is doing, and when its jobs last succeeded. With a mailing's
    number, lists who has not received it, and why. Exit code 1 if the totals of a mailing do not add up.
    """
    from composer.app.context import open_newsletter
    from composer.app.mailings.mailing_status import status
    from composer.app.work.work_status import work_status

    with open_newsletter() as context:
        found = status(context, mailing, most=0 if as_json else _MOST + 1)
        working = work_status(context) if mailing is None else None
    zone = context.newsletter.zone
    if as_json:
        lost_data = [{"issue": key, "restored": at.isoformat()} for key, at in found.lost.items()]
        mailings_data = [_as_data(each) for each in found.mailings]
        work_data = {} if working is None else work_as_data(working)
        servers_data = {"servers": [_server_as_data(each) for each in found.servers]} if mailing is None else {}
        console.answer_json({"mailings": mailings_data, "lost_issues": lost_data, **servers_data, **work_data})
    else:
        if not found.mailings and not found.lost:
            console.answer("no mailings yet")
        for each in found.mailings:
            for line in _lines(each, zone, is_whole=mailing is not None):
                console.answer(line)
        for key, at in found.lost.items():
            console.answer(f"issue {key}: its mailing was lost when a backup was restored ({when(at, zone)})")
            console.answer(f"next: {command_line('settle', key)}     until then, it is not sent")
        for line in _server_lines(found.servers, zone):
            console.answer(line)
        _name(found.not_received, mailing)
        for line in () if working is None else work_lines(working, zone):
            console.answer(line)
    return 0 if found.is_even else 1


def _lines(known: "MailingStatus", zone: "ZoneInfo", *, is_whole: bool) -> Iterator[str]:
    mailing, sums, again = known.mailing, known.sums, known.next_try
    yield f"{title(mailing)}: {condition(mailing, sums, zone)}"
    yield f"  {identity(sums)}"
    for each in known.decided:
        yield f"  {each.in_words(zone)}"
    if known.held is not None:
        yield f"  held       {known.held.words}"
        yield f"             {known.held.route}"
    if again is not None:
        yield f"  next try   {when(again, zone)}, if {command_line('send', mailing.issue)} is running"
    if not is_whole:
        return
    yield f"  subject    {mailing.subject}"
    yield f"  audience   {mailing.audience.in_words}"
    yield f"  frozen     {when(mailing.made, zone)} by {mailing.made_by}, compose {mailing.program}"
    if mailing.git_commit:
        yield f"  commit     {mailing.git_commit[:12]}{'' if mailing.is_committed else ', with uncommitted changes'}"
    yield f"  edition    {mailing.edition}"
    for given in known.answers:
        yield f"  {_ANSWERS[given.answer.value]:<10} {given.in_words(zone)}"
    for code, reason in mailing.allowed.items():
        yield f"  allowed    {code}: {reason}"
    for route in known.routes:
        yield f"  by         {route.in_words}"


def _server_lines(servers: "tuple[ServerStatus, ...]", zone: "ZoneInfo") -> Iterator[str]:
    """Yield a line for each mail server, if there are several or one does not work."""
    if len(servers) < 2 and all(each.condition is RouteCondition.UP for each in servers):
        return
    yield "mail servers"
    for each in servers:
        place = each.place
        name = place.address if place.name is None else f"{place.name} ({place.address})"
        until = f"; next attempt {when(each.until, zone)}" if each.until else ""
        said = f": {each.words}" if each.words else ""
        yield f"  {name}   {CONDITIONS[each.condition]}{until}{said}"


def _server_as_data(each: "ServerStatus") -> dict[str, object]:
    return {
        "route": each.place.name,
        "server": each.place.address,
        "condition": each.condition.value,
        "until": each.until.isoformat() if each.until else None,
        "words": each.words,
    }


def _name(people: "tuple[RecipientOutcome, ...]", mailing: int | None) -> None:
    if not people:
        return
    console.answer("")
    console.answer("not received by:")
    for each in people[:_MOST]:
        console.answer(f"  {each.name}   {WORDS[each.state]}   {each.words}".rstrip())
    if len(people) > _MOST:
        console.answer(f"  and more: compose report {mailing} writes the full list")


def _pause_as_data(pause: "Pause") -> dict[str, str]:
    return {"at": pause.at.isoformat(), "by": pause.by, "because": pause.reason.value}


def _as_data(known: "MailingStatus") -> dict[str, object]:
    mailing, sums, again = known.mailing, known.sums, known.next_try
    return {
        "mailing": mailing.id,
        "issue": mailing.issue,
        "rehearsal": mailing.is_rehearsal,
        "edition": mailing.edition,
        "made": mailing.made.isoformat(),
        "due": mailing.due.isoformat() if mailing.due else None,
        "stopped": mailing.stopped.isoformat() if mailing.stopped else None,
        "paused": None if mailing.pause is None else _pause_as_data(mailing.pause),
        "ended": mailing.ended.isoformat() if mailing.ended else None,
        "next_try": again.isoformat() if again else None,
        "frozen": sums.frozen,
        "sums": {state.value: sums[state] for state in WORDS},
        "even": sums.is_even,
        "counted_as_received": [
            {"count": each.count, "who": each.who, "at": each.at.isoformat()} for each in known.decided
        ],
        "held": known.held.code.value if known.held else None,
        "routes": {each.name: {kind.value: count for kind, count in each.counts.items()} for each in known.routes},
        "answers": [
            {"who": each.address, "answer": each.answer.value, "comment": each.comment, "at": each.at.isoformat()}
            for each in known.answers
        ],
    }
