"""A draft as a list of blocks, whatever program wrote it.

Readers in `formats` make it, `mapping` reads it. Pure values. Guarantees: every visible word of the draft is in a span, a table,
a picture's alt text or a footnote, in reading order, so that words in and words out can be compared.
"""

from dataclasses import dataclass, field


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


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph, a heading or an item of a list."""

    spans: tuple[Span, ...]
    place: Place
    heading_level: int = 0  # 1 to 6 for a heading; 0 for none
    list_level: int = 0  # 1 for an item of a list, 2 for an item below it; 0 for none
    is_numbered: bool = False  # an item of a numbered list
    is_quote: bool = False

    @property
    def text(self) -> str:
        """The text without its looks."""
        return "".join(span.text for span in self.spans)


@dataclass(frozen=True, slots=True)
class Table:
    """A table: rows of cells; a cell is a list of spans."""

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
    """A change that nobody has accepted or rejected yet."""

    author: str
    is_insertion: bool  # otherwise a deletion
    text: str
    place: Place


Block = Paragraph | Table | Picture


@dataclass(frozen=True, slots=True)
class DraftDocument:
    """A whole draft, in reading order."""

    blocks: tuple[Block, ...]
    footnotes: dict[str, tuple[Span, ...]] = field(default_factory=dict)  # by label
    comments: tuple[Comment, ...] = ()
    changes: tuple[TrackedChange, ...] = ()  # only those that are still open: none after they were accepted or rejected
