"""Checks of what the law of many countries, and the large providers, want in every message. Not legal advice."""

from collections.abc import Iterator

from composer.checks.registry import CheckFinding, CheckLimits, check
from composer.checks.review import ReviewedEdition
from composer.content.values.field_values import text_in
from composer.content.yaml.source import SourcePlace
from composer.core.errors import Level, Who


@check(
    "UNS01",
    "Subscribers can leave: a link in the page and in the plaintext",
    who=Who.IT,
    level=Level.BLOCKER,
    fix="set delivery.public_url in newsletter.yaml, where public pages answer",
    source="https://support.google.com/a/answer/81126",
)
def unsubscribe(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for the subscriber's own link in both parts."""
    token = next((field.token for field in review.edition.fields if field.name == "unsubscribe_url"), None)
    if token is None:
        delivery = review.newsletter.delivery
        is_set = delivery.public_url or delivery.unsubscribe_url
        place = review.template("page.mjml.j2") if is_set else review.newsletter.place("delivery")
        yield CheckFinding(place=place, message="there is no link to unsubscribe")
        return
    for part, name, template in (
        (review.edition.html, "page", "page.mjml.j2"),
        (review.edition.text, "plaintext", "page.txt.j2"),
    ):
        if token not in part:
            message = f"the {name} has no link to unsubscribe"
            yield CheckFinding(
                place=review.template(template), message=message, hint=f"print links.unsubscribe in {template}"
            )


@check(
    "UNS02",
    "The sender's postal address stands in the page and in the plaintext",
    who=Who.IT,
    level=Level.BLOCKER,
    fix="set sender.postal_address in newsletter.yaml; where no law asks for it:   checks: UNS02: level: off",
    source="https://www.law.cornell.edu/uscode/text/15/7704",
)
def postal_address(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for its words in both parts (15 U.S.C. 7704(a)(5))."""
    address = review.newsletter.postal_address
    if not address:
        yield CheckFinding(place=review.newsletter.place("sender"), message="there is no postal address of the sender")
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
    "Subscribers can find out what is done with their address",
    who=Who.IT,
    fix="set sender.privacy_url in newsletter.yaml",
    source="https://gdpr-info.eu/art-13-gdpr/",
)
def privacy(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for the link to the privacy page."""
    url = review.newsletter.privacy_url
    if url is None:
        yield CheckFinding(place=review.newsletter.place("sender"), message="there is no link to a privacy page")
    elif url not in review.edition.html or url not in review.text:
        yield CheckFinding(place=_page(review), message="the theme does not print the link to the privacy page")


@check(
    "LAW02",
    "The publisher is named",
    who=Who.IT,
    fix="write an   imprint:   with the publisher's name and address into newsletter.yaml",
    source="https://www.gesetze-im-internet.de/ddg/__5.html",
)
def imprint(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for the publisher's name in both parts (Germany: DDG section 5)."""
    name = text_in(review.issue.imprint, "name") if review.issue.imprint else None
    if not name:
        yield CheckFinding(place=review.newsletter.place("sender"), message="there is no imprint")
    elif name not in review.text:
        yield CheckFinding(place=_page(review), message="the theme does not print the imprint")


def _page(review: ReviewedEdition) -> SourcePlace:
    return review.template("page.txt.j2")
