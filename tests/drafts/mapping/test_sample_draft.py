"""The sample as a Word document becomes the sample again."""

from pathlib import Path

from composer.app.issues.build import build
from composer.app.issues.drafting import DraftFile, draft_issue
from composer.content.document.issue import read_issue
from composer.content.document.newsletter import read_newsletter
from composer.core.workspace import Workspace
from composer.drafts.writing.word_account import field_words
from tests import processor_time
from tests.drafts.drafted_issue import DraftedIssue
from tests.drafts.scoring import score
from tests.factories import sample

#: What the draft does not have: editors write it into the issue.
_NOT_DRAFTED = {"subject", "preheader", "note", "figure", "alt", "length"}


def _drafted(workspace: Workspace, stem: str) -> tuple[bytes, str]:
    path = workspace.issue(stem)
    newsletter, issue = read_issue(workspace, path)
    return DraftedIssue(issue, newsletter).docx(), path.read_text(encoding="utf-8")


def test_sample(tmp_path: Path) -> None:
    """At least 98 % of the words are in the right field, all are accounted for, and the issue can be built."""
    workspace = sample(tmp_path)
    data, written = _drafted(workspace, "2025-01-30")
    (tmp_path / "issues" / "2025-01-30.yaml").unlink()
    with processor_time.at_most(1):
        made = draft_issue(workspace, [DraftFile(name="draft.docx", data=data)])
    newsletter = read_newsletter(workspace)
    expected = field_words(written, newsletter, workspace)
    expected = {path: words for path, words in expected.items() if not _NOT_DRAFTED & set(path)}
    result = score(expected, field_words(made.issue.path.read_text(encoding="utf-8"), newsletter, workspace))
    assert result.expected > 1_800
    assert result.share >= 0.98, result.wrong
    assert made.words.is_complete and made.words.left_over == 0
    assert made.issue.name == "issues/2025-01-30.yaml"
    assert not made.problems
    assert build(made.issue).is_built
