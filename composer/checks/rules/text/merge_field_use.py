"""Checks of merge fields: defaults for missing values, and fields of other programs."""

import re
from collections.abc import Iterator

from composer.checks.issue_text import named
from composer.checks.registry import CheckFinding, CheckLimits, check
from composer.checks.review import ReviewedEdition
from composer.checks.text_patterns.merge_tags import merge_tags
from composer.checks.written_texts import written_texts
from composer.content.values.merge_fields import LITERAL, RESERVED
from composer.content.yaml.source import SourcePlace
from composer.core.errors import Level

#: Every subscriber has an address; personal links are generated.
_ALWAYS_THERE = frozenset(("email", LITERAL, *RESERVED))


@check(
    "FIELD01",
    "Every merge field has a default for subscribers without a value",
    fix='write   {{ first_name | default("reader") }}   or add   default:   below the field in newsletter.yaml',
    source="docs/reference/issue-format.md: merge fields",
)
def defaults(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for merge fields without a default in texts and addresses."""
    bare = {
        field.token: field.name
        for field in review.edition.fields
        if field.default is None and field.name not in _ALWAYS_THERE
    }
    written = ((text.words, text.mark) for text in review.texts)
    linked = ((link.url, link.mark) for link in review.references)
    told: set[tuple[SourcePlace, str]] = set()
    for words, mark in (*written, *linked) if bare else ():
        for name in {name for token, name in bare.items() if token in words}:
            place = mark.place_of(re.compile(rf"\{{\{{\s*{name}\s*\}}\}}"))
            if (place, name) not in told:
                told.add((place, name))
                message = f"{{{{ {name} }}}} has no default: subscribers without a value cannot get this issue"
                yield CheckFinding(place=place, message=named(mark, message), about=name, kind=name)


@check(
    "FIELD02",
    "No merge fields of other programs are left",
    level=Level.BLOCKER,
    fix='write   {{ first_name | default("reader") }}',
    source="docs/reference/issue-format.md: merge fields",
)
def foreign(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for *|FNAME|*, {first_name}, %NAME%, [First Name] and similar fields."""
    for written in written_texts(review):
        for found in merge_tags(written.text):
            place = written.place(found.offset, found.text)
            yield CheckFinding(place=place, message=written.named(found.message), hint=found.hint)
