"""Reads a draft, whatever program wrote it.

Input: the bytes of a file. Output: a `DraftDocument`. Guarantees: looks at the content, not at the name; no external file
is read, and nothing is fetched. A file that cannot be read is a DraftError that says what it is and what to do.
"""

from collections.abc import Callable
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from composer.core.untrusted.file_types import LARGEST_DRAFT, FileType, kind_of
from composer.drafts.draft_document import DraftDocument
from composer.drafts.formats.draft_archive import DraftArchive
from composer.drafts.formats.draft_error import DraftError
from composer.drafts.formats.embedded_data import EmbeddedData
from composer.drafts.formats.texts.text_decoding import decode_text
from composer.drafts.formats.tracked_changes import ChangeDecision

#: “<” in a page: twice the elements.
_MOST_TAGS = 500_000
#: Characters of Markdown without its pictures.
_LARGEST_TEXT = 1_000_000
_MARKDOWN = (".md", ".markdown")
_ENDINGS = (".docx", ".odt", ".html", ".htm", ".md", ".markdown", ".txt", ".zip")


def read_draft_file(path: Path, decision: ChangeDecision | None = None) -> DraftDocument:
    """Read a draft from a file. Raises DraftError."""
    if path.is_dir():
        raise DraftError(f"{path} is a folder", f"choose a document: {', '.join(_ENDINGS)}")
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_DRAFT + 1)
    except OSError as error:
        raise DraftError(f"{path} cannot be read: {error.strerror or error}") from None
    return read_draft(data, path.name, decision, _beside(path))


def read_draft(
    data: bytes, name: str, decision: ChangeDecision | None = None, picture: Callable[[str], bytes] = lambda _: b""
) -> DraftDocument:
    """Read a draft from its bytes. `name` is its name in messages. Raises DraftError.

    `picture` returns a file to which a page refers; nothing for a page that is not a file.

    `decision` is what to do with open tracked changes. Without one they are listed, and the text is that after accepting them.
    """
    if not data.strip():
        raise DraftError(f"{name} is empty")
    if len(data) > LARGEST_DRAFT:
        raise DraftError(
            f"{name} is larger than {LARGEST_DRAFT // 1_000_000} MB", "make the pictures in it smaller, or remove them"
        )
    try:
        return _read(data, name, decision, picture)
    except RecursionError:
        raise DraftError(f"{name} is nested too deeply", "copy the text into a new document") from None


def _read(data: bytes, name: str, decision: ChangeDecision | None, picture: Callable[[str], bytes]) -> DraftDocument:
    kind = kind_of(data)
    if kind is not None and kind.remedy:
        raise DraftError(f"{name} is {kind.name}", kind.remedy)
    match None if kind is None else kind.type:
        case FileType.WORD:
            from composer.drafts.formats.docx.docx_document import read_word

            return read_word(DraftArchive(data, name), decision)
        case FileType.OPEN_DOCUMENT:
            from composer.drafts.formats.odt.odt_document import read_open_document

            return read_open_document(DraftArchive(data, name), decision)
        case FileType.ZIPPED_HTML:
            return _read_zipped_page(DraftArchive(data, name))
        case FileType.HTML if not name.lower().endswith(_MARKDOWN):
            return _read_page(decode_text(data), name, picture)
        case _:
            return _read_text(data, name, picture)


def _read_text(data: bytes, name: str, picture: Callable[[str], bytes]) -> DraftDocument:
    """Read Markdown or plain text; the name only decides if the text can be both."""
    from composer.drafts.formats.texts.markdown_draft import is_markdown, read_markdown
    from composer.drafts.formats.texts.plain_text import read_plain_text

    text = decode_text(data).replace("\r\n", "\n").replace("\r", "\n")
    if text.count("\0") or sum(not each.isprintable() and not each.isspace() for each in text[:4000]) > 100:
        raise DraftError(f"{name} is not a text", f"choose a document: {', '.join(_ENDINGS)}")
    if name.lower().endswith(_MARKDOWN) or is_markdown(text):
        if len(text) > _LARGEST_TEXT and len(EmbeddedData().extract(text)) > _LARGEST_TEXT:
            raise DraftError(
                f"{name} has more than {_LARGEST_TEXT // 1_000_000} MB of text", "split it into several files"
            )
        return read_markdown(text, picture)
    return read_plain_text(text)


def _read_zipped_page(archive: DraftArchive) -> DraftDocument:
    """Read the page in what Google Docs exports as “Web page”: one page, and its pictures in a folder."""
    pages = sorted(
        name for name in archive.names if name.lower().endswith((".html", ".htm")) and "__MACOSX" not in name
    )
    if len(pages) > 1:
        raise DraftError(f"{archive.name} contains {len(pages)} pages", "unpack it, and choose one of them")
    folder = PurePosixPath(pages[0]).parent
    return _read_page(
        decode_text(archive.read(pages[0])), archive.name, lambda name: archive.read(str(folder / unquote(name)))
    )


def _read_page(text: str, name: str, picture: Callable[[str], bytes]) -> DraftDocument:
    from composer.drafts.formats.html.html_document import read_html

    if text.count("<") > _MOST_TAGS:
        raise DraftError(f"{name} has more than {_MOST_TAGS // 2:,} elements", "split it into several documents")
    data = EmbeddedData()
    return read_html(data.extract(text), data, picture)


def _beside(path: Path) -> Callable[[str], bytes]:
    """Return a function that reads a picture in the folder of a page; nothing outside of this folder."""

    def read(name: str) -> bytes:
        try:
            picture = (path.parent / unquote(name)).resolve()
            if not picture.is_relative_to(path.parent.resolve()) or picture.stat().st_size > LARGEST_DRAFT:
                return b""
            return picture.read_bytes() if picture.is_file() else b""
        except (OSError, ValueError):
            return b""

    return read
