"""The computed styles of a document, without a browser: the results of Chromium's getComputedStyle that the checks need.

Input: a parsed HTML document, a colour scheme and a width. Output: a `ComputedStyle` for each element, with the
background colour of its text. Guarantees: nothing is laid out, so sizes that depend on content are unknown; conditional
comments are comments.
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import count
from typing import NamedTuple

from lxml.html import HtmlElement

from composer.checks.css.browser_sheet import BY_TAG, HINTS, hints, link_colour
from composer.checks.css.cascade import Cascade, Sheet, Weighed, winning
from composer.checks.css.computed import compute
from composer.checks.css.css_colours import CssScheme, Rgb
from composer.checks.css.declarations import Declaration, declarations
from composer.checks.css.style import ComputedStyle, StyledPage

__all__ = ["ComputedStyle", "CssScheme", "Styles"]


class _Node(NamedTuple):
    """An element with everything that its style depends on, except the style sheets."""

    element: HtmlElement
    #: The index of the parent in the outline; -1 for the root.
    parent: int
    #: The same number for the same names, classes and ids from the root down, in all documents.
    path: int
    inline: str
    #: Attributes that set styles; a child of a closed `details` has an artificial one.
    hints: tuple[tuple[str, str], ...]


_CLOSED = ("", "")
_UNSEEN = (Declaration("content-visibility", "hidden"),)


_paths: dict[tuple[int, str, str | None, str | None], int] = {}
_numbers = count()
#: The size limit of the caches: paths, and styles of a set of sheets.
_MOST = 20_000


class _Outline:
    """A document that is read once for both schemes: its elements in order, its sheets, and the elements with text."""

    def __init__(self, tree: HtmlElement) -> None:
        self.nodes: list[_Node] = []
        #: Elements with text of their own that is not only spaces.
        self.texts: list[HtmlElement] = []
        self.sheets: list[Sheet] = []
        self.schemes = "normal"
        self.attributes: frozenset[str] = frozenset()
        self._read(tree)

    def _read(self, tree: HtmlElement) -> None:
        places: dict[HtmlElement, int] = {}
        if len(_paths) > _MOST:
            _paths.clear()
        texts: dict[HtmlElement, None] = {}
        attributes: set[str] = set()
        nodes = self.nodes
        for element in tree.iter():
            around = element.getparent() if element is not tree else None
            if around is not None and (tail := element.tail) and not tail.isspace():
                texts[around] = None
            if not isinstance(tag := element.tag, str):
                continue
            if (text := element.text) and not text.isspace():
                texts[element] = None
            parent = places[around] if around is not None else -1
            inline = ""
            group = name = None
            found: tuple[tuple[str, str], ...] = ()
            for key, value in element.items():
                attributes.add(key)
                if key == "style":
                    inline = value
                elif key == "class":
                    group = value
                elif key == "id":
                    name = value
                elif key in HINTS:
                    found += ((key, "" if key in ("href", "title") else value),)
            above = nodes[parent].path if parent >= 0 else -1
            if tag == "style":
                self.sheets.append(Sheet(element.text or "", element.get("media", "")))
            elif tag == "meta" and element.get("name", "").lower() == "color-scheme" and self.schemes == "normal":
                self.schemes = " ".join(element.get("content", "").lower().split()) or "normal"
            if around is not None and around.tag == "details" and tag != "summary" and "open" not in around.attrib:
                found += (_CLOSED,)
            places[element] = len(nodes)
            key_of_path = (above, tag, group, name)
            if (path := _paths.get(key_of_path)) is None:
                path = _paths[key_of_path] = next(_numbers)
            nodes.append(_Node(element, parent, path, inline, found))
        self.texts = list(texts)
        self.attributes = frozenset(attributes)


class _Memory:
    """The cached styles of a set of sheets: after a small change of the document, most of them are still valid."""

    def __init__(self, sheets: tuple[Sheet, ...], attributes: frozenset[str], page: StyledPage) -> None:
        self.cascade = Cascade(sheets, page.scheme, page.width, attributes)
        self.by_path: dict[int, tuple[Weighed, ...]] = {}
        self.styles: dict[tuple[object, ...], ComputedStyle] = {}


#: Four entries: two schemes, before and after a change of the sheets.
_memory = lru_cache(maxsize=4)(_Memory)


class Styles:
    """The computed styles of one document in one colour scheme, for one window width.

    If the document changes, create a new object.
    """

    def __init__(self, tree: HtmlElement, scheme: CssScheme, width: int = 700) -> None:
        self._read(_Outline(tree), scheme, width)

    def under(self, scheme: CssScheme) -> "Styles":
        """Return the styles of the same, unchanged document in another scheme, without reading it again."""
        other = Styles.__new__(Styles)
        other._read(self._outline, scheme, self.width)
        return other

    def _read(self, outline: _Outline, scheme: CssScheme, width: int) -> None:
        self.scheme, self.width = scheme, width
        self._outline = outline
        body = next((node for node in outline.nodes if node.element.tag == "body"), None)
        page = StyledPage(
            scheme=scheme,
            width=width,
            schemes=outline.schemes,
            link=link_colour(dict(body.hints)) if body else None,
        )
        memory = _memory(tuple(outline.sheets), outline.attributes, page)
        cascade, by_path, known = memory.cascade, memory.by_path, memory.styles
        if len(known) > _MOST:
            known.clear()
            by_path.clear()
        styles: list[ComputedStyle] = []
        root: ComputedStyle | None = None
        for element, place, path, inline, found in outline.nodes:
            parent = styles[place] if place >= 0 else None
            others = cascade.others(element) if cascade.looks_further else ()
            key = (parent, path, inline, found, *(each.order for each in others))
            style = known.get(key)
            if style is None:
                applied = by_path.get(path)
                if applied is None:
                    applied = by_path[path] = cascade.by_path(element)
                defaults = BY_TAG.get(element.tag, ()) + hints(element.tag, dict(found))
                if _CLOSED in found:
                    defaults += _UNSEEN
                won = winning(defaults, (*applied, *others), declarations(inline) if inline else ())
                style = known[key] = compute(won, parent, page, root)
            if root is None:
                root = style
            styles.append(style)
        self._styles: dict[HtmlElement, ComputedStyle] = dict(
            zip((node.element for node in outline.nodes), styles, strict=True)
        )

    def of(self, element: HtmlElement) -> ComputedStyle:
        """Return the computed style of an element. Raises KeyError if the document does not contain it."""
        return self._styles[element]

    def background(self, element: HtmlElement) -> Rgb | None:
        """Return the background colour of an element's text, blended with all layers below; None if it is an image."""
        return self._styles[element].behind

    def with_text(self) -> Iterator[HtmlElement]:
        """Yield the elements with text of their own, in the order of their texts, including hidden ones."""
        return iter(self._outline.texts)

    def items(self, tag: str) -> Iterator[tuple[HtmlElement, ComputedStyle]]:
        """Yield the elements with a tag and their styles, in document order."""
        return ((element, style) for element, style in self._styles.items() if element.tag == tag)
