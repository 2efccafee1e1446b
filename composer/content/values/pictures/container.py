"""A picture file, taken apart: what it shows, and what its metadata said of how to show it. Values only."""

from dataclasses import dataclass
from enum import StrEnum


class PictureKind(StrEnum):
    """The formats that can be read."""

    PNG = "PNG"
    JPEG = "JPEG"
    GIF = "GIF"
    WEBP = "WEBP"


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """A picture file, taken apart."""

    kind: PictureKind
    #: As stored, before it is turned.
    width: int
    height: int
    #: The file without metadata and without what follows its end.
    data: bytes
    #: Its colour profile (ICC), when it has one.
    profile: bytes | None = None
    #: Which side is up (Exif 2.32, 4.6.4): 1 is as stored.
    orientation: int = 1
    frames: int = 1
    #: How many pixels its decoder goes through, all frames and passes together.
    work: int
    #: Whether mail programs may be unable to show it as it is: 16 bits, unusual coding.
    is_unusual: bool = False
    #: Whether JPEG suits it better than PNG; asked of WebP only.
    is_photo: bool = False


class DamagedError(ValueError):
    """The file ends too early, or its parts do not fit together."""
