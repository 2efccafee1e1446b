"""Transparent pictures on backgrounds that they were not made for, and a light plate under those that would disappear.

Input: the bytes of a picture. Output: how much of it disappears on a dark and on a light background; or the picture on a plate,
as PNG. Guarantees: pure; the same bytes and the same Pillow version give the same result; a picture without transparency is not
decoded.
"""

from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image as ImageFile

#: The share of a picture's visible pixels that may disappear before the picture counts as lost.
MOST_LOST = 0.1
#: Grey levels (of 255): darker ones disappear on a dark background (less than 3 to 1 to #16191d; WCAG 2.2, 1.4.11), lighter ones
#: on a light background (less than 2 to 1 to #fefefe: the bright colours of many logos have less than 3 to 1).
_ON_DARK, _ON_LIGHT = 101, 182
#: Alpha from which a pixel is visible, and the share of pixels below it from which a picture is transparent.
_VISIBLE, _LEAST_HOLES = 128, 0.02
#: The plate's space around the picture and its rounding, in parts of the picture's height.
_SPACE_ABOVE, _SPACE_BESIDE, _ROUNDING = 0.14, 0.22, 0.22
#: Corners are drawn larger and scaled down, so that they are smooth.
_SMOOTH = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Visibility:
    """The shares (0 to 1) of a transparent picture's visible pixels that disappear on each background."""

    lost_on_dark: float
    lost_on_light: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatedPicture:
    """A PNG with a plate."""

    width: int
    height: int
    data: bytes


@lru_cache(maxsize=64)
def visibility(data: bytes) -> Visibility | None:
    """Return what disappears of a picture that was decoded before; None if it has no transparent background."""
    image = _transparent(data)
    if image is None:
        return None
    alpha = image.getchannel("A")
    mask = alpha.point([0] * _VISIBLE + [255] * (256 - _VISIBLE))
    seen = mask.histogram()[255]
    pixels = image.width * image.height
    if not seen or pixels - seen < _LEAST_HOLES * pixels:
        return None
    grey = image.convert("RGB").convert("L").histogram(mask)
    return Visibility(lost_on_dark=sum(grey[:_ON_DARK]) / seen, lost_on_light=sum(grey[_ON_LIGHT:]) / seen)


@lru_cache(maxsize=16)
def plated(data: bytes, colour: str) -> PlatedPicture | None:
    """Put a PNG on a plate of a colour (#rrggbb) if it would disappear on a dark background; None if it would not."""
    found = visibility(data) if data.startswith(b"\x89PNG") else None
    if found is None or found.lost_on_dark < MOST_LOST:
        return None
    from PIL import Image, ImageDraw

    image = _transparent(data)
    assert image is not None
    beside, above = round(image.height * _SPACE_BESIDE), round(image.height * _SPACE_ABOVE)
    size = (image.width + 2 * beside, image.height + 2 * above)
    large = (size[0] * _SMOOTH, size[1] * _SMOOTH)
    shape = Image.new("L", large, 0)
    radius = image.height * _ROUNDING * _SMOOTH
    ImageDraw.Draw(shape).rounded_rectangle((0, 0, large[0] - 1, large[1] - 1), radius, fill=255)
    plate = Image.new("RGBA", size, colour)
    plate.putalpha(shape.resize(size, Image.Resampling.LANCZOS))
    plate.alpha_composite(image, (beside, above))
    out = BytesIO()
    plate.save(out, format="PNG", optimize=True)
    return PlatedPicture(width=size[0], height=size[1], data=out.getvalue())


def _transparent(data: bytes) -> "ImageFile | None":
    """Return a PNG or the first frame of a GIF with its alpha channel; None if it has no transparency."""
    if data.startswith(b"\x89PNG"):
        # The colour type (PNG, 11.2.2); without an alpha channel, a chunk says which colours are transparent.
        if data[25] not in (4, 6) and b"tRNS" not in data[:4_096]:
            return None
        from PIL.PngImagePlugin import PngImageFile

        return PngImageFile(BytesIO(data)).convert("RGBA")
    if data.startswith(b"GIF8"):
        from PIL.GifImagePlugin import GifImageFile

        image = GifImageFile(BytesIO(data))
        return image.convert("RGBA") if "transparency" in image.info else None
    return None
