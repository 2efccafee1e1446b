"""`compose subscribers add|show|list|export|tag|unsubscribe|erase`: subscribers one by one, and lists of them."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from composer.cli.ui import console
from composer.cli.ui.audience_flags import condition_flags
from composer.cli.ui.list_import import ListQuestion, as_line, write_list
from composer.cli.ui.open_database import now, opened, own_fields
from composer.core.audience_filter import AudienceFilter, WordError, normal_language, normal_tag
from composer.core.errors import UsageError

if TYPE_CHECKING:
    from composer.audience.subscribers import Subscriber

_STATUSES = ("pending", "active", "unsubscribed", "bounced", "complained")
_status = click.option(
    "--status",
    "statuses",
    multiple=True,
    type=click.Choice(_STATUSES),
    help="Subscribers who stand so; may be repeated.",
)
_as_json = click.option("--json", "as_json", is_flag=True, help="Print as JSON.")


@click.command("add")
@click.argument("address", metavar="ADDRESS")
@click.option("--name", metavar="TEXT", default="", help="The whole name.")
@click.option("--first-name", metavar="TEXT", default="", help="The first name.")
@click.option("--last-name", metavar="TEXT", default="", help="The last name.")
@click.option("--language", metavar="TAG", default="", help="The language: de, en, zh.")
@click.option("--field", "fields", multiple=True, metavar="NAME=TEXT", help="A merge field of newsletter.yaml.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="A tag; may be repeated.")
@click.option("--consent", metavar="WORDS", default="", help="How, when, to which words they agreed.")
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
    """Add one subscriber; without --consent they stay pending."""
    from composer.audience.changes import add_subscriber as add_subscriber
    from composer.audience.subscribers import address_of

    values = {"first_name": first_name, "last_name": last_name, **({"name": name} if name else {})}
    try:
        values["language"] = normal_language(language) if language else ""
        given = [normal_tag(each) for each in tags]
    except WordError as error:
        raise UsageError(str(error), error.hint) from None
    with opened() as (newsletter, database):
        known = own_fields(newsletter)
        for each in fields:
            field, equals, text = each.partition("=")
            if not equals or field not in known:
                raise UsageError(f"there is no field “{field}”", f"there are: {', '.join(known) or 'none'}")
            values[field] = text
        with database.write() as connection:
            subscriber = add_subscriber(
                *(connection, address_of(address), _cleaned(values)),
                source="by hand",
                now=now(),
                consent=" ".join(consent.split()),
                tags=given,
            )
    console.answer(f"{subscriber.address}: {subscriber.status}")
    return 0


def _cleaned(values: dict[str, str]) -> dict[str, str]:
    from composer.audience.lists.meaning.cell_values import BadValueError, clean

    try:
        return {name: clean(value, name) for name, value in values.items()}
    except BadValueError as error:
        raise UsageError(str(error)) from None


@click.command("show")
@click.argument("address", metavar="ADDRESS")
@_as_json
def show(address: str, as_json: bool) -> int:
    """Show one subscriber; `compose who` shows all that is known."""
    from composer.audience.subscribers import get

    with opened() as (_, database), database.read() as connection:
        subscriber = get(connection, address)
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
@click.option("--count", "is_count", is_flag=True, help="Only count them, by status.")
@_as_json
def list_them(
    condition: AudienceFilter, statuses: tuple[str, ...], audience: str, is_count: bool, as_json: bool
) -> int:
    """List subscribers, or count them. Without --status: of any status."""
    from composer.audience.subscribers import Status, count, select_subscribers

    with opened() as (newsletter, database), database.read() as connection:
        meant = _meant(newsletter.audiences, audience, condition)
        asked = tuple(Status(each) for each in statuses)
        counted = count(connection, meant, status=asked)
        total = sum(counted.values())
        if is_count:
            if as_json:
                console.answer_json({**{each.value: number for each, number in counted.items()}, "total": total})
                return 0
            for each, number in counted.items():
                console.answer(f"{number:>9,} {each}")
            console.answer(f"{total:>9,} in all")
            return 0
        for subscriber in select_subscribers(connection, meant, status=asked):
            console.answer(as_line(_as_data(subscriber)) if as_json else _line(subscriber))
    console.talk(f"{total:,} subscriber{'' if total == 1 else 's'}")
    return 0


def _meant(audiences: Mapping[str, AudienceFilter], name: str, condition: AudienceFilter) -> AudienceFilter:
    if not name:
        return condition
    if name not in audiences:
        raise UsageError(f"there is no audience “{name}”", f"there are: {', '.join(audiences) or 'none'}")
    if condition:
        raise UsageError("--audience stands alone", "write the audience's words as flags, and more beside them")
    return audiences[name]


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
    """Write subscribers to FILE, CSV or (.jsonl) JSON lines; without FILE to stdout. Our own import reads it back."""
    from composer.audience.export import export_subscribers
    from composer.audience.subscribers import Status

    with opened() as (newsletter, database), database.read() as connection:
        asked = tuple(Status(each) for each in statuses)
        fields = own_fields(newsletter)

        return write_list(file, lambda out, form: export_subscribers(connection, condition, asked, fields, out, form))


@click.command("tag")
@click.argument("tag", metavar="TAG")
@click.argument("addresses", metavar="ADDRESS...", nargs=-1, required=True)
@click.option("--remove", "is_removed", is_flag=True, help="Take the tag away.")
def tag(tag: str, addresses: tuple[str, ...], is_removed: bool) -> int:
    """Give subscribers a tag, or take it away."""
    from composer.audience.changes import tag as change_tags
    from composer.audience.subscribers import get

    try:
        word = normal_tag(tag)
    except WordError as error:
        raise UsageError(str(error), error.hint) from None
    given = {"take": [word]} if is_removed else {"give": [word]}
    with opened() as (_, database), database.write() as connection:
        subscribers = [
            change_tags(connection, get(connection, each).id, **given, source="by hand", now=now())
            for each in addresses
        ]
    # Not before it is true of all of them.
    for subscriber in subscribers:
        console.answer(_line(subscriber))
    return 0


@click.command("unsubscribe")
@click.argument("addresses", metavar="ADDRESS...", nargs=-1, required=True)
def unsubscribe(addresses: tuple[str, ...]) -> int:
    """Let subscribers go who have asked for it. Only they themselves can come back."""
    from composer.audience.changes import unsubscribe as let_go
    from composer.audience.subscribers import get

    with opened() as (_, database), database.write() as connection:
        subscribers = [let_go(connection, get(connection, each).id, source="by hand", now=now()) for each in addresses]
    # Not before it is true of all of them.
    for subscriber in subscribers:
        console.answer(f"{subscriber.address}: {subscriber.status}")
    return 0


@click.command("move")
@click.argument("address", metavar="OLD")
@click.argument("new", metavar="NEW")
def move(address: str, new: str) -> int:
    """Move a subscriber to another address; consent, history and deliveries stay theirs.

    A mailing that has begun still goes to the earlier address.
    """
    from composer.audience.changes import change_address as give
    from composer.audience.subscribers import address_of, get

    with opened() as (_, database), database.write() as connection:
        subscriber = get(connection, address)
        changed = give(connection, subscriber.id, address_of(new), source="by hand", now=now())
    console.answer(f"{subscriber.address} is now {changed.address}")
    return 0


@click.command("erase")
@click.argument("address", metavar="ADDRESS")
@click.option("--yes", "is_yes", is_flag=True, help="Do it without asking.")
def erase(address: str, is_yes: bool) -> int:
    """Erase a person who asked to be forgotten, and print a receipt. It cannot be taken back."""
    from composer.audience.erasure import erase as forget
    from composer.audience.subscribers import address_of
    from composer.web.personal_data import EVERYWHERE

    question = ListQuestion(is_dry_run=False, is_yes=is_yes, as_json=False)
    question.judge()
    person = address_of(address)
    with opened() as (newsletter, database):
        if not question.agreed(f"Erase {person.address} for good?"):
            console.talk("nothing was changed")
            return 1
        with database.write() as connection:
            receipt = forget(connection, person, now(), EVERYWHERE)
        database.settle()
    console.answer(f"Receipt {receipt.number}, {newsletter.name}, {receipt.at:%Y-%m-%d %H:%M} UTC")
    console.answer("Erased:")
    for line in receipt.went:
        console.answer(f"  - {line}")
    console.answer("What stays:")
    for line in receipt.stays:
        console.answer(f"  - {line}")
    console.talk("copies made by compose db backup, and lists on your disk, still hold what was in them")
    return 0
