"""The files of drafts, read for an issue.

Input: paths or bytes. Output: documents with names that tell them apart. Guarantees: a draft with open changes is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from composer.drafts.formats.draft_error import DraftError
from composer.drafts.formats.draft_reader import read_draft, read_draft_file
from composer.drafts.formats.tracked_changes import ChangeDecision
from composer.drafts.mapping.named_draft import NamedDraft
from composer.drafts.writing.draft_pictures import with_usable_pictures

#: How many open changes an error names.
_MOST_TOLD = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftFile:
    """A draft: the path of a file, or bytes with a name for messages."""

    path: Path | None = None
    name: str = ""
    data: bytes = b""

    @property
    def title(self) -> str:
        """Its name in messages."""
        return self.name if self.path is None else self.path.name

    def read(self, decision: ChangeDecision | None) -> NamedDraft:
        """Read the document. Raises DraftError."""
        if self.path is not None:
            return NamedDraft(self.title, read_draft_file(self.path, decision))
        return NamedDraft(self.title, read_draft(self.data, self.name, decision))


def read_drafts(files: Sequence[DraftFile], decision: ChangeDecision | None) -> list[NamedDraft]:
    """Read drafts, each with a name of its own. Raises DraftError, also for open changes."""
    drafts = [file.read(decision) for file in files]
    names = [draft.name for draft in drafts]
    # The name tells the footnotes and comments of two drafts apart.
    drafts = [
        replace(draft, name=f"{draft.name} ({at})") if draft.name in names[:at] else draft
        for at, draft in enumerate(drafts)
    ]
    for draft in drafts:
        _refuse_changes(draft)
    return [replace(draft, document=with_usable_pictures(draft.document)) for draft in drafts]


def _refuse_changes(draft: NamedDraft) -> None:
    """Raise DraftError if a draft has tracked changes that are neither accepted nor rejected."""
    changes = draft.document.changes
    if not changes:
        return
    count = "1 open change" if len(changes) == 1 else f"{len(changes)} open changes"
    places = [
        f"{'inserted' if change.is_insertion else 'deleted'} in paragraph {change.place.number}: “{_short(change.text)}”"
        for change in changes[:_MOST_TOLD]
    ]
    more = [f"and {len(changes) - _MOST_TOLD} more"] if len(changes) > _MOST_TOLD else []
    raise DraftError(
        f"{draft.name} has {count}: {'; '.join((*places, *more))}",
        "accept or reject them in the document, or add   --accept-changes   or   --reject-changes",
    )


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 40 else f"{text[:39]}…"
