"""Checks of lists: items that were merged into one line.

Input: a review. Output: findings. YAML merges items below `>`, and text pasted from office programs may have merged items.
"""

import re
from collections.abc import Iterator

from composer.checks.issue_text import named
from composer.checks.registry import CheckFinding, CheckLimits, check
from composer.checks.review import ReviewedEdition

#: More items in a list with one item. Single hyphens also separate names and places, so a list of one needs two of them.
_HYPHENS = re.compile(r"(?<!\S)[-*] \S.*?(?<!\S)[-*] (?=\S)|(?<=[.;,]) [-*] (?=\w)")
#: Not between two items: what is in brackets, and the hyphen of a range (15:00 - 16:30, 9 am - 5 pm, 3 - 5 May).
_NO_ITEM = re.compile(
    r"\([^()]{0,200}\)|\[[^\[\]]{0,200}\]|（[^（）]{0,200}）"
    r"|(?<=\d)(?:\s?(?:[ap]\.?m\.?|Uhr|h|[€$£%]|(?:st|nd|rd|th)\b|\.)){0,2} [-*] (?=[€$£]?\d)",
    re.IGNORECASE,
)
#: Bullets after the words that introduce the list.
_SIGNS = re.compile(r"[:：]\s*([•◦▪‣●∙])\s*\S.*?\s\1\s*\S")


@check(
    "EDIT09",
    "Each list item starts on its own line",
    fix="start each item on a new line with   -   and a space; the key above must end with   |",
    source="docs/reference/issue-format.md: lists in texts",
)
def merged_points(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for hyphens in lists with one item, and for bullets within a paragraph."""
    for text in review.texts:
        is_merged = text.is_only_point and _HYPHENS.search(_NO_ITEM.sub("…", text.words))
        if text.is_paragraph and (is_merged or _SIGNS.search(text.words)):
            message = "several list items are on one line"
            yield CheckFinding(place=text.mark.place, message=named(text.mark, message), kind="points")
