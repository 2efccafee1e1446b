"""Finds files of the same issue: copies that sync programs, merges and people leave next to an issue.

Input: a workspace and an issue's path. Output: the other files with the same date or number in the same language, or
with the same date in their name. Guarantees: a file is compared by its content, with any name, even if it is not valid;
reads only the files in the issues folder, and writes nothing.
"""

import datetime
import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from composer.core.issue_names import date_in, is_issue_file
from composer.core.workspace import NEWSLETTER, Workspace, stamp

#: Numbers count up for at least a year before they start again: "3/2030" and "3/2031" are different issues.
SAME_NUMBER_WITHIN = datetime.timedelta(days=183)
#: More bytes than an issue may have: a longer file is not an issue.
_LONGEST = 1_000_000
# Spaces and invisible characters do not make two files different.
_UNSEEN = rb"\xe2\x80[\x8b-\x8f]|\xe2\x81\xa0|\xef\xbb\xbf"
_GAP = rb"(?:[ \t\"']|\xc2\xa0|" + _UNSEEN + rb")*"
_DATE = re.compile(rb"date" + _GAP + rb":" + _GAP + rb"(\d{4}-\d{2}-\d{2})(?!\d)")
_NUMBER = re.compile(rb"number" + _GAP + rb":" + _GAP + rb"(\d{1,9})(?!\d)")
_SUBJECT = re.compile(rb"(subject)" + _GAP + rb":")
_LANGUAGE = re.compile(rb"language" + _GAP + rb":" + _GAP + rb"([A-Za-z-]+)")
#: What may precede a key that is not part of another key.
_BEFORE = re.compile(rb"(?:[\"']|" + _UNSEEN + rb")*")
#: How many bytes back the start of a line is searched.
_FAR = 16


class Shared(StrEnum):
    """What two files of one issue have in common."""

    DATE = "date"
    NUMBER = "number"
    #: the date in the file name is the same
    NAME = "name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """The start of an issue file, which identifies the issue."""

    date: datetime.date | None = None
    number: int | None = None
    has_subject: bool = False

    @property
    def is_issue(self) -> bool:
        """Whether the file contains an issue, and not a part of one: a section may have a date, but no subject."""
        return self.has_subject


@dataclass(frozen=True, slots=True, kw_only=True)
class SameIssue:
    """Another file of the same issue."""

    #: The path relative to the newsletter's folder.
    name: str
    key: str
    shared: Shared


def issue_key(path: Path) -> str:
    """Return the key of an issue, which is the same in all languages: the file's stem up to the first dot."""
    return path.stem.split(".", 1)[0]


def current_issue(workspace: Workspace) -> tuple[Path, ...]:
    """Return the files of the current issue, whose name sorts last, in all its languages; none if there is no issue."""
    paths = workspace.issues()
    return tuple(path for path in paths if issue_key(path) == issue_key(paths[-1]))


def editions_of_issue(workspace: Workspace, path: Path) -> tuple[Path, ...]:
    """Return the files of an issue in all its languages, the newsletter's main language first; `path` is one of them."""
    key, languages = issue_key(path), workspace.languages()
    issues = workspace.issues()
    # The editions of an issue with an unusual name have the same unusual name.
    others = issues if path in issues else (each for each in workspace.other_files() if is_issue_file(each.name))
    found = {workspace.language_of(path, languages): path}
    for each in others:
        if issue_key(each) == key:
            found.setdefault(workspace.language_of(each, languages), each)
    return tuple(sorted(found.values(), key=lambda each: (each.stem.count("."), each.stem)))


def same_issue_files(
    workspace: Workspace, path: Path, date: datetime.date | None = None, number: int | None = None
) -> tuple[SameIssue, ...]:
    """Return the other files of the same issue in the same language.

    `date` and `number` are those of the issue if it has been read already; otherwise they are read from the file.
    """
    mine = Heading(date=date, number=number) if date is not None else heading(path, stamp(path))
    languages = workspace.languages()
    own = _own_language(workspace.root / NEWSLETTER, stamp(workspace.root / NEWSLETTER))
    language = _language(workspace, path, languages, own)
    found = []
    for other in workspace.yaml_files():
        shared = _shared(path, mine, other, heading(other, stamp(other)))
        if shared is None or _language(workspace, other, languages, own) != language:
            continue
        if other.resolve() != path.resolve():
            found.append(SameIssue(name=workspace.name(other), key=issue_key(other), shared=shared))
    return tuple(found)


def files_of_day(workspace: Workspace, date: datetime.date, language: str | None) -> tuple[Path, ...]:
    """Return every file that is, or may be intended as, the issue of a day in a language, with any name and ending."""
    languages = workspace.languages()
    own = _own_language(workspace.root / NEWSLETTER, stamp(workspace.root / NEWSLETTER))
    wanted = (language or own).lower()
    return tuple(
        path
        for path in (*workspace.issues(), *workspace.other_files())
        if date in (date_in(path.name), heading(path, stamp(path)).date)
        and _language(workspace, path, languages, own) == wanted
    )


@lru_cache(maxsize=2_048)
def heading(path: Path, _stamp: tuple[int, int]) -> Heading:
    """Return a file's date and number, without parsing the rest; empty if the file cannot be read."""
    try:
        with path.open("rb") as file:
            data = file.read(_LONGEST)
    except OSError:
        return Heading()
    date, number = _value(_DATE, data), _value(_NUMBER, data)
    return Heading(
        date=_as_date(date) if date else None,
        number=int(number) if number else None,
        has_subject=_value(_SUBJECT, data) is not None,
    )


def _value(key: re.Pattern[bytes], data: bytes) -> str | None:
    """Return the value of a key at the start of a line: after spaces, it would be part of another key."""
    for found in key.finditer(data):
        line = re.split(rb"[\r\n]", data[max(0, found.start() - _FAR) : found.start()])
        if (len(line) > 1 or found.start() < _FAR) and _BEFORE.fullmatch(line[-1]):
            return found[1].decode()
    return None


def _shared(path: Path, mine: Heading, other_path: Path, other: Heading) -> Shared | None:
    if not other.is_issue:
        return None
    if mine.date is not None and mine.date == other.date:
        return Shared.DATE
    if mine.number is not None and mine.number == other.number and _is_near(mine.date, other.date):
        return Shared.NUMBER
    day = date_in(path.name)
    return Shared.NAME if day is not None and day == date_in(other_path.name) else None


def _is_near(one: datetime.date | None, other: datetime.date | None) -> bool:
    return one is None or other is None or abs(one - other) <= SAME_NUMBER_WITHIN


def _language(workspace: Workspace, path: Path, languages: Collection[str], own: str) -> str:
    return (workspace.language_of(path, languages) or own).lower()


@lru_cache(maxsize=16)
def _own_language(path: Path, _stamp: tuple[int, int]) -> str:
    """Return the newsletter's language from newsletter.yaml."""
    try:
        return _value(_LANGUAGE, path.read_bytes()) or ""
    except OSError:
        return ""


def _as_date(text: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        return None
