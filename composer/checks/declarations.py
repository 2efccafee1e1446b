"""CSS declarations as typed values: shorthands taken apart, and what a browser would not understand left out.

Comes in: the text of a style attribute or of a rule's block. Goes out: `Declaration`s of the properties that the checks
ask for; all others are dropped. Never reads a variable: a value with var() or calc() is left out.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import tinycss2

from composer.checks.colours import TRANSPARENT, Colour, parse_colour


class Length(NamedTuple):
    """A number with its unit, as written."""

    number: float
    unit: str


Value = Colour | Length | float | str


class Declaration(NamedTuple):
    """One longhand property and its value."""

    name: str
    value: Value
    important: bool = False


#: Words every property takes.
GLOBAL = frozenset(("inherit", "initial", "unset", "revert", "revert-layer"))
#: What background-image says where there is a picture or a gradient.
IMAGE = "image"
UNITS = {"px": 1.0, "pt": 4 / 3, "pc": 16.0, "in": 96.0, "cm": 96 / 2.54, "mm": 96 / 25.4, "q": 96 / 101.6}
_RELATIVE = frozenset(("em", "rem", "ex", "ch", "vw", "vh"))
_STYLES = frozenset(
    (
        "none",
        "hidden",
        "dotted",
        "dashed",
        "solid",
        "double",
        "groove",
        "ridge",
        "inset",
        "outset",
        "auto",
    )
)
_WIDTHS = {"thin": Length(1, "px"), "medium": Length(3, "px"), "thick": Length(5, "px")}
_LINES = frozenset(("underline", "overline", "line-through", "blink"))
SIZES = frozenset(
    (
        "xx-small",
        "x-small",
        "small",
        "medium",
        "large",
        "x-large",
        "xx-large",
        "xxx-large",
        "smaller",
        "larger",
    )
)

_Tokens = Sequence[Any]
_Parse = Callable[[_Tokens], Value | None]
_Expand = Callable[[_Tokens], tuple[tuple[str, Value], ...] | None]


def _colour(tokens: _Tokens) -> Value | None:
    return parse_colour(tokens[0]) if len(tokens) == 1 else None


def _word(tokens: _Tokens) -> str | None:
    return str(tokens[0].lower_value) if len(tokens) == 1 and tokens[0].type == "ident" else None


def _one_of(*words: str) -> _Parse:
    known = frozenset(words)
    return lambda tokens: word if (word := _word(tokens)) in known else None


def _length_of(token: Any, *, percent: bool = True) -> Length | None:
    if token.type == "dimension" and (unit := token.lower_unit) in UNITS.keys() | _RELATIVE:
        return Length(token.value, unit)
    if token.type == "percentage" and percent:
        return Length(token.value, "%")
    return Length(0, "px") if token.type == "number" and token.value == 0 else None


def _length(*words: str, percent: bool = True, negative: bool = False) -> _Parse:
    def parse(tokens: _Tokens) -> Value | None:
        if (word := _word(tokens)) is not None:
            return word if word in words else None
        length = _length_of(tokens[0], percent=percent) if len(tokens) == 1 else None
        return length if length and (negative or length.number >= 0) else None

    return parse


_font_size = _length(*SIZES)


_WEIGHTS: dict[str, Value] = {"normal": 400.0, "bold": 700.0, "bolder": "bolder", "lighter": "lighter"}


def _font_weight(tokens: _Tokens) -> Value | None:
    if (word := _word(tokens)) is not None:
        return _WEIGHTS.get(word)
    number = tokens[0].value if len(tokens) == 1 and tokens[0].type == "number" else 0
    return float(number) if 1 <= number <= 1000 else None


def _opacity(tokens: _Tokens) -> Value | None:
    if len(tokens) != 1 or tokens[0].type not in ("number", "percentage"):
        return None
    number = tokens[0].value / (100 if tokens[0].type == "percentage" else 1)
    return float(min(1, max(0, number)))


def _line_height(tokens: _Tokens) -> Value | None:
    if len(tokens) == 1 and tokens[0].type == "number" and tokens[0].value >= 0:
        return float(tokens[0].value)
    return _length("normal")(tokens)


def _is_image(token: Any) -> bool:
    return (
        token.type == "url"
        or token.type == "function"
        and (
            token.lower_name in ("url", "image-set", "-webkit-image-set", "cross-fade", "element")
            or token.lower_name.endswith("-gradient")
        )
    )


def _image(tokens: _Tokens) -> Value | None:
    if any(map(_is_image, tokens)):
        return IMAGE
    return "none" if _word(tokens) == "none" else None


def _family(tokens: _Tokens) -> Value | None:
    return tinycss2.serialize(tokens).strip().lower() or None


def _anything(tokens: _Tokens) -> Value | None:
    return tinycss2.serialize(tokens).strip().lower() or None


def _words(tokens: _Tokens) -> Value | None:
    if not tokens or any(token.type != "ident" for token in tokens):
        return None
    return " ".join(token.lower_value for token in tokens)


def _line(tokens: _Tokens) -> Value | None:
    words = [token.lower_value for token in tokens if token.type == "ident"]
    if len(words) != len(tokens) or not words:
        return None
    return " ".join(words) if words == ["none"] or set(words) <= _LINES else None


def _decoration(tokens: _Tokens) -> tuple[tuple[str, Value], ...] | None:
    lines = [token.lower_value for token in tokens if token.type == "ident" and token.lower_value in _LINES]
    return (("text-decoration-line", " ".join(lines) or "none"),)


def _is_of_background(token: Any) -> bool:
    if token.type == "ident":
        return token.lower_value in _BACKGROUND_WORDS
    return token.type == "literal" and token.value in "/," or _is_image(token) or _length_of(token) is not None


def _background(tokens: _Tokens) -> tuple[tuple[str, Value], ...] | None:
    colours = [colour for token in tokens if (colour := parse_colour(token)) is not None]
    rest = [token for token in tokens if parse_colour(token) is None]
    if len(colours) > 1 or not all(map(_is_of_background, rest)):
        return None
    colour = colours[0] if colours else TRANSPARENT
    return (("background-color", colour), ("background-image", IMAGE if any(map(_is_image, tokens)) else "none"))


_BACKGROUND_WORDS = frozenset(
    [
        "none",
        "repeat",
        "repeat-x",
        "repeat-y",
        "no-repeat",
        "space",
        "round",
        "scroll",
        "fixed",
        "local",
        "left",
        "right",
        "top",
        "bottom",
        "center",
        "auto",
        "cover",
        "contain",
        "border-box",
        "padding-box",
        "content-box",
        "text",
    ]
)


def _font(tokens: _Tokens) -> tuple[tuple[str, Value], ...] | None:
    weight, style = 400.0, "normal"
    for at, token in enumerate(tokens):
        if (size := _font_size([token])) is not None:
            rest = list(tokens[at + 1 :])
            height: Value = "normal"
            if len(rest) > 1 and rest[0] == "/":
                height = _line_height([rest[1]]) or "normal"
                rest = rest[2:]
            if not rest:
                return None
            named = _family(rest) or ""
            return (
                ("font-size", size),
                ("font-weight", weight),
                ("font-style", style),
                ("font-family", named),
                ("line-height", height),
            )
        if isinstance(parsed := _font_weight([token]), float) and parsed != 400:
            weight = parsed
        elif token.type == "ident" and token.lower_value in ("italic", "oblique"):
            style = token.lower_value
    return None


def _sides(tokens: _Tokens) -> tuple[tuple[str, Value], ...] | None:
    values = [_length()([token]) for token in tokens]
    if not 1 <= len(values) <= 4:
        return None
    top, right, bottom, left = {1: (0, 0, 0, 0), 2: (0, 1, 0, 1), 3: (0, 1, 2, 1), 4: (0, 1, 2, 3)}[len(values)]
    named = zip(("top", "right", "bottom", "left"), (top, right, bottom, left), strict=True)
    found = [(f"padding-{side}", values[at]) for side, at in named]
    return tuple((name, value) for name, value in found if value is not None) if None not in values else None


def _overflow(tokens: _Tokens) -> tuple[tuple[str, Value], ...] | None:
    words = [_overflow_word([token]) for token in tokens]
    if not 1 <= len(words) <= 2 or words[0] is None or words[-1] is None:
        return None
    return (("overflow-x", words[0]), ("overflow-y", words[-1]))


_overflow_word = _one_of("visible", "hidden", "scroll", "auto", "clip", "overlay")


def _border(*edges: str) -> _Expand:
    """Parse "1px solid red" for some edges."""

    def expand(tokens: _Tokens) -> tuple[tuple[str, Value], ...] | None:
        style, width, colour = "none", _WIDTHS["medium"], "currentcolor"
        parts: dict[str, Value] = {"style": style, "width": width, "color": colour}
        for token in tokens:
            name = next((name for name, parse in _EDGE.items() if parse([token]) is not None), None)
            if name is None:
                return None
            value = _EDGE[name]([token])
            assert value is not None
            parts[name] = value
        return tuple((f"{edge}-{name}", value) for edge in edges for name, value in parts.items())

    return expand


def _width(tokens: _Tokens) -> Value | None:
    return _WIDTHS.get(_word(tokens) or "") or _length(percent=False)(tokens)


_EDGE: dict[str, _Parse] = {"style": _one_of(*_STYLES), "width": _width, "color": _colour}


def _edges(name: str) -> _Expand:
    """Parse border-style, border-width, border-color: one to four values."""

    def expand(tokens: _Tokens) -> tuple[tuple[str, Value], ...] | None:
        values = [_EDGE[name]([token]) for token in tokens]
        if not 1 <= len(values) <= 4 or None in values:
            return None
        top, bottom = values[0], values[2 if len(values) > 2 else 0]
        assert top is not None and bottom is not None
        return ((f"border-top-{name}", top), (f"border-bottom-{name}", bottom))

    return expand


_EXPAND: dict[str, _Expand] = {
    "background": _background,
    "font": _font,
    "text-decoration": _decoration,
    "padding": _sides,
    "overflow": _overflow,
    "border": _border("border-top", "border-bottom"),
    "border-top": _border("border-top"),
    "border-bottom": _border("border-bottom"),
    "outline": _border("outline"),
    **{f"border-{name}": _edges(name) for name in _EDGE},
}
_PARSE: dict[str, _Parse] = {
    "color": _colour,
    "-webkit-text-fill-color": _colour,
    "background-color": _colour,
    "background-image": _image,
    "color-scheme": _words,
    "direction": _one_of("ltr", "rtl"),
    "display": _words,
    "float": _one_of("left", "right", "none", "inline-start", "inline-end"),
    "font-family": _family,
    "font-size": _font_size,
    "font-style": _one_of("normal", "italic", "oblique"),
    "font-weight": _font_weight,
    "height": _length("auto", "min-content", "max-content", "fit-content"),
    "left": _length("auto", negative=True),
    "letter-spacing": _length("normal", percent=False, negative=True),
    "line-height": _line_height,
    "max-height": _length("none"),
    "max-width": _length("none"),
    "min-height": _length("auto"),
    "opacity": _opacity,
    "overflow-x": _overflow_word,
    "overflow-y": _overflow_word,
    "position": _one_of("static", "relative", "absolute", "fixed", "sticky", "-webkit-sticky"),
    "text-align": _one_of("left", "right", "center", "justify", "start", "end", "-webkit-center"),
    "text-decoration-line": _line,
    "text-indent": _length(negative=True),
    "text-shadow": _anything,
    "text-transform": _one_of("none", "uppercase", "lowercase", "capitalize", "full-width"),
    "top": _length("auto", negative=True),
    "visibility": _one_of("visible", "hidden", "collapse"),
    "width": _length("auto", "min-content", "max-content", "fit-content"),
    **{f"padding-{side}": _length() for side in ("top", "right", "bottom", "left")},
    **{f"{edge}-{name}": parse for edge in ("border-top", "border-bottom", "outline") for name, parse in _EDGE.items()},
}
#: Shorthands and the longhands a global word (inherit, initial) is meant for.
_LONGHANDS = {
    "background": ("background-color", "background-image"),
    "font": ("font-size", "font-weight", "font-style", "font-family", "line-height"),
    "text-decoration": ("text-decoration-line",),
    "padding": ("padding-top", "padding-right", "padding-bottom", "padding-left"),
    "overflow": ("overflow-x", "overflow-y"),
    "border": tuple(f"{edge}-{name}" for edge in ("border-top", "border-bottom") for name in _EDGE),
    "border-top": tuple(f"border-top-{name}" for name in _EDGE),
    "border-bottom": tuple(f"border-bottom-{name}" for name in _EDGE),
    "outline": tuple(f"outline-{name}" for name in _EDGE),
    **{f"border-{name}": (f"border-top-{name}", f"border-bottom-{name}") for name in _EDGE},
}
_KNOWN = re.compile("|".join(sorted(map(re.escape, {*_PARSE, *_EXPAND}), key=len, reverse=True)), re.IGNORECASE)


def declarations_of(nodes: Sequence[Any]) -> Iterator[Declaration]:
    """Give the declarations among nodes of tinycss2, in order."""
    for node in nodes:
        if node.type != "declaration":
            continue
        name, important = node.lower_name, node.important
        tokens = [token for token in node.value if token.type not in ("whitespace", "comment")]
        if not tokens:
            continue
        if (word := _word(tokens)) in GLOBAL and word is not None:
            for longhand in _LONGHANDS.get(name, (name,) if name in _PARSE else ()):
                yield Declaration(longhand, word, important)
        elif expand := _EXPAND.get(name):
            for longhand, expanded in expand(tokens) or ():
                yield Declaration(longhand, expanded, important)
        elif (parse := _PARSE.get(name)) and (value := parse(tokens)) is not None:
            yield Declaration(name, value, important)


@lru_cache(maxsize=4096)
def declarations(text: str) -> tuple[Declaration, ...]:
    """Return the declarations of a style attribute."""
    if not _KNOWN.search(text):
        return ()
    return tuple(declarations_of(tinycss2.parse_blocks_contents(text, skip_comments=True, skip_whitespace=True)))
