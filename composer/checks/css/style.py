"""What is computed for one element: a `Style`, and the `Page` that all elements stand on. Values only."""

from dataclasses import dataclass, field

from composer.checks.css.css_colours import CssScheme, Rgb, Rgba


@dataclass(frozen=True, slots=True, kw_only=True)
class StyledPage:
    """What a document says for all its elements."""

    scheme: CssScheme
    width: int
    #: `<meta name="color-scheme">`, as words.
    schemes: str = "normal"
    #: `<body link="..">`
    link: Rgba | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ComputedStyle:
    """What is computed for an element; lengths in pixels, None where only a layout could tell."""

    #: What its text is painted in, before opacity.
    color: Rgba
    #: Its own background as painted; transparent where it has none.
    background: Rgba
    has_image: bool
    #: What is behind its text, blended up to the canvas; None where a picture is.
    behind: Rgb | None
    font_size: float
    font_weight: float
    font_style: str
    font_family: str
    #: As computed for the element itself: "none", "underline", ..
    text_decoration: str
    text_align: str
    text_transform: str
    #: 0 for `normal`.
    letter_spacing: float
    line_height: float | None
    direction: str
    display: str
    width: float | None
    height: float | None
    #: Top, right, bottom, left; None for percentages.
    padding: tuple[float | None, float | None, float | None, float | None]
    opacity: float
    #: Nothing of it is seen: display, visibility, opacity or a box without room.
    is_hidden: bool
    #: Nothing inside it is seen either.
    is_closed: bool
    has_shadow: bool
    #: A line above, below or around.
    has_border: bool
    #: What the colours a browser chooses itself are chosen for.
    scheme: CssScheme
    parent: "ComputedStyle | None" = field(repr=False)
    color_scheme: str = field(repr=False)
    visibility: str = field(repr=False)
    current: Rgba = field(repr=False)
    fill: Rgba | None = field(repr=False)
    #: It or something around it is painted half transparent, as a whole.
    in_group: bool = field(repr=False)
    line: float | str = field(repr=False)
    indent: float = field(repr=False)
    #: The size was given in pixels, here or where it is inherited from.
    is_absolute_size: bool = field(repr=False)
    shadow: str = field(repr=False)

    @property
    def is_underlined(self) -> bool:
        return "underline" in self.text_decoration

    @property
    def is_block(self) -> bool:
        """Whether it takes lines of its own, or is a part of a table."""
        return self.display in ("block", "list-item", "table", "flex", "grid") or self.display.startswith("table-")
