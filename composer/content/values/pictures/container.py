"""The content of a picture file: the picture, and the metadata about how to show it."""

from dataclasses import dataclass
from enum import StrEnum


class PictureKind(StrEnum):
    """The picture formats that can be read."""

    PNG = "PNG"
    JPEG = "JPEG"
    GIF = "GIF"
    WEBP = "WEBP"


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """The content of a picture file."""

    kind: PictureKind
    #: As stored, before rotation.
    width: int
    height: int
    #: The file without metadata and without bytes after its end.
    data: bytes
    #: The colour profile (ICC), if there is one.
    profile: bytes | None = None
    #: The orientation (Exif 2.32, 4.6.4): 1 is as stored.
    orientation: int = 1
    frames: int = 1
    #: The number of pixels to decode, for all frames and passes.
    work: int
    #: Whether some mail programs cannot show it as it is: 16 bits, unusual encoding.
    is_unusual: bool = False
    #: Whether JPEG is better for it than PNG; set only for WebP.
    is_photo: bool = False


class DamagedError(ValueError):
    """The file ends too early, or its parts do not fit together."""
