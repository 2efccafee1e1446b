"""Parse the value of one CSS declaration.

Input: component values of tinycss2 without spaces. Output: a colour, a length, a number or a word; None if a browser would
ignore the value.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import tinycss2

from composer.checks.css.css_colours import Colour, parse_colour


class Length(NamedTuple):
    """A number with its unit, as written."""

    number: float
    unit: str


Value = Colour | Length | float | str


def words(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


#: The value of background-image if there is an image or a gradient.
IMAGE = "image"
UNITS = {"px": 1.0, "pt": 4 / 3, "pc": 16.0, "in": 96.0, "cm": 96 / 2.54, "mm": 96 / 25.4, "q": 96 / 101.6}
_RELATIVE = frozenset(("em", "rem", "ex", "ch", "vw", "vh"))
STYLES = words("none hidden dotted dashed solid double groove ridge inset outset auto")
WIDTHS = {"thin": Length(1, "px"), "medium": Length(3, "px"), "thick": Length(5, "px")}
LINES = frozenset(("underline", "overline", "line-through", "blink"))
SIZES = words("xx-small x-small small medium large x-large xx-large xxx-large smaller larger")

Tokens = Sequence[Any]
Parse = Callable[[Tokens], Value | None]
Expand = Callable[[Tokens], tuple[tuple[str, Value], ...] | None]


def to_colour(tokens: Tokens) -> Value | None:
    """Parse a colour."""
    return parse_colour(tokens[0]) if len(tokens) == 1 else None


def to_word(tokens: Tokens) -> str | None:
    """Parse a single word."""
    return str(tokens[0].lower_value) if len(tokens) == 1 and tokens[0].type == "ident" else None


def one_of(*words: str) -> Parse:
    """Return a parser for one of some words."""
    known = frozenset(words)
    return lambda tokens: word if (word := to_word(tokens)) in known else None


def length_of(token: Any, *, percent: bool = True) -> Length | None:
    """Return the length of one token; None if it is not a length."""
    if token.type == "dimension" and (unit := token.lower_unit) in UNITS.keys() | _RELATIVE:
        return Length(token.value, unit)
    if token.type == "percentage" and percent:
        return Length(token.value, "%")
    return Length(0, "px") if token.type == "number" and token.value == 0 else None


def length(*words: str, percent: bool = True, negative: bool = False) -> Parse:
    """Return a parser for a length or one of some words."""

    def parse(tokens: Tokens) -> Value | None:
        if (word := to_word(tokens)) is not None:
            return word if word in words else None
        found = length_of(tokens[0], percent=percent) if len(tokens) == 1 else None
        return found if found and (negative or found.number >= 0) else None

    return parse


to_font_size = length(*SIZES)


_WEIGHTS: dict[str, Value] = {"normal": 400.0, "bold": 700.0, "bolder": "bolder", "lighter": "lighter"}


def to_font_weight(tokens: Tokens) -> Value | None:
    """Parse a font weight: a word or a number from 1 to 1000."""
    if (word := to_word(tokens)) is not None:
        return _WEIGHTS.get(word)
    number = tokens[0].value if len(tokens) == 1 and tokens[0].type == "number" else 0
    return float(number) if 1 <= number <= 1000 else None


def to_opacity(tokens: Tokens) -> Value | None:
    """Parse an opacity as a number from 0 to 1."""
    if len(tokens) != 1 or tokens[0].type not in ("number", "percentage"):
        return None
    number = tokens[0].value / (100 if tokens[0].type == "percentage" else 1)
    return float(min(1, max(0, number)))


def to_line_height(tokens: Tokens) -> Value | None:
    """Parse a line height: a factor, a length or `normal`."""
    if len(tokens) == 1 and tokens[0].type == "number" and tokens[0].value >= 0:
        return float(tokens[0].value)
    return length("normal")(tokens)


def is_image(token: Any) -> bool:
    """Return whether a token is an image or a gradient."""
    return (
        token.type == "url"
        or token.type == "function"
        and (
            token.lower_name in ("url", "image-set", "-webkit-image-set", "cross-fade", "element")
            or token.lower_name.endswith("-gradient")
        )
    )


def to_image(tokens: Tokens) -> Value | None:
    """Parse a background image: IMAGE or `none`."""
    if any(map(is_image, tokens)):
        return IMAGE
    return "none" if to_word(tokens) == "none" else None


def to_text(tokens: Tokens) -> Value | None:
    """Return the tokens as lower-case text."""
    return tinycss2.serialize(tokens).strip().lower() or None


def to_words(tokens: Tokens) -> Value | None:
    """Parse one or more words."""
    if not tokens or any(token.type != "ident" for token in tokens):
        return None
    return " ".join(token.lower_value for token in tokens)


def to_line(tokens: Tokens) -> Value | None:
    """Parse the lines of text-decoration-line."""
    words = [token.lower_value for token in tokens if token.type == "ident"]
    if len(words) != len(tokens) or not words:
        return None
    return " ".join(words) if words == ["none"] or set(words) <= LINES else None
