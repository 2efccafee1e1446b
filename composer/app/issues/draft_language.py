"""The edition that a draft is for: the one in whose language its text or its headings are.

Input: a newsletter's folder, drafts. Output: the newsletter in this language, the names it uses, the tag of its files.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from composer.checks.text_patterns.text_language import language_of
from composer.content.document.newsletter import Newsletter, read_newsletter
from composer.content.document.phrase_files import PhraseGroup, read_phrases
from composer.core.workspace import Workspace
from composer.drafts.mapping.named_draft import NamedDraft
from composer.drafts.mapping.names.known_names import Vocabulary, vocabulary_of
from composer.drafts.mapping.outline.draft_outline import matched_sections
from composer.drafts.mapping.text.draft_lines import DraftLine, draft_lines


def newsletter_of(
    workspace: Workspace, drafts: Sequence[NamedDraft], language: str | None
) -> tuple[Newsletter, Vocabulary, str | None]:
    """Return the newsletter in the language of the drafts, and the tag of its files.

    If their text is not clearly in one of its languages, the headings decide.
    """
    main = read_newsletter(workspace)
    tags = [None if language == main.language else language] if language else [None, *sorted(workspace.languages())]
    lines = [line for draft in drafts for line in draft_lines(draft.document)]
    written = _language(lines) if len(tags) > 1 else None
    found: list[tuple[tuple[bool, float], Newsletter, Vocabulary, str | None]] = []
    for tag in tags:
        newsletter = main if tag is None else read_newsletter(workspace, tag)
        vocabulary = vocabulary_in(newsletter)
        is_written = written is not None and newsletter.language.lower().split("-")[0] == written
        found.append(((is_written, matched_sections(lines, vocabulary)), newsletter, vocabulary, tag))
    _, newsletter, vocabulary, tag = max(found, key=lambda each: each[0])
    titles = tuple(dict.fromkeys((*vocabulary.titles, *(each.name for _, each, _, _ in found), main.name)))
    return newsletter, replace(vocabulary, titles=titles), tag


def vocabulary_in(newsletter: Newsletter) -> Vocabulary:
    """Return the names that a newsletter uses in its language."""
    phrases = read_phrases(newsletter.theme, PhraseGroup.EDITION, newsletter.language)
    assert phrases is not None
    return vocabulary_of(newsletter, phrases)


def _language(lines: Sequence[DraftLine]) -> str | None:
    """Return the language of the whole text, or of most of its paragraphs: some may quote another one."""
    texts = [line.text for line in lines if line.is_text]
    if whole := language_of(" ".join(texts)):
        return whole
    words: Counter[str] = Counter()
    for text in texts:
        if found := language_of(text):
            words[found] += len(text.split())
    return words.most_common(1)[0][0] if words else None
