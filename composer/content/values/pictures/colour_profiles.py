"""Converts pictures from any colour space to sRGB, the only one that all mail programs support.

Input: a decoded picture and its colour profile (ICC). Output: the same picture in sRGB, in a mode for PNG and JPEG.
Guarantees: pure; a profile that cannot be used counts as sRGB, as in browsers.
"""

from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING

from PIL import Image, ImageChops, ImageCms

if TYPE_CHECKING:
    from PIL.Image import Image as ImageFile

#: The maximum difference of colours, out of 255, for two profiles to count as the same.
_SAME = 3
#: The colour spaces in a profile's header (ICC.1, 7.2.8), and the picture modes for them.
_SPACES = {b"RGB ": "RGB", b"GRAY": "L", b"CMYK": "CMYK"}


def is_srgb(mode: str, profile: bytes | None) -> bool:
    """Check whether a picture shows the same colours without its profile."""
    if mode == "CMYK":
        return False
    return profile is None or _space_of(mode, profile) is None or _changes_nothing(profile)


def in_srgb(image: "ImageFile", profile: bytes | None) -> "ImageFile":
    """Convert a picture to sRGB, and keep its transparency."""
    if image.mode.startswith("I;16"):
        image = _eight_bits(image)
    space = _space_of(image.mode, profile) if profile else None
    if profile is None or space is None:
        return image.convert("RGB") if image.mode == "CMYK" else image
    if image.mode == "P":
        colours = _palette(image)
        image.putpalette(_converted(colours, profile, "RGB").tobytes())
        return image
    if "transparency" in image.info:
        image = image.convert("LA" if image.mode in ("1", "L") else "RGBA")
    alpha = image.getchannel("A") if image.mode in ("LA", "RGBA") else None
    made = _converted(image.convert(space), profile, space)
    if alpha is not None:
        made.putalpha(alpha)
    return made


def _space_of(mode: str, profile: bytes) -> str | None:
    """Return the mode in which a profile is applied; None if the profile does not fit pictures of this mode."""
    space = _SPACES.get(profile[16:20])
    fitting = {"1": "L", "L": "L", "LA": "L", "I;16": "L", "P": "RGB", "RGB": "RGB", "RGBA": "RGB", "CMYK": "CMYK"}
    return space if space == fitting.get(mode) and _transform(profile) is not None else None


def _converted(image: "ImageFile", profile: bytes, space: str) -> "ImageFile":
    transform = _transform(profile)
    assert transform is not None
    made = ImageCms.applyTransform(image, transform)
    assert made is not None
    return made.convert("L") if space == "L" else made


@lru_cache(maxsize=16)
def _changes_nothing(profile: bytes) -> bool:
    """Check whether a profile changes no colours, with samples from the whole colour space."""
    space = _SPACES[profile[16:20]]
    steps = range(0, 256, 51)
    colours = [(r, g, b) for r in steps for g in steps for b in steps]
    sample = Image.new("RGB", (len(colours), 1))
    sample.putdata(colours)
    sample = sample.convert(space)
    before, after = sample.tobytes(), _converted(sample, profile, space).tobytes()
    return all(abs(one - other) <= _SAME for one, other in zip(before, after, strict=True))


@lru_cache(maxsize=16)
def _transform(profile: bytes) -> ImageCms.ImageCmsTransform | None:
    try:
        return ImageCms.buildTransform(
            ImageCms.ImageCmsProfile(BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            _SPACES[profile[16:20]],
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImportError, KeyError, OSError, TypeError, ValueError, ImageCms.PyCMSError):
        return None


def _palette(image: "ImageFile") -> "ImageFile":
    colours = bytes(image.getpalette("RGB") or ())
    return Image.frombytes("RGB", (len(colours) // 3, 1), colours)


def _eight_bits(image: "ImageFile") -> "ImageFile":
    """Use the upper of the two bytes of each grey value; Pillow itself would cut off values above 255."""
    pixels = image.tobytes()
    low, high = pixels[::2], pixels[1::2]
    made = Image.frombytes("L", image.size, high)
    clear = image.info.get("transparency")
    if isinstance(clear, int):
        masks = (
            Image.frombytes("L", image.size, half.translate(bytes(255 * (byte != part) for byte in range(256))))
            for half, part in zip((high, low), divmod(clear, 256), strict=True)
        )
        made.putalpha(ImageChops.lighter(*masks))
    return made
