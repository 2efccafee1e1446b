"""Corrects the tags that WeasyPrint gives to a PDF, while it makes them.

Input: the boxes and structure elements of WeasyPrint. Output: the same structure, with what PDF/UA-1 asks for and
WeasyPrint 70 leaves out. Guarantees: nothing on a page changes.

- Each passage in another language has its language (/Lang).
- Running headers and footers, and pictures without alt text, are artifacts, which are not read aloud (WeasyPrint #1836).
- A link is one link: the words inside it do not have links of their own, nor do its page number.
- The contents are a table of contents; lists say how they are numbered; headings of tables say what they head.
- Words in bold or in italics, quotations and times are parts of a sentence, and not without structure.

WeasyPrint offers no hook for this. `corrected_tags` replaces its function `_build_box_tree` while a PDF is written;
tests/test_libraries.py checks that this function still has this form.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from xml.etree.ElementTree import Element

import pydyf
from weasyprint.formatting_structure import boxes
from weasyprint.pdf import tags

from composer.pdf.printed_words import CONTENTS_ROLE

#: Elements inside a sentence, which WeasyPrint does not know.
_INLINE = frozenset(
    ("strong", "em", "b", "i", "code", "time", "sup", "sub", "small", "cite", "q", "abbr", "mark", "bdi")
)
#: Groups of blocks, which it does not know either.
_GROUPS = {
    "nav": "/Sect",
    "aside": "/Sect",
    **dict.fromkeys(("header", "footer", "figure", "address", "hgroup"), "/Div"),
}
_NUMBERINGS = {"decimal": "/Decimal", "disc": "/Disc", "circle": "/Circle", "square": "/Square"}

#: The tags of a list that is the table of contents.
_CONTENTS = {"/L": "/TOC", "/LI": "/TOCI", "/LBody": "/NonStruct"}


@contextmanager
def corrected_tags(root: Element) -> Iterator[Callable[[object, Any], None]]:
    """Correct the tags of the PDF that is written meanwhile from this page; yield the function that finishes it."""
    correction = _Correction(root, tags._build_box_tree)
    tags._build_box_tree = correction.build
    try:
        yield correction.finish
    finally:
        tags._build_box_tree = correction.original


class _Correction:
    """The corrections of one PDF."""

    def __init__(self, root: Element, original: Callable[..., Iterator[Any]]) -> None:
        self.original = original
        contents = (nav for nav in root.iter("nav") if nav.get("role") == CONTENTS_ROLE)
        #: The HTML elements of the table of contents.
        self._entries = frozenset(id(each) for nav in contents for each in nav.iter())
        #: Elements inside a link, by their reference.
        self._inside: set[bytes] = set()
        #: Links inside links.
        self._dropped: list[Any] = []
        #: The numbers of the marked content that becomes an artifact, by page.
        self._artifacts: dict[int, list[int]] = {}
        #: The elements of the table of contents.
        self._contents: list[Any] = []

    def build(
        self, box: Any, parent: Any, pdf: Any, page: int, nums: Any, annotations: Any, marked: dict[Any, Any]
    ) -> Iterator[Any]:
        """Yield the structure elements of a box, corrected."""
        box = getattr(box, "_box", box)
        if isinstance(box, boxes.MarginBox) or _is_decorative(box):
            for each in box.descendants(placeholders=True):
                each = getattr(each, "_box", each)
                if each in marked:
                    number = marked.pop(each)["mcid"]
                    # The structure elements of a page are a list by these numbers.
                    nums[number] = b"null"
                    self._artifacts.setdefault(page, []).append(number)
            return
        if parent.get("S") == "/Link" or parent.get("P") in self._inside:
            self._inside.add(parent.reference)
            if box.link_annotation:
                self._dropped.append(box.link_annotation)
                box.link_annotation = None
        for element in self.original(box, parent, pdf, page, nums, annotations, marked):
            # The elements of a page, of html and of body are those of their children.
            if box.element is not None and box.element_tag not in ("html", "body"):
                self._correct(box, parent, element)
            yield element

    def _correct(self, box: Any, parent: Any, element: Any) -> None:
        name, kind = box.element_tag, element["S"]
        language = box.element.get("lang")
        if language and (written := pydyf.String(language)).data != getattr(parent.get("Lang"), "data", None):
            element["Lang"] = written
        if ("::" in name and kind == "/Link") or (kind == "/NonStruct" and name in _INLINE):
            element["S"] = "/Span"
        elif kind == "/NonStruct" and name in _GROUPS:
            element["S"] = _GROUPS[name]
        elif kind == "/TH" and name == "th":
            element["A"]["Scope"] = "/Row" if box.element.get("scope") == "row" else "/Column"
        elif kind in _CONTENTS and id(box.element) in self._entries:
            self._contents.append(element)
        elif kind == "/L":
            numbering = _NUMBERINGS.get(box.style["list_style_type"], "/None")
            element["A"] = pydyf.Dictionary({"O": "/List", "ListNumbering": numbering})

    def finish(self, document: object, pdf: Any) -> None:
        """Change what can be changed only when everything has been made."""
        for element in self._contents:
            element["S"] = _CONTENTS[element["S"]]
        for each in self._dropped:
            # An object must stay in its place, so that the others keep their numbers.
            each.clear()
        dropped = {each.reference for each in self._dropped}
        pages = [each for each in pdf.objects if isinstance(each, dict) and each.get("Type") == "/Page"]
        for number, page in enumerate(pages):
            if dropped and "Annots" in page:
                page["Annots"] = pydyf.Array(each for each in page["Annots"] if each not in dropped)
            if number in self._artifacts:
                _make_artifacts(pdf.objects[int(page["Contents"].split()[0])].stream, self._artifacts[number])


def _is_decorative(box: Any) -> bool:
    """Return whether a box is a picture with an empty alt text."""
    return isinstance(box, boxes.ReplacedBox) and box.element_tag == "img" and box.element.get("alt") == ""


def _make_artifacts(operators: list[Any], numbers: list[int]) -> None:
    """Turn pieces of marked content on a page into artifacts."""
    for at, each in enumerate(operators):
        if isinstance(each, dict) and each.get("MCID") in numbers:
            operators[at - 1 : at + 1] = ["/Artifact", pydyf.Dictionary()]
