"""Limits for ZIP files from elsewhere, which can unpack to a thousand times their size.

Input: a ZIP file, as bytes or opened. Output: why it should not be unpacked, as the end of a sentence; empty if it can be.
Guarantees: unpacks nothing. `zipfile` never reads more of an entry than the size that the ZIP file declares, so declared sizes
can be relied on.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import zipfile

#: How an entry of the list of contents begins.
_ENTRY = b"PK\x01\x02"


def zip_fault(data: bytes, *, most_files: int) -> str:
    """Return why a ZIP file should not even be opened: opening it takes memory for each file in it."""
    count = data.count(_ENTRY)
    return f"contains {count:,} files; the limit is {most_files:,}" if count > most_files else ""


def size_fault(entries: "Iterable[zipfile.ZipInfo]", *, most_bytes: int) -> str:
    """Return why a ZIP file should not be unpacked."""
    total = sum(entry.file_size for entry in entries)
    return f"unpacks to {total >> 20:,} MB; the limit is {most_bytes >> 20:,} MB" if total > most_bytes else ""
