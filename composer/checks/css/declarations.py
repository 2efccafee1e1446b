"""Parse CSS declarations into typed values and expand shorthands.

Input: the text of a style attribute or of a rule's block. Output: `Declaration`s of the properties that the checks need.
Guarantees: values that a browser would ignore are left out, and so are values with var() or calc().
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import tinycss2

from composer.checks.css.css_colours import TRANSPARENT, parse_colour
from composer.checks.css.css_values import (
    IMAGE,
    LINES,
    STYLES,
    WIDTHS,
    Expand,
    Parse,
    Tokens,
    Value,
    is_image,
    length,
    length_of,
    one_of,
    to_colour,
    to_font_size,
    to_font_weight,
    to_image,
    to_line,
    to_line_height,
    to_opacity,
    to_text,
    to_word,
    to_words,
    words,
)


class Declaration(NamedTuple):
    """One longhand property and its value."""

    name: str
    value: Value
    important: bool = False


#: Keywords that every property accepts.
GLOBAL = frozenset(("inherit", "initial", "unset", "revert", "revert-layer"))


def _decoration(tokens: Tokens) -> tuple[tuple[str, Value], ...] | None:
    lines = [token.lower_value for token in tokens if token.type == "ident" and token.lower_value in LINES]
    return (("text-decoration-line", " ".join(lines) or "none"),)


def _is_of_background(token: Any) -> bool:
    if token.type == "ident":
        return token.lower_value in _BACKGROUND_WORDS
    return token.type == "literal" and token.value in "/," or is_image(token) or length_of(token) is not None


def _background(tokens: Tokens) -> tuple[tuple[str, Value], ...] | None:
    colours = [colour for token in tokens if (colour := parse_colour(token)) is not None]
    rest = [token for token in tokens if parse_colour(token) is None]
    if len(colours) > 1 or not all(map(_is_of_background, rest)):
        return None
    colour = colours[0] if colours else TRANSPARENT
    return (("background-color", colour), ("background-image", IMAGE if any(map(is_image, tokens)) else "none"))


_BACKGROUND_WORDS = words(
    "none repeat repeat-x repeat-y no-repeat space round scroll fixed local left right top bottom "
    "center auto cover contain border-box padding-box content-box text"
)


def _font(tokens: Tokens) -> tuple[tuple[str, Value], ...] | None:
    weight, style = 400.0, "normal"
    for at, token in enumerate(tokens):
        if (size := to_font_size([token])) is not None:
            rest = list(tokens[at + 1 :])
            height: Value = "normal"
            if len(rest) > 1 and rest[0] == "/":
                height = to_line_height([rest[1]]) or "normal"
                rest = rest[2:]
            if not rest:
                return None
            named = to_text(rest) or ""
            return (
                ("font-size", size),
                ("font-weight", weight),
                ("font-style", style),
                ("font-family", named),
                ("line-height", height),
            )
        if isinstance(parsed := to_font_weight([token]), float) and parsed != 400:
            weight = parsed
        elif token.type == "ident" and token.lower_value in ("italic", "oblique"):
            style = token.lower_value
    return None


def _sides(tokens: Tokens) -> tuple[tuple[str, Value], ...] | None:
    values = [length()([token]) for token in tokens]
    if not 1 <= len(values) <= 4:
        return None
    top, right, bottom, left = {1: (0, 0, 0, 0), 2: (0, 1, 0, 1), 3: (0, 1, 2, 1), 4: (0, 1, 2, 3)}[len(values)]
    named = zip(("top", "right", "bottom", "left"), (top, right, bottom, left), strict=True)
    found = [(f"padding-{side}", values[at]) for side, at in named]
    return tuple((name, value) for name, value in found if value is not None) if None not in values else None


def _overflow(tokens: Tokens) -> tuple[tuple[str, Value], ...] | None:
    words = [_overflow_word([token]) for token in tokens]
    if not 1 <= len(words) <= 2 or words[0] is None or words[-1] is None:
        return None
    return (("overflow-x", words[0]), ("overflow-y", words[-1]))


_overflow_word = one_of("visible", "hidden", "scroll", "auto", "clip", "overlay")


def _border(*edges: str) -> Expand:
    """Parse "1px solid red" for some edges."""

    def expand(tokens: Tokens) -> tuple[tuple[str, Value], ...] | None:
        style, width, colour = "none", WIDTHS["medium"], "currentcolor"
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


def _width(tokens: Tokens) -> Value | None:
    return WIDTHS.get(to_word(tokens) or "") or length(percent=False)(tokens)


_EDGE: dict[str, Parse] = {"style": one_of(*STYLES), "width": _width, "color": to_colour}


def _edges(name: str) -> Expand:
    """Parse border-style, border-width, border-color: one to four values."""

    def expand(tokens: Tokens) -> tuple[tuple[str, Value], ...] | None:
        values = [_EDGE[name]([token]) for token in tokens]
        if not 1 <= len(values) <= 4 or None in values:
            return None
        top, bottom = values[0], values[2 if len(values) > 2 else 0]
        assert top is not None and bottom is not None
        return ((f"border-top-{name}", top), (f"border-bottom-{name}", bottom))

    return expand


_EXPAND: dict[str, Expand] = {
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
_PARSE: dict[str, Parse] = {
    "color": to_colour,
    "-webkit-text-fill-color": to_colour,
    "background-color": to_colour,
    "background-image": to_image,
    "color-scheme": to_words,
    "direction": one_of("ltr", "rtl"),
    "display": to_words,
    "float": one_of("left", "right", "none", "inline-start", "inline-end"),
    "font-family": to_text,
    "font-size": to_font_size,
    "font-style": one_of("normal", "italic", "oblique"),
    "font-weight": to_font_weight,
    "height": length("auto", "min-content", "max-content", "fit-content"),
    "left": length("auto", negative=True),
    "letter-spacing": length("normal", percent=False, negative=True),
    "line-height": to_line_height,
    "max-height": length("none"),
    "max-width": length("none"),
    "min-height": length("auto"),
    "opacity": to_opacity,
    "overflow-x": _overflow_word,
    "overflow-y": _overflow_word,
    "position": one_of("static", "relative", "absolute", "fixed", "sticky", "-webkit-sticky"),
    "text-align": one_of("left", "right", "center", "justify", "start", "end", "-webkit-center"),
    "text-decoration-line": to_line,
    "text-indent": length(negative=True),
    "text-shadow": to_text,
    "text-transform": one_of("none", "uppercase", "lowercase", "capitalize", "full-width"),
    "top": length("auto", negative=True),
    "visibility": one_of("visible", "hidden", "collapse"),
    "width": length("auto", "min-content", "max-content", "fit-content"),
    **{f"padding-{side}": length() for side in ("top", "right", "bottom", "left")},
    **{f"{edge}-{name}": parse for edge in ("border-top", "border-bottom", "outline") for name, parse in _EDGE.items()},
}
#: Shorthands and the longhands that a global keyword (inherit, initial) sets.
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
    """Yield the declarations among nodes of tinycss2, in order."""
    for node in nodes:
        if node.type != "declaration":
            continue
        name, important = node.lower_name, node.important
        tokens = [token for token in node.value if token.type not in ("whitespace", "comment")]
        if not tokens:
            continue
        if (word := to_word(tokens)) in GLOBAL and word is not None:
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
