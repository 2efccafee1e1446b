"""The state of the current issue, from the files of a newsletter alone."""

import datetime
from pathlib import Path

from composer.app.issues.build import build
from composer.app.issues.check import all_checks, check
from composer.app.issues.issue_lookup import find_issue
from composer.app.issues.overview import Overview, overview
from composer.app.issues.send_to_editors import prepare_editor_test, send_editor_test
from composer.core.addresses import Address
from composer.core.environment import Environment
from composer.core.errors import Level
from composer.core.workspace import Workspace
from tests.factories import LETTER, sample_message

NOW = datetime.datetime(2025, 1, 29, 12, tzinfo=datetime.UTC)


def _seen(workspace: Workspace, now: datetime.datetime = NOW) -> Overview:
    return overview(workspace, now, Environment(environment={}, folder=workspace.root / "config"))


def test_the_next_step_follows_what_was_done(tmp_path: Path) -> None:
    """Before its date, an issue is built, checked and tested; afterwards, the next step is a new issue."""
    workspace = sample_message(tmp_path)
    issue = find_issue("2025-01-30", workspace.root)
    assert _seen(workspace).next == "compose build 2025-01-30"
    build(issue)
    (edition,) = (seen := _seen(workspace)).editions
    assert edition.is_built and not edition.is_checked and seen.next == "compose check 2025-01-30"
    check(issue, day=datetime.date(2025, 1, 30), allowed={each.code: "a letter" for each in all_checks()})
    (edition,) = (seen := _seen(workspace)).editions
    assert edition.is_checked and not edition.is_tested and seen.next == "compose test 2025-01-30"
    assert _seen(workspace, NOW + datetime.timedelta(days=2)).next == "compose new"


def test_the_result_of_the_last_check_is_shown(tmp_path: Path) -> None:
    """The counts of the record count until the issue changes; a blocker leads to the check again."""
    workspace = sample_message(tmp_path, "TODO write this.")
    issue = find_issue("2025-01-30", workspace.root)
    build(issue)
    made = check(issue, day=datetime.date(2025, 1, 30))
    (edition,) = (seen := _seen(workspace)).editions
    assert edition.check is not None and edition.check.counts == made.counts and made.counts[Level.BLOCKER]
    assert not edition.is_checked and (seen.next, seen.why) == (
        "compose check 2025-01-30",
        "shows what prevents sending it",
    )
    issue.path.write_text(issue.path.read_text(encoding="utf-8").replace("write this", "write that"), encoding="utf-8")
    (edition,) = _seen(workspace).editions
    assert edition.check is None


def test_a_broken_issue(tmp_path: Path) -> None:
    """Its problems are counted, and the next command lists them."""
    workspace = sample_message(tmp_path)
    (workspace.root / "issues/2025-01-30.yaml").write_text("date: 2025-01-30\nsubjekt: x\n", encoding="utf-8")
    (edition,) = (seen := _seen(workspace)).editions
    assert edition.problems and not edition.is_built and seen.next == "compose build 2025-01-30"


def test_a_newsletter_without_issues(tmp_path: Path) -> None:
    """The overview is empty, and the next step is a new issue."""
    (tmp_path / "newsletter.yaml").write_text(LETTER, encoding="utf-8")
    seen = _seen(Workspace(root=tmp_path.resolve()))
    assert seen.editions == () and seen.next == "compose new" and seen.mailing is None


def test_each_edition_is_tested(tmp_path: Path) -> None:
    """Without a mail server, the next step is a test of each edition until all of them are in the outbox."""
    workspace = sample_message(tmp_path)
    source = workspace.root / "issues/2025-01-30.yaml"
    (workspace.root / "newsletter.fr.yaml").write_text("language: fr\n", encoding="utf-8")
    source.with_name("2025-01-30.fr.yaml").write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    day, allowed = datetime.date(2025, 1, 30), {each.code: "a letter" for each in all_checks()}
    for stem in ("2025-01-30", "2025-01-30.fr"):
        build(issue := find_issue(stem, workspace.root))
        check(issue, day=day, allowed=allowed)
    stems = ["2025-01-30", "2025-01-30.fr"]
    while stems:
        assert _seen(workspace).next == f"compose test {' '.join(stems)}"
        issue = find_issue(stems.pop(0), workspace.root)
        send_editor_test(prepare_editor_test(issue, to=[Address(address="a@example.org")], transport="outbox"))
    assert _seen(workspace).next == "compose doctor"
    assert all(each.has_test_files and not each.is_tested for each in _seen(workspace).editions)
    # A test of an earlier version does not count.
    source.write_text(source.read_text(encoding="utf-8").replace("hello", "hello again"), encoding="utf-8")
    assert [each.has_test_files for each in _seen(workspace).editions] == [False, True]
