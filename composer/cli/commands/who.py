"""The command `compose who`: everything on record about one person."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from composer.cli.ui import console

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from composer.audience.personal_record import PersonalRecord
    from composer.delivery.reporting.subscriber_history import ReceivedMailing

    #: Mailings, each with the Message-ID.
    Mailings = tuple[tuple[ReceivedMailing, str], ...]


@click.command("who")
@click.argument("address", metavar="ADDRESS")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(address: str, as_json: bool) -> int:
    """Show everything on record about one person.

    Shows status, consent, changes, all mailings with the server's answers, bounces, whether the address is suppressed,
    and similar addresses.
    """
    from composer.app.context import open_newsletter
    from composer.app.people.person_record import person_on_record

    with open_newsletter() as context:
        found = person_on_record(context, address)
    if found.without_key is not None:
        console.talk(f"Message-IDs are not shown: {found.without_key.message}")
    if as_json:
        console.answer_json({**_as_data(found.summary, found.mailings), "records": found.records})
    else:
        for line in (*_page(found.summary, found.mailings), *_counts(found.records)):
            console.answer(line)
    return 1 if found.is_unknown else 0


def _counts(records: "Mapping[str, Sequence[object]]") -> Iterator[str]:
    """Yield how many other records there are, by the names of the registry."""
    from composer.web.personal_data import STORES

    titles = {each.key: each.title for each in STORES}
    if any(records.values()):
        yield "All records (--json prints them)"
        for key, rows in records.items():
            if rows:
                yield f"  {len(rows):>6,} {titles[key]}"


def _page(found: "PersonalRecord", mailings: "Mailings") -> Iterator[str]:
    from composer.audience.changes import words

    subscriber = found.subscriber
    if subscriber is None:
        yield f"{found.address}   not a subscriber"
    else:
        yield f"{subscriber.address}   {subscriber.status}"
        for name, value in subscriber.values.items():
            if value and name != "email":
                yield f"  {name:<14}{value}"
        if subscriber.tags:
            yield f"  {'tags':<14}{', '.join(subscriber.tags)}"
        yield f"  {'since':<14}{_time(subscriber.created)}"
        if found.origin:
            yield f"  {'imported by':<14}import {found.origin.number}, {found.origin.file}, {_time(found.origin.at)}"
    if found.consent:
        consent = found.consent
        when = f"{_time(consent.when)}, " if consent.when else ""
        yield f"  {'agreed':<14}{when}{consent.evidence}   (recorded {_time(consent.recorded)})"
    elif subscriber is not None:
        yield f"  {'agreed':<14}not recorded"
    if found.suppression:
        line = found.suppression
        yield f"  {'suppressed':<14}since {_time(line.since)}: {words(line.reason)} ({line.source})"
    if found.history:
        yield "History"
        for each in found.history:
            became = f"{each.before} -> {each.after}" if each.before else each.after
            became = became if each.after else f"{each.before} removed"
            yield f"  {_time(each.at)}   {each.what}: {became}   ({each.source})"
    if mailings:
        from composer.cli.ui.mailing_texts import WORDS

        yield "Mailings"
        for mailing, name in mailings:
            which = f"{mailing.issue}, mailing {mailing.mailing_id}: {WORDS[mailing.state]}"
            queued = f"queue ID {mailing.queue_id}" if mailing.queue_id else ""
            yield "   ".join(filter(None, (f"  {_time(mailing.at)}", which, mailing.reply, queued, name)))
    if found.bounce_history:
        yield "Returned mail"
        for back in found.bounce_history:
            what = " ".join(filter(None, (back.bounce, back.kind, back.status))).replace("_", " ")
            of = f" of mailing {back.mailing_id}" if back.mailing_id else ""
            yield f"  {_time(back.at)}   {what}{of}: {back.words}   ({back.effect})"
    if found.look_alikes:
        yield "Similar addresses (not merged; check whether they belong to the same person)"
        for address, status in found.look_alikes:
            yield f"  {address}   {status or 'on the suppression list'}"


def _time(at: "datetime") -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _as_data(found: "PersonalRecord", mailings: "Mailings") -> dict[str, object]:
    subscriber, consent, origin, line = found.subscriber, found.consent, found.origin, found.suppression
    return {
        "address": found.address,
        "status": subscriber.status.value if subscriber else None,
        "values": subscriber.values if subscriber else None,
        "tags": list(subscriber.tags) if subscriber else [],
        "created": subscriber.created.isoformat() if subscriber else None,
        "import": {"number": origin.number, "file": origin.file, "at": origin.at.isoformat()} if origin else None,
        "consent": {
            "evidence": consent.evidence,
            "when": consent.when.isoformat() if consent.when else None,
            "recorded": consent.recorded.isoformat(),
        }
        if consent
        else None,
        "suppression": {"reason": line.reason.value, "since": line.since.isoformat(), "source": line.source}
        if line
        else None,
        "history": [
            {
                "at": each.at.isoformat(),
                "what": each.what,
                "before": each.before,
                "after": each.after,
                "source": each.source,
            }
            for each in found.history
        ],
        "came_back": [
            {
                "at": back.at.isoformat(),
                "kind": back.kind,
                "class": back.bounce,
                "status": back.status,
                "words": back.words,
                "effect": back.effect,
                "mailing": back.mailing_id,
            }
            for back in found.bounce_history
        ],
        "mailings": [
            {
                "mailing": each.mailing_id,
                "issue": each.issue,
                "state": each.state.value,
                "at": each.at.isoformat(),
                "attempts": each.attempts,
                "reply": each.reply or None,
                "queue_id": each.queue_id or None,
                "message_id": name or None,
            }
            for each, name in mailings
        ],
        "look_alikes": [
            {"address": address, "status": status.value if status else None} for address, status in found.look_alikes
        ],
    }
