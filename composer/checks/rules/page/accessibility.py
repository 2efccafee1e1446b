"""Checks of accessibility for subscribers with a screen reader, low vision or a small screen."""

import re
from collections import Counter
from collections.abc import Iterator

from lxml.etree import _Element as Element

from composer.checks.contrast import hard_to_read, indistinct_links
from composer.checks.css.styles import CssScheme
from composer.checks.registry import CheckFinding, CheckLimits, check
from composer.checks.review import ReviewedEdition
from composer.core.errors import Who

_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]{2,}")
_WCAG = "https://www.w3.org/WAI/WCAG22/Understanding/"


@check(
    "A11Y01",
    "The page declares its language and direction on <html> and in the body",
    who=Who.DESIGNER,
    fix="set lang and dir on <html> and on the first element of the body: mail programs remove <html>",
    source="https://emailmarkup.org/en/reports/accessibility/2026/",
)
def language(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Check <html> and the top-level elements of the body."""
    body = review.tree.find("body")
    first = [each for each in body if isinstance(each.tag, str)] if body is not None else []
    if not (review.tree.get("lang") and review.tree.get("dir")):
        yield CheckFinding(place=review.template("page.mjml.j2"), message="<html> lacks lang or dir", about="html")
    if not any(each.get("lang") and each.get("dir") for each in first):
        yield CheckFinding(
            place=review.template("page.mjml.j2"),
            message="no top-level element of the body has lang and dir",
            about="body",
        )


@check(
    "A11Y02",
    'Layout tables have role="presentation"; data tables have headings and a caption',
    who=Who.DESIGNER,
    fix='add   role="presentation"   to a layout table, <th> and <caption> to a data table',
    source="https://www.w3.org/WAI/tutorials/tables/",
)
def tables(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Check the role of each table, and the headings and caption of tables without one."""
    for element in review.elements:
        if element.tag != "table" or element.get("role") in ("presentation", "none"):
            continue
        if element.find(".//th") is None:
            message = "this table has no headings: screen readers announce a layout table as data"
            yield CheckFinding(place=review.template_of(element), message=message, about="role")
        elif element.find("caption") is None:
            yield CheckFinding(place=review.template_of(element), message="this table has no caption", about="caption")


@check(
    "A11Y04",
    "Text has enough contrast with its background (4.5:1, large text 3:1)",
    who=Who.DESIGNER,
    fix="use a darker text color or a lighter background: set colors in theme.yaml, the accent color in newsletter.yaml",
    source=f"{_WCAG}contrast-minimum.html",
)
def contrast_light(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Compute the contrast of every text, with inherited backgrounds."""
    yield from _low(review, CssScheme.LIGHT, "")


@check(
    "DARK02",
    "Text has enough contrast with its background in dark mode",
    who=Who.DESIGNER,
    fix="in rules for dark mode, name the element that sets the background: the background of a child element stays light",
    source=f"{_WCAG}contrast-minimum.html",
)
def contrast_dark(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Compute the contrast of every text in dark mode."""
    yield from _low(review, CssScheme.DARK, " in dark mode")


def _low(review: ReviewedEdition, scheme: CssScheme, when: str) -> Iterator[CheckFinding]:
    """Report each pair of colours once, with the number of other texts that have it."""
    found = hard_to_read(review.styles(scheme))
    pairs = Counter((each.color, each.background, each.needed) for each in found)
    told: set[tuple[str, str, float]] = set()
    for each in found:
        pair = (each.color, each.background, each.needed)
        if pair in told:
            continue
        told.add(pair)
        more = f" ({pairs[pair] - 1} more)" if pairs[pair] > 1 else ""
        message = (
            f"{each.color} on {each.background}{when} has a contrast of {each.ratio}:1 (required: {each.needed:g}:1): "
            f"“{each.text[:40]}”{more}"
        )
        about = f"{each.color} {each.background}"
        yield CheckFinding(place=review.template_of(each.element), message=message, about=about)


@check(
    "A11Y09",
    "Headings form an outline: one <h1>, no skipped levels",
    who=Who.DESIGNER,
    fix="use <h1> for the subject, <h2> for sections and <h3> below them",
    source=f"{_WCAG}info-and-relationships.html",
)
def headings(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Check the levels of the headings in order."""
    found = [(int(str(each.tag)[1]), each) for each in review.elements if re.fullmatch("h[1-6]", str(each.tag))]
    page = review.template("page.mjml.j2")
    firsts = [each for level, each in found if level == 1]
    if not firsts:
        yield CheckFinding(place=page, message="the page has no <h1>")
    for element in firsts[1:]:
        yield CheckFinding(place=review.template_of(element), message="the page has more than one <h1>")
    before = 0
    for level, element in found:
        if before and level > before + 1:
            message = f"<h{level}> follows <h{before}>: a level is skipped"
            yield CheckFinding(place=review.template_of(element), message=message, about=f"h{before} h{level}")
        before = level


@check(
    "A11Y10",
    "Links within the page work in Gmail",
    who=Who.DESIGNER,
    fix='write   <a name="…" id="…"></a>   at the target: Gmail jumps only to names',
    source="https://www.caniemail.com/features/html-anchor-links/",
)
def anchors(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for the target of each link by name and by id."""
    names = {str(each.get("name")) for each in review.elements if each.tag == "a" and each.get("name")}
    ids = {str(each.get("id")) for each in review.elements if each.get("id")}
    for element in review.elements:
        address = str(element.get("href", ""))
        if element.tag != "a" or not address.startswith("#") or address[1:] in names:
            continue
        message = f"the target of {address} has an id but no name" if address[1:] in ids else f"{address} has no target"
        yield CheckFinding(place=review.template_of(element), message=message, about=address)


@check(
    "A11Y11",
    "Chinese words in an edition in another language are marked as Chinese",
    who=Who.DESIGNER,
    fix="use the   html   filter for this text: it marks other scripts with their language",
    source=f"{_WCAG}language-of-parts.html",
)
def foreign_words(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for Chinese characters that have the language of the page."""
    if review.edition.language.split("-")[0] in ("zh", "ja", "ko"):
        return
    for element in review.elements:
        own = "".join([element.text or "", *(child.tail or "" for child in element)])
        if (words := _HAN.search(own)) and _language(element).split("-")[0] not in ("zh", "ja", "ko"):
            message = f"screen readers read “{words[0][:12]}” in the language “{_language(element)}”"
            yield CheckFinding(place=review.template_of(element), message=message, about=words[0])


def _language(element: Element) -> str:
    return next((str(lang) for each in (element, *element.iterancestors()) if (lang := each.get("lang"))), "")


@check(
    "A11Y12",
    "Text is large enough to read",
    who=Who.DESIGNER,
    unit="pixels",
    is_least=True,
    warn=14,
    fix="set font-size to 14px or more in inline.css",
    source="https://www.w3.org/WAI/tutorials/page-structure/styling/",
)
def small_text(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Compute the font size of each text."""
    styles = review.styles(CssScheme.LIGHT)
    told: set[float] = set()
    for element in styles.with_text():
        style = styles.of(element)
        if style.is_hidden or style.font_size in told or style.font_size <= 1:
            continue
        # Capitals are a third taller than the letters by which a size is judged.
        if level := limits.under(style.font_size * (1.2 if style.text_transform == "uppercase" else 1)):
            told.add(style.font_size)
            message = f"this text has a font size of {style.font_size:g} pixels"
            yield CheckFinding(
                place=review.template_of(element), message=message, level=level, about=f"{style.font_size:g}"
            )


@check(
    "A11Y13",
    "Text is not justified, and Chinese text has no letter-spacing",
    who=Who.DESIGNER,
    fix="remove letter-spacing or text-align: justify from this text",
    source=f"{_WCAG}visual-presentation.html",
)
def setting(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Check the computed style of each text."""
    styles = review.styles(CssScheme.LIGHT)
    told: set[str] = set()
    for element in styles.with_text():
        style = styles.of(element)
        own = "".join([element.text or "", *(child.tail or "" for child in element)])
        found = "text-align" if style.text_align == "justify" else ""
        if not found and _HAN.search(own) and style.letter_spacing:
            found = "letter-spacing"
        if found and not style.is_hidden and found not in told:
            told.add(found)
            what = "text-align: justify" if found == "text-align" else "letter-spacing of Chinese text"
            place = review.template_of(element)
            yield CheckFinding(place=place, message=f"{what} makes this text hard to read", about=found)


@check(
    "A11Y14",
    "The page title is the subject",
    who=Who.DESIGNER,
    fix="write   <mj-title>{{ issue.subject }}</mj-title>",
    source=f"{_WCAG}page-titled.html",
)
def title(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Compare <title> with the subject."""
    found = " ".join((review.tree.findtext("head/title") or "").split())
    if found != " ".join(review.subject.split()):
        yield CheckFinding(
            place=review.template("page.mjml.j2"), message=f"the page title is “{found[:60]}”, not the subject"
        )


@check(
    "A11Y15",
    "Links in a text differ from it in more than color",
    who=Who.DESIGNER,
    fix="underline links",
    source=f"{_WCAG}use-of-color.html",
)
def links_by_colour(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for links without an underline whose colour is close to that of the text around them."""
    for element in indistinct_links(review.styles(CssScheme.LIGHT))[:1]:
        yield CheckFinding(place=review.template_of(element), message="this link looks like the text around it")
