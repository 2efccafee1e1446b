"""Reads what is inside a paragraph of a Word document: texts with their looks, links, fields, and references.

Input: the tree of a part in which changes were resolved. Output: spans in the collector of the open paragraph. Guarantees:
an element that is unknown is looked into, so that no text is lost because of what is around it. Hidden text is an omission.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

from lxml import etree

from composer.drafts.draft_document import Block, Omission, OmissionKind, Place, Span
from composer.drafts.formats.docx.docx_fields import FieldStack, link_in
from composer.drafts.formats.docx.docx_numbering import Numbering
from composer.drafts.formats.docx.docx_package import R, W, WordPackage
from composer.drafts.formats.docx.docx_styles import NO_STYLE, WordStyle, WordStyles, toggle, value_of
from composer.drafts.formats.docx.symbol_fonts import symbol
from composer.drafts.formats.span_collector import PLAIN, SpanCollector
from composer.drafts.formats.wrapped_links import clean_link

M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_IGNORED = frozenset(
    f"{W}{name}"
    for name in ("pPr", "rPr", "sectPr", "tblPr", "tblGrid", "trPr", "tcPr", "sdtPr", "sdtEndPr", "annotationRef")
)  # fmt: skip
_CHARACTERS = {f"{W}tab": "\t", f"{W}ptab": "\t", f"{W}cr": "\n", f"{W}br": "\n", f"{W}noBreakHyphen": "\u2011"}


@dataclass(slots=True)
class WordDraft:
    """What the parts of a document share."""

    package: WordPackage
    styles: WordStyles
    numbering: Numbering
    places: dict[etree._Element, Place] = field(default_factory=dict)
    note_labels: dict[tuple[str, str], str] = field(default_factory=dict)  # by kind and id, in the order of the text
    comment_places: dict[str, Place] = field(default_factory=dict)
    omissions: list[Omission] = field(default_factory=list)


@dataclass(slots=True)
class OpenParagraph:
    """The paragraph that is being read."""

    style: WordStyle = NO_STYLE
    place: Place = field(default_factory=lambda: Place(0))
    spans: SpanCollector = field(default_factory=SpanCollector)
    after: list[Block] = field(default_factory=list)  # pictures and boxes that are anchored in it


class InlineReader:
    """Reads the content of paragraphs; `BodyReader` adds the paragraphs."""

    _handlers: ClassVar[Mapping[str, Callable[..., None]]]

    def __init__(self, draft: WordDraft, path: str, tree: etree._Element) -> None:
        """Prepare to read a part, which has a path in the package."""
        self.draft = draft
        self.relations = draft.package.relations(path)
        self.paragraph = OpenParagraph()
        self.look: Span = PLAIN
        self.fields = FieldStack(is_sound=_are_fields_closed(tree))

    def walk(self, parent: etree._Element) -> None:
        """Read all elements in an element."""
        for element in parent:
            handler = self._handlers.get(element.tag)
            if handler is not None:
                handler(self, element)
            elif element.tag not in _IGNORED:
                self.walk(element)

    def add(self, text: str) -> None:
        """Add text that is shown at this place."""
        if self.fields.is_shown:
            link = self.look.link or clean_link(self.fields.link)
            self.paragraph.spans.add(text, replace(self.look, link=link))

    def omit(self, kind: OmissionKind, text: str = "") -> None:
        """Note something that cannot be read."""
        self.draft.omissions.append(Omission(kind, self.paragraph.place, text))

    def run(self, element: etree._Element) -> None:
        """Read characters with one look."""
        properties = element.find(f"{W}rPr")
        style = self.draft.styles.character_style(value_of(properties, "rStyle"))
        if _first(toggle(properties, "vanish"), style.is_hidden, self.paragraph.style.is_hidden):
            if text := "".join(each.text or "" for each in element.iter(f"{W}t")).strip():
                self.omit(OmissionKind.HIDDEN_TEXT, text)
            return
        outer, self.look = self.look, self._look_of(properties, style)
        self.walk(element)
        self.look = outer

    def _look_of(self, properties: etree._Element | None, style: WordStyle) -> Span:
        # What all headings of a style look like is not emphasis.
        by_style = NO_STYLE if self.paragraph.style.heading_level else self.paragraph.style
        suffix = "Cs" if toggle(properties, "rtl") or toggle(properties, "cs") else ""
        return replace(
            self.look,
            is_bold=_first(toggle(properties, f"b{suffix}"), style.is_bold, by_style.is_bold),
            is_italic=_first(toggle(properties, f"i{suffix}"), style.is_italic, by_style.is_italic),
            is_code=style.is_code or by_style.is_code,
        )

    def text(self, element: etree._Element) -> None:
        """Read characters."""
        self.add(element.text or "")

    def character(self, element: etree._Element) -> None:
        """Read a character that has an element of its own."""
        self.add(_CHARACTERS[element.tag])

    def symbol(self, element: etree._Element) -> None:
        """Read a character of a symbol font."""
        font = element.get(f"{W}font", "")
        if text := symbol(font, element.get(f"{W}char", "")):
            self.add(text)
        else:
            self.omit(OmissionKind.SYMBOL, font)

    def ruby(self, element: etree._Element) -> None:
        """Read characters with their pronunciation, which is shown above them."""
        for name, before, after in (("rubyBase", "", ""), ("rt", "(", ")")):
            for part in element.iterfind(f"{W}{name}"):
                self.add(before)
                self.walk(part)
                self.add(after)

    def hyperlink(self, element: etree._Element) -> None:
        """Read the text of a link."""
        relation = self.relations.get(element.get(f"{R}id", ""))
        target = relation.target if relation is not None and relation.is_external else ""
        anchor = element.get(f"{W}anchor")
        self._linked(f"{target}#{anchor}" if target and anchor and "#" not in target else target, element)

    def simple_field(self, element: etree._Element) -> None:
        """Read a field whose instruction is an attribute."""
        instruction = element.get(f"{W}instr", "")
        self.fields.begin(instruction)
        self.fields.separate()
        self._linked(link_in(instruction), element)
        self.fields.end()

    def _linked(self, target: str, element: etree._Element) -> None:
        outer = self.look
        self.look = replace(outer, link=clean_link(target) or outer.link)
        self.walk(element)
        self.look = outer

    def field_mark(self, element: etree._Element) -> None:
        """Read where a field, or its shown text, begins or ends."""
        match element.get(f"{W}fldCharType"):
            case "begin":
                self.fields.begin()
            case "separate":
                self.fields.separate()
            case "end":
                self.fields.end()

    def instruction(self, element: etree._Element) -> None:
        """Read a piece of a field's instruction."""
        self.fields.add_instruction(element.text or "")

    def note_reference(self, element: etree._Element) -> None:
        """Read the number of a footnote or an endnote."""
        labels = self.draft.note_labels
        kind = "footnote" if element.tag == f"{W}footnoteReference" else "endnote"
        label = labels.setdefault((kind, element.get(f"{W}id", "")), str(len(labels) + 1))
        self.paragraph.spans.mark(footnote=label)

    def comment_start(self, element: etree._Element) -> None:
        """Read where the text begins that a comment is about."""
        self.draft.comment_places.setdefault(element.get(f"{W}id", ""), self.paragraph.place)

    def comment_reference(self, element: etree._Element) -> None:
        """Read the mark of a comment."""
        self.comment_start(element)
        self.paragraph.spans.mark(comment=element.get(f"{W}id", ""))


INLINE_HANDLERS: Mapping[str, Callable[..., None]] = {
    f"{W}r": InlineReader.run,
    f"{W}t": InlineReader.text,
    f"{M}t": InlineReader.text,
    f"{A}t": InlineReader.text,
    f"{W}sym": InlineReader.symbol,
    f"{W}ruby": InlineReader.ruby,
    f"{W}hyperlink": InlineReader.hyperlink,
    f"{W}fldSimple": InlineReader.simple_field,
    f"{W}fldChar": InlineReader.field_mark,
    f"{W}instrText": InlineReader.instruction,
    f"{W}footnoteReference": InlineReader.note_reference,
    f"{W}endnoteReference": InlineReader.note_reference,
    f"{W}commentRangeStart": InlineReader.comment_start,
    f"{W}commentReference": InlineReader.comment_reference,
    **dict.fromkeys(_CHARACTERS, InlineReader.character),
}


def _first(*values: bool | None) -> bool:
    """Return the first value that is not None: direct formatting before styles."""
    return next((value for value in values if value is not None), False)


def _are_fields_closed(tree: etree._Element) -> bool:
    kinds = [each.get(f"{W}fldCharType") for each in tree.iter(f"{W}fldChar")]
    return kinds.count("begin") == kinds.count("end")
