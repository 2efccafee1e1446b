"""The tree of a Markdown text, which the printers of HTML and plaintext read."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class PlainWords:
    """Plain words."""

    text: str


@dataclass(frozen=True, slots=True)
class Emphasis:
    """Emphasised words; bold if `strong`."""

    children: tuple["Inline", ...]
    strong: bool


@dataclass(frozen=True, slots=True)
class Link:
    """A link to an address (https, http or mailto; the host name in ASCII form)."""

    url: str
    children: tuple["Inline", ...]
    #: The token of its address (see source_map.py).
    mark: str = field(default="", compare=False)
    #: Whether the link text is the address itself.
    is_bare: bool = False


@dataclass(frozen=True, slots=True)
class Break:
    """A line break from the editor."""


Inline = PlainWords | Emphasis | Link | Break


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


Block = Paragraph | BulletList | Quote


def plain_words(nodes: tuple[Inline, ...]) -> str:
    """Return the text without emphasis and links."""
    pieces: list[str] = []
    for node in nodes:
        match node:
            case PlainWords():
                pieces.append(node.text)
            case Emphasis() | Link():
                pieces.append(plain_words(node.children))
            case Break():
                pieces.append(" ")
    return "".join(pieces)


@dataclass(frozen=True, slots=True)
class Rich:
    """A text with structure. False if it is empty."""

    nodes: tuple[Block, ...]

    def __bool__(self) -> bool:
        return bool(self.nodes)

    @property
    def blocks(self) -> int:
        """The number of paragraphs, lists and quotes at the top level."""
        return len(self.nodes)

    def head(self, count: int) -> "Rich":
        """Return the first blocks."""
        return Rich(self.nodes[: max(count, 0)])

    def tail(self, count: int) -> "Rich":
        """Return all but the first blocks."""
        return Rich(self.nodes[max(count, 0) :])
