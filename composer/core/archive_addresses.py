"""The addresses of the pages in the online archive, which never change.

Input: the stem of an issue file. Output: paths relative to the archive, which end with a slash for a page. Guarantees:
different issues have different paths; a path depends only on the file's name.
"""

import re
from functools import lru_cache
from urllib.parse import quote

from composer.core.issue_names import date_in

#: The folder of issues whose file name is not a date.
NAMED = "issues"
#: The folders of the sections' pages and of what all pages share.
SECTIONS, FILES = "sections", "files"
#: The text as it was sent, below the page of a corrected issue.
ORIGINAL = "original"

_UNSAFE = re.compile(r"[^\w~-]+")


def language_folder(language_tag: str | None) -> str:
    """Return the folder of a language: `de/`; empty for the newsletter's main language (no tag in the file name)."""
    return f"{language_tag}/" if language_tag else ""


@lru_cache(maxsize=8_192)
def issue_address(stem: str) -> str:
    """Return the path of an issue's page: `2025/01-30/`, `de/2025/01-30/`, `issues/special/`."""
    key, _, tag = stem.partition(".")
    return language_folder(tag) + address_of_key(key)


def address_of_key(key: str) -> str:
    """Return the path of an issue below the folder of its language."""
    day = date_in(key)
    if day is not None and day.isoformat() == key:
        return f"{day:%Y}/{day:%m-%d}/"
    name = _UNSAFE.sub("-", key).strip(".-") or "issue"
    return f"{NAMED}/{quote(name, safe='')}/"


def pdf_address(stem: str) -> str:
    """Return the path of an issue's PDF, next to its page: `2025/01-30/2025-01-30.pdf`."""
    page = issue_address(stem)
    return f"{page}{page.strip('/').replace('/', '-')}.pdf"


def section_address(language_tag: str | None, anchor: str, year: int | None = None) -> str:
    """Return the path of a section's page; with a year, of that year's part."""
    return f"{language_folder(language_tag)}{SECTIONS}/{anchor}/" + (f"{year:04d}/" if year is not None else "")
