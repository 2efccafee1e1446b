"""Issues are found by path or stem."""

from pathlib import Path

import pytest

from composer.app.issues.issue_lookup import find_current_issue, find_issue, find_issues
from composer.app.issues.overview import overview
from composer.core.environment import Environment
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


def test_the_current_issue(tmp_path: Path) -> None:
    """It is the one whose date is last, in all its languages; without any issue, the hint is how to create one."""
    root = sample_message(tmp_path).root
    (root / "newsletter.de.yaml").write_text("language: de\n", encoding="utf-8")
    for name in ("2025-02-06.yaml", "2025-02-06.de.yaml", "a-copy.yaml"):
        (root / "issues" / name).write_text("", encoding="utf-8")
    assert [each.stem for each in find_current_issue(root)] == ["2025-02-06", "2025-02-06.de"]
    for path in (root / "issues").iterdir():
        path.unlink()
    with pytest.raises(UsageError, match="no issue yet") as caught:
        find_current_issue(root)
    assert "compose new" in caught.value.hint


def test_a_missing_issue_is_an_error(tmp_path: Path) -> None:
    """A missing newsletter and a missing issue are errors."""
    with pytest.raises(WorkspaceError):
        find_issue("2025-01-30", tmp_path)
    with pytest.raises(UsageError, match="2025-01-31"):
        find_issue("2025-01-31", sample_message(tmp_path).root)


@pytest.mark.parametrize("written", ["2025-1-30", "30.01.2025", "2025/01/30"])
def test_a_date_in_another_form(tmp_path: Path, written: str) -> None:
    """The issue that was meant is named."""
    with pytest.raises(UsageError) as caught:
        find_issue(written, sample_message(tmp_path).root)
    assert "2025-01-30?" in caught.value.hint


def test_the_folder_of_a_newsletter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In place of an issue, and above the newsletter, the hint is the way into the folder."""
    sample_message(tmp_path / "my news")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as caught:
        find_issue("my news")
    assert "cd 'my news'" in caught.value.hint
    with pytest.raises(WorkspaceError) as above:
        find_issue("2025-01-30")
    assert "cd 'my news'" in above.value.hint


@pytest.mark.parametrize("ending", [".txt", ".yaml.txt", ".yml.txt", ".de.txt"])
def test_a_text_file_named_like_an_issue(tmp_path: Path, ending: str) -> None:
    """The hint is the command that renames it, also in the overview."""
    workspace = sample_message(tmp_path)
    stem = f"2025-02-06{'.de' if '.de' in ending else ''}"
    (workspace.root / f"issues/2025-02-06{ending}").write_text("date: 2025-02-06\n")
    with pytest.raises(UsageError) as caught:
        find_issue(stem, workspace.root)
    renaming = f"mv issues/2025-02-06{ending} issues/{stem}.yaml"
    assert renaming in caught.value.hint
    seen = overview(workspace, environment=Environment(environment={}, folder=tmp_path / "config"))
    assert [renaming in step for step in seen.renamings] == [True]
    assert f"issues/2025-02-06{ending}" in seen.other_files
