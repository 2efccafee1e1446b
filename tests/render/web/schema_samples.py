"""Issues in which every field of a section type has a value of its own, made from the type's schema.

Input: a section type. Output: values to write into an issue, and what a complete edition of it must contain.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import count

from composer.content.document.section_types import SectionType
from composer.content.schema.schema import DocumentSchema, SchemaField

#: A picture of the sample newsletter, relative to its issues.
PICTURE = "../assets/logo.png"


@dataclass(slots=True)
class SchemaSamples:
    """Makes values, and remembers them by where they must appear."""

    definitions: Mapping[str, SchemaField]
    words: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    dates: list[str] = field(default_factory=list)
    pictures: int = 0
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def content(self, kind: SectionType) -> object:
        """Return a value for the content of a section: with two items, if it is a list."""
        given = kind.content
        if given.is_array:
            assert given.items is not None
            return [self._group(self._resolved(given.items)) for _ in range(2)]
        return self._group(given)

    def options(self, kind: SectionType) -> dict[str, object]:
        """Return values for the options of a section, without the formats of dates."""
        texts = {name: child for name, child in kind.options.properties.items() if name != "date_format"}
        return self._group(replace(kind.options, properties=texts))

    def value(self, name: str, given: SchemaField) -> object:
        """Return a value for a key of an issue."""
        return self._value(name, self._resolved(given))

    def _resolved(self, given: SchemaField) -> SchemaField:
        return DocumentSchema(root=given, definitions=self.definitions).resolve(given)

    def _group(self, given: SchemaField) -> dict[str, object]:
        values = {name: self._value(name, self._resolved(child)) for name, child in given.properties.items()}
        values = {name: value for name, value in values.items() if value is not None}
        if given.others is not None:
            values["first"] = self._value("first", self._resolved(given.others))
        figures = values.get("figures")
        if isinstance(figures, dict):
            # A figure is shown where a text names it.
            text = next(name for name, child in given.properties.items() if child.format == "markdown")
            values[text] = f"{values[text]}\n{{figure {next(iter(figures))}}}\n"
        return values

    def _value(self, name: str, given: SchemaField) -> object:
        number = next(self._numbers)
        match given.format:
            case "sources":
                return [self._group(self._resolved(given.items))] if given.items else None
            case "date" if name == "checked":
                return None
            case "date":
                day = datetime.date(2025, 1, 1) + datetime.timedelta(days=number)
                self.dates.append(day.isoformat())
                return day.isoformat()
            case "picture":
                self.pictures += 1
                return PICTURE
            case "url":
                return self._remember(self.addresses, f"https://example.org/address-{number}")
            case "email":
                return self._remember(self.addresses, f"mail{number}@example.org")
            case "markdown":
                words = [self._remember(self.words, f"Text{number}{letter}x") for letter in "abc"]
                return f"{words[0]} begins.\n\n{words[1]} goes on.\n\n- {words[2]} ends.\n"
            case "language" | "colour" | "timezone":
                return None
        if given.enum or set(given.types) & {"boolean", "integer"}:
            return None
        if given.is_array and given.items is not None:
            return [self._value(name, self._resolved(given.items))]
        if given.is_object:
            return self._group(given)
        return self._remember(self.words, f"Word{number}x")

    def _remember(self, found: list[str], value: str) -> str:
        found.append(value)
        return value
