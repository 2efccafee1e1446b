"""Checks of dark mode."""

import re
from collections.abc import Iterator

from composer.checks.registry import CheckFinding, CheckLimits, check
from composer.checks.review import ReviewedEdition
from composer.content.values.pictures.transparent_pictures import MOST_LOST, visibility
from composer.core.errors import Level, Who

_EXTREME = re.compile(r"(?:^|[;\s])(background(?:-color)?|color)\s*:\s*(#000000|#000|#ffffff|#fff|black|white)\b", re.I)


@check(
    "DARK01",
    "The page declares that it supports dark mode",
    who=Who.DESIGNER,
    fix='write   <meta name="color-scheme" content="light dark">   and the same for   supported-color-schemes',
    source="https://www.caniemail.com/features/css-at-media-prefers-color-scheme/",
)
def declared(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for both meta elements: without them, Apple Mail inverts the colours."""
    names = {str(each.get("name", "")).lower(): str(each.get("content", "")) for each in review.tree.iter("meta")}
    for name in ("color-scheme", "supported-color-schemes"):
        if "dark" not in names.get(name, ""):
            message = f'<meta name="{name}"> does not include “dark”'
            yield CheckFinding(place=review.template("page.mjml.j2"), message=message, about=name)


@check(
    "DARK03",
    "Text and backgrounds are not pure black or white",
    who=Who.DESIGNER,
    level=Level.INFO,
    fix="use #fefefe and #010101: some mail programs invert pure black and white in dark mode",
    source="observed in dark mode of Outlook and Gmail; not documented",
)
def extremes(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Check the style attributes."""
    told: set[str] = set()
    for element in review.elements:
        style = str(element.get("style", ""))
        if "display:none" in style.replace(" ", ""):
            continue
        if (found := _EXTREME.search(style)) and found[2].lower() not in told:
            told.add(found[2].lower())
            message = f"{found[1]}: {found[2]} is used here"
            yield CheckFinding(place=review.template_of(element), message=message, about=found[2].lower())


@check(
    "DARK04",
    "Transparent pictures can be seen on light and on dark backgrounds",
    fix="save the picture with a white background; for a logo, add a version for dark mode below   dark:",
    source="https://www.w3.org/WAI/WCAG22/Understanding/non-text-contrast.html",
)
def transparent(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for transparent pictures of which more than a tenth disappears; a logo as PNG has a plate by now."""
    brand = review.newsletter.brand
    for name, picture in review.pictures:
        found = None if picture.has_plate else visibility(picture.data)
        if found is None:
            continue
        is_dark_logo = picture == brand.dark_logo
        place = review.newsletter.place("brand", "logo", "dark" if is_dark_logo else "light")
        if picture not in (brand.logo, brand.dark_logo):
            place = next((each.place for each in review.figures if each.picture.src == picture.src), place)
        for lost, mode, hint in (
            (
                found.lost_on_dark,
                "dark",
                "save the logo as PNG: it then gets a light plate" if picture == brand.logo else "",
            ),
            (0.0 if is_dark_logo else found.lost_on_light, "light", ""),
        ):
            if lost > MOST_LOST:
                message = f"{lost:.0%} of the transparent picture “{name}” disappears on a {mode} background"
                yield CheckFinding(place=place, message=message, hint=hint, about=name, kind=mode)
