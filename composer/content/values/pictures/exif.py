"""Reads the orientation of a photo from its Exif data (CIPA DC-008, 4.6.4).

Input: an Exif block. Output: 1 (as stored) to 8. Guarantees: pure; a block that cannot be read counts as 1.
"""

import struct


def orientation_in(exif: bytes) -> int:
    """Return the orientation from the first directory; 1 without a valid value."""
    order = "<" if exif[:2] == b"II" else ">"
    try:
        (start,) = struct.unpack_from(f"{order}I", exif, 4)
        (count,) = struct.unpack_from(f"{order}H", exif, start)
        for at in range(start + 2, start + 2 + 12 * count, 12):
            tag, kind = struct.unpack_from(f"{order}HH", exif, at)
            if tag == 0x0112:
                (value,) = struct.unpack_from(f"{order}{'I' if kind == 4 else 'H'}", exif, at + 8)
                return int(value) if 1 <= value <= 8 else 1
    except struct.error:
        pass
    return 1
