"""The verdict on a link.

Input: nothing. Output: a closed vocabulary, and the value with a verdict and its reason.
"""

import datetime
from dataclasses import dataclass
from enum import StrEnum


class LinkVerdict(StrEnum):
    """The verdict on a link, as a code."""

    #: The page exists, perhaps after a temporary redirect.
    FINE = "fine"
    #: The page exists, but has moved permanently: every redirect was permanent; `final` is its new address.
    MOVED = "moved"
    #: The server says that the page does not exist (404) or was removed (410), to HEAD and to GET.
    GONE = "gone"
    #: The host has no address: it is misspelt, or the site no longer exists.
    UNKNOWN_HOST = "unknown-host"
    #: It could not be checked; a person must open it. Many good pages block automated checks, so this is not a failure.
    UNSURE = "unsure"
    #: No host at all could be found: this computer is offline, which says nothing about the link.
    OFFLINE = "offline"
    #: It leads into a private network, or is not http or https: it was not checked.
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkAnswer:
    """The result for one link."""

    #: As the caller wrote it.
    url: str
    verdict: LinkVerdict
    #: A short reason for an editor.
    reason: str
    #: The new address of a page that MOVED, in ASCII, ready to be written into the issue; None with any other verdict.
    final: str | None = None
    #: The last HTTP status (RFC 9110, section 15); None if no server answered.
    status: int | None = None
    #: UTC.
    asked_at: datetime.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Hindrance:
    """Why a link, or a redirect on its way, was not checked."""

    verdict: LinkVerdict
    reason: str
