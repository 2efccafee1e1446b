"""Recognises files other than PNG, JPEG, GIF or WebP by their first bytes, regardless of their names.

Input: the bytes of a file that should be a picture. Output: what it is, and how to get a picture. Guarantees: pure.
"""

import re

_PNG_OR_JPEG = "save it as PNG or JPEG"
_EXPORT = "export it as PNG from the program that made it"
_HEIC = (
    "export it as JPEG: in Photos or Preview, choose File > Export; "
    "to take new photos as JPEG on the iPhone, choose Settings > Camera > Formats > Most Compatible"
)
_SVG = "export it as PNG, 1,300 pixels wide, from the program that made it, or with Inkscape"
_MAIL = "which not every mail program can show"
_VIDEO = "save one frame of it as JPEG, and link to the video"
_ORIGINAL = "copy the picture itself into the folder, not a link to it"

_EMPTY = (
    "is empty",
    "if it is in iCloud, OneDrive or Dropbox, choose “download” or “keep on this device” for it; otherwise save it again",
)
_NOT_ONE = ("is not a picture", "it must be a PNG, JPEG, GIF or WebP file")

_START = rb"(?:\xef\xbb\xbf)?\s*"
#: XML before the first element: declaration, comments, document type.
_PROLOG = (
    rb"(?:<\?[^>]{0,500}\?>\s*|<!--(?:[^-]|-(?!->)){0,4000}-->\s*|<!DOCTYPE[^>\[]{0,500}(?:\[[^\]]{0,4000}\])?\s*>\s*)*"
)
_BRANDS = rb".{4}ftyp(?:.{4}){0,15}?"
_KINDS: tuple[tuple[re.Pattern[bytes], str, str], ...] = tuple(
    (re.compile(start, re.DOTALL), what, hint)
    for start, what, hint in (
        (
            rb"version https://git-lfs\.github\.com/spec/",
            "is a Git LFS pointer file, not the picture itself",
            "run   git lfs pull",
        ),
        (
            rb"/?(?:\.git/)?annex/objects/",
            "is a git-annex pointer file, not the picture itself",
            "run   git annex get   for it",
        ),
        (_START + _PROLOG + rb"<(?:\w+:)?svg[\s>/]", "is an SVG drawing, which Gmail does not show", _SVG),
        (rb"(?:\xff\xfe<\0|\xfe\xff\0<)", "is an SVG drawing or another XML file, which Gmail does not show", _SVG),
        (
            _START
            + _PROLOG
            + rb"(?i:<(?:!doctype html|html|head|body|meta|title|script|div|p|table|h[1-6]|br|span|a)[\s>/])",
            "is a web page, not a picture",
            "open its web address in a browser, and save the picture that the page shows",
        ),
        (_START + rb"<(?:\?xml|!--)", "is an XML file, not a picture", _NOT_ONE[1]),
        (_BRANDS + rb"avi[fs]", f"is an AVIF picture, {_MAIL}", _PNG_OR_JPEG),
        (_BRANDS + rb"(?:he[iv][cxms]|mif1|msf1)", f"is a HEIC photo, {_MAIL}", _HEIC),
        (_BRANDS + rb"crx ", "is a camera's raw file", "export it as JPEG from the photo program"),
        (rb".{4}ftyp|.{4}moov|\x1aE\xdf\xa3|RIFF.{4}AVI |FLV\x01", "is a video, not a picture", _VIDEO),
        (rb"RIFF.{4}WEBP", f"is a WebP picture, {_MAIL}", _PNG_OR_JPEG),
        (rb"(?:II\x2a\0|MM\0\x2a|II\x2b\0|MM\0\x2b)", f"is a TIFF or raw file, {_MAIL}", _PNG_OR_JPEG),
        (
            rb"(?:IIU\0|IIRO|IIRS|FUJIFILMCCD-RAW|FOVb)",
            "is a camera's raw file",
            "export it as JPEG from the photo program",
        ),
        (rb"BM.{4}\0\0\0\0", f"is a BMP picture, {_MAIL}", _PNG_OR_JPEG),
        (rb"\0\0[\x01\x02]\0[^\0]", f"is an icon (ICO), {_MAIL}", _PNG_OR_JPEG),
        (rb"icns", f"is an icon (ICNS), {_MAIL}", _PNG_OR_JPEG),
        (rb"(?:\0\0\0\x0cjP  |\xff\x4f\xff\x51)", f"is a JPEG 2000 picture, {_MAIL}", _PNG_OR_JPEG),
        (rb"(?:\xff\x0a|\0\0\0\x0cJXL )", f"is a JPEG XL picture, {_MAIL}", _PNG_OR_JPEG),
        (rb"\x8aMNG|\x8bJNG", f"is an MNG picture, {_MAIL}", _PNG_OR_JPEG),
        (rb"8BP[SB]", "is a Photoshop file", _EXPORT),
        (rb"gimp xcf", "is a GIMP file", _EXPORT),
        (rb"%PDF-", "is a PDF file, not a picture", "export the page as PNG or JPEG"),
        (rb"%!PS|\xc5\xd0\xd3\xc6", "is a PostScript (EPS) file", _EXPORT),
        (rb"\xd7\xcd\xc6\x9a|\x01\0\0\0.{36} EMF", "is a Windows metafile", _EXPORT),
        (rb"\x1f\x8b", "is a compressed file, such as SVGZ, not a picture", _EXPORT),
        (
            rb"PK\x03\x04",
            "is a ZIP archive or an Office document, not a picture",
            "unpack it, or export the picture as PNG",
        ),
        (rb"\xd0\xcf\x11\xe0", "is an Office document, not a picture", "export the picture as PNG"),
        (rb"\{\\rtf", "is an RTF document, not a picture", "export the picture as PNG"),
        (
            rb"\x00\x05\x16\x07|\x00\x05\x16\x00",
            "is a macOS metadata file",
            "use the file whose name does not start with ._",
        ),
        (
            rb"book\0\0\0\0mark|L\0\0\0\x01\x14\x02\0|\[InternetShortcut\]",
            "is a shortcut, not the picture itself",
            _ORIGINAL,
        ),
        (rb"bplist00", "is a macOS placeholder or settings file, not the picture itself", _ORIGINAL),
        (rb"(?:P[1-7]\s|#\?RADIANCE|v/1\x01|qoif|SIMPLE  =)", f"is a picture in a format {_MAIL}", _PNG_OR_JPEG),
    )
)


def refusal_of(data: bytes) -> tuple[str, str]:
    """Return what a file is that cannot be read as a picture, and what to do."""
    if not data.strip(b"\0"):
        return _EMPTY
    return next(((what, hint) for start, what, hint in _KINDS if start.match(data[:16_000])), _NOT_ONE)
