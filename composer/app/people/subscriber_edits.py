"""Changes single subscribers: adds, tags, unsubscribes, moves.

Input: a newsletter's context, addresses as people write them, the time. Output: the changed subscribers. Guarantees:
either all of the addresses are changed, or none; each change is in the subscriber's history.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from composer.app.context import MailingContext
from composer.audience import changes
from composer.audience.lists.meaning.cell_values import BadValueError, clean
from composer.audience.subscribers import Subscriber, address_of, get
from composer.content.document.newsletter import Newsletter
from composer.content.values.merge_fields import BUILT_IN
from composer.core.audience_filter import WordError, normal_language, normal_tag
from composer.core.errors import UsageError

#: The default source of a change in the history.
BY_HAND = "by hand"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSubscriber:
    """A subscriber to add."""

    address: str
    name: str = ""
    first_name: str = ""
    last_name: str = ""
    language: str = ""
    #: The newsletter's own merge fields.
    fields: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    #: How and when they agreed, and to which text; without it, they stay pending.
    consent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressChange:
    """A subscriber before and after a change of address."""

    before: Subscriber
    after: Subscriber


def own_fields(newsletter: Newsletter) -> tuple[str, ...]:
    """Return the merge fields that newsletter.yaml declares."""
    return tuple(name for name in newsletter.fields if name not in BUILT_IN)


def tag_word(text: str) -> str:
    """Return a tag in its stored form. Raises UsageError."""
    try:
        return normal_tag(text)
    except WordError as error:
        raise UsageError(str(error), error.hint) from None


def language_word(text: str) -> str:
    """Return a language in its stored form; empty stays empty. Raises UsageError."""
    try:
        return normal_language(text) if text else ""
    except WordError as error:
        raise UsageError(str(error), error.hint) from None


def unknown_field(newsletter: Newsletter, name: str) -> UsageError:
    """Return the error for a merge field that newsletter.yaml does not declare."""
    return UsageError(f"unknown field “{name}”", f"the fields are: {', '.join(own_fields(newsletter)) or 'none'}")


def add_subscriber(context: MailingContext, new: NewSubscriber, now: datetime, *, source: str = BY_HAND) -> Subscriber:
    """Add a subscriber. Raises UsageError for an invalid value, AudienceError for a known or unsubscribed person."""
    known = own_fields(context.newsletter)
    if unknown := next((name for name in new.fields if name not in known), None):
        raise unknown_field(context.newsletter, unknown)
    values = {
        "first_name": new.first_name,
        "last_name": new.last_name,
        **({"name": new.name} if new.name else {}),
        "language": language_word(new.language),
        **new.fields,
    }
    tags = [tag_word(each) for each in new.tags]
    with context.database.write() as connection:
        return changes.add_subscriber(
            *(connection, address_of(new.address), _cleaned(values)),
            source=source,
            now=now,
            consent=" ".join(new.consent.split()),
            tags=tags,
        )


def _cleaned(values: Mapping[str, str]) -> dict[str, str]:
    try:
        return {name: clean(value, name) for name, value in values.items()}
    except BadValueError as error:
        raise UsageError(str(error)) from None


def tag_subscribers(
    context: MailingContext,
    addresses: Sequence[str],
    now: datetime,
    *,
    give: Sequence[str] = (),
    take: Sequence[str] = (),
    source: str = BY_HAND,
) -> tuple[Subscriber, ...]:
    """Add tags to subscribers, and remove others. Raises UsageError for a tag, AudienceError for an unknown address."""
    given, taken = [tag_word(each) for each in give], [tag_word(each) for each in take]
    with context.database.write() as connection:
        return tuple(
            changes.tag(connection, get(connection, each).id, give=given, take=taken, source=source, now=now)
            for each in addresses
        )


def unsubscribe(
    context: MailingContext, addresses: Sequence[str], now: datetime, *, source: str = BY_HAND
) -> tuple[Subscriber, ...]:
    """Unsubscribe people who asked for it; only they themselves can subscribe again. Raises AudienceError."""
    with context.database.write() as connection:
        return tuple(
            changes.unsubscribe(connection, get(connection, each).id, source=source, now=now) for each in addresses
        )


def move_subscriber(
    context: MailingContext, address: str, new: str, now: datetime, *, source: str = BY_HAND
) -> AddressChange:
    """Change a subscriber's address; consent, history and deliveries are kept. Raises AudienceError."""
    with context.database.write() as connection:
        before = get(connection, address)
        after = changes.change_address(connection, before.id, address_of(new), source=source, now=now)
    return AddressChange(before=before, after=after)
