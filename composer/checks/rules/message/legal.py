"""Checks of what laws and large mailbox providers require in every message. Not legal advice."""

from collections.abc import Iterator

from composer.checks.css.styles import CssScheme
from composer.checks.registry import CheckFinding, CheckLimits, check
from composer.checks.review import ReviewedEdition
from composer.content.values.field_values import text_in
from composer.content.yaml.source import SourcePlace
from composer.core.errors import Level, Who


@check(
    "UNS01",
    "The page and the plaintext have an unsubscribe link",
    who=Who.IT,
    level=Level.BLOCKER,
    fix="set delivery.public_url in newsletter.yaml to the address of your public pages",
    source="https://support.google.com/a/answer/81126",
)
def unsubscribe(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for the subscriber's personal unsubscribe link in both parts."""
    token = next((field.token for field in review.edition.fields if field.name == "unsubscribe_url"), None)
    if token is None:
        delivery = review.newsletter.delivery
        is_set = delivery.public_url or delivery.unsubscribe_url
        place = review.template("page.mjml.j2") if is_set else review.newsletter.place("delivery")
        yield CheckFinding(place=place, message="the issue has no unsubscribe link")
        return
    for part, name, template in (
        (review.edition.html, "page", "page.mjml.j2"),
        (review.edition.text, "plaintext", "page.txt.j2"),
    ):
        if token not in part:
            message = f"the {name} has no unsubscribe link"
            yield CheckFinding(
                place=review.template(template),
                message=message,
                hint=f"add   {{{{ links.unsubscribe }}}}   to {template}",
            )


@check(
    "UNS02",
    "The page and the plaintext show the sender's postal address",
    level=Level.BLOCKER,
    fix="set sender.postal_address in newsletter.yaml; if no law requires it, set   level: off   for UNS02 below   checks:",
    source="https://www.law.cornell.edu/uscode/text/15/7704",
)
def postal_address(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for the postal address in both parts (15 U.S.C. 7704(a)(5))."""
    address = review.newsletter.postal_address
    if not address:
        yield CheckFinding(place=review.newsletter.place("sender"), message="the sender has no postal address")
        return
    words = address.split()
    if not _has(review.text, words):
        yield CheckFinding(
            place=review.template("page.txt.j2"), message="the plaintext does not show the postal address"
        )
    if not _has("".join(map(str, review.tree.itertext())), words):
        yield CheckFinding(place=review.template("page.mjml.j2"), message="the page does not show the postal address")


def _has(text: str, words: list[str]) -> bool:
    return " ".join(words) in " ".join(text.split())


@check(
    "LAW01",
    "The page and the plaintext link to the privacy policy",
    fix="set sender.privacy_url in newsletter.yaml",
    source="https://gdpr-info.eu/art-13-gdpr/",
)
def privacy(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for the link to the privacy policy in both parts."""
    url = review.newsletter.privacy_url
    if url is None:
        yield CheckFinding(place=review.newsletter.place("sender"), message="the issue has no link to a privacy policy")
    elif url not in review.edition.html or url not in review.text:
        yield CheckFinding(place=_page(review), message="the theme does not show the link to the privacy policy")


@check(
    "LAW02",
    "The issue names its publisher",
    fix="add   imprint:   with the publisher's name and address to newsletter.yaml",
    source="https://www.gesetze-im-internet.de/ddg/__5.html",
)
def imprint(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for the publisher's name in the plaintext (Germany: DDG section 5)."""
    name = text_in(review.issue.imprint, "name") if review.issue.imprint else None
    if not name:
        yield CheckFinding(place=review.newsletter.place("sender"), message="the issue has no imprint")
    elif name not in review.text:
        yield CheckFinding(place=_page(review), message="the theme does not show the imprint")


@check(
    "LAW03",
    "Paid sections are labelled as advertising",
    who=Who.DESIGNER,
    level=Level.BLOCKER,
    fix="print   phrases.advertisement   in this template, on the page in an element with the class advertising-label",
    source="https://www.gesetze-im-internet.de/ddg/__6.html",
)
def advertising(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for a visible label in every section of a type with `advertising: true`, in both parts."""
    paid = {section.spec.key: section.spec.type.name for section in review.issue.sections
            if section.spec.type.is_advertising}  # fmt: skip
    if not paid:
        return
    labels = _advertising_labels(review)
    for key, kind in paid.items():
        label = labels.get(key, "")
        if not label:
            place = review.template(f"sections/{kind}/section.mjml.j2")
            yield CheckFinding(place=place, message=f"the section “{key}” is paid for, but not labelled", about=key)
        elif not _has(review.text, label.split()):
            place = review.template(f"sections/{kind}/section.txt.j2")
            message = f"the section “{key}” is paid for, but not labelled in the plaintext"
            yield CheckFinding(place=place, message=message, about=f"{key} text")


def _advertising_labels(review: ReviewedEdition) -> dict[str, str]:
    """Return the visible labels of sections as advertising, by the key of the section."""
    styles = review.styles(CssScheme.LIGHT)
    found: dict[str, str] = {}
    for element in review.elements:
        if "advertising-label" in str(element.get("class", "")).split() and not styles.of(element).is_hidden:
            key = next((key for each in element.iterancestors() if (key := each.get("data-section"))), "")
            found[str(key)] = " ".join("".join(map(str, element.itertext())).split())
    return found


def _page(review: ReviewedEdition) -> SourcePlace:
    return review.template("page.txt.j2")
