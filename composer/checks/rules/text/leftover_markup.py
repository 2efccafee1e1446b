"""Checks of markup from other programs, which subscribers would see as plain characters."""

from collections.abc import Iterator

from composer.checks.registry import CheckFinding, CheckLimits, check
from composer.checks.review import ReviewedEdition
from composer.checks.text_patterns.foreign_markup import foreign_markup
from composer.checks.written_texts import WrittenText, written_texts

#: Kinds whose signs the page shows only if they end in the wrong place, or nowhere.
_EMPHASIS = ("bold", "emphasis")


@check(
    "MARK01",
    "No markup of other programs is left in the text",
    fix="use a format from   compose help issue-format   or put a backslash before the character",
    source="docs/reference/issue-format.md: what a text may contain",
)
def foreign(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for tables, footnotes, tasks, strikethrough, other link formats, unclosed emphasis and pasted bullets."""
    for written in written_texts(review):
        for found in foreign_markup(written.text, is_plain=written.is_plain):
            if found.kind in _EMPHASIS and not _is_visible(review, written, found.text):
                continue
            place = written.place(found.offset, found.text)
            yield CheckFinding(place=place, message=written.named(found.message), hint=found.hint, kind=found.kind)


def _is_visible(review: ReviewedEdition, written: WrittenText, signs: str) -> bool:
    """Return whether subscribers see the signs of emphasis somewhere in a text."""
    return any(signs in text.words for text in review.texts if text.mark.node is written.mark.node)
