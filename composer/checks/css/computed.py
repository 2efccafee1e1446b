"""Compute the style of one element from its winning declarations and the style of its parent.

Input: winning declarations. Output: a `ComputedStyle` with lengths in CSS pixels. Guarantees: the document is not read.
"""

from functools import lru_cache

from composer.checks.css.cascade import Winning
from composer.checks.css.css_colours import CURRENT, LINK, TEXT, TRANSPARENT, CssScheme, Pair, Rgba
from composer.checks.css.css_values import IMAGE, SIZES, UNITS, Length, Value
from composer.checks.css.declarations import GLOBAL
from composer.checks.css.painting import behind
from composer.checks.css.style import ComputedStyle, StyledPage

_KEYWORDS = dict(
    zip(
        ["xx-small", "x-small", "small", "medium", "large", "x-large", "xx-large", "xxx-large"],
        (9.0, 10.0, 13.0, 16.0, 18.0, 24.0, 32.0, 48.0),
        strict=True,
    )
)
#: Chromium uses 13 px for `font-family: monospace` and 16 px for all other fonts.
_FIXED = 13 / 16
#: Elements that are moved this far out are hidden on purpose.
_AWAY = -999


class _StyleResolver:
    """Reads typed values from the winning declarations and resolves global keywords."""

    def __init__(self, won: Winning, parent: ComputedStyle | None, page: StyledPage) -> None:
        self.won, self.parent, self.page = won, parent, page
        self.size = 16.0
        self.root_size = 16.0

    def word(self, name: str, initial: str, inherited: str = "") -> str:
        """Return a keyword; `inherited` is the field of the parent if the property inherits."""
        value = self.won.get(name)
        if isinstance(value, str) and value not in GLOBAL:
            return value
        if inherited and value != "initial" and self.parent is not None:
            return str(getattr(self.parent, inherited))
        return initial

    def colour(self, name: str, scheme: CssScheme, current: Rgba) -> Rgba | None:
        """Return a colour; None if it is not set."""
        match self.won.get(name):
            case Rgba() as colour:
                return colour
            case Pair() as pair:
                return self.page.link if pair is LINK and self.page.link else pair.under(scheme)
            case str() as word if word == CURRENT:
                return current
            case _:
                return None

    def pixels(self, name: str) -> float | None:
        """Return a length in pixels; None for keywords, percentages and unset properties."""
        value = self.won.get(name)
        return self.resolve(value, self.size) if isinstance(value, Length) else None

    def resolve(self, length: Length, size: float) -> float | None:
        """Return a length in pixels; None for units that depend on a layout."""
        number, unit = length
        if unit in UNITS:
            return number * UNITS[unit]
        factor = {"em": size, "rem": self.root_size, "ex": size / 2, "ch": size / 2, "vw": self.page.width / 100}
        return number * factor[unit] if unit in factor else None


def compute(won: Winning, parent: ComputedStyle | None, page: StyledPage, root: ComputedStyle | None) -> ComputedStyle:
    """Return the style of an element with these winning values.

    Styles are cached across documents by values and parent: a preview needs most of them again.
    """
    return _computed(tuple(won.items()), parent, page, root)


@lru_cache(maxsize=4096)
def _computed(
    values: tuple[tuple[str, Value], ...], parent: ComputedStyle | None, page: StyledPage, root: ComputedStyle | None
) -> ComputedStyle:
    won = dict(values)
    read = _StyleResolver(won, parent, page)
    read.root_size = root.font_size if root else 16.0
    color_scheme = read.word("color-scheme", "normal", "color_scheme")
    scheme = _used_scheme(color_scheme if color_scheme != "normal" else page.schemes, page.scheme)
    family = read.word("font-family", "", "font_family")
    read.size, absolute = _font_size(read, parent, family)

    inherited = parent.current if parent else TEXT.under(scheme)
    current = read.colour("color", scheme, inherited)
    if current is None:
        current = TEXT.under(scheme) if won.get("color") == "initial" else inherited
    fill = parent.fill if parent else None
    if (said := won.get("-webkit-text-fill-color")) is not None and said not in ("inherit", "unset"):
        # `currentcolor` is inherited as a keyword, not as its current colour.
        fill = read.colour("-webkit-text-fill-color", scheme, current) if said != CURRENT else None
    background = read.colour("background-color", scheme, current)
    if background is None:
        background = parent.background if parent and won.get("background-color") == "inherit" else TRANSPARENT
    image = won.get("background-image")
    has_image = image == IMAGE or image == "inherit" and parent is not None and parent.has_image

    opacity = won.get("opacity", 1.0)
    if not isinstance(opacity, float):
        opacity = parent.opacity if parent and opacity == "inherit" else 1.0
    visibility = read.word("visibility", "visible", "visibility")
    if visibility != "visible":  # its children may still be visible
        background, has_image = TRANSPARENT, False
    in_group = opacity < 1 or parent is not None and parent.in_group
    display = _display(read)
    indent = _inherited_pixels(read, "text-indent", parent.indent if parent else 0.0)
    is_closed = (
        parent is not None
        and parent.is_closed
        or display == "none"
        or opacity == 0
        or won.get("content-visibility") == "hidden"
        or _is_away(read, indent, display)
        or _has_no_room(read, display)
    )
    line, line_height = _line_height(read, parent)
    decoration = read.word("text-decoration-line", "none")
    if won.get("text-decoration-line") == "inherit" and parent:
        decoration = parent.text_decoration
    shadow = read.word("text-shadow", "none", "shadow")
    return ComputedStyle(
        color=fill or current,
        background=background,
        has_image=has_image,
        behind=behind(background, opacity, parent, scheme, has_image=has_image, in_group=in_group),
        font_size=read.size,
        font_weight=_font_weight(read, parent),
        font_style=read.word("font-style", "normal", "font_style"),
        font_family=family,
        text_decoration=decoration,
        text_align=read.word("text-align", "start", "text_align"),
        text_transform=read.word("text-transform", "none", "text_transform"),
        letter_spacing=_inherited_pixels(read, "letter-spacing", parent.letter_spacing if parent else 0.0),
        line_height=line_height,
        direction=read.word("direction", "ltr", "direction"),
        display=display,
        width=read.pixels("width"),
        height=read.pixels("height"),
        padding=(_padding(read, "top"), _padding(read, "right"), _padding(read, "bottom"), _padding(read, "left")),
        opacity=opacity,
        is_hidden=is_closed or visibility != "visible",
        is_closed=is_closed,
        has_shadow=shadow != "none",
        has_border=any(_is_edge(read, edge, scheme, current) for edge in ("border-top", "border-bottom", "outline")),
        scheme=scheme,
        parent=parent,
        color_scheme=color_scheme,
        visibility=visibility,
        current=current,
        fill=fill,
        in_group=in_group,
        line=line,
        indent=indent,
        is_absolute_size=absolute,
        shadow=shadow,
    )


def _used_scheme(words: str, asked: CssScheme) -> CssScheme:
    """Return the requested scheme if `color-scheme` offers it, else the one offered first (CSS Color Adjust 1, 2.2)."""
    offered = [word for word in words.split() if word in ("light", "dark")]
    if asked in offered or not offered:
        return asked if offered else CssScheme.LIGHT
    return CssScheme(offered[0])


def _font_size(read: _StyleResolver, parent: ComputedStyle | None, family: str) -> tuple[float, bool]:
    value = read.won.get("font-size")
    around = parent.font_size if parent else 16.0
    absolute = parent.is_absolute_size if parent else False
    size = around
    if isinstance(value, Length):
        number, unit = value
        resolved = number * around / 100 if unit == "%" else read.resolve(value, around)
        if resolved is not None:
            absolute = absolute if unit in ("%", "em", "ex", "ch") else True
            size = resolved
    elif isinstance(value, str) and value in SIZES:
        size = {"smaller": around / 1.2, "larger": around * 1.2, **_KEYWORDS}[value]
        absolute = absolute and value not in _KEYWORDS
    elif value == "initial":
        size, absolute = 16.0, False
    was_fixed, is_fixed = parent is not None and parent.font_family == "monospace", family == "monospace"
    if not absolute and is_fixed != was_fixed:
        anew = isinstance(value, str) and value in _KEYWORDS or value == "initial"
        size = size * _FIXED if is_fixed else size if anew else size / _FIXED
    elif not absolute and is_fixed and isinstance(value, str) and value in _KEYWORDS:
        size *= _FIXED
    return size, absolute


def _font_weight(read: _StyleResolver, parent: ComputedStyle | None) -> float:
    value = read.won.get("font-weight")
    around = parent.font_weight if parent else 400.0
    match value:
        case float():
            return value
        case "bolder":
            return 400.0 if around < 350 else 700.0 if around < 550 else 900.0 if around < 900 else around
        case "lighter":
            return around if around < 100 else 100.0 if around < 550 else 400.0 if around < 750 else 700.0
        case "initial":
            return 400.0
        case _:
            return around


def _inherited_pixels(read: _StyleResolver, name: str, inherited: float) -> float:
    value = read.won.get(name)
    if isinstance(value, Length):
        return read.resolve(value, read.size) or 0.0
    return 0.0 if value in ("normal", "initial") else inherited


def _line_height(read: _StyleResolver, parent: ComputedStyle | None) -> tuple[float | str, float | None]:
    """Return the inherited value (a factor, "normal", or pixels as text) and the height in pixels."""
    value = read.won.get("line-height")
    line: float | str = parent.line if parent else "normal"
    if isinstance(value, Length):
        number, unit = value
        pixels = number * read.size / 100 if unit == "%" else read.resolve(value, read.size)
        line = f"{pixels}" if pixels is not None else line
    elif isinstance(value, float):
        line = value
    elif value in ("normal", "initial"):
        line = "normal"
    if isinstance(line, float):
        return line, line * read.size
    return line, None if line == "normal" else float(line)


def _display(read: _StyleResolver) -> str:
    display = read.word("display", "inline")
    if read.won.get("display") == "inherit" and read.parent is not None:
        display = read.parent.display
    out_of_line = read.word("float", "none") != "none" or read.word("position", "static") in ("absolute", "fixed")
    flexed = read.parent is not None and read.parent.display in ("flex", "inline-flex", "grid", "inline-grid")
    return "block" if (out_of_line or flexed) and display in ("inline", "inline-block") else display


def _padding(read: _StyleResolver, side: str) -> float | None:
    return read.pixels(f"padding-{side}") if f"padding-{side}" in read.won else 0.0


def _is_edge(read: _StyleResolver, edge: str, scheme: CssScheme, current: Rgba) -> bool:
    if read.word(f"{edge}-style", "none") in ("none", "hidden"):
        return False
    width = read.pixels(f"{edge}-width") if f"{edge}-width" in read.won else 3.0
    colour = read.colour(f"{edge}-color", scheme, current)
    return width != 0 and (colour is None or colour.alpha > 0)


def _is_away(read: _StyleResolver, indent: float, display: str) -> bool:
    """Return whether an element is moved out of the page."""
    if read.word("position", "static") in ("absolute", "fixed") and any(
        (pixels := read.pixels(side)) is not None and pixels <= _AWAY for side in ("left", "top")
    ):
        return True
    return indent <= _AWAY and display != "inline"


def _has_no_room(read: _StyleResolver, display: str) -> bool:
    """Return whether an element is a box of almost no height or width that hides its content, such as a preheader."""
    if display == "inline" or display.startswith("table"):
        return False
    overflow = read.word("overflow-x", "visible"), read.word("overflow-y", "visible")
    if overflow != ("hidden", "hidden") and not set(overflow) & {"auto", "scroll"}:
        return False
    for name, before, after in (("height", "top", "bottom"), ("width", "left", "right")):
        lengths = [pixels for each in (name, f"max-{name}") if (pixels := read.pixels(each)) is not None]
        least = read.pixels(f"min-{name}") or 0.0
        padding = (_padding(read, before) or 0.0) + (_padding(read, after) or 0.0)
        limit = 2 if overflow == ("hidden", "hidden") else 1
        if lengths and max(min(lengths), least) + padding < limit:
            return True
    return False
