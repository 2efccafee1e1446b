"""The tree of a Markdown text, which the printers of HTML and plaintext read."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from composer.content.values.rich_elements import Element, FigureRow, NoteMark


@dataclass(frozen=True, slots=True)
class PlainWords:
    """Plain words, or code: words in a fixed-width font, such as a command."""

    text: str
    is_code: bool = False


@dataclass(frozen=True, slots=True)
class Emphasis:
    """Emphasised words; bold if `strong`."""

    children: tuple["Inline", ...]
    strong: bool


@dataclass(frozen=True, slots=True)
class Link:
    """A link to an address (https, http, mailto or tel; the host name in ASCII form)."""

    url: str
    children: tuple["Inline", ...]
    #: The token of its address (see source_map.py).
    mark: str = field(default="", compare=False)
    #: Whether the link text is the address itself.
    is_bare: bool = False


@dataclass(frozen=True, slots=True)
class Break:
    """A line break from the editor."""


Inline: TypeAlias = "PlainWords | Emphasis | Link | Break | NoteMark"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph."""

    children: tuple[Inline, ...]
    #: The token of its first line (see source_map.py).
    mark: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class BulletList:
    """A list; `start` is the first number, or None for bullets."""

    items: tuple[tuple["Block", ...], ...]
    start: int | None


@dataclass(frozen=True, slots=True)
class Quote:
    """A block quote."""

    blocks: tuple["Block", ...]


Block: TypeAlias = "Paragraph | BulletList | Quote | Element"


def plain_words(nodes: tuple[Inline, ...]) -> str:
    """Return the text without emphasis, links and footnote numbers."""
    pieces: list[str] = []
    for node in nodes:
        match node:
            case PlainWords():
                pieces.append(node.text)
            case Emphasis() | Link():
                pieces.append(plain_words(node.children))
            case Break():
                pieces.append(" ")
            case _:
                pass  # a footnote's number is not a word
    return "".join(pieces)


@dataclass(frozen=True, slots=True)
class Rich:
    """A text with structure. False if it is empty."""

    nodes: tuple[Block, ...]
    #: The footnotes of the whole text, in the order of their numbers.
    notes: tuple[Paragraph, ...] = ()
    #: Whether the footnotes are printed after it: not after the first part of a text.
    has_end: bool = True

    def __bool__(self) -> bool:
        return bool(self.nodes) or (self.has_end and bool(self.notes))

    @property
    def blocks(self) -> int:
        """The number of paragraphs, lists, tables and other blocks at the top level."""
        return len(self.nodes)

    @property
    def parts(self) -> tuple[Block, ...]:
        """All blocks of the text, and its footnotes."""
        return (*self.nodes, *self.notes)

    @property
    def pieces(self) -> "tuple[Rich | FigureRow, ...]":
        """The text, divided where it has figures; only the last piece has the footnotes."""
        from composer.content.values.rich_elements import FigureRow

        found: list[Rich | FigureRow] = []
        done = 0
        for index, node in enumerate(self.nodes):
            if isinstance(node, FigureRow):
                found.extend((Rich(self.nodes[done:index], self.notes, has_end=False), node))
                done = index + 1
        found.append(self.tail(done))
        return tuple(piece for piece in found if piece)

    @property
    def figures_first(self) -> int:
        """The number of rows of figures before the first words."""
        from composer.content.values.rich_elements import FigureRow

        return next((at for at, node in enumerate(self.nodes) if not isinstance(node, FigureRow)), len(self.nodes))

    def head(self, count: int) -> "Rich":
        """Return the first blocks."""
        return Rich(self.nodes[: max(count, 0)], self.notes, has_end=False)

    def tail(self, count: int) -> "Rich":
        """Return all but the first blocks."""
        return Rich(self.nodes[max(count, 0) :], self.notes, self.has_end)
