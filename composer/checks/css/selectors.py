"""Convert CSS selectors to functions that test whether an element matches.

Input: the text of a selector list. Output: one `Selector` for each part. Selectors that no message can match (:hover,
::before) are left out; an unsupported selector invalidates its whole rule, as in a browser.
"""

from collections.abc import Callable
from typing import NamedTuple

import cssselect
from cssselect import parser
from lxml.html import HtmlElement

from composer.checks.css.css_values import words

Match = Callable[[HtmlElement], bool]

#: States that do not apply to a message without user interaction. A rule may list them next to other selectors.
_NEVER = words(
    "hover active focus focus-visible focus-within visited target checked disabled default "
    "indeterminate fullscreen modal placeholder-shown autofill invalid user-invalid popover-open"
)
_SCREEN_ELEMENTS = words(
    "before after first-line first-letter selection marker placeholder backdrop file-selector-button"
)


class UnsupportedError(Exception):
    """A selector is not supported."""


class Selector(NamedTuple):
    """One selector: its specificity, and which elements it matches."""

    specificity: tuple[int, int, int]
    #: The first condition of its last part: "#id", ".class", "tag" or "*".
    key: str
    #: Whether it depends only on names, classes and ids of the element and its ancestors.
    by_path: bool
    #: The attributes that an element needs to match.
    needed: frozenset[str]
    matches: Match


def selectors(text: str) -> tuple[Selector, ...]:
    """Return the selectors of a list, without those that cannot match.

    Raises UnsupportedError if one of them is not supported.
    """
    try:
        parsed = cssselect.parse(text)
    except cssselect.SelectorError as error:
        raise UnsupportedError(text) from error
    found = []
    for each in parsed:
        if each.pseudo_element is not None:
            name = each.pseudo_element if isinstance(each.pseudo_element, str) else each.pseudo_element.name
            if name.lower() not in _SCREEN_ELEMENTS and not name.lower().startswith("-webkit-"):
                raise UnsupportedError(text)
            continue
        build = _Builder()
        matches = build.match(each.parsed_tree)
        if not build.never:
            needed = frozenset(build.needed)
            found.append(Selector(each.specificity(), _key(each.parsed_tree), build.by_path, needed, matches))
    return tuple(found)


def _key(tree: parser.Tree) -> str:
    match tree:
        case parser.Hash():
            return f"#{tree.id}"
        case parser.Class():
            return f".{tree.class_name}"
        case parser.CombinedSelector():
            return _key(tree.subselector)
        case parser.Element():
            return (tree.element or "*").lower()
        case _:
            return _key(tree.selector)


class _Builder:
    """Builds the function of one selector and records what it depends on."""

    def __init__(self) -> None:
        self.never = False
        self.by_path = True
        self.needed: set[str] = set()

    def match(self, tree: parser.Tree) -> Match:
        """Return the function for a parsed selector."""
        match tree:
            case parser.Element():
                return _element((tree.element or "").lower())
            case parser.Class():
                return _class(self.match(tree.selector), tree.class_name)
            case parser.Hash():
                return _attribute(self.match(tree.selector), "id", "=", tree.id)
            case parser.CombinedSelector():
                return self._combined(tree)
            case parser.Attrib():
                return self._attribute(tree)
            case parser.Pseudo():
                return self._pseudo(tree)
            case parser.Function():
                return self._function(tree)
            case parser.Negation():
                return _without(self.match(tree.selector), self._inner((tree.subselector,)))
            case parser.Matching() | parser.SpecificityAdjustment():
                return _both(self.match(tree.selector), self._inner(tuple(tree.selector_list)))
            case _:
                raise UnsupportedError(tree.canonical())

    def _inner(self, trees: tuple[parser.Tree, ...]) -> Match:
        """Return a function that matches any of some selectors; their needed attributes are not needed by the whole."""
        found = []
        for tree in trees:
            inner = _Builder()
            found.append((inner.match(tree), inner))
            self.by_path = self.by_path and inner.by_path
        matches = tuple(match for match, inner in found if not inner.never)
        return lambda element: any(match(element) for match in matches)

    def _combined(self, tree: parser.CombinedSelector) -> Match:
        before, last = self.match(tree.selector), self.match(tree.subselector)
        if tree.combinator not in (" ", ">"):
            self.by_path = False
        return {" ": _inside, ">": _child, "+": _next, "~": _later}[tree.combinator](before, last)

    def _attribute(self, tree: parser.Attrib) -> Match:
        self.by_path = False
        name = tree.attrib.lower()
        self.needed.add(name)
        value = tree.value.value if tree.value is not None else None
        return _attribute(self.match(tree.selector), name, tree.operator, value or "", folded=tree.flag == "i")

    def _pseudo(self, tree: parser.Pseudo) -> Match:
        match = self.match(tree.selector)
        match tree.ident:
            case "root":
                return lambda element: element.getparent() is None and match(element)
            case "link" | "any-link":
                self.by_path = False
                return lambda element: element.tag in ("a", "area") and "href" in element.attrib and match(element)
            case "first-child" | "last-child" | "only-child" | "first-of-type" | "last-of-type" | "only-of-type":
                self.by_path = False
                return _placed(match, tree.ident)
            case "empty":
                self.by_path = False
                return lambda element: not len(element) and not element.text and match(element)
            case "enabled":
                self.by_path = False
                return lambda element: element.tag in ("button", "input", "select", "textarea") and match(element)
            case name if name in _NEVER or name.startswith("-webkit-"):
                self.never = True
                return match
            case _:
                raise UnsupportedError(tree.canonical())

    def _function(self, tree: parser.Function) -> Match:
        self.by_path = False
        match = self.match(tree.selector)
        if tree.name == "lang" and tree.argument_types() in (["IDENT"], ["STRING"]):
            return _language(match, (tree.arguments[0].value or "").lower())
        if tree.name not in ("nth-child", "nth-last-child", "nth-of-type", "nth-last-of-type"):
            raise UnsupportedError(tree.canonical())
        try:
            step, first = parser.parse_series(tree.arguments)
        except ValueError as error:
            raise UnsupportedError(tree.canonical()) from error
        return _counted(match, step, first, last="last" in tree.name, of_type="type" in tree.name)


def _element(name: str) -> Match:
    return (lambda element: element.tag == name) if name else (lambda element: True)


def _class(match: Match, name: str) -> Match:
    return lambda element: name in element.get("class", "").split() and match(element)


def _both(one: Match, other: Match) -> Match:
    return lambda element: one(element) and other(element)


def _without(one: Match, other: Match) -> Match:
    return lambda element: one(element) and not other(element)


def _inside(before: Match, last: Match) -> Match:
    return lambda element: last(element) and any(before(each) for each in element.iterancestors())


def _child(before: Match, last: Match) -> Match:
    return lambda element: last(element) and (parent := element.getparent()) is not None and before(parent)


def _siblings(element: HtmlElement, *, preceding: bool) -> list[HtmlElement]:
    """Return the sibling elements on one side, the nearest first, without comments."""
    return [each for each in element.itersiblings(preceding=preceding) if isinstance(each.tag, str)]


def _next(before: Match, last: Match) -> Match:
    return lambda element: last(element) and any(map(before, _siblings(element, preceding=True)[:1]))


def _later(before: Match, last: Match) -> Match:
    return lambda element: last(element) and any(map(before, _siblings(element, preceding=True)))


def _placed(match: Match, name: str) -> Match:
    of_type = name.endswith("type")

    def alone(element: HtmlElement, *, preceding: bool) -> bool:
        return not any(not of_type or each.tag == element.tag for each in _siblings(element, preceding=preceding))

    first, last = not name.startswith("last"), not name.startswith("first")
    return lambda element: (
        match(element)
        and (not first or alone(element, preceding=True))
        and (not last or alone(element, preceding=False))
    )


def _counted(match: Match, step: int, first: int, *, last: bool, of_type: bool) -> Match:
    def place(element: HtmlElement) -> bool:
        others = _siblings(element, preceding=not last)
        at: int = 1 + sum(not of_type or each.tag == element.tag for each in others) - first
        return at == 0 if step == 0 else bool(at % step == 0 and at // step >= 0)

    return lambda element: match(element) and place(element)


def _language(match: Match, language: str) -> Match:
    def speaks(element: HtmlElement) -> bool:
        for each in (element, *element.iterancestors()):
            value: str | None = each.get("lang")
            if value is not None:
                return value.lower() == language or value.lower().startswith(f"{language}-")
        return False

    return lambda element: match(element) and speaks(element)


def _attribute(match: Match, name: str, operator: str, value: str, *, folded: bool = False) -> Match:
    value = value.lower() if folded else value
    tests: dict[str, Callable[[str], bool]] = {
        "exists": lambda has: True,
        "=": lambda has: has == value,
        "~=": lambda has: value in has.split(),
        "|=": lambda has: has == value or has.startswith(f"{value}-"),
        "^=": lambda has: bool(value) and has.startswith(value),
        "$=": lambda has: bool(value) and has.endswith(value),
        "*=": lambda has: bool(value) and value in has,
    }
    if operator not in tests:
        raise UnsupportedError(operator)
    test = tests[operator]

    def matches(element: HtmlElement) -> bool:
        has: str | None = element.get(name)
        return has is not None and test(has.lower() if folded else has) and match(element)

    return matches
