"""The look of the public pages and mails: the newsletter's name, logo, colours and fonts.

Input: the newsletter in one language. Output: a `Brand`. Guarantees: its accent is readable on its backgrounds in light and dark
mode, whatever newsletter.yaml says; fetches nothing.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from composer.checks.css.css_colours import Rgb, contrast
from composer.content.document.newsletter import Newsletter
from composer.content.values.field_values import Picture
from composer.render.templating.theme import Theme

#: The contrast that text needs with its background (WCAG 2.2, 1.4.3).
_READABLE = 4.5
_LIGHT = {"paper": "#fefefe", "tint": "#f5f2ec", "ink": "#1f2328", "quiet": "#5c6166", "line": "#d9d5cd"}
_DARK = {"paper": "#16191d", "tint": "#23282e", "ink": "#e7e4de", "quiet": "#b0b4b9", "line": "#444a52"}
_PLATE = "#f1efea"
_ACCENT = "#9b1c1c"
_FONTS = {"text": "Helvetica, Arial, sans-serif", "title": "Georgia, serif"}
#: A logo's largest width and height in CSS pixels; as in the briefing theme.
_WIDEST, _HIGHEST = 260, 56


@dataclass(frozen=True, slots=True, kw_only=True)
class Colours:
    """Colours as #rrggbb. `accent` is readable on paper and on tint, and `paper` on accent."""

    paper: str
    tint: str
    ink: str
    quiet: str
    line: str
    accent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Logo:
    """A logo's picture, and the size at which it is shown."""

    name: str
    media_type: str
    width: int
    height: int
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """The newsletter's brand in one language."""

    name: str
    light: Colours
    dark: Colours
    #: The background of a logo without a version for dark mode.
    plate: str
    text_font: str
    title_font: str
    logo: Logo | None
    dark_logo: Logo | None
    logo_words: str
    homepage: str | None
    privacy_url: str | None
    postal_address: str | None

    @property
    def logos(self) -> Mapping[str, Logo]:
        """The logos by their names in web addresses."""
        return {logo.name: logo for logo in (self.logo, self.dark_logo) if logo is not None}


def brand_of(newsletter: Newsletter) -> Brand:
    """Return a newsletter's brand. Raises ContentError for a theme that cannot be read."""
    theme = Theme(files=newsletter.theme, language=newsletter.language, design=newsletter.design)
    fonts, light, dark = theme.fonts, theme.colours("light"), theme.colours("dark")
    brand = newsletter.brand
    accent = brand.accent or light.get("accent") or _ACCENT
    return Brand(
        name=newsletter.name,
        light=_colours({**_LIGHT, **light}, accent, darker=True),
        dark=_colours({**_DARK, **dark}, accent, darker=False),
        plate=dark.get("plate") or _PLATE,
        text_font=fonts.get("text") or _FONTS["text"],
        title_font=fonts.get("title") or _FONTS["title"],
        logo=_logo(brand.logo, "logo"),
        dark_logo=_logo(brand.dark_logo, "logo-dark"),
        logo_words=brand.logo_words or newsletter.name,
        homepage=brand.homepage,
        privacy_url=newsletter.privacy_url,
        postal_address=newsletter.postal_address,
    )


def _logo(picture: Picture | None, name: str) -> Logo | None:
    if picture is None:
        return None
    scale = min(1, _WIDEST / picture.width, _HIGHEST / picture.height)
    ending = picture.name.rpartition(".")[2].lower()
    # A changed logo gets a new address, so that browsers can cache each one.
    digest = hashlib.sha256(picture.data).hexdigest()[:10]
    return Logo(
        name=f"{name}-{digest}.{ending}",
        media_type=picture.media_type,
        width=max(1, round(picture.width * scale)),
        height=max(1, round(picture.height * scale)),
        data=picture.data,
    )


def _colours(given: Mapping[str, str], accent: str, *, darker: bool) -> Colours:
    grounds = [_rgb(given["paper"]), _rgb(given["tint"])]
    return Colours(
        **{name: given[name] for name in ("paper", "tint", "ink", "quiet", "line")},
        accent=str(_readable(_rgb(accent), grounds, Rgb(0, 0, 0) if darker else Rgb(255, 255, 255))),
    )


def _readable(colour: Rgb, grounds: list[Rgb], towards: Rgb) -> Rgb:
    """Mix a colour with black or white in steps of 5 % until it is readable on every background."""
    for step in range(21):
        share = step / 20
        mixed = Rgb(*(round(own + (other - own) * share) for own, other in zip(colour, towards, strict=True)))
        if all(contrast(mixed, ground) >= _READABLE for ground in grounds):
            return mixed
    return towards


def _rgb(text: str) -> Rgb:
    return Rgb(*(int(text[at : at + 2], 16) for at in (1, 3, 5)))
