"""The list of all checks, and a function that runs them on an edition.

Input: a ReviewedEdition, settings. Output: problems, most severe first. Guarantees: every module of `rules` is listed here.
"""

from collections.abc import Mapping
from functools import cache

from composer.checks.registry import CHECKS, Check, Setting, problems_of
from composer.checks.repeated_findings import without_repeats
from composer.checks.review import ReviewedEdition
from composer.checks.rules.message import example_settings, inbox, legal, link_form, link_targets, page_languages
from composer.checks.rules.page import accessibility, compatibility, dark_mode, pdf, picture_use, size, structure
from composer.checks.rules.text import (
    citations,
    days_and_times,
    draft_comments,
    editorial,
    issue_copies,
    leftover_markup,
    list_points,
    merge_field_use,
    misprints,
    punctuation,
    text_languages,
    wording,
)
from composer.core.errors import Problem

#: The modules that register their checks when they are imported.
RULES = (
    inbox,
    merge_field_use,
    legal,
    example_settings,
    page_languages,
    text_languages,
    issue_copies,
    days_and_times,
    draft_comments,
    editorial,
    draft_comments,
    misprints,
    punctuation,
    citations,
    leftover_markup,
    list_points,
    link_form,
    link_targets,
    picture_use,
    accessibility,
    wording,
    dark_mode,
    size,
    structure,
    compatibility,
    pdf,
)
#: The prefixes of codes in the order of the list: what subscribers see first comes first.
_ORDER = (
    "SUBJ",
    "PRE",
    "FROM",
    "FIELD",
    "TEXT",
    "UNS",
    "LAW",
    "SET",
    "LANG",
    "DATE",
    "FILE",
    "EDIT",
    "MARK",
    "LINK",
    "IMG",
    "A11Y",
    "DARK",
    "SIZE",
    "HTML",
    "CLIENT",
    "PDF",
)


@cache
def catalogue() -> Mapping[str, Check]:
    """Return every check by its code, inbox first."""

    def place(code: str) -> tuple[int, str]:
        return _ORDER.index(code.rstrip("0123456789")), code

    return {code: CHECKS[code] for code in sorted(CHECKS, key=place)}


def review_problems(review: ReviewedEdition, settings: Mapping[str, Setting]) -> tuple[Problem, ...]:
    """Run every check that is not turned off. Return the problems, most severe first, then by place."""
    found = (problem for each in catalogue().values() for problem in problems_of(each, review, settings.get(each.code)))
    return tuple(sorted(without_repeats(found), key=lambda problem: (problem.level.rank, problem)))
