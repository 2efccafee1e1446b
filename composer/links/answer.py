"""The words for what became of a link.

Input: nothing. Output: a closed vocabulary, and the value that carries one of its words with its reason.
"""

import datetime
from dataclasses import dataclass
from enum import StrEnum


class LinkVerdict(StrEnum):
    """What became of a link, in one word."""

    #: The page is there, perhaps after a temporary redirect.
    FINE = "fine"
    #: The page is there, but has moved for good: every redirect on the way was permanent; `final` is its new address.
    MOVED = "moved"
    #: The server says that there is no such page (404), or no longer (410), to HEAD and to GET.
    GONE = "gone"
    #: The name of the host leads to no address: it is mistyped, or the site is no more.
    UNKNOWN_HOST = "unknown-host"
    #: It could not be checked; a person opens it. Many good pages let no program in, so this is not bad news.
    UNSURE = "unsure"
    #: It leads into a private network, or is not http or https: it was not asked.
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkAnswer:
    """What became of one link."""

    #: As the caller wrote it.
    url: str
    verdict: LinkVerdict
    #: A few plain words for an editor.
    reason: str
    #: The new address of a page that MOVED, ASCII, ready to be written into the issue; None with any other verdict.
    final: str | None = None
    #: The last HTTP status that was heard (RFC 9110, section 15); None when no server answered.
    status: int | None = None
    #: UTC.
    asked_at: datetime.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Hindrance:
    """Why a link, or a stop on its way, was not even asked."""

    verdict: LinkVerdict
    reason: str
