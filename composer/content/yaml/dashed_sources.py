"""Reads short sources that are written as a list, with a dash before each line, as text below `sources: |`.

Input: a source text. Output: the same text with a | after `sources:`, where the lines below are not keys. Runs before
the YAML parser, which would read `- Reuters: [Title](https://…)` as a group with the key “Reuters”.
"""

import re

from composer.content.yaml.source import SourceText

_KEY = re.compile(r"^(?P<lead> *(?:- +)?)sources *:[ \t]*(?:#.*)?$", re.MULTILINE)
_DASH = re.compile(r"^ *- +")
#: An item of a list of sources with keys: outlet, title, url …
_GROUP = re.compile(r"^ *- +(?:[\"']?[a-z_]+[\"']? *:(?:\s|$)|\{)")
#: A line with a short source: an outlet and a link, or an address.
_SHORT = re.compile(r"^ *- +(?:[^\s:].*: *[\"']?\[|.*https?://)")


def with_sources_as_lines(source: SourceText) -> SourceText:
    """Return the text with a | after each `sources:` that needs one."""
    lines: list[str] = []
    rows: dict[int, str] = {}
    for match in _KEY.finditer(source.text):
        lines = lines or source.text.split("\n")
        row = source.text.count("\n", 0, match.start())
        column = len(match["lead"])
        block = _block(lines, row + 1, column)
        heads = [lines[each] for each in block if _DASH.match(lines[each])]
        if not heads or any(map(_GROUP.match, heads)) or not any(map(_SHORT.match, heads)):
            continue
        rows[row] = f"{lines[row][: column + len('sources')]}: |"
        if _indent(heads[0]) <= column:
            rows |= {each: f"  {lines[each]}" for each in block if lines[each]}
    return source.mend(rows) if rows else source


def _block(lines: list[str], start: int, column: int) -> list[int]:
    """Return the rows below a key, up to the next key at its level."""
    rows: list[int] = []
    for row in range(start, len(lines)):
        line = lines[row]
        is_item = _indent(line) == column and _DASH.match(line)
        if line and _indent(line) <= column and not is_item:
            break
        rows.append(row)
    first = next((row for row in rows if lines[row]), None)
    return rows if first is not None and _DASH.match(lines[first]) else []


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
