"""Picture files as cameras, phones, scanners, chart programs, browsers and cloud folders save them.

Each shows the same scene with four coloured fields, so that tests can check orientation and colours. Data that must not
reach subscribers contains the word `SECRET`.
"""

import io
import struct
import zlib
from collections.abc import Callable, Iterator

from PIL import Image, ImageCms, ImageDraw
from PIL.PngImagePlugin import PngInfo

SECRET = b"SECRET"
#: The colours of the scene: top left, top right, bottom left, bottom right.
COLOURS = ((200, 40, 40), (40, 160, 60), (40, 60, 190), (230, 230, 230))


def scene(width: int = 600, height: int = 400) -> Image.Image:
    """Draw the scene."""
    made = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(made)
    for number, colour in enumerate(COLOURS):
        left, top = number % 2 * width // 2, number // 2 * height // 2
        draw.rectangle((left, top, left + width // 2, top + height // 2), fill=colour)
    return made


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    """Return the bytes of a picture."""
    out = io.BytesIO()
    image.save(out, format=kind, **options)
    return out.getvalue()


# Colour profiles ------------------------------------------------------------------------------------------------------


def _fixed(*values: float) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def _profile(space: bytes, kind: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    tags = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", 7) + b"SECRET\0" + bytes(78),
        b"cprt": b"text\0\0\0\0none\0",
    } | tags
    table, body = b"", b""
    start = 132 + 12 * len(tags)
    for name, data in tags.items():
        table += name + struct.pack(">II", start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    head = bytes(4) + b"test" + bytes((2, 0x10, 0, 0)) + kind + space + connection
    head += struct.pack(">6H", 2020, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + _fixed(0.9642, 1, 0.8249)
    made = head + bytes(128 - len(head)) + struct.pack(">I", len(tags)) + table + body
    return struct.pack(">I", len(made)) + made[4:]


def _curve(gamma: float | None) -> bytes:
    if gamma is not None:
        return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)
    points = [each / 1023 for each in range(1024)]
    values = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in points]
    return b"curv\0\0\0\0" + struct.pack(">I", 1024) + b"".join(struct.pack(">H", round(y * 65535)) for y in values)


def _rgb_profile(
    red: tuple[float, ...], green: tuple[float, ...], blue: tuple[float, ...], gamma: float | None
) -> bytes:
    tags = {b"wtpt": b"XYZ \0\0\0\0" + _fixed(0.9642, 1, 0.8249)}
    for letter, values in ((b"r", red), (b"g", green), (b"b", blue)):
        tags[letter + b"XYZ"] = b"XYZ \0\0\0\0" + _fixed(*values)
        tags[letter + b"TRC"] = _curve(gamma)
    return _profile(b"RGB ", b"mntr", b"XYZ ", tags)


def _cmyk_profile() -> bytes:
    """Return a profile of a printer that mixes inks additively, made of the Lab values of its sixteen corners."""
    to_lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
    corners = Image.new("RGB", (16, 1))
    corners.putdata(
        [
            tuple(0 if ink or black else 255 for ink in (cyan, magenta, yellow))
            for cyan in (0, 1)
            for magenta in (0, 1)
            for yellow in (0, 1)
            for black in (0, 1)
        ]
    )
    lab = ImageCms.applyTransform(corners, to_lab)
    assert lab is not None
    # Pillow returns a and b as signed bytes; the table needs them shifted by 128.
    grid = bytes(byte if at % 3 == 0 else (byte + 128) % 256 for at, byte in enumerate(lab.tobytes()))
    line = bytes(range(256))
    lut = b"mft1\0\0\0\0" + bytes((4, 3, 2, 0)) + _fixed(1, 0, 0, 0, 1, 0, 0, 0, 1) + 4 * line + grid + 3 * line
    return _profile(b"CMYK", b"prtr", b"Lab ", {b"A2B0": lut, b"wtpt": b"XYZ \0\0\0\0" + _fixed(0.9642, 1, 0.8249)})


P3 = _rgb_profile((0.5151, 0.2412, -0.0011), (0.2919, 0.6922, 0.0419), (0.1572, 0.0666, 0.7841), None)
ADOBE_RGB = _rgb_profile(
    (0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457), 2.19921875
)
SRGB = _rgb_profile((0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.7141), None)
GREY = _profile(b"GRAY", b"mntr", b"XYZ ", {b"kTRC": _curve(1.2), b"wtpt": b"XYZ \0\0\0\0" + _fixed(0.9642, 1, 0.8249)})
CMYK = _cmyk_profile()


def _stored_in(profile: bytes, image: Image.Image) -> Image.Image:
    """Return the picture whose numbers mean the same colours in another colour space."""
    made = ImageCms.profileToProfile(image, ImageCms.createProfile("sRGB"), io.BytesIO(profile), outputMode="RGB")
    assert made is not None
    return made


# Metadata -------------------------------------------------------------------------------------------------------------


def exif(orientation: int = 1) -> bytes:
    """Return what a phone writes: its maker, the location, the orientation."""
    made = Image.Exif()
    made[0x010F], made[0x0112], made[0x9286] = "SECRET maker", orientation, "SECRET remark"
    made.get_ifd(0x8825).update({1: "N", 2: (52.0, 30.0, 1.0), 29: "SECRET day"})
    return made.tobytes()


XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><dc:creator>SECRET author</dc:creator></x:xmpmeta>'
_TURNS = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}


def _turned(image: Image.Image, orientation: int) -> Image.Image:
    """Store a picture like a camera that was held in another orientation."""
    return image.transpose(Image.Transpose(_TURNS[orientation])) if orientation in _TURNS else image


def _segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def jpeg_with(data: bytes, *segments: bytes) -> bytes:
    """Insert segments after the start of a JPEG."""
    return data[:2] + b"".join(segments) + data[2:]


def chunk(name: bytes, body: bytes) -> bytes:
    """Return a chunk of a PNG."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_with(data: bytes, *chunks: bytes) -> bytes:
    """Insert chunks after the header of a PNG."""
    return data[:33] + b"".join(chunks) + data[33:]


def png_of(
    width: int, height: int, depth: int, colours: int, rows: bytes, *more: bytes, interlaced: bool = False
) -> bytes:
    """Return a PNG of rows that have their filter byte."""
    head = struct.pack(">IIBBBBB", width, height, depth, colours, 0, 0, interlaced)
    parts = (chunk(b"IHDR", head), *more, chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _interlaced() -> bytes:
    image = scene(64, 48)
    rows = b""
    for left, top, across, down in (
        (0, 0, 8, 8),
        (4, 0, 8, 8),
        (0, 4, 4, 8),
        (2, 0, 4, 4),
        (0, 2, 2, 4),
        (1, 0, 2, 2),
        (0, 1, 1, 2),
    ):
        for y in range(top, 48, down):
            rows += b"\0" + b"".join(image.crop((x, y, x + 1, y + 1)).tobytes() for x in range(left, 64, across))
    return png_of(64, 48, 8, 2, rows, interlaced=True)


def _deep(mode: str, *more: bytes, width: int = 600, height: int = 400) -> bytes:
    """Return a PNG of 16 bits, grey or in colour; the lower byte is noise."""
    pixels = scene(width, height).convert(mode)
    line = width * len(mode)
    body = bytes(byte for value in pixels.tobytes() for byte in (value, value * 7 % 256))
    rows = b"".join(b"\0" + body[at : at + 2 * line] for at in range(0, len(body), 2 * line))
    return png_of(width, height, 16, 0 if mode == "L" else 2, rows, *more)


def _clear(mode: str) -> Image.Image:
    """Return the scene with a transparent area around its middle."""
    made = scene().convert("RGBA")
    mask = Image.new("L", made.size)
    ImageDraw.Draw(mask).rectangle((60, 40, 540, 360), fill=255)
    made.putalpha(mask)
    return made.convert(mode)


def frames(count: int = 6, size: tuple[int, int] = (120, 80)) -> list[Image.Image]:
    """Return the frames of an animation: the scene, with a square that moves over it."""
    made = []
    for number in range(count):
        image = scene(*size)
        ImageDraw.Draw(image).rectangle((10 * number, 36, 10 * number + 8, 44), fill=(0, 0, 0))
        made.append(image)
    return made


def _animated(kind: str, **options: object) -> bytes:
    first, *rest = frames()
    return saved(first, kind, save_all=True, append_images=rest, duration=80, loop=0, **options)


def _jpeg(**options: object) -> bytes:
    return saved(scene(), "JPEG", quality=92, **options)


def _png(**options: object) -> bytes:
    return saved(scene(), "PNG", **options)


def _grey_jpeg(profile: bytes | None) -> bytes:
    return saved(scene().convert("L"), "JPEG", quality=92, icc_profile=profile)


def _cmyk(**options: object) -> bytes:
    return saved(scene().convert("CMYK"), "JPEG", quality=95, **options)


def _text_png() -> bytes:
    info = PngInfo()
    info.add_text("Author", "SECRET author")
    info.add_text("Comment", "SECRET comment" * 50, zip=True)
    info.add_itxt("XML:com.adobe.xmp", XMP.decode())
    return saved(scene(), "PNG", pnginfo=info, exif=exif(), dpi=(144, 144))


def _multi_picture() -> bytes:
    second = jpeg_with(_jpeg(), _segment(0xFE, b"SECRET second picture"))
    return saved(scene(), "MPO", save_all=True, append_images=[Image.open(io.BytesIO(second))])


def _chart() -> bytes:
    """Return a chart from a statistics program for print: 4,800 pixels wide, few colours."""
    made = Image.new("P", (4800, 3200))
    made.putpalette([part for colour in (*COLOURS, (0, 0, 0)) for part in colour])
    for number in range(4):
        left, top = number % 2 * 2400, number // 2 * 1600
        made.paste(number, (left, top, left + 2400, top + 1600))
    return saved(made, "PNG", optimize=True)


_MP4 = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"SECRET video" * 200

#: Files that can be shown: name and bytes. Names that start with `grey-` show the scene without colours.
GOOD: dict[str, Callable[[], bytes]] = {
    **{
        f"camera-{number}.jpg": lambda number=number: saved(
            _turned(scene(), number), "JPEG", quality=92, exif=exif(number)
        )  # type: ignore[misc]
        for number in range(1, 9)
    },
    "camera-large-6.jpg": lambda: saved(_turned(scene(2400, 1600), 6), "JPEG", exif=exif(6)),
    "camera-large-8.JPG": lambda: saved(_turned(scene(2100, 2800), 8), "JPEG", exif=exif(8)),
    "phone-turned.png": lambda: saved(_turned(scene(), 6), "PNG", exif=exif(6)),
    "phone-p3.jpg": lambda: saved(_stored_in(P3, scene()), "JPEG", quality=95, icc_profile=P3, exif=exif()),
    "phone-p3.png": lambda: saved(_stored_in(P3, scene()), "PNG", icc_profile=P3),
    "phone-p3-clear.png": lambda: saved(_stored_in(P3, scene()).convert("RGBA"), "PNG", icc_profile=P3),
    "phone-motion.jpg": lambda: _jpeg(exif=exif()) + _MP4,
    "phone-two-pictures.jpg": _multi_picture,
    "camera-adobe-rgb.jpg": lambda: saved(_stored_in(ADOBE_RGB, scene()), "JPEG", quality=95, icc_profile=ADOBE_RGB),
    "palette-p3.png": lambda: saved(_stored_in(P3, scene()).quantize(16), "PNG", icc_profile=P3),
    "print-cmyk.jpg": _cmyk,
    "print-cmyk-profile.jpg": lambda: _cmyk(icc_profile=CMYK),
    "print-cmyk-large.jpg": lambda: saved(scene(2400, 1600).convert("CMYK"), "JPEG", icc_profile=CMYK),
    "grey-16.png": lambda: _deep("L"),
    "grey-16-large.png": lambda: _deep("L", width=2400, height=1600),
    "deep-colours.png": lambda: _deep("RGB"),
    "grey.jpg": lambda: _grey_jpeg(None),
    "grey-16-clear.png": lambda: _deep("L", chunk(b"tRNS", bytes((69, 69 * 7 % 256)))),
    "grey-scan.png": lambda: saved(scene(2480, 1652).convert("L"), "PNG"),
    "grey-and-clear.png": lambda: saved(_clear("LA"), "PNG"),
    "clear.png": lambda: saved(_clear("RGBA"), "PNG"),
    "clear-palette.png": lambda: saved(_clear("RGBA").quantize(32), "PNG"),
    "interlaced.png": _interlaced,
    "progressive.jpg": lambda: _jpeg(progressive=True),
    "progressive-large.jpg": lambda: saved(scene(2600, 1700), "JPEG", progressive=True, quality=80),
    "chart-for-print.png": _chart,
    "screenshot.png": lambda: png_with(_png(icc_profile=SRGB), chunk(b"gAMA", struct.pack(">I", 45455))),
    "srgb.jpg": lambda: _jpeg(icc_profile=SRGB),
    "texts.png": _text_png,
    "animation.gif": lambda: _animated("GIF"),
    "animation.png": lambda: _animated("PNG"),
    "comment.gif": lambda: saved(scene(), "GIF", comment=b"SECRET comment"),
    "no-end.gif": lambda: saved(scene(), "GIF")[:-1],
    "from-the-web.webp": lambda: saved(scene(), "WEBP", quality=90, exif=exif(), xmp=XMP),
    "from-the-web-turned.webp": lambda: saved(_turned(scene(), 8), "WEBP", quality=90, exif=exif(8), icc_profile=SRGB),
    "from-the-web-clear.webp": lambda: saved(_clear("RGBA"), "WEBP", lossless=True),
    "really-a-jpeg.png": _jpeg,
    "really-a-png.jpg": _png,
    "photo (1).png": _png,
    "Größe – 図 100%.png": _png,
    "SCAN0001.JPEG": _jpeg,
    "photoshop.jpg": lambda: jpeg_with(
        _jpeg(),
        _segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP),
        _segment(0xED, b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x0eSECRET caption"),
        _segment(0xEC, b"Ducky SECRET"),
        _segment(0xFE, b"SECRET comment"),
    ),
    "thumbnail.jpg": lambda: jpeg_with(
        _jpeg()[:2] + _jpeg()[20:], _segment(0xE0, b"JFIF\0\1\2\0\0\1\0\1\1\1SEC"), _segment(0xE0, b"JFXX\0\x13SECRET")
    ),
    "broken-exif.jpg": lambda: jpeg_with(_jpeg(), _segment(0xE1, b"Exif\0\0MM\0\x2a\xff\xff\xff\xffSECRET")),
    "broken-profile.jpg": lambda: _jpeg(icc_profile=P3[:200]),
    "profile-of-another-kind.png": lambda: saved(scene(), "PNG", icc_profile=CMYK),
    "broken-text.png": lambda: png_with(_png(), chunk(b"tEXt", b"Author\0SECRET")[:-4] + b"\0\0\0\0"),
    "something-behind.png": lambda: _png() + b"SECRET" * 50,
}


def bad_files() -> Iterator[tuple[str, bytes, str]]:
    """Yield files that are damaged or not pictures: name, bytes, and a word of the message."""
    noise = Image.effect_noise((300, 200), 60).convert("RGB")
    whole = {
        "photo.jpg": saved(noise, "JPEG"),
        "progressive.jpg": saved(noise, "JPEG", progressive=True),
        "large.jpg": saved(scene(2400, 1600), "JPEG"),
        "chart.png": saved(noise, "PNG"),
        "moving.gif": saved(noise, "GIF", save_all=True, append_images=frames(3, (300, 200))),
        "web.webp": saved(noise, "WEBP"),
    }
    for name, data in whole.items():
        for tenth in range(1, 10):
            yield f"{tenth}0-percent-{name}", data[: len(data) * tenth // 10], "damaged"
        yield f"a-byte-missing-{name}", data[:-1], "" if name.endswith("gif") else "damaged"
        if not name.endswith("webp"):
            yield f"filled-up-{name}", data[: len(data) // 2].ljust(len(data), b"\0"), "damaged"
    spoilt = bytearray(whole["chart.png"])
    spoilt[len(spoilt) // 2] ^= 0x55
    yield "spoilt.png", bytes(spoilt), "damaged"
    yield "in-icloud.jpg", b"", "empty"
    yield "preallocated.jpg", bytes(5000), "empty"
    yield "lfs.png", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 123\n", "Git LFS"
    yield "annex.png", b"/annex/objects/SHA256E-s123--0.png\n", "git-annex"
    yield "page.jpg", b"\n<!DOCTYPE html>\n<html lang=en><svg></svg></html>", "web page"
    yield "page-2.jpg", b"<html><head><title>403</title>", "web page"
    yield "error.png", b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "XML"
    yield "error-2.png", b'{"error": "not found"}', "not a picture"
    yield "text.png", b"hello", "not a picture"
    yield "drawing.svg", b'<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"
    yield (
        "drawing-2.svg",
        (
            b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- made -->\n<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x">\n<svg>'
        ),
        "SVG",
    )
    yield "drawing-3.png", '<?xml version="1.0" encoding="UTF-16"?><svg/>'.encode("utf-16"), "SVG"
    yield "drawing.svgz", b"\x1f\x8b\x08\0\0\0\0\0", "compressed"
    yield "scan.tiff", saved(noise, "TIFF"), "TIFF"
    yield "scan.tif", saved(noise, "TIFF", big_tiff=True), "TIFF"
    yield "paint.bmp", saved(noise, "BMP"), "BMP"
    yield "icon.png", saved(noise.resize((32, 32)), "ICO", bitmap_format="bmp"), "icon"
    yield "IMG_2031.HEIC", b"\0\0\0\x24ftypheic\0\0\0\0mif1MiHEheic" + bytes(200), "HEIC"
    yield "IMG_2032.jpg", b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic" + bytes(200), "HEIC"
    yield "photo.avif", b"\0\0\0\x1cftypavif\0\0\0\0avifmif1" + bytes(200), "AVIF"
    yield "raw.jpg", b"\0\0\0\x18ftypcrx \0\0\0\1crx isom" + bytes(200), "raw"
    yield "film.png", _MP4, "video"
    yield "film.gif", b"\x1aE\xdf\xa3" + bytes(100), "video"
    yield "old.jp2", b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(100), "JPEG 2000"
    yield "new.jxl", b"\xff\x0a" + bytes(100), "JPEG XL"
    yield "layers.psd", b"8BPS\0\1" + bytes(100), "Photoshop"
    yield "page.pdf", b"%PDF-1.7\n", "PDF"
    yield "drawing.eps", b"%!PS-Adobe-3.0 EPSF-3.0\n", "PostScript"
    yield "slides.png", b"PK\x03\x04" + bytes(100), "ZIP"
    yield "slides.ppt", b"\xd0\xcf\x11\xe0" + bytes(100), "Office"
    yield "._photo.jpg", b"\0\5\x16\7\0\2\0\0Mac OS X" + bytes(100), "macOS"
    yield "shortcut.png", b"[InternetShortcut]\r\nURL=https://example.org/\r\n", "shortcut"
    yield "alias.png", b"book\0\0\0\0mark\0\0\0\0" + bytes(100), "shortcut"
    yield "placeholder.png", b"bplist00" + bytes(100), "placeholder"
    yield "moving.webp", _animated("WEBP"), "animated WebP"
    yield "moving-p3.png", _animated("PNG", icc_profile=P3), "animation in colors"
    yield from _bombs()


def _bombs() -> Iterator[tuple[str, bytes, str]]:
    yield "wide.png", png_of(60_000, 60_000, 1, 0, b""), "60,000 x 60,000 pixels"
    yield "nothing.png", png_of(0, 10, 8, 0, b""), "damaged"
    frame = b",\0\0\0\0\xff\xff\xff\xff\0\2\2L\1\0"
    yield "beyond.gif", b"GIF89a\1\0\1\0\0\0\0" + 2 * frame + b";", "frames"
    small = saved(Image.new("P", (1000, 1000)), "GIF")
    body = small[small.index(b",\0\0\0\0") : -1]
    yield "many.gif", small[:-1] + 5000 * body + b";", "5,001 frames"
    control = chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, 3000, 3000, 0, 0, 1, 10, 0, 0))
    yield "many.png", png_with(saved(Image.new("L", (3000, 3000)), "PNG"), *(200 * (control,))), "200 frames"
    jpeg = saved(Image.new("L", (4000, 4000)), "JPEG", progressive=True)
    start = jpeg.rindex(b"\xff\xda")
    yield "passes.jpg", jpeg[:-2] + 2000 * jpeg[start:-2] + jpeg[-2:], "too long"
    yield "wide.jpg", saved(Image.new("L", (9000, 7000)), "JPEG"), "9,000 x 7,000 pixels"
