"""Issues are found by path or stem."""

from pathlib import Path

import pytest

from composer.app.issues.issue_lookup import find_issue, find_issues
from composer.core.errors import UsageError, WorkspaceError
from tests.factories import sample_message


def test_a_path_and_a_stem_are_the_same_issue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Path and stem find the same issue, from the newsletter's folder, a subfolder, or elsewhere with the folder named."""
    workspace = sample_message(tmp_path / "news")
    by_folder = find_issue("2025-01-30", workspace.root)
    assert by_folder.path == workspace.root / "issues/2025-01-30.yaml"
    assert (by_folder.name, by_folder.stem) == ("issues/2025-01-30.yaml", "2025-01-30")
    assert find_issue("issues/2025-01-30.yaml", workspace.root) == by_folder
    assert find_issue(by_folder.path) == by_folder
    monkeypatch.chdir(workspace.root / "issues")
    assert find_issue("2025-01-30") == find_issue("2025-01-30.yaml") == by_folder
    assert find_issues(["2025-01-30", by_folder.path, "2025-01-30.yaml"]) == (by_folder,)


def test_a_missing_issue_is_an_error(tmp_path: Path) -> None:
    """A missing newsletter and a missing issue are errors."""
    with pytest.raises(WorkspaceError):
        find_issue("2025-01-30", tmp_path)
    with pytest.raises(UsageError, match="2025-01-31"):
        find_issue("2025-01-31", sample_message(tmp_path).root)
