"""What the classes of a page mean for its text: Google Docs and other programs write bold and italic only as CSS.

Input: the page's style elements and an element. Output: its declarations. Guarantees: pure. Selectors that are more than a
tag with classes are ignored; so is everything that changes neither a look nor whether something is visible.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from lxml import etree

#: Comments, and statements such as `@import url(…);`, which would become a part of the first selector.
_IGNORED = re.compile(r"/\*.*?\*/|<!--|-->|@(?:import|charset|namespace)\b[^;{}]*;", re.DOTALL)
_SELECTOR = re.compile(r"(\w*)((?:\.[\w-]+)*)")
_USED = frozenset({"font-weight", "font-style", "display", "mso-hide", "mso-list", "white-space"})
_MOST_RULES = 20_000


@dataclass(slots=True)
class CssLooks:
    """The rules of a page by tag and class, in their order."""

    _rules: dict[tuple[str, frozenset[str]], dict[str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, sheets: Iterable[str]) -> "CssLooks":
        """Read style sheets."""
        made = cls()
        for sheet in sheets:
            for rule in _IGNORED.sub(" ", sheet).split("}"):
                selectors, _, body = rule.rpartition("{")
                if (found := declarations(body)) and len(made._rules) < _MOST_RULES:
                    for selector in selectors.rpartition("{")[2].split(","):
                        if (match := _SELECTOR.fullmatch(selector.strip())) and selector.strip():
                            key = match[1].lower(), frozenset(match[2].split(".")[1:])
                            made._rules.setdefault(key, {}).update(found)
        return made

    def look(self, element: etree._Element) -> dict[str, str]:
        """Return the declarations for an element: by tag, by classes, and its own."""
        made: dict[str, str] = {}
        classes = (element.get("class") or "").split()
        for tag in ("", element.tag):
            made.update(self._rules.get((tag, frozenset()), {}) if tag else {})
            for name in classes:
                made.update(self._rules.get((tag, frozenset({name})), {}))
        style = element.get("style")
        return {**made, **declarations(style)} if style else made


def declarations(text: str) -> dict[str, str]:
    """Return the declarations that matter here: `font-weight: 700`."""
    pairs = (each.partition(":") for each in text.split(";"))
    found = {name.strip().lower(): value.strip().lower() for name, _, value in pairs}
    return {name: value.removesuffix("!important").strip() for name, value in found.items() if name in _USED}


def is_bold(value: str) -> bool | None:
    """Return whether a font-weight is bold; None if it says nothing."""
    if value in ("bold", "bolder"):
        return True
    if value in ("normal", "lighter"):
        return False
    return int(value) >= 600 if value.isdecimal() else None


def is_italic(value: str) -> bool | None:
    """Return whether a font-style is italic; None if it says nothing."""
    return {"italic": True, "oblique": True, "normal": False}.get(value)


def is_hidden(look: dict[str, str]) -> bool:
    """Return whether an element is not shown."""
    return look.get("display") == "none" or look.get("mso-hide") == "all"
