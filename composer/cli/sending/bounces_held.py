"""The commands `compose bounces held|release|discard|undo`: decide about held bounces, and undo bounces.

Input: the number of a hold, or an address. Output: the result, as text or JSON. Guarantees: each change is in the
subscriber's history.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

from composer.app.clock import now
from composer.cli.ui import console

if TYPE_CHECKING:
    from composer.audience.bounce_holds import Hold, HoldDecision
    from composer.audience.subscribers import Status


@click.command("held")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def held(as_json: bool) -> int:
    """List bounces that are held because too many arrived at once.

    Subscribers whose bounces are held get no mail until you release or discard them. Exit code 1 while bounces are
    held.
    """
    from composer.app.context import open_newsletter
    from composer.app.people.bounce_decisions import held_bounces_of

    with open_newsletter() as context:
        found = held_bounces_of(context)
    if as_json:
        console.answer_json(as_data(found))
    else:
        for line in lines_of(found) if found else ("no bounces are held",):
            console.answer(line)
    return 1 if found else 0


@click.command("release")
@click.argument("numbers", metavar="NUMBER...", nargs=-1, required=True, type=int)
def release(numbers: tuple[int, ...]) -> int:
    """Release held bounces; these subscribers get mail again.

    For bounces that were a mistake; they no longer count. NUMBER is the number of a hold, from `compose bounces held`.
    """
    from composer.audience.bounce_holds import HoldDecision

    return _decide(numbers, HoldDecision.RELEASED)


@click.command("discard")
@click.argument("numbers", metavar="NUMBER...", nargs=-1, required=True, type=int)
def discard(numbers: tuple[int, ...]) -> int:
    """Confirm held bounces; these subscribers get no more mail.

    NUMBER is the number of a hold, from `compose bounces held`. The subscribers are added to the suppression list as
    bounced.
    """
    from composer.audience.bounce_holds import HoldDecision

    return _decide(numbers, HoldDecision.DISCARDED)


@click.command("undo")
@click.argument("addresses", metavar="ADDRESS...", nargs=-1, required=True)
def undo(addresses: tuple[str, ...]) -> int:
    """Undo a bounce that was a mistake; the subscriber gets mail again."""
    from composer.app.context import open_newsletter, person
    from composer.app.people.bounce_decisions import undo_bounces

    with open_newsletter() as context:
        found = undo_bounces(context, addresses, person(context.workspace), now())
    # Printed only once it is done for all of them.
    for address, status in found.items():
        console.answer(f"{address}: {_after_undo(status)}")
    return 0


def _after_undo(status: "Status | None") -> str:
    """Return whether a person gets mail, now that the bounce no longer counts."""
    from composer.audience.subscribers import Status

    if status is Status.ACTIVE:
        return "gets mail again"
    return f"the bounce no longer counts; gets no mail, because {'not a subscriber' if status is None else status}"


def _decide(numbers: tuple[int, ...], decision: "HoldDecision") -> int:
    from composer.app.context import open_newsletter, person
    from composer.app.people.bounce_decisions import decide_holds
    from composer.audience.bounce_holds import HoldDecision

    outcome = {HoldDecision.RELEASED: "released", HoldDecision.DISCARDED: "suppressed as bounced"}[decision]
    with open_newsletter() as context:
        done = decide_holds(context, numbers, decision, person(context.workspace), now())
    # Printed only once it is done for all of them.
    for number, count in done.counts.items():
        people = "1 subscriber" if count == 1 else f"{count:,} subscribers"
        console.answer(f"{number}: {people} {outcome}")
    for line in lines_of(done.left):
        console.answer(line)
    return 0


def lines_of(holds: "Iterable[Hold]") -> Iterator[str]:
    """Yield lines that list what is held, and what to do."""
    holds = tuple(holds)
    for each in holds:
        what = f"at {each.key}" if each.kind == "provider" else f"with the same reply: {each.sample or 'no text'}"
        yield f"HELD {each.id}: {each.count:,} of {each.recipients:,} recipients of {each.issue} bounced {what}"
    if holds:
        yield "  these subscribers get no mail until you decide:"
        yield f"  if the bounces are a mistake, send to them again:   compose bounces release {holds[0].id}"
        yield f"  if the bounces are correct, stop sending to them:   compose bounces discard {holds[0].id}"


def as_data(holds: "Iterable[Hold]") -> list[dict[str, object]]:
    """Return what is held, as data for JSON."""
    return [
        {
            "id": each.id,
            "mailing": each.mailing_id,
            "issue": each.issue,
            "kind": each.kind,
            "provider": each.key if each.kind == "provider" else None,
            "reply": each.sample or None,
            "count": each.count,
            "recipients": each.recipients,
            "since": each.since.isoformat(),
        }
        for each in holds
    ]
