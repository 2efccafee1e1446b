"""Checks of what an issue cites: no article twice, and none that was in one of the last issues.

Articles are what items of lists are about, and sources. Links within texts, buttons and events lead to the same page as often as
an editor likes; so do home pages, and different parts of one page are different articles.
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

from composer.checks.issue_text import Reference, Role, named
from composer.checks.registry import CheckFinding, CheckLimits, check
from composer.checks.review import ReviewedEdition
from composer.checks.rules.message.link_targets import without_traces

_OWN_HOSTS = "the house's own rule: set its level in newsletter.yaml"
_CITING = (Role.ITEM, Role.SOURCE)


@check(
    "EDIT01",
    "No article is cited twice",
    fix="leave one of them out, or name another source",
    source=_OWN_HOSTS,
)
def cited_twice(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Compare items and sources within the issue; the same source may serve two items."""
    known: dict[str, list[Reference]] = {}
    for link in _cited(review):
        before = known.setdefault(bare(link.url), [])
        other = next((each for each in before if _repeats(each, link)), None)
        if other is not None:
            message = f"this article is cited before, in line {other.mark.place.line}: {link.url}"
            yield CheckFinding(place=link.mark.place, message=named(link.mark, message))
        before.append(link)


def _repeats(one: Reference, other: Reference) -> bool:
    if one.role is Role.SOURCE and other.role is Role.SOURCE:
        return one.item == other.item
    # What an item is about may stand among its own sources.
    return one.item != other.item


@check(
    "EDIT02",
    "No article was cited in one of the last issues",
    fix="subscribers have seen it: say what is new, or leave it out",
    source=_OWN_HOSTS,
)
def cited_before(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Compare items and sources with earlier issues; a link that several of them have is there on purpose."""
    for link in _cited(review):
        address = bare(link.url)
        issues = [earlier for earlier in review.earlier if address in earlier.urls]
        if len(issues) == 1:
            message = f"the issue {issues[0].stem} cited this article: {link.url}"
            yield CheckFinding(place=link.mark.place, message=named(link.mark, message))


def _cited(review: ReviewedEdition) -> Iterator[Reference]:
    """Yield the articles; a page without a path is a home, not an article."""
    for link in review.references:
        parts = urlsplit(link.url)
        if link.role in _CITING and (parts.path.strip("/") or parts.query):
            yield link


def bare(url: str) -> str:
    """Return an address without what does not change the page: traces, closing slash, www, the words to be marked on it."""
    url = without_traces(url).partition("#:~:")[0].removesuffix("#").removesuffix("#top").rstrip("/")
    return url.replace("://www.", "://").replace("http://", "https://").casefold()


def bare_urls(references: tuple[Reference, ...]) -> frozenset[str]:
    """Return the addresses as EDIT02 compares them."""
    return frozenset(bare(link.url) for link in references)
