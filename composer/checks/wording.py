"""Checks of the words that editors choose for links and titles, as a screen reader says them."""

import re
from collections.abc import Iterator

from composer.checks.catalogue import Finding, Limits, check
from composer.checks.copy import Reference, Role, named
from composer.checks.inbox import EMOJI
from composer.checks.review import Review
from composer.errors import Level
from composer.render.wrap import cells

#: Words that say nothing at all.
_POINTING = frozenset(
    (
        "here", "click here", "this", "this link", "link", "hier", "hier klicken", "link hier", "ici", "cliquez ici", "aquí",
        "haz clic aquí", "qui", "clicca qui", "هنا", "اضغط هنا", "点击这里", "这里", "点此", "こちら",
    )
)  # fmt: skip
#: Words that lead on: behind a text under its own title everybody knows where.
_LEADING_ON = frozenset(
    (
        "more", "read more", "learn more", "more info", "find out more", "continue reading", "read on", "mehr", "mehr lesen",
        "mehr erfahren", "weiterlesen", "plus", "lire la suite", "en savoir plus", "más", "leer más", "saber más", "leggi di più",
        "leggi tutto", "scopri di più", "saiba mais", "leia mais", "lees meer", "المزيد", "اقرأ المزيد", "更多", "阅读更多",
        "阅读全文", "続きを読む",
    )
)  # fmt: skip
_EMPTY_WORDS = _POINTING | _LEADING_ON
#: Cells of link words that must tell one page from another by themselves.
_LEAST_WORDS = 8
#: And of those that do so in the whole issue.
_OWN_WORDS = 16
_WCAG = "https://www.w3.org/WAI/WCAG22/Understanding/"


@check(
    "A11Y05",
    "The words of a link say where it leads",
    fix="make a link of the words that name the article: screen readers list links without the text around",
    source=f"{_WCAG}link-purpose-in-context.html",
)
def link_words(review: Review, limits: Limits) -> Iterator[Finding]:
    """Look for “here”, “more” and their like; each is told once, with how often it is met."""
    found: dict[str, list[Reference]] = {}
    for link in review.references:
        if (words := _key(link.words)) in _EMPTY_WORDS and not (words in _LEADING_ON and _closes_item(link)):
            found.setdefault(words, []).append(link)
    for first, *others in found.values():
        more = f" ({len(others)} more)" if others else ""
        message = f"“{first.words.strip()}” does not say where the link leads{more}"
        yield Finding(place=first.mark.place, message=named(first.mark, message))


def _closes_item(link: Reference) -> bool:
    """Return whether a link ends a paragraph of an item in a list."""
    return any(isinstance(step, int) for step in link.item) and _key(link.paragraph).endswith(_key(link.words))


def _key(words: str) -> str:
    return " ".join(words.split()).casefold().strip(" .:…>»→")


@check(
    "A11Y06",
    "The same words do not lead to two places",
    fix="say in the words what is different",
    source=f"{_WCAG}link-purpose-in-context.html",
)
def link_twins(review: Review, limits: Limits) -> Iterator[Finding]:
    """Compare the links of each item's texts, the titles of each list, and of each outlet; elsewhere what is part of a sentence.

    Short words such as “via” or “tickets”, and those behind a sentence, such as “Read the report”, are told apart by their item.
    """
    known: dict[tuple[object, str], str] = {}
    for link in review.references:
        words = _key(link.words)
        if not words or words in _EMPTY_WORDS:
            continue
        scopes = _scopes(link, cells(words))
        if any(known.setdefault((scope, words), link.url) != link.url for scope in scopes):
            message = f"“{link.words.strip()}” led to another page before"
            yield Finding(place=link.mark.place, message=named(link.mark, message))


def _scopes(link: Reference, width: int) -> list[object]:
    """Give where the words of a link must tell its page from others."""
    if link.outlet:
        return [_key(link.outlet)]
    if link.role is Role.ITEM:
        return [link.item[:1]]
    if link.role is not Role.TEXT or width < _LEAST_WORDS:
        return []
    is_in_sentence = link.paragraph.partition(link.words)[0].rstrip()[-1:].isalnum()
    return [link.item, "issue"] if is_in_sentence and width >= _OWN_WORDS else [link.item]


@check(
    "A11Y07",
    "Links are words, not addresses",
    fix="write [words](https://…): a screen reader spells an address letter by letter",
    source=f"{_WCAG}link-purpose-in-context.html",
)
def bare_addresses(review: Review, limits: Limits) -> Iterator[Finding]:
    """Look for words that are an address; one as people say it, www.example.org/advent, is short enough to be heard."""
    for link in review.references:
        if re.match(r"\s*https?://", link.words) or re.match(r"\s*www\.\S{36}", link.words):
            message = f"the words of this link are an address: {link.words.strip()[:60]}"
            yield Finding(place=link.mark.place, message=named(link.mark, message))


@check(
    "A11Y08",
    "A link to a file in a text names the file type",
    level=Level.INFO,
    fix="add (PDF) to the words",
    source="https://www.w3.org/WAI/WCAG22/Techniques/general/G201",
)
def files(review: Review, limits: Limits) -> Iterator[Finding]:
    """Look for addresses of PDF files in texts that do not say PDF; lists and sources may be full of them."""
    for link in review.references:
        is_file = re.search(r"\.pdf(?:[?#]|$)", link.url, re.IGNORECASE)
        is_said = "pdf" in link.paragraph.casefold() or _key(link.words) in _EMPTY_WORDS
        if is_file and link.role is Role.TEXT and not is_said:
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
