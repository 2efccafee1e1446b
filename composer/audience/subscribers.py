"""Find subscribers by id, by address or by a condition.

Input: a connection. Output: `Subscriber` values, one at a time. Guarantees: changes nothing;
composer/audience/changes.py does.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, func, or_, select

from composer.core.addresses import Address, AddressError, normal_address, parse_address
from composer.core.audience_filter import AudienceFilter
from composer.core.command_lines import command_line
from composer.core.errors import ComposeError
from composer.core.language_tags import same_tags
from composer.database.tables.subscriber_tables import subscriber_tags, subscribers

#: How many rows are fetched at a time.
_AT_A_TIME = 1000


class AudienceError(ComposeError):
    """A subscriber does not exist, or an operation on them is not allowed."""


class Status(StrEnum):
    """The status of a subscriber."""

    #: has not agreed yet, and gets only the confirmation message
    PENDING = "pending"
    #: gets the newsletter
    ACTIVE = "active"
    #: has unsubscribed
    UNSUBSCRIBED = "unsubscribed"
    #: the address does not accept mail
    BOUNCED = "bounced"
    #: has reported a message as spam
    COMPLAINED = "complained"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """A row of the audience."""

    id: int
    #: As written.
    address: str
    #: The form in which addresses are compared.
    normal: str
    name: str = ""
    first_name: str = ""
    last_name: str = ""
    language: str = ""
    #: The newsletter's own merge fields.
    fields: Mapping[str, str]
    tags: tuple[str, ...]
    status: Status
    created: datetime

    @property
    def values(self) -> dict[str, str]:
        """The values of merge fields: the built-in ones and the newsletter's own."""
        return {
            **self.fields,
            "email": self.address,
            "name": self.name,
            "first_name": self.first_name,
            "last_name": self.last_name,
            "language": self.language,
        }


def address_of(text: str) -> Address:
    """Read the address in a command. Raises AudienceError."""
    try:
        return parse_address(text)
    except AddressError as error:
        raise AudienceError(str(error), "write it as   name@example.org") from None


def find(connection: Connection, address: str) -> Subscriber | None:
    """Find a subscriber by any spelling of their address. Raises AddressError if it is not an address."""
    return _first(connection, _subscribers().where(subscribers.c.normal == normal_address(address)))


def by_id(connection: Connection, subscriber_id: int) -> Subscriber | None:
    """Find a subscriber by id."""
    return _first(connection, _subscribers().where(subscribers.c.id == subscriber_id))


def get(connection: Connection, text: str) -> Subscriber:
    """Find the subscriber in a command. Raises AudienceError if they do not exist."""
    address = address_of(text).address
    found = find(connection, address)
    if found is None:
        raise AudienceError(
            f"{address} is not a subscriber", f"search everything stored: {command_line('who', address)}"
        )
    return found


#: The people who get the newsletter.
ACTIVE = (Status.ACTIVE,)


def select_subscribers(
    connection: Connection,
    condition: AudienceFilter | None = None,
    *,
    status: Iterable[Status] = ACTIVE,
) -> Iterator[Subscriber]:
    """Yield the subscribers of a condition, in the order they were added; of any status if `status` is empty."""
    wanted = _subscribers().where(*meant(condition, status)).order_by(subscribers.c.created, subscribers.c.id)
    for row in connection.execute(wanted.execution_options(yield_per=_AT_A_TIME)).mappings():
        yield _subscriber(row)


def count(
    connection: Connection, condition: AudienceFilter | None = None, *, status: Iterable[Status] = ()
) -> dict[Status, int]:
    """Count the subscribers of a condition by status; statuses without subscribers are left out."""
    query = select(subscribers.c.status, func.count()).where(*meant(condition, status)).group_by(subscribers.c.status)
    found = {Status(name): number for name, number in connection.execute(query)}
    return {each: found[each] for each in Status if each in found}


def meant(condition: AudienceFilter | None, status: Iterable[Status] = ()) -> list[ColumnElement[bool]]:
    """Translate a condition into SQL that selects the same subscribers as `Condition.matches`."""
    clauses: list[ColumnElement[bool]] = []
    if wanted := tuple(status):
        clauses.append(subscribers.c.status.in_(wanted))
    if condition is None:
        return clauses
    if condition.language:
        kept = func.lower(subscribers.c.language)
        asked = [each for wanted in condition.language for each in same_tags(wanted)]
        clauses.append(or_(*(or_(kept == each, kept.like(f"{each}-%")) for each in asked)))
    if condition.tag:
        clauses.append(_has_tag(condition.tag))
    if condition.without_tag:
        clauses.append(~_has_tag(condition.without_tag))
    return clauses


def _has_tag(tags: tuple[str, ...]) -> ColumnElement[bool]:
    return (
        select(1).where(subscriber_tags.c.subscriber_id == subscribers.c.id, subscriber_tags.c.tag.in_(tags)).exists()
    )


def _subscribers() -> Select[Any]:
    tags = select(func.aggregate_strings(subscriber_tags.c.tag, ",")).where(
        subscriber_tags.c.subscriber_id == subscribers.c.id
    )
    columns = ("id", "address", "normal", "name", "first_name", "last_name", "language", "fields", "status", "created")
    return select(*(subscribers.c[name] for name in columns), tags.scalar_subquery().label("tags"))


def _first(connection: Connection, query: Select[Any]) -> Subscriber | None:
    row = connection.execute(query).mappings().first()
    return None if row is None else _subscriber(row)


def _subscriber(row: RowMapping) -> Subscriber:
    fields, tags = row["fields"], row["tags"]
    return Subscriber(
        id=row["id"],
        address=row["address"],
        normal=row["normal"],
        name=row["name"],
        first_name=row["first_name"],
        last_name=row["last_name"],
        language=row["language"],
        fields={} if fields == "{}" else json.loads(fields),
        tags=tuple(sorted(tags.split(","))) if tags else (),
        status=Status(row["status"]),
        created=row["created"],
    )
