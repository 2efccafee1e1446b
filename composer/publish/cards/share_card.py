"""Draws the picture for previews of links: 1200 by 630 pixels in the colors of the newsletter.

Input: a `ShareCard`. Output: PNG. Guarantees: the same input gives the same bytes on one computer; without a
font that has the letters of a title, the picture shows only the name and the date.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from PIL import Image, ImageDraw, ImageFont, features

from composer.core.language_tags import direction, locale_of
from composer.publish.cards.card_fonts import drawable, font_for
from composer.publish.site.site_manifest import digest_of

#: Increase this number when the picture looks different.
_VERSION = "2"
WIDTH, HEIGHT = 1200, 630
_MARGIN = 80
#: The sizes of the title that are tried, in pixels, and the most lines.
_SIZES = (76, 68, 60, 52, 46, 40)
_MOST_LINES = 4
_SMALL = 30
#: Scripts that are written without spaces.
_DENSE = ("zh", "ja", "th")


@dataclass(frozen=True, kw_only=True)
class CardBrand:
    """What the pictures of all issues have in common. Colors are #rrggbb."""

    name: str
    paper: str
    ink: str
    quiet: str
    accent: str
    #: The picture of the logo.
    logo: bytes | None = field(default=None, repr=False)

    @cached_property
    def digest(self) -> str:
        """The digest of all of it."""
        return digest_of(_VERSION, repr(self), (self.logo or b"").decode("latin-1"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareCard:
    """What the picture shows."""

    brand: CardBrand
    title: str
    day: date
    language: str

    @property
    def digest(self) -> str:
        """The digest of what the picture shows."""
        return digest_of(self.brand.digest, self.title, self.day.isoformat(), self.language)


def draw_card(card: ShareCard) -> bytes:
    """Return the picture as PNG."""
    from babel.dates import format_date

    brand = card.brand
    image = Image.new("RGB", (WIDTH, HEIGHT), brand.paper)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, WIDTH, 20), fill=brand.accent)
    is_rtl = direction(card.language) == "rtl"
    if brand.logo is None or not _paste_logo(image, brand.logo, is_rtl):
        _line(pen, card, brand.name, _MARGIN, brand.accent, 40)
    _title(pen, card)
    day = format_date(card.day, "long", locale=locale_of(card.language))
    _line(pen, card, day, HEIGHT - _MARGIN - _SMALL, brand.quiet, _SMALL)
    target = io.BytesIO()
    image.save(target, "PNG", compress_level=6)
    return target.getvalue()


def _paste_logo(image: Image.Image, data: bytes, is_rtl: bool) -> bool:
    try:
        logo = Image.open(io.BytesIO(data)).convert("RGBA")
    except OSError:
        return False
    scale = min(420 / logo.width, 84 / logo.height)
    logo = logo.resize(
        (max(1, round(logo.width * scale)), max(1, round(logo.height * scale))), Image.Resampling.LANCZOS
    )
    image.paste(logo, (WIDTH - _MARGIN - logo.width if is_rtl else _MARGIN, _MARGIN - 10), logo)
    return True


def _title(pen: ImageDraw.ImageDraw, card: ShareCard) -> None:
    text = drawable(card.title)
    file = font_for(frozenset(text), card.language) if text else None
    if file is None:
        return
    for size in _SIZES:
        font = file.at(size)
        lines = _wrapped(pen, font, text, card)
        if len(lines) <= _MOST_LINES:
            break
    if len(lines) > _MOST_LINES:
        lines = [*lines[: _MOST_LINES - 1], f"{lines[_MOST_LINES - 1].rstrip()[:-1]}…"]
    top = 200 + (280 - len(lines) * round(size * 1.22)) // 2
    for number, line in enumerate(lines):
        _draw(pen, card, line, top + number * round(size * 1.22), card.brand.ink, font)


def _line(pen: ImageDraw.ImageDraw, card: ShareCard, text: str, top: int, color: str, size: int) -> None:
    shown = drawable(text)
    file = font_for(frozenset(shown), card.language) if shown else None
    if file is not None:
        _draw(pen, card, shown, top, color, file.at(size))


def _draw(
    pen: ImageDraw.ImageDraw, card: ShareCard, text: str, top: int, color: str, font: ImageFont.FreeTypeFont
) -> None:
    is_rtl = direction(card.language) == "rtl"
    left = WIDTH - _MARGIN - round(_width(pen, font, text, card)) if is_rtl else _MARGIN
    pen.text((left, top), text, fill=color, font=font, direction=_direction(card))


def _direction(card: ShareCard) -> str | None:
    """Return the writing direction for the layout engine, if there is one."""
    return direction(card.language) if features.check("raqm") else None


def _width(pen: ImageDraw.ImageDraw, font: ImageFont.FreeTypeFont, text: str, card: ShareCard) -> float:
    return float(pen.textlength(text, font=font, direction=_direction(card)))


def _wrapped(pen: ImageDraw.ImageDraw, font: ImageFont.FreeTypeFont, text: str, card: ShareCard) -> list[str]:
    """Break a title into lines: between words, and within words that are too long or in scripts without spaces."""
    room = WIDTH - 2 * _MARGIN
    lines = [""]
    for piece in _pieces(text, card.language):
        if _width(pen, font, (lines[-1] + piece).rstrip(), card) <= room:
            lines[-1] += piece
            continue
        if lines[-1]:
            lines.append("")
        for letter in piece:
            if lines[-1] and _width(pen, font, lines[-1] + letter.strip(), card) > room:
                lines.append("")
            lines[-1] += letter
    return [line.strip() for line in lines if line.strip()]


def _pieces(text: str, language: str) -> Sequence[str]:
    if language.split("-")[0] in _DENSE and " " not in text[:40]:
        return list(text)
    words = text.split(" ")
    return [*(f"{word} " for word in words[:-1]), words[-1]]
