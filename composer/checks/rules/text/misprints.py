"""Checks of misprints: doubled words, quotation marks that face the wrong way.

Input: a review. Output: findings. Pure.
"""

import re
from collections.abc import Iterator

from composer.checks.issue_text import named
from composer.checks.registry import CheckFinding, CheckLimits, check
from composer.checks.review import ReviewedEdition
from composer.checks.text_patterns.doubled_words import doubled_words
from composer.checks.text_patterns.misprint_patterns import turned_quotes
from composer.checks.written_texts import written_texts

_OWN_HOSTS = "the house's own rule: set its level in newsletter.yaml"


@check(
    "EDIT10",
    "No word is doubled",
    fix="delete one of them",
    source=_OWN_HOSTS,
)
def doubled(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for doubled words in the issue's language, also across line ends; skip quotations and cited titles."""
    for written in written_texts(review):
        if written.is_cited:
            continue
        for offset, found in doubled_words(written.text, review.edition.language):
            words = " ".join(found.split())
            yield CheckFinding(
                place=written.place(offset, found), message=written.named(f"“{words}”: a word is doubled")
            )


@check(
    "EDIT11",
    "Quotation marks face the right way",
    fix="type it again: “English”, „Deutsch“, “中文”",
    source=_OWN_HOSTS,
)
def turned(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for marks that open behind a word, or close before one; each paragraph is told once."""
    for text in review.texts:
        for _, found in list(turned_quotes(text.words, review.edition.language))[:1]:
            place = text.mark.place_of(re.compile(re.escape(found)))
            message = f"a quotation mark faces the wrong way: {found}"
            yield CheckFinding(place=place, message=named(text.mark, message))
