"""Checks of typing errors: doubled words, and quotation marks that face the wrong way.

Input: a review. Output: findings.
"""

import re
from collections.abc import Iterator

from composer.checks.issue_text import named
from composer.checks.registry import CheckFinding, CheckLimits, check
from composer.checks.review import ReviewedEdition
from composer.checks.text_patterns.doubled_words import doubled_words
from composer.checks.text_patterns.misprint_patterns import turned_quotes
from composer.checks.written_texts import written_texts

_EDITORIAL_RULE = "editorial rule: set its level in newsletter.yaml"


@check(
    "EDIT10",
    "No word is doubled",
    fix="delete one of the two words",
    source=_EDITORIAL_RULE,
)
def doubled(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for doubled words in the issue's language, also across line ends; skip quotations and cited titles."""
    for written in written_texts(review):
        if written.is_cited:
            continue
        for offset, found in doubled_words(written.text, review.edition.language):
            words = " ".join(found.split())
            message = written.named(f"“{words}”: doubled word")
            yield CheckFinding(place=written.place(offset, found), message=message, kind="doubled")


@check(
    "EDIT11",
    "Quotation marks face the right way",
    fix="use the right mark: “English”, „Deutsch“, “中文”",
    source=_EDITORIAL_RULE,
)
def turned(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for marks that open after a word or close before one; report each paragraph once."""
    for text in review.texts:
        for _, found in list(turned_quotes(text.words, review.edition.language))[:1]:
            place = text.mark.place_of(re.compile(re.escape(found)))
            message = f"this quotation mark faces the wrong way: {found}"
            yield CheckFinding(place=place, message=named(text.mark, message), kind="turned")
