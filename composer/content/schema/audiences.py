"""Conditions that editors write: `audiences:` in newsletter.yaml, `only:` in sections and items.

Input: a group of keys that was read, and its node. Output: an `AudienceFilter`; a condition that is empty or can match
no subscriber is a problem at its line.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache

from composer.content.schema.messages import as_key, where
from composer.content.schema.schema import SchemaField, built_in
from composer.content.values.field_values import Group, Value, value_in
from composer.content.yaml.nodes import Mapping as MappingNode
from composer.content.yaml.nodes import Node, Scalar, Sequence
from composer.content.yaml.source import SourcePlace
from composer.core.audience_filter import AudienceFilter
from composer.core.errors import Problem

#: The key that limits a section or an item to some subscribers.
ONLY = "only"


@cache
def only_field() -> SchemaField:
    """Return the schema of `only:`: an audience without the language, because each language has its own files."""
    audience = built_in("newsletter").definitions["audience"]
    return replace(
        audience,
        title="Only for",
        description="Which subscribers get this. Other subscribers get an edition without it.",
        properties={name: field for name, field in audience.properties.items() if name != "language"},
    )


def with_only(field: SchemaField) -> SchemaField:
    """Return the schema of a group of keys with `only:` added."""
    return replace(field, properties={**field.properties, ONLY: only_field()})


def condition_in(group: Value) -> AudienceFilter:
    """Return the condition in a group of keys; an empty one if the group is missing."""
    if not isinstance(group, Group):
        return AudienceFilter()
    return AudienceFilter(
        language=_words(group, "language"), tag=_words(group, "tag"), without_tag=_words(group, "without_tag")
    )


def _words(group: Group, name: str) -> tuple[str, ...]:
    value = value_in(group, name)
    if isinstance(value, str):
        return (value,)
    return tuple(dict.fromkeys(each for each in value if isinstance(each, str))) if isinstance(value, tuple) else ()


def condition_problem(given: AudienceFilter, place: SourcePlace, trail: tuple[str, ...]) -> Problem | None:
    """Return a problem if a condition is empty or can match no subscriber."""
    if not given:
        message = "this condition is empty, so it would select every subscriber"
        return place.problem(
            "audience",
            where(trail, message),
            "write   tag: press   below it, indented by two more spaces, or delete it",
        )
    if given.is_impossible:
        subscribers = given.in_words
        message = f"no subscriber can match: {subscribers}"
        return place.problem("audience", where(trail, message), "remove a tag from “tag” or from “without_tag”")
    return None


def named_audiences(node: Node | None, values: Value, problems: list[Problem]) -> Mapping[str, AudienceFilter]:
    """Read `audiences:`, and add problems with their names or conditions."""
    found: dict[str, AudienceFilter] = {}
    for entry in node.entries if isinstance(node, MappingNode) else ():
        name, value = entry.key.text, value_in(values, entry.key.text) if isinstance(values, Group) else None
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            message = f"audiences: “{name}” is not a valid name; use only lowercase letters, digits and _"
            problems.append(entry.key.place.problem("key", message, f"did you mean {as_key(name)}?"))
        found[name] = condition_in(value)
        mistake = condition_problem(found[name], entry.key.place, ("audiences", name))
        if mistake is not None and not is_told(entry.value, problems):
            problems.append(mistake)
    return found


def is_told(node: Node, problems: list[Problem]) -> bool:
    """Check whether a group of keys already has a problem, so that its value may be incomplete."""
    places = set(_places(node))
    return any(SourcePlace(path=each.path, line=each.line, column=each.column) in places for each in problems)


def _places(node: Node) -> Iterator[SourcePlace]:
    yield node.place
    match node:
        case MappingNode():
            for entry in node.entries:
                yield entry.key.place
                yield from _places(entry.value)
        case Sequence():
            for item in node.items:
                yield from _places(item)
        case Scalar():
            pass
