"""The less frequent nodes of a Markdown text: subheads, tables, footnote marks, callouts, buttons, pull quotes, figures.

A module of its own, so that a build of texts without them does not take the time to load it.
"""

from dataclasses import dataclass, field

from composer.content.values.field_values import Group
from composer.content.values.rich_text import Block, Inline, Link, Paragraph


@dataclass(frozen=True, slots=True)
class NoteMark:
    """The number of a footnote, where the text refers to it."""

    number: int
    #: Whether the text refers to this footnote for the first time.
    is_first: bool = True


@dataclass(frozen=True, slots=True)
class Subhead:
    """A heading within a text."""

    children: tuple[Inline, ...]
    #: The token of its line (see source_map.py).
    mark: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Table:
    """A table. Each row has as many cells as `head`."""

    caption: Paragraph
    head: tuple[Paragraph, ...]
    rows: tuple[tuple[Paragraph, ...], ...]
    #: The alignment of each column: left, right, center, or empty.
    sides: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Callout:
    """A box that stands out from the text."""

    title: Paragraph | None
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class TextButton:
    """A link that is shown as a button."""

    link: Link
    #: The token of its line (see source_map.py).
    mark: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class PullQuote:
    """A sentence of the text, shown again in large type; or a short quotation that interrupts the text."""

    words: Paragraph
    #: Who said it.
    source: Paragraph | None


@dataclass(frozen=True, slots=True)
class FigureRow:
    """The place of a figure in a text, or of two that are side by side."""

    names: tuple[str, ...]
    #: The tokens of the names (see source_map.py).
    marks: tuple[str, ...] = field(default=(), compare=False)
    #: The figures with these names, when they have been found (content/document/figures.py).
    figures: tuple[Group, ...] = ()


Element = Subhead | Table | Callout | TextButton | PullQuote | FigureRow
