"""Calculates the widths of the columns of an MJML section, like the compiler.

Input: start and end tags of MJML elements, in order. Output: columns whose padding leaves no room for content, so that
the compiler would write a width of 0 or less. Guarantees: checks nothing else.
"""

import re
from dataclasses import dataclass, field

from composer.render.mjml.tokenizer import Token

_NUMBER = re.compile(r"([0-9.]+)(px|%)?$")
_BODY_WIDTH = 600.0
#: The default padding of the compiler.
_DEFAULTS = {
    "mj-section": "20px 0",
    "mj-column": "0",
    "mj-group": "0",
    "mj-wrapper": "20px 0",
    "mj-spacer": "0",
    "mj-raw": "0",
}
_LEAF = "10px 25px"


@dataclass(slots=True)
class _Box:
    name: str
    at: int
    origin: str
    values: dict[str, str]
    children: list["_Box"] = field(default_factory=list)


@dataclass(slots=True)
class Widths:
    """Collects sections with their columns; call `problems()` at the end."""

    defaults: dict[str, dict[str, str]] = field(default_factory=dict)
    sections: list[tuple[float, list[_Box], _Box]] = field(default_factory=list)
    open: list[_Box] = field(default_factory=list)
    in_attributes: bool = False

    def enter(self, token: Token, values: dict[str, str | None], parent: str, origin: str) -> None:
        """Process the start tag of an MJML element."""
        own = {name: value for name, value in values.items() if value is not None}
        if parent == "mj-attributes":
            key = f".{own.get('name', '')}" if token.name == "mj-class" else token.name
            self.defaults.setdefault(key, {}).update(own)
            self.open.append(_Box(token.name, token.at, origin, {}))
            return
        layered: dict[str, str] = dict(self.defaults.get("mj-all", {}))
        layered |= self.defaults.get(token.name, {})
        for one in own.get("mj-class", "").split():
            layered |= self.defaults.get(f".{one}", {})
        box = _Box(token.name, token.at, origin, layered | own)
        if self.open:
            self.open[-1].children.append(box)
        self.open.append(box)
        if token.name == "mj-section":
            outer = [other for other in self.open[:-1] if other.name in ("mj-body", "mj-wrapper")]
            self.sections.append((self._body(outer), outer, box))

    def leave(self, name: str) -> None:
        """Process an end tag."""
        while self.open and self.open.pop().name != name:
            pass

    def problems(self) -> list[tuple[int, str, str]]:
        """Return (offset, message, origin) for every column without room for content."""
        found = []
        for width, outer, section in self.sections:
            for wrapper in outer:
                if wrapper.name == "mj-wrapper":
                    width -= _sides(wrapper, width)
            width -= _sides(section, width)
            columns = [child for child in section.children if child.name in ("mj-column", "mj-group")]
            for column, room in zip(columns, _shares(columns, width), strict=True):
                inner = [child for child in column.children if child.name == "mj-column"]
                for box, own in zip(inner, _shares(inner, room), strict=True) if inner else [(column, room)]:
                    left = own - _sides(box, own)
                    worst = min((left - _sides(child, left) for child in box.children), default=left)
                    if worst <= 0:
                        count = len(inner or columns)
                        found.append(
                            (
                                box.at,
                                f"this column is {own:g} px wide ({count} in a row), and its padding leaves no room; "
                                "use fewer columns or less padding",
                                box.origin,
                            )
                        )
        return found

    def _body(self, outer: list[_Box]) -> float:
        for box in outer:
            if (
                box.name == "mj-body"
                and (match := _NUMBER.match(box.values.get("width", "")))
                and match[1].count(".") < 2
            ):
                return _float(match[1])
        return _BODY_WIDTH


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _size(text: str, of: float) -> float:
    match = _NUMBER.match(text)
    if not match:
        return 0.0
    number = _float(match[1])
    return number * of / 100 if match[2] == "%" else number


def _sides(box: _Box, width: float) -> float:
    words = (box.values.get("padding") or _DEFAULTS.get(box.name, _LEAF)).split()
    if not words or len(words) > 4:
        return 0.0
    right, left = words[min(1, len(words) - 1)], words[3] if len(words) == 4 else words[min(1, len(words) - 1)]
    return _size(box.values.get("padding-left", left), width) + _size(box.values.get("padding-right", right), width)


def _shares(columns: list[_Box], width: float) -> list[float]:
    count = len(columns)
    return [_size(given, width) if (given := box.values.get("width", "")) else width / count for box in columns]
