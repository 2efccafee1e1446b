"""Turns the compiled page with source marks into the page that is sent and the page for the preview.

Input: the compiled page with marks: tokens before each text (content/values/source_map.py), and classes on each
section's outermost element and on the elements made from each MJML element. Output: the page without marks and the
bytes of its sections, or the page with the places as attributes. Guarantees: changes nothing else, so both are the same
page.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from types import MappingProxyType

from composer.content.values.source_map import SourceMap

#: The body elements to which the compiler adds our class; the others contain no text.
_ELEMENT = re.compile(
    r'<(mj-(?:section|column|text|button|image|table)) data-at="([^"]*)"((?:\s++[\w-]++="[^"]*+")*+)\s*+(/?)>'
)
_CSS_CLASS = re.compile(r'(\scss-class=")')
_TAG = (
    r"<!--.*?-->|<(?P<end>/?)(?P<name>[a-zA-Z][\w:-]*+)(?P<rest>(?:[^<>\"']|\"[^\"]*+\"|'[^']*+')*+)>"
    r"|<style\b.*?</style>"
)
_VOID = frozenset(("area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"))
_PICTURE = re.compile(r'\ssrc="([^"]*)"')
_NO_PICTURES: Mapping[str, str] = MappingProxyType({})


@dataclass(slots=True)
class Origins:
    """The places of template elements, by the number in their class."""

    prefix: str
    places: list[str] = field(default_factory=list)

    def to_classes(self, mjml: str) -> str:
        """Replace the places of body elements with classes, which the compiler keeps."""
        head, body, rest = mjml.partition("<mj-body")
        return head + body + _ELEMENT.sub(self._with_class, rest)

    def _with_class(self, element: re.Match[str]) -> str:
        name, place, attributes, closing = element.groups()
        self.places.append(place)
        mark = f"{self.prefix}-from-{len(self.places) - 1}"
        attributes, found = _CSS_CLASS.subn(rf"\g<1>{mark} ", attributes, count=1)
        return f"<{name}{attributes}{'' if found else f' css-class={chr(34)}{mark}{chr(34)}'}{closing}>"


def section_mark(prefix: str, number: int) -> str:
    """Return the class that marks a section."""
    return f"{prefix}-section-{number}"


def plain(marked: str, marks: SourceMap) -> str:
    """Return the page without the tokens before texts."""
    return marks.pattern().sub("", marked)


def settle(marked: str, marks: SourceMap) -> tuple[str, dict[int | None, int]]:
    """Return the page without marks, and the bytes from the start of each section to the next.

    The key of a size is the section's number, or None for the rest of the page. The sizes add up to the page's size.
    """
    html = plain(marked, marks)
    pieces: list[str] = []
    starts: list[tuple[int, int]] = []
    done = size = 0
    for match in re.finditer(rf'\s*class="([^"]*{marks.prefix}[^"]*)"', html):
        names, found = _without_marks(match[1], marks.prefix)
        piece = html[done : match.start()] + (f' class="{names}"' if names else "")
        if (number := found.get("section")) is not None and (not starts or starts[-1][1] != number):
            begin = size + len(html[done : html.rfind("<", done, match.start())].encode())
            starts.append((begin, number))
        pieces.append(piece)
        size += len(piece.encode())
        done = match.end()
    pieces.append(html[done:])
    page = "".join(pieces)
    # The closing part after the last section starts at the next element on the top level of the page.
    sizes: dict[int | None, int] = {}
    for index, (begin, number) in enumerate(starts):
        end = starts[index + 1][0] if index + 1 < len(starts) else _end_of_last(page, begin)
        sizes[number] = end - begin
    sizes[None] = len(page.encode()) - sum(sizes.values())
    return page, sizes


def _without_marks(names: str, prefix: str) -> tuple[str, dict[str, int]]:
    """Return the theme's names in a class attribute, and the numbers in our names."""
    kept: list[str] = []
    found: dict[str, int] = {}
    for name in names.split():
        if name.startswith(prefix):
            kind, _, number = name.removeprefix(f"{prefix}-").removesuffix("-outlook").partition("-")
            found[kind] = int(number)
        else:
            kept.append(name)
    return " ".join(kept), found


def _end_of_last(page: str, begin: int) -> int:
    """Return the end of the element that starts at a byte offset, by counting its <div>s."""
    data = page.encode()
    depth = 0
    for match in re.finditer(rb"<(/?)div\b", data[begin:]):
        depth += -1 if match[1] else 1
        if depth == 0:
            return begin + match.end()
    return len(data)


def annotate(
    marked: str,
    marks: SourceMap,
    *,
    sections: Sequence[str] = (),
    origins: Sequence[str] = (),
    pictures: Mapping[str, str] = _NO_PICTURES,
) -> str:
    """Add attributes to the elements with the places they come from.

    `data-at` is the place of the text that starts in an element, or of a picture (`pictures`: place by source);
    `data-from` is the place in the template; `data-section` is the section's key. Places have the form
    `path:line:column`.
    """
    pieces: list[str] = []
    #: The open elements: their name, and the index of their start tag in `pieces`.
    opened: list[tuple[str, int]] = []
    done = 0
    scanner = re.compile(rf"{_TAG}|{marks.pattern().pattern.replace('(', '(?P<mark>', 1)}", re.DOTALL)
    for match in scanner.finditer(marked):
        pieces.append(marked[done : match.start()])
        done = match.end()
        if match["mark"]:
            if opened and (at := opened[-1][1]) >= 0 and " data-at=" not in pieces[at]:
                place = str(marks.at(int(match["mark"])).place)
                pieces[at] = f'{pieces[at][:-1]} data-at="{escape(place)}">'
            continue
        name = (match["name"] or "").lower()
        if not name:
            # Ignore marks in comments, which only Outlook reads, and in style sheets.
            pieces.append(_bare(match[0], marks.prefix) if marks.prefix in match[0] else match[0])
        elif match["end"]:
            pieces.append(match[0])
            while opened and opened.pop()[0] != name:
                pass
        else:
            pieces.append(_with_places(match[0], marks.prefix, sections, origins, pictures))
            if name not in _VOID and not match[0].endswith("/>"):
                opened.append((name, len(pieces) - 1))
    pieces.append(marked[done:])
    return "".join(pieces)


def _bare(html: str, prefix: str) -> str:
    """Return a piece of the page without our classes."""

    def without(match: re.Match[str]) -> str:
        names, _ = _without_marks(match[1], prefix)
        return f' class="{names}"' if names else ""

    return re.sub(rf'\s*class="([^"]*{prefix}[^"]*)"', without, html)


def _with_places(
    tag: str, prefix: str, sections: Sequence[str], origins: Sequence[str], pictures: Mapping[str, str]
) -> str:
    added = ""
    if prefix in tag and (match := re.search(rf'\sclass="([^"]*{prefix}[^"]*)"', tag)):
        found = _without_marks(match[1], prefix)[1]
        if "section" in found:
            added += f' data-section="{escape(sections[found["section"]])}"'
        if "from" in found:
            added += f' data-from="{escape(origins[found["from"]])}"'
    if pictures and tag[:4].lower() == "<img" and (source := _PICTURE.search(tag)) and source[1] in pictures:
        added += f' data-at="{escape(pictures[source[1]])}"'
    tag = _bare(tag, prefix) if prefix in tag else tag
    return f"{tag[:-1]}{added}>" if added else tag
