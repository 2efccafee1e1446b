"""Converts a picture file for all mail programs: upright, in sRGB, without metadata, not extremely large.

Input: the bytes of a file. Output: a `ConvertedPicture`, or a `Refusal`: what the file is, and what to do. Guarantees:
pure; decodes each file once and completely, so that damage is found; decodes no file that is too large; a file that
needs no change keeps its bytes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from composer.content.values.pictures.container import Container, DamagedError, PictureKind
from composer.content.values.pictures.container_parsers import container_of

if TYPE_CHECKING:
    from PIL.Image import Image as ImageFile

#: What a file is, as the end of a sentence that starts with its name; and what to do.
Refusal = tuple[str, str]
#: The width above which a picture is scaled down, and the width it then gets: twice the widest column.
WIDEST, SCALED = 2_000, 1_300
#: No mail program shows this many pixels.
MOST_PIXELS = 60_000_000
#: The maximum for all frames of an animation: about one second of work for this program and for a phone.
MOST_ANIMATED_PIXELS = 200_000_000
#: The JPEG quality of copies: scaled down, and others.
_SCALED_QUALITY, _QUALITY = 85, 92
_DAMAGED: Refusal = (
    "is damaged or incomplete",
    "open it and save it again as PNG or JPEG, or copy it from its source again",
)
_ANIMATED_WEBP: Refusal = ("is an animated WebP picture, which not every mail program can show", "save it as GIF")
_ANIMATED_COLOURS: Refusal = (
    "is an animation in colors that not every mail program can show",
    "save it in sRGB, or as GIF",
)
_WEBP: Refusal = ("is a WebP picture, which not every mail program can show", "save it as PNG or JPEG")
_SMALLER = "save it with a width of 1,300 pixels"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvertedPicture:
    """A picture as it is sent."""

    kind: PictureKind
    width: int
    height: int
    data: bytes
    #: Whether it is an animation whose first frame has a single colour.
    begins_blank: bool = False


def convert(data: bytes) -> ConvertedPicture | Refusal:
    """Convert a picture for email, or return why it is refused."""
    try:
        container = container_of(data)
    except DamagedError:
        return _DAMAGED
    if container is None:
        # Imported late: it compiles many patterns, and most files are pictures.
        from composer.content.values.pictures.other_formats import refusal_of

        return refusal_of(data)
    if refusal := _too_much(container):
        return refusal
    try:
        return _animation(container) if container.frames > 1 else _still(container)
    except _NoWebPError:
        return _WEBP
    except Exception:
        # Pillow raises many kinds of errors on damaged files (SyntaxError, struct.error, OSError, ValueError).
        return _DAMAGED


class _NoWebPError(Exception):
    """Pillow was built without WebP support."""


def _too_much(container: Container) -> Refusal | None:
    if container.kind is PictureKind.WEBP and container.frames > 1:
        return _ANIMATED_WEBP
    if container.width * container.height > MOST_PIXELS:
        return f"has {container.width:,} x {container.height:,} pixels", _SMALLER
    if container.frames > 1 and container.work > MOST_ANIMATED_PIXELS:
        return (
            f"is an animation of {container.frames:,} frames, which is too many for its size",
            "save fewer or smaller frames",
        )
    if container.work > 10 * MOST_PIXELS:
        return "takes too long to decode", "save it again as PNG or JPEG"
    return None


def _animation(container: Container) -> ConvertedPicture | Refusal:
    """Decode every frame, without changing any. Mail programs without animations show the first frame."""
    frames = _frames(container)
    if container.profile is not None:
        from composer.content.values.pictures.colour_profiles import is_srgb

        if not is_srgb(next(frames).mode, container.profile):
            return _ANIMATED_COLOURS
    begins_blank = container.kind is PictureKind.GIF and next(frames).convert("RGBA").getcolors(1) is not None
    for _ in frames:
        pass
    kind, width, height = container.kind, container.width, container.height
    return ConvertedPicture(kind=kind, width=width, height=height, data=container.data, begins_blank=begins_blank)


def _frames(container: Container) -> Iterator["ImageFile"]:
    with _open(container) as image:
        for number in range(container.frames):
            image.seek(number)
            image.load()
            yield image


def _still(container: Container) -> ConvertedPicture:
    from PIL import Image

    turn = _TURNS.get(container.orientation)
    width, height = container.width, container.height
    if container.orientation >= 5:
        width, height = height, width
    with _open(container) as image:
        if width > WIDEST and container.kind is PictureKind.JPEG:
            # Decoding to half the size is faster and just as good: it is scaled down later in any case.
            image.draft(None, (2 * SCALED, 1) if container.orientation < 5 else (1, 2 * SCALED))
        image.load()
        made: ImageFile = image
        is_srgb = container.profile is None and image.mode != "CMYK"
        if not is_srgb:
            # Imported late: few pictures have a profile.
            from composer.content.values.pictures.colour_profiles import is_srgb as shows_srgb

            is_srgb = shows_srgb(image.mode, container.profile)
        if turn is None and is_srgb and not container.is_unusual and width <= WIDEST:
            return ConvertedPicture(kind=container.kind, width=width, height=height, data=container.data)
        if not is_srgb or image.mode.startswith("I;16"):
            from composer.content.values.pictures.colour_profiles import in_srgb

            made = in_srgb(image, container.profile)
        if width > WIDEST:
            size = (SCALED, max(1, round(height * SCALED / width)))
            made = _smooth(made).resize(size if container.orientation < 5 else size[::-1], Image.Resampling.LANCZOS)
        if turn is not None:
            made = made.transpose(Image.Transpose(turn))
        return _encoded(made, container, is_scaled=width > WIDEST)


#: The rotation for each Exif orientation: the numbers of Pillow's `Transpose`.
_TURNS = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}


def _smooth(image: "ImageFile") -> "ImageFile":
    """Return a picture in a mode that can be scaled smoothly: no palette, not only black and white."""
    if "transparency" in image.info:
        return image.convert("RGBA")
    return image.convert({"1": "L", "P": "RGB", "PA": "RGBA"}.get(image.mode, image.mode))


def _encoded(image: "ImageFile", container: Container, *, is_scaled: bool) -> ConvertedPicture:
    """Encode a picture; the same input and the same Pillow version give the same bytes."""
    is_photo = container.kind is PictureKind.JPEG or (container.is_photo and image.mode == "RGB")
    kind = PictureKind.JPEG if is_photo else PictureKind.PNG
    kept = image.info.get("transparency")
    image.info = {} if kept is None else {"transparency": kept}
    out = BytesIO()
    image.save(out, format=kind, optimize=True, quality=_SCALED_QUALITY if is_scaled else _QUALITY)
    return ConvertedPicture(kind=kind, width=image.width, height=image.height, data=out.getvalue())


def _open(container: Container) -> "ImageFile":
    """Open a picture with the plugin for its format: if Pillow guesses, it imports five plugins in every build."""
    file = BytesIO(container.data)
    match container.kind:
        case PictureKind.PNG:
            from PIL.PngImagePlugin import PngImageFile

            return PngImageFile(file)
        case PictureKind.GIF:
            from PIL.GifImagePlugin import GifImageFile

            return GifImageFile(file)
        case PictureKind.JPEG:
            from PIL.JpegImagePlugin import JpegImageFile

            return JpegImageFile(file)
        case PictureKind.WEBP:
            from PIL.WebPImagePlugin import SUPPORTED, WebPImageFile

            if not SUPPORTED:
                raise _NoWebPError
            return WebPImageFile(file)
