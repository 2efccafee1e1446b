"""A draft as a list of blocks, whatever program wrote it.

Readers in `formats` make it, `mapping` reads it. Pure values. Guarantees: every visible word of the draft is in a span, a
table, a picture's alt text or a footnote, in reading order, so that words in and words out can be compared.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from composer.core.reading_speed import count_words


@dataclass(frozen=True, slots=True)
class Span:
    """Consecutive characters with the same look. `text` is what a person sees: nothing is escaped in it."""

    text: str
    is_bold: bool = False
    is_italic: bool = False
    is_code: bool = False
    link: str = ""  # where it leads, without the wrapping of Google, Safelinks and trackers; "" for no link
    footnote: str = ""  # the label of the footnote that is referred to here; the text is then ""
    comment: str = ""  # the id of a comment that is anchored here; the text is then ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is in the draft, for messages: the number of the paragraph or line, and how it begins."""

    number: int
    opening: str = ""


class Region(StrEnum):
    """Which part of the page a paragraph is in."""

    BODY = "body"
    #: the table of contents that the program made
    CONTENTS = "contents"
    HEADER = "header"
    FOOTER = "footer"
    #: a box that is placed on the page; it comes after the paragraph to which it belongs
    TEXT_BOX = "text-box"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph, a heading or an item of a list. Soft line breaks and tabs are characters of its spans."""

    spans: tuple[Span, ...]
    place: Place
    heading_level: int = 0  # 1 to 6 for a heading; 0 for none
    list_level: int = 0  # 1 for an item of a list, 2 for an item below it; 0 for none
    is_numbered: bool = False  # an item of a numbered list
    number: str = ""  # the number that the program shows before the text, as `3.` or `b)`; it is not in the text
    is_quote: bool = False
    region: Region = Region.BODY

    @property
    def text(self) -> str:
        """The text without its looks."""
        return text_of(self.spans)


@dataclass(frozen=True, slots=True)
class Table:
    """A table: rows of cells; a cell is a list of spans, in which line ends separate paragraphs."""

    rows: tuple[tuple[tuple[Span, ...], ...], ...]
    place: Place
    header_rows: int = 0


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture in the draft. `data` is empty if the draft only refers to it; then `source` says where it is."""

    data: bytes = field(repr=False)
    media_type: str
    place: Place
    alt: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Comment:
    """A reviewer's comment on the draft."""

    id: str
    author: str
    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class TrackedChange:
    """A tracked change that is neither accepted nor rejected."""

    author: str
    is_insertion: bool  # otherwise a deletion
    text: str
    place: Place


class OmissionKind(StrEnum):
    """Why something in the file is not in the blocks."""

    #: text that the program does not show
    HIDDEN_TEXT = "hidden-text"
    #: a chart, a diagram or another object, with its words
    OBJECT = "object"
    #: a character of a symbol font without a meaning outside this font
    SYMBOL = "symbol"
    #: a document inside the document
    ATTACHMENT = "attachment"


@dataclass(frozen=True, slots=True)
class Omission:
    """Something in the file that cannot be a block. `text` are its words, if it has any."""

    kind: OmissionKind
    place: Place
    text: str = ""


Block = Paragraph | Table | Picture


@dataclass(frozen=True, slots=True)
class DraftDocument:
    """A whole draft, in reading order."""

    blocks: tuple[Block, ...]
    footnotes: dict[str, tuple[Span, ...]] = field(default_factory=dict)  # by label
    comments: tuple[Comment, ...] = ()
    changes: tuple[TrackedChange, ...] = ()  # only those that are still open: none after they were accepted or rejected
    omissions: tuple[Omission, ...] = ()

    @property
    def word_count(self) -> int:
        """The words in all blocks and footnotes; not those of comments, open deletions and omissions."""
        blocks = sum(count_words(text) for block in self.blocks for text in texts_of(block))
        return blocks + sum(count_words(text_of(note)) for note in self.footnotes.values())


def text_of(spans: tuple[Span, ...]) -> str:
    """Return the text of spans without its looks."""
    return "".join(span.text for span in spans)


def texts_of(block: Block) -> tuple[str, ...]:
    """Return the texts of a block: of a paragraph, of each cell of a table, or the alt text of a picture."""
    match block:
        case Paragraph():
            return (block.text,)
        case Table():
            return tuple(text_of(cell) for row in block.rows for cell in row)
        case Picture():
            return (block.alt,)
