"""Drafts of several kinds of newsletters, and how many of their words are in the right field."""

import datetime
import shutil
from pathlib import Path

import pytest

from composer.app.issues.drafting import DraftedIssue, DraftFile, draft_issue
from composer.content.document.newsletter import read_newsletter
from composer.core.workspace import Workspace
from composer.drafts.formats.draft_reader import read_draft
from composer.drafts.writing.word_account import field_words
from tests.drafts.corpus_files import SOURCES, corpus_file
from tests.drafts.scoring import Score, score
from tests.factories import ROOT, sample

CORPUS = Path(__file__).parent / "corpus"
#: The newsletter of each draft, by the start of its name.
_NEWSLETTERS = {"town": "purposes/town", "letter": "purposes/letter", "notes": "brands/buildnotes"}
DRAFTS = sorted(path for path in CORPUS.iterdir() if path.suffix != ".yaml")


def scored(path: Path, folder: Path) -> tuple[DraftedIssue, Score]:
    """Make an issue of a draft, and compare it with the one that an editor would write."""
    kind = path.name.partition("-")[0]
    workspace = sample(folder) if kind == "briefing" else Workspace(root=folder.resolve())
    if kind in _NEWSLETTERS:
        shutil.copy(ROOT / "examples" / _NEWSLETTERS[kind] / "newsletter.yaml", folder)
    made = draft_issue(workspace, [DraftFile(path=path)], today=datetime.date(2025, 2, 6))
    newsletter = read_newsletter(workspace, workspace.language_of(made.issue.path))
    expected = field_words(path.with_suffix(".yaml").read_text(encoding="utf-8"), newsletter, workspace)
    found = field_words(made.issue.path.read_text(encoding="utf-8"), newsletter, workspace)
    return made, score(expected, found)


@pytest.mark.parametrize("path", DRAFTS, ids=lambda path: path.name)
def test_right_fields(path: Path, tmp_path: Path) -> None:
    """At least nine of ten words are in the field that an editor would choose, and none is missing."""
    made, result = scored(path, tmp_path)
    assert made.words.is_complete
    assert result.share >= 0.9, result.wrong


@pytest.mark.parametrize("source", sorted(SOURCES.iterdir()), ids=lambda path: path.name)
def test_files_are_made_from_their_sources(source: Path) -> None:
    """The documents in the corpus have the text that their sources have, so that a person can read and change it."""
    made, stored = (
        read_draft(corpus_file(source), source.stem),
        read_draft((CORPUS / source.stem).read_bytes(), source.stem),
    )
    assert made == stored
