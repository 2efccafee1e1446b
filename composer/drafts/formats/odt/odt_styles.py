"""What the styles of an OpenDocument text mean.

Input: the trees of styles.xml and content.xml. Output: for each style, what follows from it and from its parents.
Guarantees: pure.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from lxml import etree

OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
FO = "{urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0}"
_TITLE = re.compile(r"Title")
_QUOTE = re.compile(r"Quotations?|Block_20_Quotation")
_CODE = re.compile(r"Preformatted_20_Text|Source_20_Text|Teletype|User_20_Entry")
_CONTENTS = re.compile(r"Contents_20_(?:\d+|Heading)")
_DEEPEST = 20


@dataclass(frozen=True, slots=True)
class OdtStyle:
    """What follows from a style. None means: the style does not say."""

    is_bold: bool | None = None
    is_italic: bool | None = None
    is_hidden: bool = False
    is_title: bool = False
    is_quote: bool = False
    is_code: bool = False
    is_contents: bool = False
    list_style: str = ""


@dataclass(frozen=True, slots=True)
class OdtListLevel:
    """How a level of a list is numbered; without a format it has bullets."""

    format: str = ""
    prefix: str = ""
    suffix: str = ""
    start: int = 1
    shown_levels: int = 1


class OdtStyles:
    """The styles of a text, of its headers and footers, and of its lists."""

    def __init__(self, trees: Iterable[etree._Element | None]) -> None:
        """Read the styles of several files; a later file goes before an earlier one."""
        self._styles: dict[str, etree._Element] = {}
        self._lists: dict[str, dict[int, OdtListLevel]] = {}
        self._found: dict[str, OdtStyle] = {}
        for tree in trees:
            if tree is not None:
                self._styles.update((each.get(f"{STYLE}name", ""), each) for each in tree.iter(f"{STYLE}style"))
                self._lists.update(
                    (each.get(f"{STYLE}name", ""), _levels(each)) for each in tree.iter(f"{TEXT}list-style")
                )

    def style(self, name: str | None, depth: int = 0) -> OdtStyle:
        """Return a style by its name."""
        key = name or ""
        if key not in self._found:
            element = self._styles.get(key)
            parent = None if element is None else element.get(f"{STYLE}parent-style-name")
            base = self.style(parent, depth + 1) if parent and depth < _DEEPEST else OdtStyle()
            self._found[key] = _own(key, element, base)
        return self._found[key]

    def list_level(self, name: str, level: int) -> OdtListLevel:
        """Return how a level of a list style is numbered."""
        return self._lists.get(name, {}).get(level, OdtListLevel())

    def master_pages(self) -> set[str]:
        """Return the names of the page styles that paragraphs ask for, and of the usual one."""
        return {"Standard", *(name for each in self._styles.values() if (name := each.get(f"{STYLE}master-page-name")))}


def _own(name: str, element: etree._Element | None, base: OdtStyle) -> OdtStyle:
    looks = None if element is None else element.find(f"{STYLE}text-properties")
    weight = None if looks is None else looks.get(f"{FO}font-weight")
    slant = None if looks is None else looks.get(f"{FO}font-style")
    hidden = None if looks is None else looks.get(f"{TEXT}display")
    return OdtStyle(
        is_bold=base.is_bold if weight is None else weight == "bold" or weight.isdecimal() and int(weight) >= 600,
        is_italic=base.is_italic if slant is None else slant in ("italic", "oblique"),
        is_hidden=base.is_hidden if hidden is None else hidden == "none",
        is_title=base.is_title or bool(_TITLE.fullmatch(name)),
        is_quote=base.is_quote or bool(_QUOTE.fullmatch(name)),
        is_code=base.is_code or bool(_CODE.fullmatch(name)),
        is_contents=base.is_contents or bool(_CONTENTS.fullmatch(name)),
        list_style=("" if element is None else element.get(f"{STYLE}list-style-name", "")) or base.list_style,
    )


def _levels(element: etree._Element) -> dict[int, OdtListLevel]:
    return {whole(each.get(f"{TEXT}level"), 1): _level(each) for each in element}


def _level(element: etree._Element) -> OdtListLevel:
    return OdtListLevel(
        format=element.get(f"{STYLE}num-format", "") if element.tag == f"{TEXT}list-level-style-number" else "",
        prefix=element.get(f"{STYLE}num-prefix", ""),
        suffix=element.get(f"{STYLE}num-suffix", ""),
        start=whole(element.get(f"{TEXT}start-value"), 1),
        shown_levels=whole(element.get(f"{TEXT}display-levels"), 1),
    )


def whole(text: str | None, default: int) -> int:
    """Return a number of a few digits; the default for anything else."""
    return int(text) if text and re.fullmatch(r"\d{1,6}", text) else default
