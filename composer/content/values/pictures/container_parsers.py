"""Parses picture files: separates the picture from metadata, which could reveal private data.

Input: the bytes of a PNG, JPEG, GIF or WebP file. Output: a `Container`: the same picture without metadata, its colour
profile and orientation, and the number of pixels to decode. Raises DamagedError. Guarantees: pure; decodes or unpacks
nothing except a colour profile, up to a limit; a file without metadata keeps its bytes.
"""

import re
import struct
import zlib
from collections.abc import Callable, Iterator

from composer.content.values.pictures.container import Container, DamagedError, PictureKind
from composer.content.values.pictures.exif import orientation_in

#: A printer's profile has 0.5 to 2 MB.
_LARGEST_PROFILE = 8_000_000


def container_of(data: bytes) -> Container | None:
    """Parse a file; return None for other formats."""
    read = next((read for start, read in _PARSERS if re.match(start, data, re.DOTALL)), None)
    if read is None:
        return None
    try:
        made = read(data)
    except (struct.error, IndexError, zlib.error) as error:
        raise DamagedError from error
    if made.width < 1 or made.height < 1:
        raise DamagedError
    return made


# PNG (ISO/IEC 15948) --------------------------------------------------------------------------------------------------

#: Chunks that affect how the picture looks. All others are removed: texts, dates, Exif, XMP, previews, private data.
_PNG_SHOWN = frozenset(b"IHDR PLTE IDAT IEND tRNS bKGD sBIT pHYs gAMA cHRM sRGB acTL fcTL fdAT".split())


def _png(data: bytes) -> Container:
    kept: list[tuple[bytes, bytes]] = []
    profile, exif, frames, is_whole = None, b"", 0, False
    for name, body, raw in _png_chunks(data):
        if name == b"iCCP" and profile is None:
            profile = _unpacked(body.partition(b"\0")[2][1:])
        elif name == b"eXIf":
            exif = exif or body
        elif name in _PNG_SHOWN:
            kept.append((name, raw))
        frames += name == b"fcTL"
        is_whole = is_whole or name == b"IEND"
    if not is_whole or kept[0][0] != b"IHDR":
        raise DamagedError
    if profile is not None:
        # They are less exact than the profile, and would be used once the profile is removed.
        kept = [(name, raw) for name, raw in kept if name not in (b"gAMA", b"cHRM", b"sRGB")]
    width, height, depth = struct.unpack(">IIB", kept[0][1][8:17])
    return Container(
        kind=PictureKind.PNG,
        width=width,
        height=height,
        data=data[:8] + b"".join(raw for _, raw in kept),
        profile=profile,
        orientation=orientation_in(exif),
        frames=max(frames, 1),
        work=width * height * max(frames, 1),
        is_unusual=depth == 16,
    )


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Yield the name, the body and all bytes of each chunk, up to the last."""
    at, name = 8, b""
    while name != b"IEND" and at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        name, end = data[at + 4 : at + 8], at + 12 + length
        if end > len(data):
            raise DamagedError
        body = data[at + 8 : end - 4]
        # A lowercase first letter: the picture can be shown without this chunk.
        if not name[0] & 0x20 and zlib.crc32(data[at + 4 : end - 4]) != int.from_bytes(data[end - 4 : end], "big"):
            raise DamagedError
        yield name, body, data[at:end]
        at = end


def _unpacked(packed: bytes) -> bytes | None:
    try:
        return zlib.decompressobj().decompress(packed, _LARGEST_PROFILE)
    except zlib.error:
        return None


# JPEG (ITU-T T.81, JFIF 1.02) -----------------------------------------------------------------------------------------

#: A marker that ends the coded data of a scan: neither a stuffed byte nor a restart.
_MARKER = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7\x01])", re.DOTALL)
_SOI, _EOI, _SOS, _COM, _APP0, _APP14 = 0xD8, 0xD9, 0xDA, 0xFE, 0xE0, 0xEE
#: Frames that every program decodes: baseline, extended, progressive.
_USUAL_FRAMES = (0xC0, 0xC1, 0xC2)
_FRAMES = (*_USUAL_FRAMES, 0xC3, *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0))


def _jpeg(data: bytes) -> Container:
    kept = [data[:2]]
    profile: dict[int, bytes] = {}
    exif, scans, width, height, is_unusual = b"", 0, 0, 0, False
    for marker, body, coded in _jpeg_segments(data):
        if marker == 0xE1 and body.startswith(b"Exif\0"):
            exif = exif or body[6:]
        elif marker == 0xE2 and body.startswith(b"ICC_PROFILE\0") and len(body) > 14:
            profile.setdefault(body[12], body[14:])
        if marker in _FRAMES:
            precision, height, width = struct.unpack_from(">BHH", body)
            is_unusual = precision != 8 or marker not in _USUAL_FRAMES
        scans += marker == _SOS
        if (shown := _shown_of(marker, body)) is not None:
            kept.append(bytes((0xFF, marker)) + struct.pack(">H", len(shown) + 2) + shown + coded)
    if not scans:
        raise DamagedError
    return Container(
        kind=PictureKind.JPEG,
        width=width,
        height=height,
        data=b"".join((*kept, b"\xff\xd9")),
        profile=b"".join(profile[at] for at in sorted(profile)) or None,
        orientation=orientation_in(exif),
        # A progressive file is decoded once per scan; ten scans are usual.
        work=width * height * max(1, scans // 10),
        is_unusual=is_unusual,
    )


def _shown_of(marker: int, body: bytes) -> bytes | None:
    """Return the part of a segment that affects how the picture looks; None if there is no such part."""
    if marker == _APP0:
        # A thumbnail may follow the density.
        return body[:12] + b"\0\0" if body.startswith(b"JFIF\0") else None
    if marker == _APP14:
        return body[:12] if body.startswith(b"Adobe") else None
    return None if marker == _COM or 0xE1 <= marker <= 0xEF else body


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield the marker and the body of each segment up to the end of the picture, with the coded data after a scan."""
    at = 2
    while match := _MARKER.search(data, at):
        marker, at = match[1][0], match.end()
        if marker == _EOI:
            return
        if marker == _SOI:
            raise DamagedError
        (length,) = struct.unpack_from(">H", data, at)
        if length < 2 or at + length > len(data):
            raise DamagedError
        body, at = data[at + 2 : at + length], at + length
        end = _MARKER.search(data, at) if marker == _SOS else None
        if marker == _SOS and end is None:
            raise DamagedError
        yield marker, body, data[at : end.start()] if end else b""
    raise DamagedError


# GIF (89a) ------------------------------------------------------------------------------------------------------------

_EXTENSION, _IMAGE, _TRAILER, _CONTROL, _APPLICATION = 0x21, 0x2C, 0x3B, 0xF9, 0xFF
#: The block with the number of repetitions of an animation has one of these names.
_LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")


def _gif(data: bytes) -> Container:
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    at = 13 + _colours(flags)
    kept = [data[:at]]
    frames = 0
    across, down = width, height
    # Some programs omit the last byte, or put empty bytes between blocks.
    while at < len(data) and data[at] != _TRAILER:
        start, sign = at, data[at]
        if sign == _EXTENSION:
            label, name = data[at + 1], data[at + 3 : at + 14]
            at = _behind_blocks(data, at + 2)
            if label == _CONTROL or (label == _APPLICATION and name in _LOOPS):
                kept.append(data[start:at])
        elif sign == _IMAGE:
            left, top, wide, high, flags = struct.unpack_from("<HHHHB", data, at + 1)
            at = _behind_blocks(data, at + 11 + _colours(flags))
            kept.append(data[start:at])
            # A frame may be larger than the picture: decoders then enlarge the picture.
            across, down = max(across, left + wide), max(down, top + high)
            frames += 1
        elif sign == 0:
            at += 1
        else:
            raise DamagedError
    if not frames:
        raise DamagedError
    return Container(
        kind=PictureKind.GIF,
        width=width,
        height=height,
        data=b"".join((*kept, b";")),
        frames=frames,
        work=across * down * frames,
    )


def _colours(flags: int) -> int:
    """Return the bytes of a colour table."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _behind_blocks(data: bytes, at: int) -> int:
    while size := data[at]:
        at += size + 1
    return at + 1


# WebP (RFC 9649) ------------------------------------------------------------------------------------------------------


def _webp(data: bytes) -> Container:
    width = height = frames = 0
    profile, exif, is_photo = None, b"", False
    end = 8 + int.from_bytes(data[4:8], "little")
    at = 12
    while at + 8 <= min(end, len(data)):
        name, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        body = data[at + 8 : at + 8 + length]
        if len(body) < length:
            raise DamagedError
        if name == b"VP8X":
            width, height = (1 + int.from_bytes(body[at : at + 3], "little") for at in (4, 7))
        elif name == b"VP8 " and not width:
            width, height = (each & 0x3FFF for each in struct.unpack_from("<HH", body, 6))
        elif name == b"VP8L" and not width:
            (bits,) = struct.unpack_from("<I", body, 1)
            width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        elif name == b"ICCP":
            profile = body[:_LARGEST_PROFILE]
        elif name == b"EXIF":
            exif = body.removeprefix(b"Exif\0\0")
        frames += name == b"ANMF"
        is_photo = name == b"VP8 " or (is_photo and name != b"ALPH")
        at += 8 + length + length % 2
    if end > len(data) + 1:
        raise DamagedError
    return Container(
        kind=PictureKind.WEBP,
        width=width,
        height=height,
        data=data[:end],
        profile=profile,
        orientation=orientation_in(exif),
        frames=max(frames, 1),
        work=width * height * max(frames, 1),
        is_unusual=True,
        is_photo=is_photo,
    )


_PARSERS: tuple[tuple[bytes, Callable[[bytes], Container]], ...] = (
    (rb"\x89PNG\r\n\x1a\n", _png),
    (rb"\xff\xd8\xff", _jpeg),
    (rb"GIF8[79]a", _gif),
    (rb"RIFF.{4}WEBP", _webp),
)
