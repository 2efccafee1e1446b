"""Checks of markup from other programs, which subscribers would see as plain characters."""

from collections.abc import Iterator

from composer.checks.registry import CheckFinding, CheckLimits, check
from composer.checks.review import ReviewedEdition
from composer.checks.text_patterns.foreign_markup import foreign_markup
from composer.checks.written_texts import written_texts


@check(
    "MARK01",
    "No markup of other programs is left in the text",
    fix="use a format from docs/formats.md, or put a backslash before the character",
    source="docs/formats.md: what a text may contain",
)
def foreign(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for tables, footnotes, tasks, strikethrough, other link formats, unclosed emphasis and pasted bullets."""
    for written in written_texts(review):
        for found in foreign_markup(written.text, is_plain=written.is_plain):
            place = written.place(found.offset, found.text)
            yield CheckFinding(place=place, message=written.named(found.message), hint=found.hint, kind=found.kind)
