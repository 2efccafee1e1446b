"""Checks of accessibility: what subscribers with a screen reader, weak eyes or a small screen need."""

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
    "The page says its language and direction, twice",
    who=Who.DESIGNER,
    fix="lang and dir on <html>, and on the first element of the body: mail programs take <html> away",
    source="https://emailmarkup.org/en/reports/accessibility/2026/",
)
def language(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look at <html> and at the first visible elements of the body."""
    body = review.tree.find("body")
    first = [each for each in body if isinstance(each.tag, str)] if body is not None else []
    if not (review.tree.get("lang") and review.tree.get("dir")):
        yield CheckFinding(place=review.template("page.mjml.j2"), message="<html> has no lang or no dir", about="html")
    if not any(each.get("lang") and each.get("dir") for each in first):
        yield CheckFinding(
            place=review.template("page.mjml.j2"), message="no element of the body has lang and dir", about="body"
        )


@check(
    "A11Y02",
    "Tables that only arrange say so, others have headings",
    who=Who.DESIGNER,
    fix='write   role="presentation"   on the table; one with figures gets <th> and <caption>',
    source="https://www.w3.org/WAI/tutorials/tables/",
)
def tables(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look at the role of each table."""
    for element in review.elements:
        if element.tag != "table" or element.get("role") in ("presentation", "none"):
            continue
        if element.find(".//th") is None:
            message = "a screen reader announces this table, which only arranges"
            yield CheckFinding(place=review.template_of(element), message=message, about="role")
        elif element.find("caption") is None:
            yield CheckFinding(place=review.template_of(element), message="this table has no caption", about="caption")


@check(
    "A11Y04",
    "Text stands out from its ground (4.5 to 1; large text 3 to 1)",
    who=Who.DESIGNER,
    fix="darken the text or lighten the ground: colours stand in theme.yaml, the accent in newsletter.yaml",
    source=f"{_WCAG}contrast-minimum.html",
)
def contrast_light(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Work out the colours of every text, with inherited grounds."""
    yield from _low(review, CssScheme.LIGHT, "")


@check(
    "DARK02",
    "Text stands out from its ground in the dark, too",
    who=Who.DESIGNER,
    fix="a rule for the dark must name the element that has the ground: a child's own ground stays light",
    source=f"{_WCAG}contrast-minimum.html",
)
def contrast_dark(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """The same with the rules for the dark."""
    yield from _low(review, CssScheme.DARK, " in the dark")


def _low(review: ReviewedEdition, scheme: CssScheme, when: str) -> Iterator[CheckFinding]:
    """Tell each pair of colours once, with how often it is met."""
    found = hard_to_read(review.styles(scheme))
    pairs = Counter((each.color, each.background, each.needed) for each in found)
    told: set[tuple[str, str, float]] = set()
    for each in found:
        pair = (each.color, each.background, each.needed)
        if pair in told:
            continue
        told.add(pair)
        more = f", and {pairs[pair] - 1} more" if pairs[pair] > 1 else ""
        message = (
            f"{each.color} on {each.background}{when} is {each.ratio} to 1, and needs {each.needed:g}: "
            f"“{each.text[:40]}”{more}"
        )
        about = f"{each.color} {each.background}"
        yield CheckFinding(place=review.template_of(each.element), message=message, about=about)


@check(
    "A11Y09",
    "Headings make an outline: one at the top, no level left out",
    who=Who.DESIGNER,
    fix="use <h1> for the subject, <h2> for sections, <h3> below",
    source=f"{_WCAG}info-and-relationships.html",
)
def headings(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Walk through the headings in order."""
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
            message = f"behind <h{before}> comes <h{level}>: a level is left out"
            yield CheckFinding(place=review.template_of(element), message=message, about=f"h{before} h{level}")
        before = level


@check(
    "A11Y10",
    "Links within the page lead to a place that Gmail knows",
    who=Who.DESIGNER,
    fix='write   <a name="…" id="…"></a>   there: Gmail jumps to names only',
    source="https://www.caniemail.com/features/html-anchor-links/",
)
def anchors(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for each target by name and by id."""
    names = {str(each.get("name")) for each in review.elements if each.tag == "a" and each.get("name")}
    ids = {str(each.get("id")) for each in review.elements if each.get("id")}
    for element in review.elements:
        address = str(element.get("href", ""))
        if element.tag != "a" or not address.startswith("#") or address[1:] in names:
            continue
        message = f"{address} has an id and no name" if address[1:] in ids else f"{address} leads nowhere"
        yield CheckFinding(place=review.template_of(element), message=message, about=address)


@check(
    "A11Y11",
    "Chinese words in an edition of another language say that they are Chinese",
    who=Who.DESIGNER,
    fix="print the text with the filter “html”: it marks other scripts with their language",
    source=f"{_WCAG}language-of-parts.html",
)
def foreign_words(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for Han characters whose language is the page's."""
    if review.edition.language.split("-")[0] in ("zh", "ja", "ko"):
        return
    for element in review.elements:
        own = "".join([element.text or "", *(child.tail or "" for child in element)])
        if (words := _HAN.search(own)) and _language(element).split("-")[0] not in ("zh", "ja", "ko"):
            message = f"“{words[0][:12]}” is read aloud as if it were {_language(element)}"
            yield CheckFinding(place=review.template_of(element), message=message, about=words[0])


def _language(element: Element) -> str:
    return next((str(lang) for each in (element, *element.iterancestors()) if (lang := each.get("lang"))), "")


@check(
    "A11Y12",
    "No text is smaller than weak eyes can read",
    who=Who.DESIGNER,
    unit="pixels",
    is_least=True,
    warn=14,
    fix="set font-size to 14px or more in inline.css",
    source="https://www.w3.org/WAI/tutorials/page-structure/styling/",
)
def small_text(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Work out the size of each text."""
    styles = review.styles(CssScheme.LIGHT)
    told: set[float] = set()
    for element in styles.with_text():
        style = styles.of(element)
        if style.is_hidden or style.font_size in told or style.font_size <= 1:
            continue
        # Capitals are a third taller than the letters by which a size is judged.
        if level := limits.under(style.font_size * (1.2 if style.text_transform == "uppercase" else 1)):
            told.add(style.font_size)
            message = f"text of {style.font_size:g} pixels stands here"
            yield CheckFinding(
                place=review.template_of(element), message=message, level=level, about=f"{style.font_size:g}"
            )


@check(
    "A11Y13",
    "Chinese is not spaced out or set in capitals, text is not justified",
    who=Who.DESIGNER,
    fix="take letter-spacing, text-transform or text-align: justify out for this text",
    source=f"{_WCAG}visual-presentation.html",
)
def setting(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look at the style of each text."""
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
            what = "text-align: justify" if found == "text-align" else "letter-spacing on Chinese words"
            place = review.template_of(element)
            yield CheckFinding(place=place, message=f"{what} makes this hard to read", about=found)


@check(
    "A11Y14",
    "The page has the subject as its title",
    who=Who.DESIGNER,
    fix="write   <mj-title>{{ issue.subject }}</mj-title>",
    source=f"{_WCAG}page-titled.html",
)
def title(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Compare <title> with the subject."""
    found = " ".join((review.tree.findtext("head/title") or "").split())
    if found != " ".join(review.subject.split()):
        yield CheckFinding(
            place=review.template("page.mjml.j2"), message=f"the page's title is “{found[:60]}”, not the subject"
        )


@check(
    "A11Y15",
    "Links within a text can be told from it without colour",
    who=Who.DESIGNER,
    fix="leave links underlined",
    source=f"{_WCAG}use-of-color.html",
)
def links_by_colour(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for links without a line below them whose colour is near that of the text around."""
    for element in indistinct_links(review.styles(CssScheme.LIGHT))[:1]:
        yield CheckFinding(place=review.template_of(element), message="a link looks like the text around it")
