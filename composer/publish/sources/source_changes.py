"""What changed between two texts of an issue: for the note about a correction.

Input: the trees of texts of two versions. Output: codes with the key of their section, and these in a reader's words.
Guarantees: pure; compares texts only, so that layout and comments of a file do not matter.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from composer.core.untrusted.untrusted_text import visible

#: A text, a group of keys, or a list, as an issue file contains it.
Tree = "str | Mapping[str, Tree] | Sequence[Tree]"
#: Keys that an issue's page does not show.
_UNSEEN = frozenset(("archive", "withdrawn", "only", "preheader"))


class ChangeKind(StrEnum):
    """What happened to a part of an issue."""

    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"
    #: The title of the whole issue.
    TITLE = "title"
    #: The number and the date of the issue.
    NUMBER = "number"
    DATE = "date"
    #: A part without a section: the note.
    OTHER = "other"


_OF_ISSUE = {"subject": ChangeKind.TITLE, "number": ChangeKind.NUMBER, "date": ChangeKind.DATE}


def changes_between(before: Mapping[str, object], after: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """Return what changed as pairs of a code and a key, in the order of the newer version."""
    found: list[tuple[str, str]] = []
    for key in dict.fromkeys((*after, *before)):
        old, new = before.get(key), after.get(key)
        if old == new or key in _UNSEEN:
            continue
        if (kind := _OF_ISSUE.get(key)) is not None:
            found.append((kind, ""))
        elif not isinstance(old or new, (Mapping, list, tuple)):
            found.append((ChangeKind.OTHER, ""))
        elif old is None or _is_longer(new, old):
            found.append((ChangeKind.ADDED, key))
        elif new is None or _is_longer(old, new):
            found.append((ChangeKind.REMOVED, key))
        else:
            found.append((ChangeKind.CHANGED, key))
    return tuple(dict.fromkeys((str(kind), key) for kind, key in found))


def _is_longer(one: object, other: object) -> bool:
    """Return whether a list has more items than another one."""
    return isinstance(one, Sequence) and isinstance(other, Sequence) and len(one) > len(other)


def change_texts(
    changes: Sequence[tuple[str, str]], headings: Mapping[str, str], phrases: Mapping[str, str]
) -> tuple[str, ...]:
    """Return changes as text; `headings` are the names of sections by key."""
    found = []
    for kind, key in changes:
        heading = visible(headings.get(key, ""))
        match ChangeKind(kind):
            case ChangeKind.TITLE | ChangeKind.NUMBER | ChangeKind.DATE:
                found.append(phrases[f"{kind}_changed"])
            case ChangeKind.ADDED | ChangeKind.REMOVED | ChangeKind.CHANGED if heading:
                found.append(phrases[f"section_{kind}"].replace("%s", heading))
            case _:
                found.append(phrases["text_changed"])
    return tuple(dict.fromkeys(found))
