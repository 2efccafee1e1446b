"""Find the declarations that win for an element, in one colour scheme and at one width.

Input: the text of style elements. Output: for an element, the winning value of each property (CSS Cascade 4: origin,
importance, specificity, order). @media blocks are evaluated; other at-rules (@supports, @layer) are ignored.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import tinycss2
from lxml.html import HtmlElement

from composer.checks.css.css_colours import CssScheme
from composer.checks.css.css_values import UNITS, Value
from composer.checks.css.declarations import Declaration, declarations_of
from composer.checks.css.selectors import Selector, UnsupportedError, selectors

Winning = dict[str, Value]


class Rule(NamedTuple):
    """One rule of a sheet: media queries, selectors, declarations."""

    media: tuple[str, ...]
    selectors: tuple[Selector, ...]
    declarations: tuple[Declaration, ...]


class Sheet(NamedTuple):
    """The text of a style element and its media attribute."""

    text: str
    media: str = ""


@lru_cache(maxsize=64)
def rules(sheet: Sheet) -> tuple[Rule, ...]:
    """Return the rules of a sheet in order, without unsupported ones."""
    nodes = tinycss2.parse_stylesheet(sheet.text, skip_comments=True, skip_whitespace=True)
    return tuple(_rules(nodes, (sheet.media,) if sheet.media.strip() else ()))


def _rules(nodes: Iterable[Any], media: tuple[str, ...]) -> Iterable[Rule]:
    for node in nodes:
        if node.type == "at-rule" and node.lower_at_keyword == "media" and node.content is not None:
            inner = tinycss2.parse_rule_list(node.content, skip_comments=True, skip_whitespace=True)
            yield from _rules(inner, (*media, tinycss2.serialize(node.prelude)))
        elif node.type == "qualified-rule":
            try:
                found = selectors(tinycss2.serialize(node.prelude))
            except UnsupportedError:
                continue
            content = tinycss2.parse_blocks_contents(node.content, skip_comments=True, skip_whitespace=True)
            if found and (declared := tuple(declarations_of(content))):
                yield Rule(media, found, declared)


@lru_cache(maxsize=512)
def media_applies(text: str, scheme: CssScheme, width: int) -> bool:
    """Return whether a screen with this scheme and width matches a list of media queries; unknown queries do not match."""
    nodes = tinycss2.parse_component_value_list(text, skip_comments=True)
    queries: list[list[Any]] = [[]]
    for node in nodes:
        if node.type == "literal" and node.value == ",":
            queries.append([])
        elif node.type != "whitespace":
            queries[-1].append(node)
    if queries == [[]]:
        return True
    return any(_query(query, scheme, width) is True for query in queries)


def _query(query: list[Any], scheme: CssScheme, width: int) -> bool | None:
    """Evaluate one query or the content of parentheses; return None if a part is unknown."""
    negated = False
    words = query
    if words and words[0].type == "ident" and words[0].lower_value in ("not", "only"):
        negated, words = words[0].lower_value == "not", words[1:]
    if not words:
        return None
    parts: list[bool | None] = []
    joints = set()
    for at, word in enumerate(words):
        if at % 2:
            joints.add(word.lower_value if word.type == "ident" else "")
        elif word.type == "ident" and at == 0:
            parts.append(word.lower_value in ("all", "screen"))
        elif word.type == "() block":
            parts.append(_feature(_significant(word.content), scheme, width))
        else:
            parts.append(None)
    if len(joints) > 1 or not joints <= {"and", "or"} or len(words) % 2 == 0:
        return None
    if joints == {"or"}:
        met = True if True in parts else None if None in parts else False
    else:
        met = False if False in parts else None if None in parts else True
    return met if met is None or not negated else not met


def _significant(nodes: Iterable[Any]) -> list[Any]:
    return [node for node in nodes if node.type != "whitespace"]


def _feature(nodes: Sequence[Any], scheme: CssScheme, width: int) -> bool | None:
    if not nodes:
        return None
    if nodes[0].type == "() block" or nodes[0].type == "ident" and nodes[0].lower_value == "not":
        return _query(list(nodes), scheme, width)
    if any(node.type == "literal" and node.value in ("<", ">", "<=", ">=", "=") for node in nodes):
        return _range(nodes, width)
    if nodes[0].type != "ident":
        return None
    name = nodes[0].lower_value
    if len(nodes) == 1:
        return {"prefers-color-scheme": True, "width": width > 0, "color": True}.get(name)
    if len(nodes) != 3 or nodes[1] != ":":
        return None
    value = nodes[2]
    word = value.lower_value if value.type == "ident" else None
    if name == "prefers-color-scheme":
        return word == scheme if word in ("light", "dark") else None
    pixels = _pixels(value)
    match name.replace("device-", ""):
        case "min-width" if pixels is not None:
            return width >= pixels
        case "max-width" if pixels is not None:
            return width <= pixels
        case "width" if pixels is not None:
            return width == pixels
        case _:
            return None


def _range(nodes: Sequence[Any], width: int) -> bool | None:
    """Evaluate `width <= 480px` or `300px < width < 500px`."""
    sides: list[float] = []
    signs: list[str] = []
    for node in nodes:
        if node.type == "literal":
            if len(signs) == len(sides):
                signs[-1:] = [signs[-1] + node.value] if signs else [""]
            else:
                signs.append(node.value)
        elif node.type == "ident" and node.lower_value == "width":
            sides.append(width)
        elif (pixels := _pixels(node)) is not None:
            sides.append(pixels)
        else:
            return None
    if len(sides) != len(signs) + 1:
        return None
    compare = {
        "<": float.__lt__,
        "<=": float.__le__,
        ">": float.__gt__,
        ">=": float.__ge__,
        "=": float.__eq__,
    }
    if not set(signs) <= compare.keys():
        return None
    pairs = zip(signs, sides, sides[1:], strict=False)
    return all(compare[sign](float(one), float(other)) for sign, one, other in pairs)


def _pixels(node: Any) -> float | None:
    if node.type == "number" and node.value == 0:
        return 0.0
    if node.type != "dimension":
        return None
    factor = {**UNITS, "em": 16.0, "rem": 16.0}.get(node.lower_unit)
    return None if factor is None else float(node.value * factor)


class Weighed(NamedTuple):
    """A selector with its declarations; sorts by specificity and order."""

    specificity: tuple[int, int, int]
    order: int
    selector: Selector
    normal: tuple[Declaration, ...]
    important: tuple[Declaration, ...]


class Cascade:
    """The rules of some sheets that apply in one scheme, at one width, to a document with these attributes."""

    def __init__(self, sheets: Iterable[Sheet], scheme: CssScheme, width: int, attributes: frozenset[str]) -> None:
        self._by_path: dict[str, list[Weighed]] = defaultdict(list)
        self._others: dict[str, list[Weighed]] = defaultdict(list)
        order = 0
        for sheet in sheets:
            for rule in rules(sheet):
                if not all(media_applies(media, scheme, width) for media in rule.media):
                    continue
                normal = tuple(each for each in rule.declarations if not each.important)
                important = tuple(each for each in rule.declarations if each.important)
                for selector in rule.selectors:
                    order += 1
                    if selector.needed <= attributes:
                        index = self._by_path if selector.by_path else self._others
                        index[selector.key].append(Weighed(selector.specificity, order, selector, normal, important))
        self.looks_further = bool(self._others)

    def by_path(self, element: HtmlElement) -> tuple[Weighed, ...]:
        """Return the rules that match by names, classes and ids of an element and its ancestors."""
        return _matching(self._by_path, element)

    def others(self, element: HtmlElement) -> tuple[Weighed, ...]:
        """Return the rules that match by attributes, by the position among siblings, or by state."""
        return _matching(self._others, element)


def _matching(index: dict[str, list[Weighed]], element: HtmlElement) -> tuple[Weighed, ...]:
    keys = [element.tag, "*", *(f".{name}" for name in set(element.get("class", "").split()))]
    if (name := element.get("id")) is not None:
        keys.append(f"#{name}")
    return tuple(each for key in keys for each in index.get(key, ()) if each.selector.matches(element))


def winning(defaults: Iterable[Declaration], applied: Iterable[Weighed], inline: Sequence[Declaration]) -> Winning:
    """Return the winning value of each property from browser defaults, style sheets and the style attribute."""
    weighed = sorted(applied, key=lambda each: (each.specificity, each.order))
    won: Winning = {each.name: each.value for each in defaults}
    for layer in (
        *(each.normal for each in weighed),
        tuple(each for each in inline if not each.important),
        *(each.important for each in weighed),
        tuple(each for each in inline if each.important),
    ):
        for declaration in layer:
            won[declaration.name] = declaration.value
    return won
