"""The commands `compose subscribers add|show|list|export|tag|move|unsubscribe|erase`: manage and list subscribers."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from composer.app.clock import now
from composer.cli.ui import console
from composer.cli.ui.audience_flags import condition_flags
from composer.cli.ui.completions import languages
from composer.cli.ui.confirmation import Confirmation
from composer.cli.ui.export_view import run_export
from composer.core.audience_filter import AudienceFilter

if TYPE_CHECKING:
    from composer.audience.subscribers import Subscriber

_STATUSES = ("pending", "active", "unsubscribed", "bounced", "complained")
_status = click.option(
    "--status",
    "statuses",
    multiple=True,
    type=click.Choice(_STATUSES),
    help="Subscribers with this status; can be repeated.",
)
_as_json = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


@click.command("add")
@click.argument("address", metavar="ADDRESS")
@click.option("--name", metavar="TEXT", default="", help="The full name.")
@click.option("--first-name", metavar="TEXT", default="", help="The first name.")
@click.option("--last-name", metavar="TEXT", default="", help="The last name.")
@click.option("--language", metavar="TAG", default="", shell_complete=languages, help="The language, such as de.")
@click.option(
    "--field", "fields", multiple=True, metavar="NAME=TEXT", help="A merge field of newsletter.yaml; can be repeated."
)
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="A tag; can be repeated.")
@click.option("--consent", metavar="WORDS", default="", help="How and when they agreed, and to which text.")
def add(
    address: str,
    name: str,
    first_name: str,
    last_name: str,
    language: str,
    fields: tuple[str, ...],
    tags: tuple[str, ...],
    consent: str,
) -> int:
    """Add a subscriber; without --consent, they stay pending."""
    from composer.app.context import open_newsletter
    from composer.app.people.subscriber_edits import (
        NewSubscriber,
        add_subscriber,
        language_word,
        tag_word,
        unknown_field,
    )

    language, words = language_word(language), tuple(map(tag_word, tags))
    with open_newsletter() as context:
        own = {}
        for each in fields:
            field, equals, text = each.partition("=")
            if not equals:
                raise unknown_field(context.newsletter, field)
            own[field] = text
        new = NewSubscriber(
            address=address,
            name=name,
            first_name=first_name,
            last_name=last_name,
            language=language,
            fields=own,
            tags=words,
            consent=consent,
        )
        subscriber = add_subscriber(context, new, now())
    console.answer(f"{subscriber.address}: {subscriber.status}")
    if subscriber.status == "pending":
        console.talk(
            "pending: they get no newsletter until they sign up and confirm; use --consent WORDS for people who have "
            "already agreed"
        )
    return 0


@click.command("show")
@click.argument("address", metavar="ADDRESS")
@_as_json
def show(address: str, as_json: bool) -> int:
    """Show one subscriber.

    `compose who` shows everything on record about a person.
    """
    from composer.app.context import open_newsletter
    from composer.app.people.subscriber_search import find_subscriber

    with open_newsletter() as context:
        subscriber = find_subscriber(context, address)
    if as_json:
        console.answer_json(_as_data(subscriber))
        return 0
    for name, value in (
        *(("address", subscriber.address), ("status", subscriber.status.value)),
        *((name, value) for name, value in subscriber.values.items() if value and name != "email"),
        *(("tags", ", ".join(subscriber.tags)), ("since", f"{subscriber.created:%Y-%m-%d %H:%M} UTC")),
    ):
        if value:
            console.answer(f"{name:<14}{value}")
    return 0


@click.command("list")
@condition_flags
@_status
@click.option("--audience", metavar="NAME", default="", help="An audience of newsletter.yaml.")
@click.option("--count", "is_count", is_flag=True, help="Show only the number of subscribers, by status.")
@_as_json
def list_them(
    condition: AudienceFilter, statuses: tuple[str, ...], audience: str, is_count: bool, as_json: bool
) -> int:
    """List or count subscribers; without --status, of any status."""
    from composer.app.context import open_newsletter
    from composer.app.people.subscriber_search import subscribers_meant
    from composer.audience.subscribers import Status

    asked = tuple(map(Status, statuses))
    with open_newsletter() as context, subscribers_meant(context, condition, asked, audience=audience) as found:
        if is_count:
            if as_json:
                counts = {each.value: number for each, number in found.counts.items()}
                console.answer_json({**counts, "total": found.total})
                return 0
            for each, number in found.counts.items():
                console.answer(f"{number:>9,} {each}")
            console.answer(f"{found.total:>9,} in total")
            return 0
        for subscriber in found.subscribers:
            console.answer(console.as_line(_as_data(subscriber)) if as_json else _line(subscriber))
    console.talk(f"{found.total:,} subscriber{'' if found.total == 1 else 's'}")
    return 0


def _line(subscriber: "Subscriber") -> str:
    name = subscriber.name or f"{subscriber.first_name} {subscriber.last_name}".strip()
    cells = (
        subscriber.address,
        subscriber.status.value,
        subscriber.language,
        name,
        " ".join(f"#{tag}" for tag in subscriber.tags),
    )
    return "   ".join(each for each in cells if each)


def _as_data(subscriber: "Subscriber") -> dict[str, object]:
    return {
        "id": subscriber.id,
        **subscriber.values,
        "tags": list(subscriber.tags),
        "status": subscriber.status.value,
        "created": subscriber.created.isoformat(),
    }


@click.command("export")
@click.argument("file", metavar="[FILE]", required=False, type=click.Path(path_type=Path, dir_okay=False))
@condition_flags
@_status
def export(file: Path | None, condition: AudienceFilter, statuses: tuple[str, ...]) -> int:
    """Write subscribers to a file, or to stdout.

    Writes CSV, or JSON lines if FILE ends in .jsonl. `compose subscribers import` can read the file.
    """
    from composer.app.context import open_newsletter
    from composer.app.people.list_export import write_subscribers
    from composer.audience.subscribers import Status

    asked = tuple(map(Status, statuses))
    with open_newsletter() as context:
        return run_export(file, lambda to: write_subscribers(context, to, condition, asked))


@click.command("tag")
@click.argument("tag", metavar="TAG")
@click.argument("addresses", metavar="ADDRESS...", nargs=-1, required=True)
@click.option("--remove", "is_removed", is_flag=True, help="Remove the tag instead.")
def tag(tag: str, addresses: tuple[str, ...], is_removed: bool) -> int:
    """Add a tag to subscribers, or remove it."""
    from composer.app.context import open_newsletter
    from composer.app.people.subscriber_edits import tag_subscribers, tag_word

    word = tag_word(tag)
    with open_newsletter() as context:
        give, take = ((), (word,)) if is_removed else ((word,), ())
        subscribers = tag_subscribers(context, addresses, now(), give=give, take=take)
    # Printed only once it is done for all of them.
    for subscriber in subscribers:
        console.answer(_line(subscriber))
    return 0


@click.command("unsubscribe")
@click.argument("addresses", metavar="ADDRESS...", nargs=-1, required=True)
def unsubscribe(addresses: tuple[str, ...]) -> int:
    """Unsubscribe people who asked for it.

    Only they themselves can subscribe again.
    """
    from composer.app.context import open_newsletter
    from composer.app.people.subscriber_edits import unsubscribe as unsubscribe_people

    with open_newsletter() as context:
        subscribers = unsubscribe_people(context, addresses, now())
    # Printed only once it is done for all of them.
    for subscriber in subscribers:
        console.answer(f"{subscriber.address}: {subscriber.status}")
    if subscriber.status == "pending":
        console.talk(
            "pending: they get no newsletter until they sign up and confirm; use --consent WORDS for people who have "
            "already agreed"
        )
    return 0


@click.command("move")
@click.argument("address", metavar="OLD")
@click.argument("new", metavar="NEW")
def move(address: str, new: str) -> int:
    """Change a subscriber's address.

    Consent, history and deliveries are kept. A mailing that has already started is still sent to the old address.
    """
    from composer.app.context import open_newsletter
    from composer.app.people.subscriber_edits import move_subscriber

    with open_newsletter() as context:
        moved = move_subscriber(context, address, new, now())
    console.answer(f"{moved.before.address} is now {moved.after.address}")
    return 0


@click.command("erase")
@click.argument("address", metavar="ADDRESS")
@click.option("--yes", "is_yes", is_flag=True, help="Do not ask for confirmation.")
def erase(address: str, is_yes: bool) -> int:
    """Erase a person who asked for it, and print a receipt.

    This cannot be undone.
    """
    from composer.app.context import open_newsletter
    from composer.app.people.person_erasure import erase_person
    from composer.audience.subscribers import address_of

    question = Confirmation(is_dry_run=False, is_yes=is_yes, as_json=False)
    question.check_terminal()
    person = address_of(address).address
    with open_newsletter() as context:
        if not question.agreed(f"Erase {person} permanently?"):
            console.talk("nothing was changed")
            return 1
        receipt = erase_person(context, person, now())
    console.answer(f"Receipt {receipt.number}, {context.newsletter.name}, {receipt.at:%Y-%m-%d %H:%M} UTC")
    console.answer("Erased:")
    for line in receipt.went:
        console.answer(f"  - {line}")
    console.answer("Kept:")
    for line in receipt.stays:
        console.answer(f"  - {line}")
    console.talk("backups made by compose db backup, and lists on your disk, still contain the person's data")
    return 0
