"""The computed style of one element, and the settings of its page. Values only."""

from dataclasses import dataclass, field

from composer.checks.css.css_colours import CssScheme, Rgb, Rgba


@dataclass(frozen=True, slots=True, kw_only=True)
class StyledPage:
    """The settings of a document for all its elements."""

    scheme: CssScheme
    width: int
    #: `<meta name="color-scheme">`, as words.
    schemes: str = "normal"
    #: `<body link="..">`
    link: Rgba | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ComputedStyle:
    """The computed style of an element; lengths are in pixels, None if only a layout could tell."""

    #: The colour of its text, before opacity.
    color: Rgba
    #: Its own background colour; transparent if it is not set.
    background: Rgba
    has_image: bool
    #: The background colour of its text, blended with all layers below; None if it is an image.
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
    #: Whether it is invisible: by display, visibility, opacity or a box without space.
    is_hidden: bool
    #: Whether everything inside it is invisible, too.
    is_closed: bool
    has_shadow: bool
    #: Whether it has a line above, below or around it.
    has_border: bool
    #: The scheme of the default colours of the browser.
    scheme: CssScheme
    parent: "ComputedStyle | None" = field(repr=False)
    color_scheme: str = field(repr=False)
    visibility: str = field(repr=False)
    current: Rgba = field(repr=False)
    fill: Rgba | None = field(repr=False)
    #: Whether it or an element around it is partly transparent as a whole.
    in_group: bool = field(repr=False)
    line: float | str = field(repr=False)
    indent: float = field(repr=False)
    #: Whether its font size, or the one it inherits, is set in absolute units.
    is_absolute_size: bool = field(repr=False)
    shadow: str = field(repr=False)

    @property
    def is_underlined(self) -> bool:
        """Whether its text is underlined."""
        return "underline" in self.text_decoration

    @property
    def is_block(self) -> bool:
        """Whether it starts on a new line or is a part of a table."""
        return self.display in ("block", "list-item", "table", "flex", "grid") or self.display.startswith("table-")
