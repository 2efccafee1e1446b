"""JSON lines: one object per line.

Input: bytes that can be read twice. Output: a `ListTable` whose columns are the keys of the first objects.
"""

import io
import json
from collections.abc import Generator, Iterator
from contextlib import closing
from itertools import islice

from composer.audience.lists.formats.character_encoding import Encoding, encoding_of
from composer.audience.lists.formats.delimited import Done
from composer.audience.lists.formula_guard import guarded
from composer.audience.lists.list_table import ListError, ListFile, ListTable, Row, Unreadable, beginning

#: How many lines are read to find the columns.
_LOOKED_AT = 200


def read_lines(source: ListFile, encoding: str = "") -> ListTable:
    """Read one object per line. Raises ListError if the first lines have none."""
    found = encoding_of(source, encoding)
    keys: dict[str, None] = {}
    with closing(_objects(source, found, Done(source.size))) as first:
        for _, value in islice(first, _LOOKED_AT):
            if isinstance(value, dict):
                keys |= dict.fromkeys(value)
    if not keys:
        raise ListError(f"{source.name} contains no JSON objects", 'write one per line: {"email": "name@example.org"}')
    done = Done(source.size)
    header = tuple(keys)

    objects = _objects(source, found, done)

    def rows() -> Iterator[Row]:
        for number, value in objects:
            if isinstance(value, dict):
                # No spreadsheet reads this format, so no value is guarded: an apostrophe in front belongs to the value.
                yield number, [guarded(_text(value.get(key))) for key in header]
            else:
                yield Unreadable(number=number, reason="the line is not a JSON object", text=beginning(str(value)))

    return ListTable(
        name=source.name,
        header=header,
        width=len(header),
        rows=rows(),
        notes=(found.note,) if found.note else (),
        progress=lambda: (done(), source.size),
        close=objects.close,
    )


def _objects(source: ListFile, encoding: Encoding, done: Done) -> Generator[tuple[int, object]]:
    """Yield each line that is not blank with its number: the object, or the text if it is not an object."""
    with source.open() as file:
        done.file = file
        with io.TextIOWrapper(file, encoding.name, encoding.errors) as text:
            for number, line in enumerate(text, 1):
                if not line.strip():
                    continue
                try:
                    value: object = json.loads(line)
                except (ValueError, RecursionError):
                    value = None
                yield number, value if isinstance(value, dict) else line


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case _:
            return json.dumps(value, ensure_ascii=False)
