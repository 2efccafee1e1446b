"""Detect the kind of a list file, from its content and not from its name.

Input: a path. Output: one table, or several from an archive. Guarantees: reads an archive in place and unpacks nothing
to disk, so no file name in it can lead anywhere.
"""

import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from composer.audience.lists.formats.delimited import read_delimited
from composer.audience.lists.formats.json_lines import read_lines
from composer.audience.lists.formats.workbook import read_workbook
from composer.audience.lists.list_table import ListError, ListFile, ListTable
from composer.core.untrusted.zip_limits import size_fault

#: Bytes of a file, and of all lists in an archive, unpacked: about twenty million people.
_LARGEST = 2 << 30
#: Lists in an archive.
_MOST_LISTS = 200
_LISTS = (".csv", ".tsv", ".txt", ".jsonl", ".ndjson")


@contextmanager
def tables_in(path: Path, encoding: str = "") -> Iterator[tuple[ListTable, ...]]:
    """Read the list or lists of a file while the block runs. Raises ListError."""
    with ExitStack() as stack:
        yield tuple(_tables(path, encoding, stack))


def _tables(path: Path, encoding: str, stack: ExitStack) -> Iterator[ListTable]:
    if path.is_dir():
        raise ListError(f"{path} is a folder", "choose a file: CSV, XLSX, JSON lines, or a service's archive")
    try:
        with path.open("rb") as file:
            start = file.read(8)
    except OSError as error:
        raise ListError(f"{path} cannot be read: {error.strerror or error}") from None
    if not start:
        raise ListError(f"{path.name} is empty")
    if start.startswith(b"PK"):
        found = _packed(path, encoding)
    elif start.startswith(b"\xd0\xcf\x11\xe0"):
        found = iter((read_workbook(path),))
    else:
        source = ListFile(name=path.name, size=path.stat().st_size, open=lambda: path.open("rb"))
        if source.size > _LARGEST:
            raise ListError(
                f"{path.name} is {source.size >> 20:,} MB; the limit is {_LARGEST >> 20:,} MB",
                "split it into several files",
            )
        found = iter((_text(source, encoding),))
    for table in found:
        stack.callback(table.close)
        yield table


def _packed(path: Path, encoding: str) -> Iterator[ListTable]:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    except (zipfile.BadZipFile, OSError, ValueError):
        raise ListError(f"{path.name} is damaged: it cannot be unpacked", "download or save it again") from None
    names = {entry.filename for entry in entries}
    if "xl/workbook.xml" in names or "xl/workbook.bin" in names or "mimetype" in names:
        yield read_workbook(path)
        return
    lists = [
        entry
        for entry in entries
        if entry.filename.lower().endswith(_LISTS) and not entry.filename.startswith("__MACOSX/")
    ]
    # Substack's archive also has files about who read which post.
    lists = [entry for entry in lists if "email_list" in entry.filename.rpartition("/")[2]] or lists
    if not lists:
        raise ListError(f"{path.name} contains no list", "choose a file: CSV, XLSX, JSON lines, or a service's archive")
    if len(lists) > _MOST_LISTS:
        raise ListError(
            f"{path.name} contains {len(lists):,} lists; the limit is {_MOST_LISTS}",
            "unpack it, and import the lists you need",
        )
    for entry in lists:
        if entry.flag_bits & 1:
            raise ListError(f"{path.name} is password-protected", "unpack it, and import the file inside")
        if entry.file_size > _LARGEST:
            raise ListError(
                f"{entry.filename} unpacks to {entry.file_size >> 20:,} MB", "unpack it, and check what it contains"
            )
    if fault := size_fault(lists, most_bytes=_LARGEST):
        raise ListError(f"{path.name} {fault}", "unpack it, and import the lists one by one")
    for entry in lists:
        if entry.file_size:
            yield _text(_inside(path, entry), encoding)


def _inside(path: Path, entry: zipfile.ZipInfo) -> ListFile:
    @contextmanager
    def opened() -> Iterator[BinaryIO]:
        try:
            with zipfile.ZipFile(path) as archive, archive.open(entry) as file:
                yield cast("BinaryIO", file)
        except (zipfile.BadZipFile, NotImplementedError) as error:
            raise ListError(f"{path.name}: {entry.filename} is damaged: {error}", "download it again") from None

    return ListFile(name=entry.filename, size=entry.file_size, open=opened)


def _text(source: ListFile, encoding: str) -> ListTable:
    with source.open() as file:
        start = file.read(256).lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"{"):
        return read_lines(source, encoding)
    if start.startswith(b"[") and b"{" in start:
        raise ListError(
            f"{source.name} is a single JSON array", "write one object per line:   jq -c '.[]' FILE > list.jsonl"
        )
    return read_delimited(source, encoding)
