"""Reads what is inside a paragraph of a web page: texts with their looks, references to notes, pictures.

Input: elements. Output: spans in the collector of the open paragraph. Guarantees: pure except the
function that returns pictures.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from lxml import etree

from composer.drafts.draft_document import Block, Omission, Picture, Place, Span
from composer.drafts.formats.embedded_data import EmbeddedData
from composer.drafts.formats.html.css_looks import CssLooks, is_bold, is_italic
from composer.drafts.formats.html.html_notes import HtmlNote, HtmlNotes, text_in
from composer.drafts.formats.html.html_tags import BOLD, CODE, ITALIC
from composer.drafts.formats.picture_data import media_type_of
from composer.drafts.formats.span_collector import PLAIN, SpanCollector
from composer.drafts.formats.wrapped_links import clean_link

#: Google Docs writes a no-break space where a space is at the edge of a look.
_EDGES = re.compile("^\u00a0|\u00a0$")
_LETTER = re.compile(r"[^\W\d_]")
_SPACE = re.compile("[ \t\r\n\f]+")


@dataclass(slots=True)
class OpenBlock:
    """The block that is being read."""

    element: etree._Element
    heading_level: int = 0
    item: etree._Element | None = None  # the `li` that it is in
    is_quote: bool = False
    is_preformatted: bool = False


class HtmlInline:
    """Reads the content of paragraphs; `_PageReader` adds the paragraphs."""

    def __init__(self, root: etree._Element, data: EmbeddedData, picture: Callable[[str], bytes]) -> None:
        """Prepare to read a page."""
        self.root, self.data, self.find_picture = root, data, picture
        self.css = CssLooks.of(text_in(each) for each in root.iter("style"))
        self.notes = HtmlNotes.of(root)
        self.is_google = any("googleusercontent" in text_in(each) for each in root.iter("style"))
        self.labels: dict[etree._Element, str] = {}
        self.counts: Counter[str] = Counter()
        self.places: dict[etree._Element, Place] = {}
        self.blocks: list[Block] = []
        self.spans, self.open, self.look = SpanCollector(), OpenBlock(root), PLAIN
        self.pictures: list[Picture] = []
        self.commented: list[etree._Element] = []  # the notes of comments in the open paragraph
        self.omissions: list[Omission] = []
        self.skipped: set[etree._Element] = set(self.notes.elements)
        self.number = 0
        self.is_to_heading = False
        self.has_entry = self.has_other = False  # whether the open paragraph has links to headings, and other words
        self.item_blocks: dict[etree._Element, int] = {}  # where in the blocks the text of an item is

    def text(self, text: str | None) -> None:
        """Read characters; white space is one space, except where it is kept."""
        if text:
            text = text if self.open.is_preformatted else _SPACE.sub(" ", text)
            text = _EDGES.sub(" ", text) if self.is_google else text
            self.has_entry |= self.is_to_heading and bool(text.strip())
            self.has_other |= not self.is_to_heading and bool(_LETTER.search(text))
            self.spans.add(text, self.look)

    def look_of(self, element: etree._Element, css: dict[str, str]) -> Span:
        """Return the look in an element."""
        tag, look = element.tag, self.look
        bold = is_bold(css.get("font-weight", ""))
        italic = is_italic(css.get("font-style", ""))
        href = element.get("href") if tag == "a" else None
        return replace(
            look,
            is_bold=bold if bold is not None else look.is_bold or tag in BOLD,
            is_italic=italic if italic is not None else look.is_italic or tag in ITALIC,
            is_code=look.is_code or tag in CODE or tag == "pre",
            link=look.link if href is None else clean_link(href),
        )

    def reference(self, note: HtmlNote) -> None:
        """Read the mark of a note."""
        kind = "comment" if note.is_comment else "footnote"
        if note.element not in self.labels:
            self.counts[kind] += 1
            self.labels[note.element] = f"{'c' if note.is_comment else ''}{self.counts[kind]}"
        self.spans.mark(**{kind: self.labels[note.element]})
        if note.is_comment:
            self.commented.append(note.element)

    def picture(self, element: etree._Element) -> None:
        """Read a picture; those of the page's own emojis are text, and those of one pixel count readers."""
        source, alt = (element.get("src") or "").strip(), " ".join((element.get("alt") or "").split())
        if element.get("width") in ("0", "1") or not source:
            return
        if "emoji" in (element.get("class") or "") and alt:
            self.spans.add(alt, self.look)
            return
        data = self.data.get(source)
        if data is None:
            data = (
                b""
                if re.match(r"(?:[a-z][a-z0-9+.-]+:)?//|[a-z]{2,}:", source, re.IGNORECASE)
                else self.find_picture(source)
            )
        place = Place(self.line_of(element) or self.number + 1)
        name = "" if self.data.get(source) is not None else source
        self.pictures.append(Picture(data, media_type_of(data, source), place, alt=alt, source=name))

    def line_of(self, element: etree._Element) -> int:
        """Return the line of a Markdown file that an element was made from; 0 for other pages."""
        holder = next((each for each in (element, *element.iterancestors()) if each.get("data-line")), None)
        return 0 if holder is None else int(holder.get("data-line", "0"))
