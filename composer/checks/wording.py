"""Checks of the words that editors choose for links and titles, as a screen reader says them."""

import re
from collections.abc import Iterator

from composer.checks.catalogue import Finding, Limits, check
from composer.checks.copy import named
from composer.checks.inbox import EMOJI
from composer.checks.review import Review
from composer.errors import Level

_EMPTY_WORDS = frozenset(
    (
        "here", "click here", "this", "this link", "link", "more", "read more", "learn more", "hier", "hier klicken",
        "mehr", "mehr lesen", "weiterlesen", "link hier", "点击这里", "这里", "更多", "阅读更多", "点此", "こちら",
    )
)  # fmt: skip
_WCAG = "https://www.w3.org/WAI/WCAG22/Understanding/"


@check(
    "A11Y05",
    "The words of a link say where it leads",
    fix="make a link of the words that name the article: screen readers list links without the text around",
    source=f"{_WCAG}link-purpose-in-context.html",
)
def link_words(review: Review, limits: Limits) -> Iterator[Finding]:
    """Look for “here”, “more” and their like."""
    for link in review.references:
        words = " ".join(link.words.split()).casefold().strip(" .:…>»→")
        if words in _EMPTY_WORDS:
            message = f"“{link.words.strip()}” does not say where the link leads"
            yield Finding(place=link.mark.place, message=named(link.mark, message))


@check(
    "A11Y06",
    "The same words do not lead to two places",
    fix="say in the words what is different",
    source=f"{_WCAG}link-purpose-in-context.html",
)
def link_twins(review: Review, limits: Limits) -> Iterator[Finding]:
    """Compare the links of texts; a source's outlet tells it from another's."""
    known: dict[str, str] = {}
    for link in review.references:
        words = " ".join(link.words.split()).casefold()
        if not words or link.outlet:
            continue
        if known.setdefault(words, link.url) != link.url:
            message = f"“{link.words.strip()}” led to another page before"
            yield Finding(place=link.mark.place, message=named(link.mark, message))


@check(
    "A11Y07",
    "Links are words, not addresses",
    fix="write [words](https://…): a screen reader spells an address letter by letter",
    source=f"{_WCAG}link-purpose-in-context.html",
)
def bare_addresses(review: Review, limits: Limits) -> Iterator[Finding]:
    """Look for words that are an address."""
    for link in review.references:
        if re.match(r"\s*(https?://|www\.)", link.words):
            message = f"the words of this link are an address: {link.words.strip()[:60]}"
            yield Finding(place=link.mark.place, message=named(link.mark, message))


@check(
    "A11Y08",
    "A link to a file says so",
    level=Level.INFO,
    fix="add (PDF) to the words",
    source="https://www.w3.org/WAI/WCAG22/Techniques/general/G201",
)
def files(review: Review, limits: Limits) -> Iterator[Finding]:
    """Look for addresses of PDF files."""
    for link in review.references:
        is_file = re.search(r"\.pdf(?:[?#]|$)", link.url, re.IGNORECASE)
        if is_file and "pdf" not in link.words.casefold():
            yield Finding(place=link.mark.place, message=named(link.mark, "this link opens a PDF file"))


@check(
    "A11Y16",
    "Titles are not full of emoji",
    fix="a screen reader says each by its name: leave one at most, at the end",
    source="https://emailmarkup.org/en/reports/accessibility/2026/",
)
def emoji(review: Review, limits: Limits) -> Iterator[Finding]:
    """Count the emoji of each title."""
    for text in review.texts:
        count = 0 if text.is_paragraph else len(EMOJI.findall(text.words))
        if count > 1 and text.mark.place != review.issue.place("subject"):
            yield Finding(place=text.mark.place, message=named(text.mark, f"{count} emoji stand in one title"))
