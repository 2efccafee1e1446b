"""Checks of the words that editors choose for links and titles, as a screen reader says them."""

import re
from collections.abc import Iterator

from composer.checks.issue_text import Reference, Role, named
from composer.checks.registry import CheckFinding, CheckLimits, check
from composer.checks.review import ReviewedEdition
from composer.checks.rules.message.inbox import crowd_of_emoji
from composer.checks.rules.message.link_targets import is_mention
from composer.checks.rules.text.citations import bare
from composer.core.errors import Level
from composer.render.text_wrap import cells

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
#: Words that ask somebody to do something, or to read on: told only where it is certain that nothing says what it is about.
_ASKING = frozenset(
    (
        "find out more here", "learn more here", "read more here", "more here", "more information", "more information here",
        "further information", "for more information", "apply here", "apply now", "register here", "sign up here", "book here",
        "mehr dazu", "mehr hier", "hier mehr", "mehr informationen", "weitere informationen", "mehr infos", "weitere infos",
        "hier bewerben", "jetzt bewerben", "hier anmelden", "hier weiterlesen", "hier lesen", "plus d'informations",
        "plus d’informations", "postulez ici", "más información", "ulteriori informazioni", "更多信息", "更多資訊", "了解更多",
        "详情点击这里", "点击了解更多", "点击此处", "点击报名", "点击申请", "在此申请", "在此报名",
    )
)  # fmt: skip
_EMPTY_WORDS = _POINTING | _LEADING_ON | _ASKING
#: What may be said before them that names nothing.
_CALLS = re.compile(
    r"\s*(?:(?:(?:are you |still )?(?:interested|curious|questions|any questions|want more)"
    r"|(?:noch )?(?:interesse|interessiert|neugierig|fragen|lust)"
    r"|(?:你)?(?:感兴趣吗?|有兴趣吗?|有问题吗?)|intéressée?s?|interesad[oa]s?)\s*[?？!！]*)?\s*",
    re.IGNORECASE,
)
#: Cells of link words that must tell one page from another by themselves.
_LEAST_WORDS = 8
#: And of those that do so in the whole issue.
_OWN_WORDS = 20
#: A name or an owner right before a label: “Jane Li”, “Li's”, “李明的”; a capital that begins a sentence is none.
_NAMED_BEFORE = re.compile(r"\w['’]s?\s*$|的\s*$|(?<=[\w,;:] )[^\W\d_a-zà-ÿ]\w+\s*$")
#: And what the label is of, right behind it.
_NAMED_BEHIND = re.compile(
    r"\s+(?:by|from|for|of|on|with|in|at|von|vom|für|zu|zum|zur|über|de|du|des|par|pour|sur|por|para|sobre|di|per)\b"
)
_WCAG = "https://www.w3.org/WAI/WCAG22/Understanding/"


@check(
    "A11Y05",
    "The words of a link say where it leads",
    fix="make a link of the words that name the article: screen readers list links without the text around",
    source=f"{_WCAG}link-purpose-in-context.html",
)
def link_words(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for “here”, “more” and their like; each is told once, with how often it is met."""
    found: dict[str, list[Reference]] = {}
    for link in review.references:
        if (words := _key(link.words)) in _EMPTY_WORDS and not _is_explained(link, words):
            found.setdefault(words, []).append(link)
    for first, *others in found.values():
        more = f" ({len(others)} more)" if others else ""
        message = f"“{first.words.strip()}” does not say where the link leads{more}"
        yield CheckFinding(place=first.mark.place, message=named(first.mark, message))


def _is_explained(link: Reference, words: str) -> bool:
    """Return whether what is around a link says where it leads, if its words let that suffice."""
    if words in _POINTING:
        return False
    if not link.is_led and _CALLS.fullmatch(link.before) and not re.search(r"\w", link.after):
        return False
    return words in _ASKING or _leads_on(link)


def _leads_on(link: Reference) -> bool:
    """Return whether what is right before a link tells where it leads: a sentence, a title, a paragraph."""
    return not _continues(link.before) and (link.is_led or bool(re.search(r"\w", link.before)))


def _continues(before: str) -> bool:
    """Return whether what follows goes on with a sentence: “to learn” before “more”."""
    return before.rstrip()[-1:].isalnum()


def _key(words: str) -> str:
    return " ".join(words.split()).casefold().strip(" .:…>»→")


@check(
    "A11Y06",
    "The same words do not lead to two places",
    fix="say in the words what is different",
    source=f"{_WCAG}link-purpose-in-context.html",
)
def link_twins(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Compare the titles of each list and of each outlet, and what is part of a sentence in each item, or long, in the issue.

    Labels such as “via”, “Tickets” or “Twitter thread” are told apart by the name before them, or by what follows; so are the
    titles of items, such as vacancies, by their text.
    """
    known: dict[tuple[object, str], str] = {}
    for link in review.references:
        words, address = _key(link.words), bare(link.url)
        if not words or words in _EMPTY_WORDS:
            continue
        scopes = _scopes(link, cells(words))
        if any(known.setdefault((scope, words), address) != address for scope in scopes):
            message = f"“{link.words.strip()}” led to another page before"
            yield CheckFinding(place=link.mark.place, message=named(link.mark, message))


def _scopes(link: Reference, width: int) -> list[object]:
    """Return where the words of a link must tell its page from others."""
    # What is below a title belongs to it: an employer, an outlet, a place.
    if link.outlet:
        return [(_key(link.outlet), link.after)] if width >= _OWN_WORDS else []
    if link.role is Role.ITEM:
        return [(link.item[:1], link.after)]
    if link.role is not Role.TEXT or width < _LEAST_WORDS or _is_label(link):
        return []
    return [link.item, "issue"] if width >= _OWN_WORDS else [link.item]


def _is_label(link: Reference) -> bool:
    """Return whether a link is no part of its sentence, or is told apart by a name: “Li's thread”, “thread by Li”."""
    return not _continues(link.before) or bool(_NAMED_BEFORE.search(link.before) or _NAMED_BEHIND.match(link.after))


@check(
    "A11Y07",
    "Links are words, not addresses",
    fix="write [words](https://…): a screen reader spells an address letter by letter",
    source=f"{_WCAG}link-purpose-in-context.html",
)
def bare_addresses(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for words that are an address; one as people say it, www.example.org/advent, is short enough to be heard."""
    for link in review.references:
        is_address = re.match(r"\s*https?://", link.words) or re.match(r"\s*www\.\S{36}", link.words)
        if is_address and not is_mention(link):
            message = f"the words of this link are an address: {link.words.strip()[:60]}"
            yield CheckFinding(place=link.mark.place, message=named(link.mark, message))


@check(
    "A11Y08",
    "A link to a file in a text names the file type",
    level=Level.INFO,
    fix="add (PDF) to the words",
    source="https://www.w3.org/WAI/WCAG22/Techniques/general/G201",
)
def files(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for addresses of PDF files in texts that do not say PDF, once for all; lists and sources may be full of them."""
    found = [
        link
        for link in review.references
        if link.role is Role.TEXT
        and re.search(r"\.pdf(?:[?#]|$)", link.url, re.IGNORECASE)
        and not ("pdf" in link.paragraph.casefold() or _key(link.words) in _EMPTY_WORDS)
    ]
    if found:
        more = f" ({len(found) - 1} more)" if len(found) > 1 else ""
        yield CheckFinding(place=found[0].mark.place, message=named(found[0].mark, f"this link opens a PDF file{more}"))


@check(
    "A11Y16",
    "Titles are not full of emoji",
    fix="a screen reader says each by its name: leave one for each subject at most",
    source="https://emailmarkup.org/en/reports/accessibility/2026/",
)
def emoji(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for titles in which emoji are heard before or instead of words."""
    for text in review.texts:
        is_title = not text.is_paragraph and text.mark.place != review.issue.place("subject")
        if is_title and (count := crowd_of_emoji(text.words)):
            yield CheckFinding(place=text.mark.place, message=named(text.mark, f"{count} emoji stand in one title"))
