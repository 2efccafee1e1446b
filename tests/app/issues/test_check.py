"""Checks of an issue, as a function."""

import datetime
from pathlib import Path

import pytest

from composer.app.issues.check import all_checks, check, find_check
from composer.app.issues.issue_lookup import find_issue
from composer.core.errors import Level, UsageError
from composer.editions.check_reports import last_check
from composer.links.answer import LinkAnswer, LinkVerdict
from composer.links.cache import write
from tests.factories import sample_message

DAY = datetime.date(2025, 1, 30)


def test_the_report_is_kept(tmp_path: Path) -> None:
    """A successful check is on record for its date and edition, until the issue is changed."""
    issue = find_issue("2025-01-30", sample_message(tmp_path).root)
    made = check(issue, day=DAY, allowed={each.code: "a letter" for each in all_checks()})
    assert made.is_ready and made.allowed and made.problems == ()
    kept = last_check(issue.workspace, issue.stem, made.hash)
    assert kept is not None and (kept.day, kept.is_ready, kept.counts) == (DAY, True, made.counts)
    assert last_check(issue.workspace, issue.stem, "another") is None


def test_findings_and_what_is_allowed(tmp_path: Path) -> None:
    """A finding has its place; if its code is allowed with a reason, it is listed separately."""
    issue = find_issue("2025-01-30", sample_message(tmp_path, "Dear {{ first_name }}, TODO write this.").root)
    found = check(issue, day=DAY)
    assert not found.is_ready
    (todo, *_) = [problem for problem in found.problems if problem.line == 5 and problem.level is Level.BLOCKER]
    passed = check(issue, day=DAY, allowed={todo.code: "it is a test"})
    assert todo not in passed.problems and (todo, "it is a test") in passed.allowed


def test_mistakes_are_findings(tmp_path: Path) -> None:
    """An issue that cannot be built has a report without a hash, and is not ready."""
    issue = find_issue("2025-01-30", sample_message(tmp_path).root)
    issue.path.write_text("subjekt: x\n", encoding="utf-8")
    made = check(issue, day=DAY)
    assert made.hash == "" and made.counts[Level.ERROR] and not made.is_ready


def test_a_check_that_does_not_exist(tmp_path: Path) -> None:
    """It is reported before anything is checked, with the closest match."""
    issue = find_issue("2025-01-30", sample_message(tmp_path).root)
    code = all_checks()[0].code
    assert find_check(code) == all_checks()[0]
    with pytest.raises(UsageError, match="unknown check") as told:
        check(issue, allowed={f"{code}x": "why not"})
    assert code in told.value.hint
    assert not (tmp_path / ".compose/checks").exists()


def test_links_are_checked_with_progress(tmp_path: Path) -> None:
    """Today's results are reused; the callback gets every page, and a dead link is a finding."""
    url = "https://example.org/gone"
    issue = find_issue("2025-01-30", sample_message(tmp_path, f"Dear all, see [the page]({url}).").root)
    now = datetime.datetime.now(datetime.UTC)
    cache = tmp_path / ".compose/links.json"
    answer = LinkAnswer(url=url, verdict=LinkVerdict.GONE, reason="it is gone", status=410, asked_at=now)
    write(cache, {url: answer}, now)
    heard: list[tuple[int, int]] = []
    made = check(issue, day=DAY, links=True, progress=lambda done, total: heard.append((done, total)))
    assert heard[0][0] == 0 and heard[-1] == (1, 1)
    assert [(problem.line, problem.level) for problem in made.problems if problem.code == "LINK02"] == [
        (5, Level.ERROR)
    ]
