"""Checks of size: what mail programs cut off or stumble over."""

import re
from collections.abc import Iterator

from composer.checks.registry import CheckFinding, CheckLimits, check
from composer.checks.review import ReviewedEdition
from composer.core.errors import Level, Who

#: Gmail shows so many bytes of the HTML part and hides the rest behind a link.
GMAIL_CLIP = 102_400
_ODD = re.compile(r"[\u0080-\u009f\ufffd]|\\u\{[0-9a-f]+\}")


@check(
    "SIZE01",
    "The HTML stays below what Gmail shows before it cuts a message off",
    unit="bytes",
    warn=87_040,
    block=GMAIL_CLIP,
    fix="shorten the largest section, or move part of it to the web",
    source="https://github.com/hteumeuleu/email-bugs/issues/56",
)
def html_size(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Count the bytes of the HTML part as it is mailed."""
    if level := limits.over(review.size):
        sections = {key: size for key, size in review.edition.sizes.items() if key != "page"}
        largest = max(sections, key=lambda key: sections[key], default="")
        share = f"; the largest section is {largest.replace('_', ' ')} with {sections[largest]:,}" if largest else ""
        yield CheckFinding(
            place=review.issue.place(largest),
            message=f"the HTML has {review.size:,} bytes; Gmail cuts a message off at {GMAIL_CLIP:,}, "
            f"and with it the link to unsubscribe{share}",
            level=level,
        )


@check(
    "SIZE02",
    "The style sheets in the head stay below what Gmail reads",
    who=Who.DESIGNER,
    unit="bytes",
    info=8_192,
    warn=16_384,
    fix="take rules out of head.css; Gmail drops a style element that is too long, and all of it",
    source="https://github.com/hteumeuleu/email-bugs/issues/90",
)
def head_size(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Count the bytes of all style elements."""
    size = len(review.head_styles.encode())
    if level := limits.over(size):
        message = f"the style sheets have {size:,} bytes; Gmail reads {limits.at(level):,} safely"
        yield CheckFinding(place=review.template("head.css"), message=message, level=level)


@check(
    "SIZE03",
    "No character is left that means something broke on the way",
    level=Level.BLOCKER,
    fix="delete the character and type it anew",
    source="https://github.com/hteumeuleu/email-bugs/issues/41",
)
def odd_characters(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for C1 controls, the replacement character and the compiler's escapes."""
    for element in review.elements:
        own = "".join([element.text or "", *(child.tail or "" for child in element)])
        if odd := _ODD.search(own):
            shown = odd[0] if odd[0].startswith("\\") else f"U+{ord(odd[0]):04X}"
            message = f"a character is broken here ({shown})"
            yield CheckFinding(place=review.place_of(element), message=message, about=shown)


@check(
    "SIZE04",
    "Tables are not nested deeper than mail programs draw",
    who=Who.DESIGNER,
    unit="tables",
    warn=8,
    fix="take a wrapper out of the template",
    source="Inky 2 (Foundation for Emails), rule of table depth",
)
def depth(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Count the tables inside each other."""
    depths: dict[object, int] = {}
    for element in review.elements:
        parent = element.getparent()
        depths[element] = depths.get(parent, 0) + (element.tag == "table")
    deepest = max(depths, key=lambda each: depths[each], default=None)
    if deepest is not None and (level := limits.over(depths[deepest])):
        place = next(review.template_of(each) for each in review.elements if each is deepest)
        yield CheckFinding(place=place, message=f"{depths[deepest]} tables stand inside each other here", level=level)


@check(
    "SIZE05",
    "The page has no more elements than telephones draw without a pause",
    who=Who.DESIGNER,
    unit="elements",
    warn=3_000,
    fix="simplify the templates",
    source="https://developer.chrome.com/docs/lighthouse/performance/dom-size",
)
def elements(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Count the elements of the body."""
    count = len(review.elements)
    if level := limits.over(count):
        yield CheckFinding(
            place=review.template("page.mjml.j2"), message=f"the page has {count:,} elements", level=level
        )
