"""Checks an issue as a careful colleague would, before it goes out.

Input: an issue's file, the day it is to go out, what a person allows. Output: a `CheckReport`, which is also kept below
.compose/: the record of the last check. Asks the web only when it is asked to.
"""

import datetime
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from composer.app.issues.issue_lookup import IssueFile
from composer.checks.catalogue import catalogue
from composer.checks.check_settings import read_settings
from composer.checks.registry import Check
from composer.checks.review import ReviewedEdition
from composer.checks.rules.message.link_targets import askable, link_problems
from composer.content.schema.messages import nearest
from composer.core.errors import ContentError, Problem, UsageError
from composer.core.workspace import Workspace
from composer.editions.check_reports import CheckReport, keep, report
from composer.editions.check_run import check_issue

#: Where the answers of links are kept for a day.
_LINKS = Path(".compose") / "links.json"
_NOTHING: Mapping[str, str] = MappingProxyType({})


def check(
    issue: IssueFile,
    *,
    day: datetime.date | None = None,
    allowed: Mapping[str, str] = _NOTHING,
    links: bool = False,
    progress: Callable[[int, int], None] | None = None,
    now: datetime.datetime | None = None,
) -> CheckReport:
    """Check an issue for the day it is to go out, by default today, and keep the report.

    `allowed` names checks whose findings may pass, each with the reason, which is recorded. With `links`, every link is
    asked whether it leads somewhere, and `progress` hears how many pages were asked of how many. Mistakes in the issue
    are findings, too. Raises UsageError for a check that does not exist, CompilerError, OutputError, WorkspaceError.
    """
    for code in allowed:
        find_check(code)
    now = now or datetime.datetime.now().astimezone()
    made = _report(issue, day=day, allowed=allowed, links=links, progress=progress, now=now)
    keep(issue.workspace, made)
    return made


def all_checks() -> tuple[Check, ...]:
    """List the checks, with their levels and limits."""
    return tuple(catalogue().values())


def find_check(code: str) -> Check:
    """Find a check by its code. Raises UsageError, which names the nearest."""
    found = catalogue().get(code)
    if found is None:
        near = nearest(code, tuple(catalogue()))
        raise UsageError(
            f"there is no check “{code}”", f"did you mean {near}?" if near else "see: compose check --list"
        )
    return found


def _report(
    issue: IssueFile,
    *,
    day: datetime.date | None,
    allowed: Mapping[str, str],
    links: bool,
    progress: Callable[[int, int], None] | None,
    now: datetime.datetime,
) -> CheckReport:
    try:
        checked = check_issue(issue.workspace, issue.path, now, day)
    except ContentError as error:
        return report(
            issue=issue.name, stem=issue.stem, hash="", day=day or now.date(), problems=error.problems, allowed={}
        )
    problems = checked.problems
    if links:
        problems = (*problems, *_ask(issue.workspace, checked.reviews, progress))
        problems = tuple(sorted(problems, key=lambda problem: (problem.level.rank, problem)))
    return report(
        issue=issue.name,
        stem=issue.stem,
        hash=checked.hash,
        day=checked.review.today,
        problems=problems,
        allowed=allowed,
    )


def _ask(
    workspace: Workspace, reviews: tuple[ReviewedEdition, ...], progress: Callable[[int, int], None] | None
) -> tuple[Problem, ...]:
    # Late: few checks ask the web.
    from composer.links.link_check import ask

    now = datetime.datetime.now(datetime.UTC)
    urls = askable(reviews)
    if progress is not None and urls:
        progress(0, len(urls))
    answers = ask(urls, cache=workspace.root / _LINKS, now=now, tell=progress)
    return link_problems(reviews, answers, read_settings(reviews[0].newsletter).get("LINK02"))
