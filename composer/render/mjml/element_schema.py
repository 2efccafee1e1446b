"""The schema of MJML elements: parents, attributes and values, from mjml_schema.json (node mjml, MIT).

Input: names and values of one element. Output: answers and short reasons. Guarantees: does not parse markup and reads
no other files.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Element:
    """One MJML element: whether it contains HTML (`ending`), its MJML children, and the types of its attributes."""

    ending: bool
    children: frozenset[str]
    attributes: dict[str, str]


@dataclass(frozen=True, slots=True)
class MjmlSchema:
    """All elements by name, all attributes of any element, and the names of colours."""

    elements: dict[str, Element]
    attributes: dict[str, str]
    colours: frozenset[str]


#: MJML elements that are not allowed, with what to write instead.
REFUSED = {
    "mj-include": "<mj-include> is not allowed; include the template with Jinja: {% include %}",
    "mj-font": "<mj-font> is not allowed: it loads a font from the web; use fonts that subscribers have, in theme.yaml",
    "mj-html-attributes": "<mj-html-attributes> is not supported; write the attribute on the element itself",
    "mj-selector": "<mj-selector> is not supported; write the attribute on the element itself",
    "mj-html-attribute": "<mj-html-attribute> is not supported; write the attribute on the element itself",
}
REFUSED_ATTRIBUTES = {
    ("mj-raw", "position"): "position= is not supported by the compiler; put <mj-raw> where its content belongs",
    ("mj-style", "inline"): "inline= has no effect; put rules to be inlined in the theme's inline.css",
}
_EVERYWHERE = {"css-class": "string", "mj-class": "string"}
_ROOT = {"lang": "string", "dir": "enum(ltr,rtl,auto)"}


@cache
def schema() -> MjmlSchema:
    """Read the schema file in this folder."""
    raw = json.loads(Path(__file__).with_name("mjml_schema.json").read_text("utf-8"))
    elements: dict[str, Element] = {}
    known: dict[str, str] = {}
    for name, row in raw["elements"].items():
        own = {attribute: kind for kind, attributes in row["attributes"].items() for attribute in attributes}
        known |= own
        children = frozenset(row["children"])
        if name == "mjml":
            # The compiler rejects mj-raw here, which node accepts.
            own, children = dict(_ROOT), children - {"mj-raw"}
        elif name != "mj-head":
            own |= _EVERYWHERE
        elements[name] = Element(row["ending"], children, own)
    return MjmlSchema(elements, known | _EVERYWHERE, frozenset(raw["colours"].split()))


def suggestion(name: str, known: list[str]) -> str:
    """Return `; did you mean X?` for the nearest known name, or an empty text."""
    near = get_close_matches(name, known, 1, 0.7)
    return f"; did you mean {near[0]}?" if near else ""


@cache
def value_problem(kind: str, value: str) -> str:
    """Return why `value` does not have the type `kind`, in a few words; an empty text if it does."""
    check, expected = _checker(kind)
    return "" if check(value) else f"is not {expected}"


_COLOUR = re.compile(
    r"#(?:[0-9a-fA-F]{3}){1,2}|rgb\(\s?\d{1,3},\s?\d{1,3},\s?\d{1,3}\s?\)"
    r"|rgba\(\s?\d{1,3},\s?\d{1,3},\s?\d{1,3},\s?(?:0|1|0?\.\d{1,3}|1\.0)\s?\)"
)


@cache
def _checker(kind: str) -> tuple[Callable[[str], bool], str]:
    name, _, rest = kind.partition("(")
    words = rest.partition(")")[0].split(",")
    if name == "color":
        colours = schema().colours
        return (
            lambda value: value in colours or _COLOUR.fullmatch(value) is not None,
            "a colour, such as #9b1c1c or white",
        )
    if name == "enum":
        listed = ", ".join(word or '""' for word in words)
        return words.__contains__, f"one of: {listed}"
    if name == "boolean":
        return ("true", "false").__contains__, "true or false"
    if name == "integer":
        return lambda value: re.fullmatch(r"[0-9]+", value) is not None, "a whole number"
    if name in ("unit", "unitWithNegative"):
        minus = "-?" if name == "unitWithNegative" else ""
        units = "|".join(re.escape(word) for word in words if word != "auto")
        one = rf"(?:{minus}(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:{units})|0{'|auto' if 'auto' in words else ''})"
        low, high = (1, 4) if kind.endswith("{1,4}") else (1, 1)
        pattern = re.compile(rf"{one}(?: {one}){{{low - 1},{high - 1}}}")
        named = ", ".join(word or "a bare number" for word in words)
        several = " (one to four of them)" if high > 1 else ""
        return lambda value: pattern.fullmatch(value) is not None, f"a size in {named}{several}"
    return lambda value: True, "text"
