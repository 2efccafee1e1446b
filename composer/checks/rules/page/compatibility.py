"""Checks of what mail programs support, by the tests of caniemail.com."""

from collections.abc import Iterator

from composer.checks.registry import CheckFinding, CheckLimits, check
from composer.checks.review import ReviewedEdition
from composer.checks.support.clients import Gap, gaps, table, uses
from composer.content.values.field_values import groups_in, text_in
from composer.core.errors import Who


@check(
    "CLIENT01",
    "Mail programs show what the theme uses, or the theme says why it does no harm",
    who=Who.DESIGNER,
    fix="do it another way, or add it to   expected:   in theme.yaml with a reason",
    source="https://www.caniemail.com",
)
def support(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Compare what the page uses with what programs support."""
    expected = {text_in(item, "feature") or "" for item in groups_in(review.theme, "expected")}
    for feature in sorted(expected - set(table().features)):
        message = f"expected: caniemail.com knows no feature “{feature}”"
        hint = "look at the end of its address there"
        yield CheckFinding(place=review.template("theme.yaml"), message=message, hint=hint, about=feature)
    for gap in gaps(uses(review.edition.html), expected):
        yield CheckFinding(place=review.template("theme.yaml"), message=_message(gap), about=gap.use.slug)


def _message(gap: Gap) -> str:
    where = " and ".join(
        f"{what} by {', '.join(clients)}"
        for what, clients in (("not supported", gap.unsupported), ("supported in part", gap.partial))
        if clients
    )
    times = "once" if gap.use.count == 1 else f"{gap.use.count} times"
    return f"{gap.title} ({gap.use.slug}) is used {times}, {where}; tested {gap.tested}, {gap.url}"
