"""Picture files: read, measured, refused when they are none.

Comes in: a path inside the workspace. Goes out: a `Picture`, scaled down if it is absurdly large, or what is wrong. Never
changes a file.
"""

import hashlib
import unicodedata
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from composer.content.values import Picture

if TYPE_CHECKING:
    from PIL.Image import Image as ImageFile

#: Formats that every mail client shows.
FORMATS = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif"}
#: A camera's file is scaled down; past this it is no camera's file.
LARGEST_FILE = 40_000_000
#: A picture past this would make every one of 50,000 messages heavier than many servers take.
LARGEST = 5_000_000
#: Pixels across at which a picture is absurdly large, and what it is scaled down to: twice the widest column.
WIDEST, SCALED = 2_000, 1_300
#: A decompression bomb is told by its header; no client shows this many pixels.
MOST_PIXELS = 60_000_000


class PictureMistake(ValueError):
    """Why a file cannot be a picture of an issue; `hint` says what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def find_picture(path: Path, folder: str) -> Path:
    """Find a picture file; a name in another Unicode form (as macOS writes it) counts as the same.

    `folder` is what people call the folder that it is looked for in. Raises PictureMistake when there is none, naming the
    nearest file.
    """
    if path.is_file():
        return path
    if path.is_dir():
        raise PictureMistake(f"“{path.name}” is a folder, not a picture")
    siblings = sorted(entry.name for entry in path.parent.iterdir()) if path.parent.is_dir() else []
    wanted = unicodedata.normalize("NFC", path.name)
    for name in siblings:
        if unicodedata.normalize("NFC", name) == wanted:
            return path.with_name(name)
    import difflib

    for name in siblings:
        if name.casefold() == wanted.casefold():
            raise PictureMistake(f"there is no file “{path.name}”", f"did you mean {name}? capitals count")
    near = difflib.get_close_matches(wanted, siblings, 1)
    hint = f"did you mean {near[0]}?" if near else f"put the picture into {folder}"
    raise PictureMistake(f"there is no file “{path.name}”", hint)


def load_picture(path: Path) -> Picture:
    """Read a picture.

    Raises PictureMistake when the file is too large, no picture, or of a kind that mail clients do not show.
    """
    if path.stat().st_size > LARGEST_FILE:
        raise _too_heavy(path.name, path.stat().st_size, LARGEST_FILE)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise PictureMistake(f"“{path.name}” cannot be read: {error.strerror}") from None
    if data[:200].lstrip()[:5] in (b"<?xml", b"<svg ") or b"<svg" in data[:400]:
        raise PictureMistake(f"“{path.name}” is an SVG drawing, which Gmail does not show", "save it as PNG")
    kind, width, height = _measure(path.name, data)
    if width > WIDEST and kind != "GIF":
        data, width, height = _scaled(data, kind)
    if len(data) > LARGEST:
        raise _too_heavy(path.name, len(data), LARGEST)
    mark = hashlib.sha256(data).hexdigest()
    # Letters only from a hex digest: a token must survive every stage as one word.
    src = "qp" + "".join("bcdfghjkmnpqrstv"[int(digit, 16)] for digit in mark[:20]) + "z"
    return Picture(src=src, name=path.name, media_type=FORMATS[kind], width=width, height=height, data=data, file=path)


def _measure(name: str, data: bytes) -> tuple[str, int, int]:
    from PIL import Image, UnidentifiedImageError

    try:
        with _open(data) as image:
            kind, (width, height) = image.format or "", image.size
            if kind in FORMATS and width * height <= MOST_PIXELS:
                image.verify()
    except UnidentifiedImageError:
        raise PictureMistake(f"“{name}” is not a picture", "it must be a PNG, JPEG or GIF file") from None
    except Image.DecompressionBombError:
        raise PictureMistake(f"“{name}” has far too many pixels", "save it 1,300 pixels across") from None
    except Exception as error:
        # Pillow raises many kinds of errors on damaged files (SyntaxError, struct.error, OSError, ValueError).
        raise PictureMistake(f"“{name}” is damaged", "save it anew as PNG or JPEG") from error
    kind = "JPEG" if kind == "MPO" else kind  # a camera's JPEG with a second picture in it
    if kind not in FORMATS:
        raise PictureMistake(f"“{name}” is a {kind} file, which not every mail program shows", "save it as PNG or JPEG")
    if width * height > MOST_PIXELS:
        raise PictureMistake(f"“{name}” has {width} x {height} pixels", "save it 1,300 pixels across")
    return kind, width, height


def _too_heavy(name: str, size: int, limit: int) -> PictureMistake:
    message = f"“{name}” has {size / 1_000_000:.1f} MB; a picture may have {limit // 1_000_000} MB"
    return PictureMistake(message, "save it smaller: 1,300 pixels across are enough")


def _scaled(data: bytes, kind: str) -> tuple[bytes, int, int]:
    """Scale a picture down, never up; the same input gives the same bytes with the same Pillow."""
    from PIL import Image, ImageOps

    with Image.open(BytesIO(data)) as image:
        # A camera says in its metadata which side is up; the scaled copy carries no metadata.
        upright = ImageOps.exif_transpose(image)
        size = (SCALED, max(1, round(upright.height * SCALED / upright.width)))
        small = upright.convert("RGBA" if kind == "PNG" else "RGB").resize(size, Image.Resampling.LANCZOS)
    out = BytesIO()
    small.save(out, format=kind, optimize=True, quality=85)
    return out.getvalue(), *size


def _open(data: bytes) -> "ImageFile":
    """Open a picture with its own plugin: asking Pillow to guess would import five of them in every build."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        from PIL.PngImagePlugin import PngImageFile

        return PngImageFile(BytesIO(data))
    if data.startswith((b"GIF87a", b"GIF89a")):
        from PIL.GifImagePlugin import GifImageFile

        return GifImageFile(BytesIO(data))
    from PIL import Image

    return Image.open(BytesIO(data))
