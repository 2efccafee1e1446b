"""A survey of the recipients of a mailing: how many get each variant, and who lacks a value that it shows.

Input: a connection, a selection, the variants. Output: a `RecipientSurvey`; rows of subscribers. Guarantees: reads
only.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, func, select

from composer.database.tables.subscriber_tables import subscriber_tags, subscribers
from composer.delivery.selection.selection import Selection, is_included
from composer.editions.pipeline import BuiltVariant as Built
from composer.editions.pipeline import pick


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientSurvey:
    """The results of the survey."""

    #: How many recipients get each variant, by its number.
    by_variant: Mapping[int, int]
    #: How many recipients lack a value that their variant shows without a default, by field.
    missing: Mapping[str, int]


def look_through(connection: Connection, selection: Selection, variants: Sequence[Built]) -> RecipientSurvey:
    """Survey all recipients; the database is not read if there is one variant without required fields."""
    if len(variants) == 1 and not variants[0].compiled.required:
        return RecipientSurvey(by_variant={}, missing={})
    by_variant: Counter[int] = Counter()
    missing: Counter[str] = Counter()
    for language, tags, values in _included(connection, selection):
        variant = pick(variants, language, tags)
        by_variant[variant.number] += 1
        missing.update(variant.compiled.missing(values))
    return RecipientSurvey(by_variant=by_variant, missing=missing)


def _included(connection: Connection, selection: Selection) -> Iterator[tuple[str, frozenset[str], Mapping[str, str]]]:
    for row in connection.execute(subscribers_in(selection).execution_options(yield_per=2_000)):
        own = json.loads(row.fields) if row.fields != "{}" else {}
        values = {
            **own,
            "email": row.address,
            "name": row.name,
            "first_name": row.first_name,
            "last_name": row.last_name,
            "language": row.language,
        }
        yield row.language, tags_in(row.tags), values


def subscribers_in(selection: Selection) -> Select[Any]:
    """Return the query for all recipients in a selection: values, and their tags in one text."""
    tags = select(func.aggregate_strings(subscriber_tags.c.tag, ",")).where(
        subscriber_tags.c.subscriber_id == subscribers.c.id
    )
    names = ("id", "address", "name", "first_name", "last_name", "language", "fields")
    columns = [subscribers.c[name] for name in names]
    question = select(*columns, tags.scalar_subquery().label("tags"))
    return question.where(is_included(selection)).order_by(subscribers.c.id)


def tags_in(joined: str | None) -> frozenset[str]:
    """Return the tags in that text."""
    return frozenset(joined.split(",")) if joined else frozenset()
