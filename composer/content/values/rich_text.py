"""A text with structure: the tree that Markdown becomes, and that the printers of HTML and plaintext read."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class PlainWords:
    """Plain words."""

    text: str


@dataclass(frozen=True, slots=True)
class Emphasis:
    """Emphasised words; `strong` is the heavier kind."""

    children: tuple["Inline", ...]
    strong: bool


@dataclass(frozen=True, slots=True)
class Link:
    """Words that lead to an address (https, http or mailto; a host in its ASCII form)."""

    url: str
    children: tuple["Inline", ...]
    #: The token of its address (see source_map.py).
    mark: str = field(default="", compare=False)
    #: Whether its words are the address as it stands in the text.
    is_bare: bool = False


@dataclass(frozen=True, slots=True)
class Break:
    """A line break that the editor asked for."""


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
    """Return the words without what they are dressed in."""
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
    """A text with structure. False when it says nothing."""

    nodes: tuple[Block, ...]

    def __bool__(self) -> bool:
        return bool(self.nodes)

    @property
    def blocks(self) -> int:
        """How many paragraphs, lists and quotes it has at the top."""
        return len(self.nodes)

    def head(self, count: int) -> "Rich":
        """Return the first blocks."""
        return Rich(self.nodes[: max(count, 0)])

    def tail(self, count: int) -> "Rich":
        """Return all but the first blocks."""
        return Rich(self.nodes[max(count, 0) :])
