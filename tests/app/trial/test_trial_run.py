"""What a person must correct is reported before anything is copied, and before the pages open."""

from pathlib import Path

import pytest

from composer.app.trial import trial_run
from composer.app.trial.trial_run import TrialRequest, issue_to_try, run_trial
from composer.core.errors import ComposeError, ContentError, UsageError
from composer.core.workspace import Workspace
from tests.factories import sample


@pytest.fixture
def newsletter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """The sample; a test fails if a trial gets as far as copying it."""
    (tmp_path / "newsletter").mkdir()
    monkeypatch.setattr(trial_run, "make_trial_folder", lambda *_: pytest.fail("the trial has started"))
    return sample(tmp_path / "newsletter")


def _error(newsletter: Workspace, issue: str | None = None, keep: Path | None = None) -> ComposeError:
    def opened(url: str) -> None:
        pytest.fail("the pages are open")

    with pytest.raises(ComposeError) as stop:
        run_trial(TrialRequest(issue=issue_to_try(issue, newsletter.root), keep=keep), opened, lambda line: None)
    return stop.value


def test_the_current_issue_is_tried(newsletter: Workspace) -> None:
    """Without a name; a name can be a stem or a path."""
    expected = newsletter.root / "issues" / "2025-01-30.yaml"
    assert issue_to_try(None, newsletter.root).path == expected
    assert issue_to_try("2025-01-30.de", newsletter.root).path == expected.with_name("2025-01-30.de.yaml")
    assert issue_to_try(str(expected), newsletter.root).path == expected


def test_an_issue_that_cannot_be_sent(newsletter: Workspace) -> None:
    """It does not exist, or it has mistakes, which have the names and lines of the person's own files."""
    assert isinstance(_error(newsletter, "2031-01-01"), UsageError)
    (newsletter.root / "issues" / "2031-01-30.yaml").write_text("date: 2031-01-30\n", encoding="utf-8")
    found = _error(newsletter)
    assert isinstance(found, ContentError) and found.problems[0].path == "issues/2031-01-30.yaml"
    (newsletter.root / "newsletter.yaml").write_text("name: x\n", encoding="utf-8")
    found = _error(newsletter, "2025-01-30")
    assert isinstance(found, ContentError) and found.problems[0].path == "newsletter.yaml"


def test_a_newsletter_without_issues(newsletter: Workspace) -> None:
    for path in newsletter.issues():
        path.unlink()
    assert isinstance(_error(newsletter), UsageError)


def test_a_folder_that_cannot_be_kept(newsletter: Workspace, tmp_path: Path) -> None:
    """It exists, or it would be copied into itself."""
    for keep in (tmp_path, newsletter.root / "kept"):
        assert isinstance(_error(newsletter, keep=keep), UsageError)
        assert not (newsletter.root / "kept").exists()
