"""Checks of how links are written: https where the host supports it, no invisible characters."""

from collections.abc import Iterator
from itertools import zip_longest
from urllib.parse import unquote

from composer.checks.issue_text import named
from composer.checks.registry import CheckFinding, CheckLimits, check
from composer.checks.review import ReviewedEdition
from composer.checks.rules.message.link_targets import host_of
from composer.content.yaml.invisible_characters import name_of
from composer.core.errors import Level
from composer.core.untrusted_text import tame


@check(
    "LINK03",
    "Links are encrypted where their host can do it",
    level=Level.INFO,
    fix="write https://",
    source="https://www.rfc-editor.org/rfc/rfc9110#section-17.1",
)
def plain_http(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Find http: links to hosts that this issue also links with https:; for other hosts, only a request could tell.

    Another host of the same domain is often another publisher, or an old server.
    """
    urls = [link.url for link in review.references] + _own_pages(review)
    encrypted = {host_of(url) for url in urls if url.startswith("https:")}
    found = [each for each in review.references if each.url.startswith("http:") and host_of(each.url) in encrypted]
    if found:
        link, more = found[0], len(found) - 1
        others = f", and {more} more" if more else ""
        message = f"this link is not encrypted: {link.url}{others}"
        yield CheckFinding(place=link.mark.place, message=named(link.mark, message))


def _own_pages(review: ReviewedEdition) -> list[str]:
    newsletter = review.newsletter
    return [str(url or "") for url in (newsletter.brand.homepage, newsletter.delivery.public_url)]


@check(
    "LINK09",
    "Links hold no invisible characters",
    fix="delete the address and type it again, or copy it from the browser's address bar",
    source="https://www.rfc-editor.org/rfc/rfc3987#section-4.1",
)
def unseen(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for them as they are and percent-encoded: they come along when an address is copied from a document."""
    for link in review.references:
        address = unquote(link.url)
        if not address.isascii() and (harmless := tame(address)) != address:
            found = next(one for one, other in zip_longest(address, harmless) if one != other)
            message = f"{name_of(found)} is in this address, and cannot be seen: the link may be dead"
            yield CheckFinding(place=link.mark.place, message=named(link.mark, message))
