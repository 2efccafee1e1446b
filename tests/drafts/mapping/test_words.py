"""No word of a draft is lost, and none is written twice."""

import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from composer.content.document.newsletter import Newsletter, read_newsletter
from composer.content.document.phrase_files import PhraseGroup, read_phrases
from composer.core.workspace import Workspace
from composer.drafts.draft_document import DraftDocument
from composer.drafts.mapping.issue_mapping import MappedIssue, NextValues, map_issue
from composer.drafts.mapping.named_draft import NamedDraft
from composer.drafts.mapping.names.known_names import vocabulary_of
from composer.drafts.writing.issue_yaml import issue_text
from composer.drafts.writing.word_account import WordAccount, account_words
from tests.drafts.mapping.draft_strategy import documents
from tests.factories import ROOT
from tests.sizes import sized

UPCOMING = NextValues(date=datetime.date(2025, 2, 6), number=215)


def mapped(
    document: DraftDocument, workspace: Workspace, newsletter: Newsletter
) -> tuple[MappedIssue, str, WordAccount]:
    """Return what becomes of a draft: the mapping, the text of the file, and its words."""
    phrases = read_phrases(newsletter.theme, PhraseGroup.EDITION, newsletter.language)
    assert phrases is not None
    made = map_issue([NamedDraft("draft.docx", document)], newsletter, vocabulary_of(newsletter, phrases), UPCOMING)
    text = issue_text(made.keys)
    accounted = [each.text for each in made.accounted]
    return made, text, account_words([document], text, newsletter, workspace, accounted=accounted, added=made.added)


@pytest.mark.parametrize("folder", [".", "examples/gallery", "examples/purposes/letter", "examples/purposes/town"])
@settings(
    max_examples=sized(40, 125),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(document=documents)
def test_every_word_is_in_the_file(folder: str, document: DraftDocument) -> None:
    """The words of any draft are the words of its issue file, whatever the newsletter."""
    workspace = Workspace(root=(ROOT / Path(folder)).resolve())
    _, text, words = mapped(document, workspace, read_newsletter(workspace))
    assert words.total == document.word_count
    assert words.is_complete, (words.missing, words.surplus, text)
    assert text.count("# TODO Anna: Check this") == text.count("# TODO Bo: And this") == 1, text
