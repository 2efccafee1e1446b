"""Checks of size: what mail programs cut off or cannot show."""

import re
from collections.abc import Iterator

from composer.checks.registry import CheckFinding, CheckLimits, check
from composer.checks.review import ReviewedEdition
from composer.core.errors import Level, Who

#: Gmail shows this many bytes of the HTML part and hides the rest; subscribers must open it with a link.
GMAIL_CLIP = 102_400
_ODD = re.compile(r"[\u0080-\u009f\ufffd]|\\u\{[0-9a-f]+\}")


@check(
    "SIZE01",
    "The HTML page is small enough for Gmail to show all of it",
    unit="bytes",
    warn=87_040,
    block=GMAIL_CLIP,
    fix="shorten the largest section, or move part of it to a web page",
    source="https://github.com/hteumeuleu/email-bugs/issues/56",
)
def html_size(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Count the bytes of the HTML part as it is mailed."""
    if level := limits.over(review.size):
        sections = {key: size for key, size in review.edition.sizes.items() if key != "page"}
        largest = max(sections, key=lambda key: sections[key], default="")
        share = (
            f"; the largest section is {largest.replace('_', ' ')} with {sections[largest]:,} bytes" if largest else ""
        )
        yield CheckFinding(
            place=review.issue.place(largest),
            message=f"the HTML part is {review.size:,} bytes; Gmail cuts it off after {GMAIL_CLIP:,} "
            f"and hides the unsubscribe link{share}",
            level=level,
        )


@check(
    "SIZE02",
    "The style sheets in the head are small enough for Gmail",
    who=Who.DESIGNER,
    unit="bytes",
    info=8_192,
    warn=16_384,
    fix="remove rules from head.css: Gmail ignores a style element that is too long",
    source="https://github.com/hteumeuleu/email-bugs/issues/90",
)
def head_size(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Count the bytes of all style elements."""
    size = len(review.head_styles.encode())
    if level := limits.over(size):
        message = f"the style sheets have {size:,} bytes; recommended: at most {limits.at(level):,}"
        yield CheckFinding(place=review.template("head.css"), message=message, level=level)


@check(
    "SIZE03",
    "The page has no broken characters",
    level=Level.BLOCKER,
    fix="delete the character and type it again",
    source="https://github.com/hteumeuleu/email-bugs/issues/41",
)
def odd_characters(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for C1 control characters, the replacement character and escapes of the compiler."""
    for element in review.elements:
        own = "".join([element.text or "", *(child.tail or "" for child in element)])
        if odd := _ODD.search(own):
            shown = odd[0] if odd[0].startswith("\\") else f"U+{ord(odd[0]):04X}"
            message = f"broken character ({shown})"
            yield CheckFinding(place=review.place_of(element), message=message, about=shown)


@check(
    "SIZE04",
    "Tables are not nested too deeply for mail programs",
    who=Who.DESIGNER,
    unit="levels",
    warn=8,
    fix="remove a wrapper from the template",
    source="Inky 2 (Foundation for Emails), rule of table depth",
)
def depth(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Count how deeply tables are nested."""
    depths: dict[object, int] = {}
    for element in review.elements:
        parent = element.getparent()
        depths[element] = depths.get(parent, 0) + (element.tag == "table")
    deepest = max(depths, key=lambda each: depths[each], default=None)
    if deepest is not None and (level := limits.over(depths[deepest])):
        place = next(review.template_of(each) for each in review.elements if each is deepest)
        yield CheckFinding(place=place, message=f"tables are nested {depths[deepest]} levels deep here", level=level)


@check(
    "SIZE05",
    "The page has few enough elements to load quickly on a phone",
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
            place=review.template("page.mjml.j2"),
            message=f"the page has {count:,} elements; recommended: at most {limits.at(level):,}",
            level=level,
        )
