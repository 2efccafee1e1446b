"""Checks of how links are written: https if the host supports it, no invisible characters."""

from collections.abc import Iterator
from itertools import zip_longest
from urllib.parse import unquote

from composer.checks.issue_text import named
from composer.checks.registry import CheckFinding, CheckLimits, check
from composer.checks.review import ReviewedEdition
from composer.checks.text_patterns.host_names import host_of
from composer.content.yaml.invisible_characters import name_of
from composer.core.errors import Level
from composer.core.untrusted.untrusted_text import tame


@check(
    "LINK03",
    "Links use https if their host supports it",
    level=Level.INFO,
    fix="change http:// to https://",
    source="https://www.rfc-editor.org/rfc/rfc9110#section-17.1",
)
def plain_http(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Find http: links to hosts that this issue also links to with https:; for other hosts, only a request could tell.

    Other hosts of the same domain are not compared: they often belong to another publisher, or are old servers.
    """
    urls = [link.url for link in review.references] + _own_pages(review)
    encrypted = {host_of(url) for url in urls if url.startswith("https:")}
    found = [each for each in review.references if each.url.startswith("http:") and host_of(each.url) in encrypted]
    if found:
        link, more = found[0], len(found) - 1
        others = f" ({more} more)" if more else ""
        message = f"this link does not use https: {link.url}{others}"
        yield CheckFinding(place=link.mark.place, message=named(link.mark, message))


def _own_pages(review: ReviewedEdition) -> list[str]:
    newsletter = review.newsletter
    return [str(url or "") for url in (newsletter.brand.homepage, newsletter.delivery.public_url)]


@check(
    "LINK09",
    "Links contain no invisible characters",
    fix="delete the address and type it again, or copy it from the browser's address bar",
    source="https://www.rfc-editor.org/rfc/rfc3987#section-4.1",
)
def unseen(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for invisible characters, also percent-encoded: addresses copied from documents often contain them."""
    for link in review.references:
        address = unquote(link.url)
        if not address.isascii() and (harmless := tame(address)) != address:
            found = next(one for one, other in zip_longest(address, harmless) if one != other)
            message = f"this address contains an invisible character ({name_of(found)}): the link may be broken"
            yield CheckFinding(place=link.mark.place, message=named(link.mark, message), kind="invisible")
