"""The text that a text editor inserts when somebody chooses a key: titles in quotes, long texts after a |.

Input: a field of a schema. Output: a snippet with tab stops ($1, $2 …), as yaml-language-server inserts it. Guarantees:
with the tab stops filled in, what is inserted is valid YAML.
"""

from itertools import count

from composer.content.schema.schema import DocumentSchema, SchemaField

#: Formats that are written on the lines below the key, after a |.
_BLOCKS = ("markdown", "sources")
#: Formats that are written in quotes.
_QUOTED = ("plain", "colour")


def key_snippet(schema: DocumentSchema, given: SchemaField, *, is_in_list: bool) -> str:
    """Return what is inserted after a key and its colon.

    In a list, a text after a | is indented by four spaces: its key may be the first one, after the dash.
    """
    field = schema.resolve(given)
    if field.format in _BLOCKS:
        return f"|\n{'    ' if is_in_list else '  '}$1"
    if not (field.is_array or field.is_object):
        return '"$1"' if field.format in _QUOTED else "$1"
    lines = _Lines(schema)
    return "\n" + "\n".join(lines.list_of(field, "  ") if field.is_array else lines.group(field, "  "))


def item_snippet(schema: DocumentSchema, given: SchemaField) -> str:
    """Return what is inserted for a new item of a list, with its dash."""
    return "\n".join(_Lines(schema).list_of(schema.resolve(given), ""))


class _Lines:
    """The lines of a snippet; its tab stops are numbered in their order."""

    def __init__(self, schema: DocumentSchema) -> None:
        self._schema = schema
        self._numbers = count(1)

    def list_of(self, field: SchemaField, indent: str) -> list[str]:
        item = self._schema.resolve(field.items or SchemaField())
        if not item.is_object:
            return [f"{indent}- ${next(self._numbers)}"]
        first, *others = self.group(item, indent + "  ")
        return [f"{indent}- {first.lstrip()}", *others]

    def group(self, field: SchemaField, indent: str) -> list[str]:
        names = [name for name in field.required if not self._is_nested(field.properties[name])]
        lines = [line for name in names for line in self._key(name, field.properties[name], indent)]
        return lines or [f"{indent}${next(self._numbers)}"]

    def _is_nested(self, given: SchemaField) -> bool:
        field = self._schema.resolve(given)
        return "string" not in field.types and (field.is_array or field.is_object)

    def _key(self, name: str, given: SchemaField, indent: str) -> list[str]:
        field = self._schema.resolve(given)
        stop = f"${next(self._numbers)}"
        if field.format in _BLOCKS:
            return [f"{indent}{name}: |", f"{indent}  {stop}"]
        return [f'{indent}{name}: "{stop}"' if field.format in _QUOTED else f"{indent}{name}: {stop}"]
