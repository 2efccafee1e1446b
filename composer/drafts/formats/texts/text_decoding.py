"""The text of a file, in whichever encoding it was saved.

Input: bytes. Output: text. Guarantees: pure. Bytes that are not UTF-8 are read as Windows-1252, which has a character for
nearly every byte; what a page says about its encoding goes first.
"""

import codecs
import re

from composer.core.untrusted.file_types import is_utf16

_DECLARED = re.compile(
    rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w-]{2,40})|<\?xml[^>]{0,100}?encoding=["']([\w-]{2,40})""",
    re.IGNORECASE,
)


def decode_text(data: bytes) -> str:
    """Return the text of a file."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    if is_utf16(data):
        return data.decode("utf-16-le" if data[1:2] == b"\0" else "utf-16-be", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode(_declared(data), "replace")


def _declared(data: bytes) -> str:
    match = _DECLARED.search(data[:4000])
    try:
        name = codecs.lookup((match[1] or match[2]).decode("ascii")).name if match else "cp1252"
    except LookupError:
        return "cp1252"
    # A page in Latin-1 is always read as Windows-1252, as browsers do; UTF-8 was tried before.
    return "cp1252" if name in ("iso8859-1", "ascii", "utf-8") else name
