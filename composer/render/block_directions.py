"""Sets the direction of each block of an edition by its first letter: titles, paragraphs, list items, quotations.

Input: MJML in which each inserted value is between isolates, then the inlined HTML. Output: the same with `dir` where a block
or a value differs from what is around it, and with mirrored styles. Guarantees: without right-to-left letters, the isolates are
removed and nothing else changes.
"""

import re
from dataclasses import dataclass, field

from composer.render.bidi import has_right_to_left, resolve, text_direction, with_numbers, without_isolates

_TAG = re.compile(
    r"<!--.*?-->|<(?P<end>/?)(?P<name>[a-zA-Z][\w:-]*+)(?P<rest>(?:[^<>\"']|\"[^\"]*+\"|'[^']*+')*+)>", re.DOTALL
)
#: Elements that get a direction of their own, and those that take it from the first of these within them.
_BLOCKS = frozenset(("p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "td", "th", "dt", "dd", "caption", "figcaption"))
_GROUPS = frozenset(("ul", "ol", "blockquote"))
#: Line breaks, kept by `split`.
_BREAK = re.compile(r"(<br\s*/?>)")
_ENTITY = re.compile(r"&(?:#[0-9]+|#x[0-9a-f]+|\w+);", re.IGNORECASE)
_DIRECTED = re.compile(
    r"<(?P<name>ul|ol|(?:p|h[1-6]|li|blockquote|td|th|dt|dd|caption)\b(?=[^>]*\sdir=))\b(?:[^>]*?\sdir=\"(?P<dir>rtl|ltr)\")?[^>]*>"
)
#: The indent of a list: on the side where it starts.
_INDENT = re.compile(r"(?:margin|padding)-(?:left|right):\s*([1-9][0-9.]*(?:px|em))")
_STYLE = re.compile(r'\sstyle="([^"]*)"')
_SIDES = {"left": "right", "right": "left"}


@dataclass(frozen=True, slots=True)
class DocumentKind:
    """Where the texts of a kind of document are."""

    #: What the body starts with.
    body: str
    #: The roots of texts: what is outside has the direction of the edition.
    roots: frozenset[str]
    #: Further attributes of an isolated number, which must not break.
    number: str


MAIL = DocumentKind("<mj-body", frozenset(("mj-text", "mj-button", "mj-table")), ' style="white-space:nowrap"')
WEB = DocumentKind("<article", frozenset(("article",)), ' class="whole"')


@dataclass(slots=True)
class _Element:
    """An open element: the index of its start tag among the pieces, and the indexes of its own texts."""

    name: str
    start: int
    parent: "_Element | None"
    texts: list[int] = field(default_factory=list)
    direction: str | None = None


def set_directions(mjml: str, base: str, marks: re.Pattern[str], kind: DocumentKind = MAIL) -> str:
    """Set the directions of blocks and values, in an edition of the direction `base`; `marks` are not part of texts."""
    if base == "ltr" and not has_right_to_left(mjml):
        return without_isolates(mjml)
    head, tag, body = mjml.partition(kind.body)
    return without_isolates(head) + _Directions(base, marks, kind).of(tag + body)


class _Directions:
    def __init__(self, base: str, marks: re.Pattern[str], kind: DocumentKind) -> None:
        self._base, self._marks, self._kind = base, marks, kind
        self._pieces: list[str] = []
        self._closed: list[_Element] = []

    def of(self, body: str) -> str:
        """Return the body with directions."""
        current: _Element | None = None
        done = 0
        for match in _TAG.finditer(body):
            if match.start() > done:
                self._add_text(body[done : match.start()], current)
            done = match.end()
            current = self._tag(match, current)
        self._pieces.append(body[done:])
        for element in self._closed:
            self._write(element)
        return without_isolates("".join(self._pieces))

    def _add_text(self, text: str, current: _Element | None) -> None:
        self._pieces.append(text)
        if current is not None:
            current.texts.append(len(self._pieces) - 1)

    def _tag(self, match: re.Match[str], current: _Element | None) -> _Element | None:
        """Add a tag, and return the element that the following text belongs to."""
        self._pieces.append(match[0])
        name = (match["name"] or "").lower()
        is_element = name in self._kind.roots or (current is not None and (name in _BLOCKS or name in _GROUPS))
        if not is_element or match[0].endswith("/>"):
            if current is not None and name:
                # Inline tags belong to the text, so that isolates may enclose them.
                current.texts.append(len(self._pieces) - 1)
            return current
        if not match["end"]:
            element = _Element(name, len(self._pieces) - 1, current)
            self._closed.append(element)
            return element
        while current is not None and current.name != name:
            self._decide(current)
            current = current.parent
        if current is not None:
            self._decide(current)
            return current.parent
        return None

    def _decide(self, element: _Element) -> None:
        """Decide the direction of an element when all of its text is known; the first in a group decides for the group."""
        if element.name in _BLOCKS and element.direction is None:
            element.direction = text_direction(self._words(element))
        parent = element.parent
        if (
            parent is not None
            and parent.direction is None
            and (parent.name in _GROUPS or not self._words(parent).strip())
        ):
            parent.direction = element.direction

    def _words(self, element: _Element) -> str:
        return self._plain("".join(self._pieces[index] for index in element.texts))

    def _plain(self, text: str) -> str:
        return _ENTITY.sub("", self._marks.sub("", _TAG.sub("", text)))

    def _write(self, element: _Element) -> None:
        outer = element.parent.direction if element.parent is not None else self._base
        # A cell of a column with an alignment of its own keeps it: its words become an isolate instead.
        is_aligned = ' class="to-' in self._pieces[element.start]
        is_directed = (element.name in _BLOCKS or element.name in _GROUPS) and not is_aligned
        element.direction = (element.direction if is_directed else None) or outer or self._base
        if is_directed and element.direction != outer:
            tag = self._pieces[element.start]
            self._pieces[element.start] = f'{tag[:-1]} dir="{element.direction}">'
        self._isolate(element, element.direction)

    def _isolate(self, element: _Element, direction: str) -> None:
        """Replace the isolates in an element's own texts; children are in between and have been written already."""
        for run in _runs(element.texts):
            text = "".join(self._pieces[index] for index in run)
            self._pieces[run[0]] = "".join(self._line(line, direction) for line in _BREAK.split(text))
            for index in run[1:]:
                self._pieces[index] = ""

    def _line(self, html: str, direction: str) -> str:
        """Resolve the isolates of one line; a whole line of the other direction becomes an isolate itself."""
        own = text_direction(self._plain(html))
        is_whole = html.count("<") == html.count("/>") + 2 * html.count("</")
        if own is not None and own != direction and is_whole:
            return self._span(resolve(html, own, self._span, self._plain), own)
        return self._numbers(resolve(html, direction, self._span, self._plain), direction)

    def _span(self, html: str, direction: str) -> str:
        begin = f'<span dir="{direction}">'
        if direction == "rtl":
            html = self._numbers(html, direction)
        if html.startswith(begin) and html.endswith("</span>") and html.count("<span") == 1:
            return html
        return f"{begin}{html}</span>"

    def _numbers(self, html: str, direction: str) -> str:
        """Isolate numbers in right-to-left text that would be shown in another order; not within tags or directed spans."""
        if direction == "ltr":
            return html
        pieces: list[str] = []
        done = depth = 0
        for match in _TAG.finditer(html):
            pieces.append(self._with_numbers(html[done : match.start()], depth))
            pieces.append(match[0])
            done = match.end()
            if (match["name"] or "").lower() == "span":
                depth = max(0, depth - 1) if match["end"] else depth + 1 if depth or 'dir="ltr"' in match[0] else 0
        pieces.append(self._with_numbers(html[done:], depth))
        return "".join(pieces)

    def _with_numbers(self, text: str, depth: int) -> str:
        if depth:
            return text
        pieces: list[str] = []
        done = 0
        # A mark stands directly in front of its value, where a number would not begin.
        for mark in self._marks.finditer(text):
            pieces += [with_numbers(text[done : mark.start()], self._number), mark[0]]
            done = mark.end()
        return "".join((*pieces, with_numbers(text[done:], self._number)))

    def _number(self, number: str) -> str:
        return f'<span dir="ltr"{self._kind.number}>{number}</span>'


def _runs(indexes: list[int]) -> list[list[int]]:
    """Group indexes that follow each other."""
    runs: list[list[int]] = []
    for index in indexes:
        if runs and runs[-1][-1] == index - 1:
            runs[-1].append(index)
        else:
            runs.append([index])
    return runs


def mirror_styles(html: str, base: str) -> str:
    """Exchange left and right in the styles of blocks whose direction is not that of the edition."""
    if ' dir="' not in html.partition("<body")[2]:
        return html
    indent = ""

    def mirrored(match: re.Match[str]) -> str:
        nonlocal indent
        made = _mirrored(match[0], match["dir"], base, indent if match["name"] == "li" else "")
        if match["name"] in ("ul", "ol"):
            found = _INDENT.search(made)
            indent = found[1] if found else ""
        return made

    return _DIRECTED.sub(mirrored, html)


def _mirrored(tag: str, direction: str | None, base: str, indent: str) -> str:
    """Mirror the styles of a start tag; an item of the other direction than its list is indented on its own side."""
    if direction is None:
        return tag
    side = "right" if direction == "rtl" else "left"
    found = _STYLE.search(tag)
    style = found[1] if found else ""
    if direction != base:
        style = ";".join(_mirrored_rule(rule) for rule in style.split(";"))
    if "text-align" not in style:
        style = f"{style.rstrip(';')};text-align:{side}".lstrip(";")
    if indent:
        style += f";margin-{side}:{indent}"
    if found:
        return f'{tag[: found.start()]} style="{style}"{tag[found.end() :]}'
    return f'{tag[:-1]} style="{style}">'


def _mirrored_rule(rule: str) -> str:
    name, colon, value = rule.partition(":")
    name = re.sub(r"(?<=-)(left|right)\b", lambda side: _SIDES[side[0]], name)
    if name.strip() == "text-align":
        value = re.sub(r"\b(left|right)\b", lambda side: _SIDES[side[0]], value)
    four = value.split()
    if name.strip() in ("margin", "padding") and len(four) == 4:
        value = " ".join((four[0], four[3], four[2], four[1]))
    return f"{name}{colon}{value}"
