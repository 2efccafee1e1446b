"""The names of issue files: date and language.

Input: file names. Output: dates and language tags. Guarantees: only the two forms in docs/reference/issue-format.md,
`2025-01-30.yaml` and `2025-01-30.de.yaml`, are issues; names with additions by a sync program, a mail program or an
editor are not. Reads no file.
"""

import datetime
import re
from collections.abc import Collection
from dataclasses import dataclass

from composer.core.language_tags import canonical_tag, is_language

#: The endings of issue files, in lower case.
ENDINGS = (".yaml", ".yml")
#: Endings that a text editor or a browser may have added to the name of an issue.
_HIDING = re.compile(r"(?:\.ya?ml)(?:\.(?:txt|rtf|html?|docx?))?$", re.IGNORECASE)
_DATE = re.compile(r"(?<!\d)(\d{4}-\d{2}-\d{2})(?!\d)")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueName:
    """The date and the language in a file name; no language means the newsletter's main language."""

    date: datetime.date
    language: str | None


def is_issue_file(name: str) -> bool:
    """Return whether a name ends like an issue file, in lower or upper case."""
    return name.lower().endswith(ENDINGS)


def may_hold_an_issue(name: str) -> bool:
    """Return whether a name ends with .yaml or .yml, perhaps with another ending after it: `2025-01-30.yaml.txt`."""
    return _HIDING.search(name) is not None and not name.startswith(".")


def parse_issue_name(name: str, languages: Collection[str] = ()) -> IssueName | None:
    """Return the date and language of a file name; None if the name contains anything else.

    `languages` are those that the newsletter has a file for.
    """
    if not is_issue_file(name):
        return None
    day, dot, tag = name[: name.rindex(".")].partition(".")
    date = _date(day)
    if date is None or (dot and not _is_language(tag, languages)):
        return None
    return IssueName(date=date, language=tag or None)


def date_in(name: str) -> datetime.date | None:
    """Return the first date anywhere in a file name: `Copy of 2025-01-30 (1).yaml`."""
    found = _DATE.search(name)
    return _date(found[1]) if found else None


def language_in(name: str, languages: Collection[str]) -> str | None:
    """Return the language in a file name, even if a program has added something to it: `2025-01-30.de (1).yaml`."""
    stem = name[: name.rindex(".")] if "." in name else name
    _, dot, tag = stem.rpartition(".")
    if dot and _is_language(tag, languages):
        return tag
    known = sorted(languages, key=len, reverse=True)
    return next((each for each in known if re.search(rf"\.{re.escape(each)}(?![A-Za-z])", stem)), None)


def _date(text: str) -> datetime.date | None:
    if not _DATE.fullmatch(text):
        return None
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        return None


def _is_language(tag: str, languages: Collection[str]) -> bool:
    if tag in languages:
        return True
    if not _LANGUAGE.fullmatch(tag):
        return False
    return is_language(canonical_tag(tag))
