"""Checks of lists: points that ran together into one line.

Input: a review. Output: findings. YAML does so with points below `>`, and text that is pasted from an office program comes so.
"""

import re
from collections.abc import Iterator

from composer.checks.issue_text import named
from composer.checks.registry import CheckFinding, CheckLimits, check
from composer.checks.review import ReviewedEdition

#: Two more points in a list's only one: hyphens between words part names and journeys, too, but not twice in a list of one.
_HYPHENS = re.compile(r"(?<!\S)[-*] \S.*?(?<!\S)[-*] (?=\S)|(?<=[.;,]) [-*] (?=\w)")
#: Points behind the words that announce them.
_SIGNS = re.compile(r"[:：]\s*([•◦▪‣●∙])\s*\S.*?\s\1\s*\S")


@check(
    "EDIT09",
    "Each list item starts on its own line",
    fix="begin each point in a line of its own with   -   and a space, below a key that ends with   |",
    source="docs/formats.md: lists in texts",
)
def merged_points(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look into lists of one point, and for bullets in the middle of a paragraph."""
    for text in review.texts:
        is_merged = text.is_only_point and _HYPHENS.search(text.words)
        if text.is_paragraph and (is_merged or _SIGNS.search(text.words)):
            message = "several points of a list run together here"
            yield CheckFinding(place=text.mark.place, message=named(text.mark, message))
