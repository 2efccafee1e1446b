"""Where the current issue stands, and the next step.

Comes in: a workspace. Goes out: a `Standing`. Builds in memory to compare with the outbox; never writes.
"""

import datetime
from dataclasses import dataclass
from pathlib import Path

from composer.content.issue import issue_language
from composer.errors import ComposeError, ContentError
from composer.outbox import is_current
from composer.pipeline import hash_of, variants_of
from composer.reports import last_check
from composer.workspace import OUTBOX, Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionStanding:
    """One language edition of the current issue."""

    name: str
    stem: str
    language: str | None
    problems: int
    #: Whether the outbox holds exactly what a build would write now.
    is_built: bool
    #: Whether it was checked as it stands now, and nothing keeps it from being sent.
    is_checked: bool = False
    #: Its date; None while it is broken.
    date: datetime.date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The current issue in all its languages; `next` is a command, with what it is for."""

    newsletter: str
    editions: tuple[EditionStanding, ...]
    next: str
    why: str


def standing(workspace: Workspace, today: datetime.date) -> Standing:
    """Look at the current issue: the one whose name comes last. Raises ContentError when newsletter.yaml is broken."""
    from composer.content.newsletter import read_newsletter

    newsletter = read_newsletter(workspace)
    paths = workspace.issues()
    if not paths:
        return Standing(newsletter=newsletter.name, editions=(), next="compose new", why="there is no issue yet")
    current = max(path.stem.split(".", 1)[0] for path in paths)
    editions = tuple(_edition(workspace, path) for path in paths if path.stem.split(".", 1)[0] == current)
    broken = next((edition for edition in editions if edition.problems), None)
    stale = [edition.stem for edition in editions if not edition.is_built]
    unchecked = [
        edition.stem for edition in editions if not edition.is_checked and edition.date and edition.date >= today
    ]
    if broken:
        step, why = f"compose build {broken.stem}", "it lists the problems, each with its line"
    elif stale:
        step, why = f"compose build {' '.join(stale)}", "the outbox does not hold it as it stands now"
    elif unchecked:
        step, why = f"compose check {' '.join(unchecked)}", "before it goes out: size, links, accessibility, the law"
    else:
        step, why = "compose new", f"{current} is built; look at outbox/{current}/issue.html"
    return Standing(newsletter=newsletter.name, editions=editions, next=step, why=why)


def _edition(workspace: Workspace, path: Path) -> EditionStanding:
    problems, is_built, is_checked, date = 0, False, False, None
    try:
        fullest, *others = variants_of(workspace, path)
        is_built = is_current(fullest.built, workspace.root / OUTBOX, others)
        is_checked = last_check(workspace, path.stem, hash_of((fullest, *others))) is not None
        date = fullest.built.issue.date
    except ContentError as error:
        problems = len(error.problems)
    except ComposeError:
        problems = 1
    return EditionStanding(
        name=workspace.name(path),
        stem=path.stem,
        language=issue_language(path),
        problems=problems,
        is_built=is_built,
        is_checked=is_checked,
        date=date,
    )
