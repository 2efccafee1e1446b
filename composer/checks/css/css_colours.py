"""Parse, blend and compare colours of CSS and of HTML attributes.

Input: a CSS component value or the text of an attribute. Output: sRGB channels from 0 to 255 with an alpha from 0 to 1, and
contrast ratios (WCAG 2.2). Colours outside sRGB (lab, oklch, color()) are not supported.
"""

import math
import re
from enum import StrEnum
from typing import Any, NamedTuple

from tinycss2 import color5


class CssScheme(StrEnum):
    """The colour scheme of the mail program: `prefers-color-scheme`."""

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
    """A colour with transparency: alpha is 1 for opaque, 0 for transparent."""

    red: float
    green: float
    blue: float
    alpha: float = 1.0


class Pair(NamedTuple):
    """A colour that depends on the colour scheme of an element."""

    light: Rgba
    dark: Rgba

    def under(self, scheme: CssScheme) -> Rgba:
        """Return the colour in a scheme."""
        return self.dark if scheme is CssScheme.DARK else self.light


TRANSPARENT = Rgba(0, 0, 0, 0)
WHITE, BLACK = Rgba(255, 255, 255), Rgba(0, 0, 0)
#: The default colours of Chromium (measured in Chromium 150).
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
    """Return the colour of a component value of tinycss2; None if it is not a supported colour."""
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
    # Like Chromium, use as few digits as needed to tell 256 alpha values apart.
    short = round(colour.alpha, 2)
    exact = round(short * 255) == round(colour.alpha * 255)
    return Rgba(red, green, blue, short if exact else round(colour.alpha, 3))


def legacy_colour(text: str) -> Rgba | None:
    """Return the colour of a `bgcolor` or `color` attribute.

    HTML, 2.4.6 "rules for parsing a legacy color value": almost every text is a colour.
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


def over(colour: Rgba, background: Rgba) -> Rgba:
    """Return a colour blended with a background; channels are not rounded."""
    through = background.alpha * (1 - colour.alpha)
    alpha = colour.alpha + through
    if not alpha:
        return TRANSPARENT
    red, green, blue = (
        (above * colour.alpha + below * through) / alpha
        for above, below in zip(colour[:3], background[:3], strict=True)
    )
    return Rgba(red, green, blue, alpha)


def opaque(colour: Rgba, background: Rgb) -> Rgb:
    """Return a colour blended with an opaque background, with whole channels as on a screen."""
    if colour.alpha == 1:
        return Rgb(*colour[:3])
    if colour.alpha == 0:
        return background
    seen = over(colour, Rgba(*background))
    # Round halves up, as browsers do (Python's round() rounds to even); the small addend corrects binary fractions.
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
