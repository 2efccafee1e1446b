"""What each field of a section's content is for, read from its schema: the title, the text, the number, the sources.

Input: the schema of a group of keys. Output: `FieldRoles`. Guarantees: pure; works for section types that only one
newsletter has.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from composer.content.schema.schema import DocumentSchema, SchemaField

_TITLES = ("title", "headline", "name", "heading")
_OUTLETS = ("outlet", "publisher", "medium", "source")
_PLACES = ("place", "location", "venue")
_ROLES = ("role", "position", "function", "title")
_ATTRIBUTIONS = ("author", "speaker", "person", "by")
_DIGITS = re.compile(r"\d")
_NUMBER = re.compile(
    r"""(?:[A-Z]{1,3}\$?|[$€£¥₹]|[A-Z]{3})?\s?[+\-−±~≈]?\s?[$€£¥]?\s?\d[\d\s.,’'/:]*\d*
        \s?(?:%|‰|°C?|percent|per\scent|prozent|p\.?p\.?|bn|m|k|tn|billion|million|trillion|milliarden|millionen|mrd\.?|mio\.?)?
        \s?(?:[A-Z]{3}|[$€£¥]|%|[^\W\d]{1,12})?""",
    re.VERBOSE | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRoles:
    """The keys of a group by their purpose; None if it has no such key."""

    fields: Mapping[str, SchemaField]
    required: tuple[str, ...]
    title: str | None = None
    #: The field for text that has no label.
    main: str | None = None
    sources: str | None = None
    number: str | None = None
    outlet: str | None = None
    url: str | None = None
    date: str | None = None
    end: str | None = None
    language: str | None = None
    place: str | None = None
    email: str | None = None
    #: A picture of the item itself.
    picture: str | None = None
    #: One figure in the text, and figures that the text names.
    figure: str | None = None
    figures: str | None = None
    authors: str | None = None
    #: The person who said or wrote it, and what they do.
    attribution: str | None = None
    role: str | None = None
    #: Fields whose values look like one of these patterns, such as `32 min`.
    shapes: Mapping[str, re.Pattern[str]] = field(default_factory=dict)

    @property
    def texts(self) -> tuple[str, ...]:
        """The keys with Markdown."""
        return tuple(key for key, each in self.fields.items() if each.format == "markdown")


def field_roles(given: SchemaField, schema: DocumentSchema) -> FieldRoles:
    """Return what the keys of a group are for."""
    fields = {key: schema.resolve(each) for key, each in given.properties.items() if key not in ("only", "checked")}
    title = _title(fields, given.required)
    number = _number(fields, given.required) if title is None else None
    attribution = _named(fields, _ATTRIBUTIONS, "plain")
    return FieldRoles(
        fields=fields,
        required=given.required,
        title=title,
        main=_main(fields, given.required),
        sources=_of_format(fields, "sources"),
        number=number,
        outlet=_named(fields, _OUTLETS, "plain"),
        url=_of_format(fields, "url"),
        date=_of_format(fields, "date"),
        end=_named(fields, ("end", "until"), "date"),
        language=_of_format(fields, "language"),
        place=_named(fields, _PLACES, "plain"),
        email=_of_format(fields, "email"),
        picture=_of_format(fields, "picture"),
        figure=next((key for key, each in fields.items() if _is_figure(each, schema)), None),
        figures=next(
            (key for key, each in fields.items() if each.others and _is_figure(schema.resolve(each.others), schema)),
            None,
        ),
        authors=next((key for key, each in fields.items() if _is_authors(each, schema)), None),
        attribution=attribution,
        role=next((key for key in _ROLES if key in fields and key != title), None),
        shapes={key: shape for key, each in fields.items() if key != number and (shape := _shape(each))},
    )


def is_lone_number(text: str) -> bool:
    """Return whether a text is only a number with its unit."""
    text = " ".join(text.split())
    return len(text) <= 30 and _NUMBER.fullmatch(text) is not None


def _title(fields: Mapping[str, SchemaField], required: tuple[str, ...]) -> str | None:
    # A person has a name, and perhaps a title.
    named = _named(fields, (name for name in _TITLES if name in required), "plain") or _named(fields, _TITLES, "plain")
    if named is not None:
        return named
    for key, each in fields.items():
        if each.format == "markdown" and key in required:
            return None
        if each.format == "plain" and key in required and not _is_numeric(each):
            return key
    return None


def _number(fields: Mapping[str, SchemaField], required: tuple[str, ...]) -> str | None:
    return next((key for key in required if fields[key].format == "plain" and _is_numeric(fields[key])), None)


def _is_numeric(each: SchemaField) -> bool:
    return bool(each.examples) and all(is_lone_number(example.strip('"')) for example in each.examples)


def _main(fields: Mapping[str, SchemaField], required: tuple[str, ...]) -> str | None:
    texts = [key for key, each in fields.items() if each.format == "markdown"]
    return next((key for key in texts if key in required), None) or next(
        (key for key in ("body", "text") if key in texts), texts[0] if texts else None
    )


def _of_format(fields: Mapping[str, SchemaField], wanted: str) -> str | None:
    return next((key for key, each in fields.items() if each.format == wanted), None)


def _named(fields: Mapping[str, SchemaField], names: Iterable[str], wanted: str) -> str | None:
    return next((name for name in names if name in fields and fields[name].format == wanted), None)


def _is_figure(each: SchemaField, schema: DocumentSchema) -> bool:
    inner = [schema.resolve(child).format for child in each.properties.values()]
    return each.is_object and "picture" in inner


def _is_authors(each: SchemaField, schema: DocumentSchema) -> bool:
    if not each.is_array or each.items is None or "string" in each.types:
        return False
    item = schema.resolve(each.items)
    return item.required == ("name",) and "role" in item.properties


def _shape(each: SchemaField) -> re.Pattern[str] | None:
    """Return a pattern of values like the examples, if these contain digits: any number for a number, any word for a word."""
    examples = [example.strip('"') for example in each.examples]
    if each.format != "plain" or not examples or not all(_DIGITS.search(example) for example in examples):
        return None
    if any(len(example) > 30 for example in examples):
        return None
    shapes = "|".join(
        re.sub(r"[^\W\d_]+", r"[^\\W\\d_]+", re.sub(r"\d+", "0", re.escape(example))) for example in examples
    )
    return re.compile(f"(?:{shapes})".replace("0", r"\d+"), re.IGNORECASE)
