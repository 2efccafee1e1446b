"""Reads a draft, whatever program wrote it.

Input: the bytes of a file. Output: a `DraftDocument`. Guarantees: looks at the content, not at the name; no external file is
read, and nothing is fetched. A file that cannot be read is a DraftError that says what it is and what to do.
"""

from pathlib import Path

from composer.core.untrusted.file_types import LARGEST_DRAFT, FileType, kind_of
from composer.drafts.draft_document import DraftDocument
from composer.drafts.formats.draft_archive import DraftArchive
from composer.drafts.formats.draft_error import DraftError
from composer.drafts.formats.tracked_changes import ChangeDecision

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
    return read_draft(data, path.name, decision)


def read_draft(data: bytes, name: str, decision: ChangeDecision | None = None) -> DraftDocument:
    """Read a draft from its bytes. `name` is its name in messages. Raises DraftError.

    `decision` is what to do with open tracked changes. Without one they are listed, and the text is that after accepting them.
    """
    if not data.strip():
        raise DraftError(f"{name} is empty")
    if len(data) > LARGEST_DRAFT:
        raise DraftError(
            f"{name} is larger than {LARGEST_DRAFT // 1_000_000} MB", "make the pictures in it smaller, or remove them"
        )
    try:
        return _read(data, name, decision)
    except RecursionError:
        raise DraftError(f"{name} is nested too deeply", "copy the text into a new document") from None


def _read(data: bytes, name: str, decision: ChangeDecision | None) -> DraftDocument:
    kind = kind_of(data)
    if kind is not None and kind.remedy:
        raise DraftError(f"{name} is {kind.name}", kind.remedy)
    match None if kind is None else kind.type:
        case FileType.WORD:
            from composer.drafts.formats.docx.docx_document import read_word

            return read_word(DraftArchive(data, name), decision)
        case _:
            raise DraftError(f"{name} cannot be read")
