"""Colours: from CSS and from old HTML attributes to numbers, blended and compared.

Input: a CSS component value or an attribute's text. Output: sRGB channels from 0 to 255 with an alpha from 0 to 1,
and contrast ratios (WCAG 2.2). Colours outside sRGB (lab, oklch, color()) are not understood.
"""

import math
import re
from enum import StrEnum
from typing import Any, NamedTuple

from tinycss2 import color5


class CssScheme(StrEnum):
    """What a subscriber's program asks for: `prefers-color-scheme`."""

    LIGHT = "light"
    DARK = "dark"


class Rgb(NamedTuple):
    """An opaque colour, each channel from 0 to 255."""

    red: float
    green: float
    blue: float

    def __str__(self) -> str:
        return f"#{round(self.red):02x}{round(self.green):02x}{round(self.blue):02x}"


class Rgba(NamedTuple):
    """A colour that lets through what is behind it, in so far as alpha is less than 1."""

    red: float
    green: float
    blue: float
    alpha: float = 1.0


class Pair(NamedTuple):
    """A colour that depends on the scheme an element is painted in."""

    light: Rgba
    dark: Rgba

    def under(self, scheme: CssScheme) -> Rgba:
        return self.dark if scheme is CssScheme.DARK else self.light


TRANSPARENT = Rgba(0, 0, 0, 0)
WHITE, BLACK = Rgba(255, 255, 255), Rgba(0, 0, 0)
#: What Chromium paints with where a document says nothing (asked of Chromium 150).
CANVAS, TEXT = Pair(WHITE, Rgba(18, 18, 18)), Pair(BLACK, WHITE)
LINK = Pair(Rgba(0, 0, 238), Rgba(158, 158, 255))
#: `currentcolor`: the element's own text colour.
CURRENT = "currentcolor"

Colour = Rgba | Pair | str

_SYSTEM = {
    "canvas": CANVAS,
    "canvastext": TEXT,
    "linktext": LINK,
    "-webkit-link": LINK,
    "buttonface": Pair(Rgba(239, 239, 239), Rgba(107, 107, 107)),
    "buttontext": TEXT,
    "mark": Pair(Rgba(255, 255, 0), Rgba(255, 255, 0)),
    "marktext": Pair(BLACK, BLACK),
}


def parse_colour(value: Any) -> Colour | None:
    """Return the colour of a component value of tinycss2, None where it is none that is understood."""
    if value.type not in ("ident", "hash", "function"):
        return None
    if value.type == "ident" and (system := _SYSTEM.get(value.lower_value)):
        return system
    light = color5.parse_color(value, ("light",))
    if light == CURRENT:
        return CURRENT
    if value.type == "function" and value.lower_name == "light-dark":
        first, second = _srgb(light), _srgb(color5.parse_color(value, ("dark",)))
        return Pair(first, second) if first and second else None
    return _srgb(light)


def _srgb(colour: Any) -> Rgba | None:
    if not isinstance(colour, color5.color4.Color) or colour.space not in ("srgb", "hsl", "hwb"):
        return None
    red, green, blue = (min(255, max(0, math.floor(channel * 255 + 0.5))) for channel in colour.to("srgb").coordinates)
    # As Chromium tells it: with as few digits as tell one alpha of 256 from the next.
    short = round(colour.alpha, 2)
    exact = round(short * 255) == round(colour.alpha * 255)
    return Rgba(red, green, blue, short if exact else round(colour.alpha, 3))


def legacy_colour(text: str) -> Rgba | None:
    """Return the colour of a `bgcolor` or `color` attribute.

    HTML, 2.4.6 "rules for parsing a legacy color value": nearly everything is a colour.
    """
    text = text.strip()
    if not text or text.lower() == "transparent":
        return None
    if re.fullmatch("[a-zA-Z]+", text) and isinstance(named := color5.parse_color(text), color5.color4.Color):
        return _srgb(named)
    if re.fullmatch("#[0-9a-fA-F]{3}", text):
        return Rgba(*(int(digit * 2, 16) for digit in text[1:]))
    digits = "".join("00" if ord(sign) > 0xFFFF else sign for sign in text)[:128].removeprefix("#")
    digits = re.sub("[^0-9a-fA-F]", "0", digits)
    digits += "0" * (-len(digits) % 3 if digits else 3)
    length = len(digits) // 3
    parts = [digits[at : at + length] for at in range(0, 3 * length, length)]
    parts = [part[-8:] for part in parts]
    while len(parts[0]) > 2 and all(part[0] == "0" for part in parts):
        parts = [part[1:] for part in parts]
    return Rgba(*(int(part[:2], 16) for part in parts))


def over(colour: Rgba, ground: Rgba) -> Rgba:
    """Return what a colour looks like on another one; the channels stay fractions."""
    through = ground.alpha * (1 - colour.alpha)
    alpha = colour.alpha + through
    if not alpha:
        return TRANSPARENT
    red, green, blue = (
        (above * colour.alpha + below * through) / alpha for above, below in zip(colour[:3], ground[:3], strict=True)
    )
    return Rgba(red, green, blue, alpha)


def opaque(colour: Rgba, ground: Rgb) -> Rgb:
    """Return what a colour looks like on an opaque one, in whole channels, as a screen shows it."""
    if colour.alpha == 1:
        return Rgb(*colour[:3])
    if colour.alpha == 0:
        return ground
    seen = over(colour, Rgba(*ground))
    # Halves go up, as in a browser (Python's round() sends them to the even side), whatever binary fractions lose.
    return Rgb(*(math.floor(channel + 0.5 + 1e-9) for channel in seen[:3]))


def _linear(channel: float) -> float:
    channel /= 255
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def luminance(colour: Rgb) -> float:
    """Return the relative luminance, from 0 to 1 (WCAG 2.2)."""
    return 0.2126 * _linear(colour.red) + 0.7152 * _linear(colour.green) + 0.0722 * _linear(colour.blue)


def contrast(one: Rgb, other: Rgb) -> float:
    """Return the contrast ratio of two colours, from 1 to 21 (WCAG 2.2)."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)
