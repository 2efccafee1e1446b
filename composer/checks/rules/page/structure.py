"""Checks of structure: what mail programs remove or block."""

import re
from collections.abc import Iterator

from composer.checks.registry import CheckFinding, CheckLimits, check
from composer.checks.review import ReviewedEdition
from composer.core.errors import Level, Who

_ACTIVE = frozenset(("script", "form", "input", "iframe", "object", "embed", "applet", "base"))
_REMOTE = re.compile(r"@import|@font-face|url\(\s*[\"']?(?:https?:)?//", re.IGNORECASE)


@check(
    "HTML01",
    "The page is a complete HTML document",
    who=Who.DESIGNER,
    level=Level.BLOCKER,
    fix="fix page.mjml.j2",
    source="https://www.w3.org/TR/html5/syntax.html#the-doctype",
)
def document(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Check the doctype, and that every conditional comment for Outlook ends."""
    html = review.edition.html
    place = review.template("page.mjml.j2")
    if not html.lower().startswith("<!doctype html>"):
        message = "the page has no doctype: browsers use an outdated mode"
        yield CheckFinding(place=place, message=message, about="doctype")
    opened, closed = len(re.findall(r"<!--\[if\b", html)), html.count("<![endif]")
    if opened != closed:
        message = f"{opened} conditional comments start and {closed} end: Outlook hides or shows the wrong parts"
        yield CheckFinding(place=place, message=message, about="conditions")


@check(
    "HTML02",
    "The page has no scripts, forms or frames",
    who=Who.DESIGNER,
    level=Level.BLOCKER,
    fix="remove this: mail programs do not show it, and spam filters may block the message",
    source="https://developers.google.com/workspace/gmail/design/css",
)
def active_content(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for scripts, forms, frames, event handlers and javascript: addresses."""
    for element in review.elements:
        name = str(element.tag).lower()
        if name in _ACTIVE:
            yield CheckFinding(place=review.template_of(element), message=f"the page contains <{name}>", about=name)
        for attribute, value in element.attrib.items():
            key = str(attribute)
            is_script = key in ("href", "src", "action") and str(value).strip().lower().startswith("javascript:")
            if key.startswith("on") or is_script:
                message = f'<{name} {key}="…"> runs a script'
                yield CheckFinding(place=review.place_of(element), message=message, about=f"{name} {key}")


@check(
    "HTML03",
    "The page loads nothing but images from the web",
    who=Who.DESIGNER,
    fix="use fonts that subscribers have, and keep all styles in head.css",
    source="https://www.caniemail.com/features/css-at-import/",
)
def remote_styles(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for linked style sheets, imports, web fonts and remote addresses."""
    if found := _REMOTE.search(review.head_styles):
        message = f"the style sheet loads something from the web: {found[0]}"
        yield CheckFinding(place=review.template("head.css"), message=message)
    if any(str(each.get("rel", "")).lower() == "stylesheet" for each in review.tree.iter("link")):
        yield CheckFinding(place=review.template("page.mjml.j2"), message="the page loads a style sheet with <link>")


@check(
    "HTML04",
    "No image is a data: address in the page",
    who=Who.DESIGNER,
    fix="save the image as a file: it is embedded in the message or linked below brand.assets_url",
    source="https://www.caniemail.com/features/image-base64/",
)
def data_pictures(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for data: addresses, which Gmail does not show."""
    for element in review.elements:
        if element.tag == "img" and str(element.get("src", "")).startswith("data:"):
            yield CheckFinding(place=review.place_of(element), message="this image is a data: address")
