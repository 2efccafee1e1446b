"""Checks of link texts and titles as a screen reader reads them."""

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

#: Link texts that say nothing about the target.
_POINTING = frozenset(
    (
        "here", "click here", "this", "this link", "link", "hier", "hier klicken", "link hier", "ici", "cliquez ici", "aquí",
        "haz clic aquí", "qui", "clicca qui", "هنا", "اضغط هنا", "点击这里", "这里", "点此", "こちら",
    )
)  # fmt: skip
#: Link texts that continue a text: after a text with its own title, the target is clear.
_LEADING_ON = frozenset(
    (
        "more", "read more", "learn more", "more info", "find out more", "continue reading", "read on", "mehr", "mehr lesen",
        "mehr erfahren", "weiterlesen", "plus", "lire la suite", "en savoir plus", "más", "leer más", "saber más", "leggi di più",
        "leggi tutto", "scopri di più", "saiba mais", "leia mais", "lees meer", "المزيد", "اقرأ المزيد", "更多", "阅读更多",
        "阅读全文", "続きを読む",
    )
)  # fmt: skip
#: Link texts that ask for an action: reported only if nothing around them says what they are about.
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
#: Words before such a link that do not say what it is about either.
_CALLS = re.compile(
    r"\s*(?:(?:(?:are you |still )?(?:interested|curious|questions|any questions|want more)"
    r"|(?:noch )?(?:interesse|interessiert|neugierig|fragen|lust)"
    r"|(?:你)?(?:感兴趣吗?|有兴趣吗?|有问题吗?)|intéressée?s?|interesad[oa]s?)\s*[?？!！]*)?\s*",
    re.IGNORECASE,
)
#: Link texts of this width must tell one page from another within an item.
_LEAST_WORDS = 8
#: And link texts of this width within the whole issue.
_OWN_WORDS = 20
#: Addresses of up to this many characters may be link texts.
_SHORT_ADDRESS = 40
#: A name or an owner right before a link: “Jane Li”, “Li's”, “李明的”; not a capital letter that starts a sentence.
_NAMED_BEFORE = re.compile(r"\w['’]s?\s*$|的\s*$|(?<=[\w,;:] )[^\W\d_a-zà-ÿ]\w+\s*$")
#: Words right after a link that say what it belongs to.
_NAMED_BEHIND = re.compile(
    r"\s+(?:by|from|for|of|on|with|in|at|von|vom|für|zu|zum|zur|über|de|du|des|par|pour|sur|por|para|sobre|di|per)\b"
)
_WCAG = "https://www.w3.org/WAI/WCAG22/Understanding/"


@check(
    "A11Y05",
    "Link texts say where the link leads",
    fix="use the article's name as the link text: screen readers list links without the text around them",
    source=f"{_WCAG}link-purpose-in-context.html",
)
def link_words(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for “here”, “more” and similar link texts; report each once, with the number of others."""
    found: dict[str, list[Reference]] = {}
    for link in review.references:
        if (words := _key(link.words)) in _EMPTY_WORDS and not _is_explained(link, words):
            found.setdefault(words, []).append(link)
    for first, *others in found.values():
        more = f" ({len(others)} more)" if others else ""
        message = f"the link text “{first.words.strip()}” does not say where the link leads{more}"
        yield CheckFinding(place=first.mark.place, message=named(first.mark, message))


def _is_explained(link: Reference, words: str) -> bool:
    """Return whether the text around a link says where it leads."""
    if words in _POINTING:
        return False
    if not link.is_led and _CALLS.fullmatch(link.before) and not re.search(r"\w", link.after):
        return False
    return words in _ASKING or _leads_on(link)


def _leads_on(link: Reference) -> bool:
    """Return whether the text right before a link says where it leads: a sentence, a title or a paragraph."""
    return not _continues(link.before) and (link.is_led or bool(re.search(r"\w", link.before)))


def _continues(before: str) -> bool:
    """Return whether the link continues a sentence: “to learn” before “more”."""
    return before.rstrip()[-1:].isalnum()


def _key(words: str) -> str:
    return " ".join(words.split()).casefold().strip(" .:…>»→")


@check(
    "A11Y06",
    "Links with the same text lead to the same page",
    fix="make the link texts different",
    source=f"{_WCAG}link-purpose-in-context.html",
)
def link_twins(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Compare titles within each list and outlet, links in sentences within each item, and long link texts within the issue.

    Labels such as “via”, “Tickets” or “Twitter thread” are skipped: a name before or after them tells them apart. Titles of
    items, such as vacancies, may repeat if their texts differ.
    """
    known: dict[tuple[object, str], str] = {}
    for link in review.references:
        words, address = _key(link.words), bare(link.url)
        if not words or words in _EMPTY_WORDS:
            continue
        scopes = _scopes(link, cells(words))
        if any(known.setdefault((scope, words), address) != address for scope in scopes):
            message = f"an earlier link with the text “{link.words.strip()}” leads to another page"
            yield CheckFinding(place=link.mark.place, message=named(link.mark, message), kind="twin")


def _scopes(link: Reference, width: int) -> list[object]:
    """Return the parts of the issue within which the text of a link must be unique."""
    # The text below a title (an employer, an outlet, a place) tells equal titles apart.
    if link.outlet:
        return [(_key(link.outlet), link.after)] if width >= _OWN_WORDS else []
    if link.role is Role.ITEM:
        return [(link.item[:1], link.after)]
    if link.role is not Role.TEXT or width < _LEAST_WORDS or _is_label(link):
        return []
    return [link.item, "issue"] if width >= _OWN_WORDS else [link.item]


def _is_label(link: Reference) -> bool:
    """Return whether a link is outside its sentence, or a name tells it apart: “Li's thread”, “thread by Li”."""
    return not _continues(link.before) or bool(_NAMED_BEFORE.search(link.before) or _NAMED_BEHIND.match(link.after))


@check(
    "A11Y07",
    "Link texts are words, not addresses",
    fix="write   [words](https://…)   because screen readers spell out addresses",
    source=f"{_WCAG}link-purpose-in-context.html",
)
def bare_addresses(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for link texts that are an address; short ones such as www.example.org/advent are printed on purpose."""
    for link in review.references:
        words = link.words.strip()
        if re.match(r"https?://|www\.", words) and not (_is_short(words) or is_mention(link)):
            message = f"the link text is an address: {words[:60]}"
            yield CheckFinding(place=link.mark.place, message=named(link.mark, message), kind="address")


def _is_short(address: str) -> bool:
    """Return whether an address is short enough to be read: a host with a short path, without parameters."""
    return len(address) <= _SHORT_ADDRESS and not re.search(r"[?#%]", address)


@check(
    "A11Y08",
    "Links to PDF files in a text say so",
    level=Level.INFO,
    fix="add   (PDF)   to the link text",
    source="https://www.w3.org/WAI/WCAG22/Techniques/general/G201",
)
def files(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for links to PDF files in texts that do not say PDF; report them once; skip lists and sources."""
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
    "Titles have few emoji",
    fix="keep one or two: screen readers read each emoji by its name",
    source="https://emailmarkup.org/en/reports/accessibility/2026/",
)
def emoji(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for three or more emoji in titles and other lines; two may frame a title."""
    for text in review.texts:
        is_title = not text.is_paragraph and text.mark.place != review.issue.place("subject")
        if is_title and (count := crowd_of_emoji(text.words)):
            what = "title" if text.mark.trail[-1:] == ("title",) else "line"
            message = named(text.mark, f"{count} emoji in one {what}")
            yield CheckFinding(place=text.mark.place, message=message, kind="emoji")
