"""Recognises files that are not plain text by their first bytes, regardless of their names.

Input: the bytes of a file that should be YAML. Output: what it is and what to do, or None. Guarantees: pure.
"""

import re
from dataclasses import dataclass

_PLAIN = (
    "in the program that created it, choose “Save as” and plain text in UTF-8; or copy the text into a new .yaml file"
)
_TEXTEDIT = "in TextEdit, choose Format > Make Plain Text, and save it as .yaml in UTF-8"
#: How a file starts, what it is, and what to do.
_KINDS: tuple[tuple[re.Pattern[bytes], str, str], ...] = (
    (re.compile(rb"\s*\{\\(?:rtf|urtf)"), "an RTF document", _TEXTEDIT),
    (
        re.compile(
            rb"\s*<(?:!doctype|html|head|body|meta|title|style|script|div|span|p|table|h[1-6]|ul|ol|br|b|i|a|font|!--)[\s>/-]",
            re.IGNORECASE,
        ),
        "an HTML page",
        "open the page in your browser, and copy the text into a new .yaml file",
    ),
    (re.compile(rb"\s*<\?xml"), "an XML file", _PLAIN),
    (re.compile(rb"PK\x03\x04"), "a Word, OpenDocument or ZIP file", _PLAIN),
    (re.compile(rb"\xd0\xcf\x11\xe0"), "a Word document", _PLAIN),
    (re.compile(rb"%PDF-"), "a PDF file", "copy the text into a new .yaml file"),
    (re.compile(rb"\x89PNG|\xff\xd8\xff|GIF8"), "a picture", "put pictures in assets/, next to the issue"),
    (re.compile(rb"bplist00|\x00\x05\x16\x07"), "a macOS metadata file", "delete it"),
    (re.compile(rb"\x1f\x8b"), "a compressed file", "unpack it first"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileKind:
    """What a file is, and what to do about it."""

    name: str
    hint: str


def kind_of(data: bytes) -> FileKind | None:
    """Return the kind of a file that is not plain text; None for text in any encoding."""
    data = data[:200].removeprefix(b"\xef\xbb\xbf")
    return next((FileKind(name=name, hint=hint) for start, name, hint in _KINDS if start.match(data)), None)


def is_utf16(data: bytes) -> bool:
    """Check whether a file is UTF-16, also without a byte order mark: every second byte of Latin text is zero."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    start = data[:200]
    return (
        len(start) >= 4
        and any(start[at::2].count(0) > 0.8 * len(start[at::2]) for at in (0, 1))
        and bool(start.strip(b"\0"))
    )
