"""Checks an issue before it is sent.

Input: an issue's file, the date on which it will be sent, the findings that a person accepts. Output: a `CheckReport`,
which is also stored in .compose/ as the record of the last check. Guarantees: uses the network only if `links` is set.
"""

import datetime
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from composer.app.issues.issue_lookup import IssueFile
from composer.app.text_editors.schema_files import refresh_schemas
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

#: The file where results of links are kept for a day.
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
    """Check an issue for the date on which it will be sent, by default today, and store the report.

    `allowed` names checks whose findings are accepted, each with the reason, which is recorded. With `links`, every
    link is requested, and `progress` is called with the number of pages done and in total. Mistakes in the issue are
    findings, too. Raises UsageError for a check that does not exist, CompilerError, OutputError, WorkspaceError.
    """
    for code in allowed:
        find_check(code)
    now = now or datetime.datetime.now().astimezone()
    refresh_schemas(issue.workspace)
    made = _report(issue, day=day, allowed=allowed, links=links, progress=progress, now=now)
    keep(issue.workspace, made)
    return made


def all_checks() -> tuple[Check, ...]:
    """Return all checks, with their levels and limits."""
    return tuple(catalogue().values())


def find_check(code: str) -> Check:
    """Return a check by its code. Raises UsageError, which names the closest match."""
    found = catalogue().get(code)
    if found is None:
        near = nearest(code, tuple(catalogue()))
        raise UsageError(
            f"unknown check “{code}”",
            f"did you mean {near}?" if near else "to list all checks, run   compose check --list",
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
    # Imported late: most checks do not use the network.
    from composer.links.link_check import ask

    now = datetime.datetime.now(datetime.UTC)
    urls = askable(reviews)
    if progress is not None and urls:
        progress(0, len(urls))
    answers = ask(urls, cache=workspace.root / _LINKS, now=now, tell=progress)
    return link_problems(reviews, answers, read_settings(reviews[0].newsletter).get("LINK02"))
