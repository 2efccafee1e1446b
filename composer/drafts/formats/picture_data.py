"""What kind a picture is, by its bytes; its name only helps if the bytes do not say."""

import re

_STARTS = (
    (b"\x89PNG", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"BM", "image/bmp"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"\x01\0\0\0", "image/x-emf"),
    (b"\xd7\xcd\xc6\x9a", "image/x-wmf"),
)
_ENDINGS = {
    "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp",
    "svg": "image/svg+xml", "emf": "image/x-emf", "wmf": "image/x-wmf", "tif": "image/tiff", "tiff": "image/tiff",
    "bmp": "image/bmp", "avif": "image/avif",
}  # fmt: skip


def media_type_of(data: bytes, name: str = "") -> str:
    """Return the media type of a picture; "" if it is unknown."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data[4:12] == b"ftypavif":
        return "image/avif"
    if re.match(rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<svg", data[:2000], re.DOTALL):
        return "image/svg+xml"
    found = next((kind for start, kind in _STARTS if data.startswith(start)), "")
    ending = re.search(r"\.(\w{3,4})(?:[?#].*)?$", name)
    return found or _ENDINGS.get(ending[1].lower() if ending else "", "")
