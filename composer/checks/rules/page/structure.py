"""Checks of structure: what mail programs remove, refuse, or take for an attack."""

import re
from collections.abc import Iterator

from composer.checks.registry import CheckFinding, CheckLimits, check
from composer.checks.review import ReviewedEdition
from composer.core.errors import Level, Who

_ACTIVE = frozenset(("script", "form", "input", "iframe", "object", "embed", "applet", "base"))
_REMOTE = re.compile(r"@import|@font-face|url\(\s*[\"']?(?:https?:)?//", re.IGNORECASE)


@check(
    "HTML01",
    "The page is a whole document that is read by today's rules",
    who=Who.DESIGNER,
    level=Level.BLOCKER,
    fix="mend page.mjml.j2",
    source="https://www.w3.org/TR/html5/syntax.html#the-doctype",
)
def document(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """A doctype, and as many ends of Outlook's conditions as beginnings."""
    html = review.edition.html
    place = review.template("page.mjml.j2")
    if not html.lower().startswith("<!doctype html>"):
        message = "the page has no doctype: browsers draw it by the rules of 1998"
        yield CheckFinding(place=place, message=message, about="doctype")
    opened, closed = len(re.findall(r"<!--\[if\b", html)), html.count("<![endif]")
    if opened != closed:
        message = f"{opened} conditions for Outlook begin and {closed} end: it hides or shows the wrong parts"
        yield CheckFinding(place=place, message=message, about="conditions")


@check(
    "HTML02",
    "Nothing on the page acts by itself",
    who=Who.DESIGNER,
    level=Level.BLOCKER,
    fix="take it out: mail programs remove it, and filters take the message for an attack",
    source="https://developers.google.com/workspace/gmail/design/css",
)
def active_content(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for scripts, forms, frames, handlers of events and javascript: addresses."""
    for element in review.elements:
        name = str(element.tag).lower()
        if name in _ACTIVE:
            yield CheckFinding(place=review.template_of(element), message=f"<{name}> stands in the page", about=name)
        for attribute, value in element.attrib.items():
            key = str(attribute)
            is_script = key in ("href", "src", "action") and str(value).strip().lower().startswith("javascript:")
            if key.startswith("on") or is_script:
                message = f"{key}= of <{name}> runs a script"
                yield CheckFinding(place=review.place_of(element), message=message, about=f"{name} {key}")


@check(
    "HTML03",
    "Nothing is loaded from elsewhere but pictures",
    who=Who.DESIGNER,
    fix="use fonts that subscribers have, and keep styles in head.css",
    source="https://www.caniemail.com/features/css-at-import/",
)
def remote_styles(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for linked style sheets, imports and fonts."""
    if found := _REMOTE.search(review.head_styles):
        message = f"the style sheet loads something from elsewhere: {found[0]}"
        yield CheckFinding(place=review.template("head.css"), message=message)
    if any(str(each.get("rel", "")).lower() == "stylesheet" for each in review.tree.iter("link")):
        yield CheckFinding(place=review.template("page.mjml.j2"), message="a style sheet is loaded with <link>")


@check(
    "HTML04",
    "No picture is written into the page itself",
    who=Who.DESIGNER,
    fix="make it a file: it travels inside the message, or lies under brand.assets_url",
    source="https://www.caniemail.com/features/image-base64/",
)
def data_pictures(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for data: addresses, which Gmail does not show."""
    for element in review.elements:
        if element.tag == "img" and str(element.get("src", "")).startswith("data:"):
            yield CheckFinding(place=review.place_of(element), message="a picture stands in the page as data:")
