"""Checks of the articles that an issue cites: none twice, and none from one of the last issues.

Articles are the pages of list items and sources. Links in texts, buttons, events and home pages may repeat. Different parts of
one page are different articles.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import urlsplit

from composer.checks.issue_text import Reference, Role, named
from composer.checks.registry import CheckFinding, CheckLimits, check
from composer.checks.review import ReviewedEdition
from composer.checks.rules.message.link_targets import without_traces
from composer.checks.text_patterns.scan_memory import MOST
from composer.content.document.sections import SectionSpec

_EDITORIAL_RULE = "editorial rule: set its level in newsletter.yaml"
#: Words of a section's key, type or heading that say that its items run in several issues.
_RECURRING = frozenset(
    (
        "ad", "ads", "advert", "adverts", "advertisement", "advertisements", "advertising", "advertorial", "sponsor", "sponsors",
        "sponsored", "promotion", "promotions", "recurring", "anzeige", "anzeigen", "werbung", "gesponsert", "publicité",
        "publicidad", "pubblicità",
    )
)  # fmt: skip
_RECURRING_IN_CHINESE = ("广告", "廣告", "赞助", "贊助", "推广", "推廣")
_CITING = (Role.ITEM, Role.SOURCE)


@check(
    "EDIT01",
    "No article is cited twice",
    fix="remove one of the two, or name another source",
    source=_EDITORIAL_RULE,
)
def cited_twice(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Compare items and sources within the issue; two items may have the same source."""
    known: dict[str, list[Reference]] = {}
    for link in _cited(review):
        before = known.setdefault(bare(link.url), [])
        other = next((each for each in before if _repeats(each, link)), None)
        if other is not None:
            message = f"this article is already cited in line {other.mark.place.line}: {link.url}"
            yield CheckFinding(place=link.mark.place, message=named(link.mark, message))
        before.append(link)


def _repeats(one: Reference, other: Reference) -> bool:
    if one.role is Role.SOURCE and other.role is Role.SOURCE:
        return one.item == other.item
    # The page of an item may also be one of its sources.
    return one.item != other.item


@check(
    "EDIT02",
    "No article is repeated from one of the last issues",
    fix="say what is new, or remove the item; for advertisements, use a section with the key   ads",
    source=_EDITORIAL_RULE,
)
def cited_before(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Compare items and sources with earlier issues; skip links of several issues and of advertisements."""
    for link in _cited(review):
        if link.section is not None and _may_recur(link.section.spec):
            continue
        address = bare(link.url)
        issues = [earlier for earlier in review.earlier if address in earlier.urls]
        if len(issues) == 1:
            message = f"issue {issues[0].stem} already cited this article: {link.url}"
            kind = issues[0].stem
            yield CheckFinding(place=link.mark.place, message=named(link.mark, message), kind=kind)


def _may_recur(spec: SectionSpec) -> bool:
    """Return whether the key, the type or the heading of a section says that it holds advertisements or recurring items."""
    words = re.findall(r"[^\W_]+", f"{spec.key} {spec.type.name} {spec.heading}".casefold())
    return not _RECURRING.isdisjoint(words) or any(sign in spec.heading for sign in _RECURRING_IN_CHINESE)


def _cited(review: ReviewedEdition) -> Iterator[Reference]:
    """Yield the articles; an address without a path is a home page, not an article."""
    for link in review.references:
        if link.role in _CITING and _is_article(link.url):
            yield link


@lru_cache(maxsize=MOST)
def _is_article(url: str) -> bool:
    parts = urlsplit(url)
    return bool(parts.path.strip("/") or parts.query)


@lru_cache(maxsize=MOST)
def bare(url: str) -> str:
    """Return an address without what does not change the page: tracking, final slash, www, text fragment."""
    url = without_traces(url).partition("#:~:")[0].removesuffix("#").removesuffix("#top").rstrip("/")
    return url.replace("://www.", "://").replace("http://", "https://").casefold()


def bare_urls(references: tuple[Reference, ...]) -> frozenset[str]:
    """Return addresses in the form in which EDIT02 compares them."""
    return frozenset(bare(link.url) for link in references)
