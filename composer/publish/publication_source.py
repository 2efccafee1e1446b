"""What an archive is made of: for each issue a source that can be read when its page has to be made.

Input: nothing. Output: the types that the command's use case fills, from files or from the database.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass, field

from composer.content.document.issue import Issue
from composer.content.document.newsletter import Newsletter
from composer.publish.archive_model import Correction


@dataclass(frozen=True, slots=True, kw_only=True)
class SentState:
    """What is known of an issue that was sent."""

    hash: str
    at: datetime.datetime
    #: What is different since, the oldest first.
    corrections: tuple[Correction, ...] = ()
    #: The key of the issue that it corrects.
    corrects: str | None = None
    #: When its text changed for the last time, or it was withdrawn or came back.
    changed_at: datetime.datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadIssue:
    """An issue, read: as its page shows it, and as it was sent if that is different."""

    newsletter: Newsletter
    issue: Issue
    #: The digest of its texts.
    digest: str
    #: The files that it was read from besides its own: pictures, parts in other files; relative to the workspace.
    inputs: tuple[str, ...] = ()
    original: tuple[Newsletter, Issue] | None = None
    #: None for a file that is published whether or not it was sent.
    sent: SentState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueSource:
    """An issue in one language."""

    stem: str
    key: str
    #: The language in the file's name.
    tag: str
    #: Returns the digest of everything that its page is made of, besides what all issues share; the argument is the list of the
    #: files that it was read from.
    made_of: Callable[[tuple[str, ...]], str] = field(repr=False)
    #: Raises ContentError.
    read: Callable[[], ReadIssue] = field(repr=False)
