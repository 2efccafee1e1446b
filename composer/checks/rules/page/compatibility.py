"""Checks of what mail programs support, based on the tests of caniemail.com."""

from collections.abc import Iterator

from composer.checks.registry import CheckFinding, CheckLimits, check
from composer.checks.review import ReviewedEdition
from composer.checks.support.clients import Gap, gaps, table, uses
from composer.content.values.field_values import groups_in, text_in
from composer.core.errors import Who


@check(
    "CLIENT01",
    "Mail programs support what the theme uses, or theme.yaml gives a reason",
    who=Who.DESIGNER,
    fix="use something else, or add the feature to   expected:   in theme.yaml with a reason",
    source="https://www.caniemail.com",
)
def support(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Compare the features that the page uses with those that mail programs support."""
    expected = {text_in(item, "feature") or "" for item in groups_in(review.theme, "expected")}
    for feature in sorted(expected - set(table().features)):
        message = f"expected: unknown feature “{feature}”"
        hint = "use the last part of the feature's address on caniemail.com"
        yield CheckFinding(place=review.template("theme.yaml"), message=message, hint=hint, about=feature)
    for gap in gaps(uses(review.edition.html), expected):
        yield CheckFinding(place=review.template("theme.yaml"), message=_message(gap), about=gap.use.slug)


def _message(gap: Gap) -> str:
    where = " and ".join(
        f"{what} by {', '.join(clients)}"
        for what, clients in (("not supported", gap.unsupported), ("partly supported", gap.partial))
        if clients
    )
    times = "once" if gap.use.count == 1 else f"{gap.use.count} times"
    return f"{gap.title} ({gap.use.slug}) is used {times}, {where}; tested {gap.tested}, {gap.url}"
