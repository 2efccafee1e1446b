"""Checks of where links lead, judged by their addresses; composer/links makes the requests."""

import datetime
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import assert_never
from urllib.parse import parse_qsl, urlsplit

from composer.checks.issue_text import NO_PAGE, Reference, Role, named
from composer.checks.registry import CHECKS, CheckFinding, CheckLimits, Setting, check, to_problem
from composer.checks.review import ReviewedEdition
from composer.checks.text_patterns.host_names import host_of, ip_address, is_example, is_local, mail_host
from composer.core.errors import Level, Problem
from composer.links.answer import LinkAnswer, LinkVerdict

#: Link shorteners: they hide the target, and the target may change.
_SHORTENERS = frozenset(
    [
        "bit.ly",
        "t.co",
        "goo.gl",
        "tinyurl.com",
        "ow.ly",
        "is.gd",
        "buff.ly",
        "t.ly",
        "rb.gy",
        "cutt.ly",
        "rebrand.ly",
        "shorturl.at",
        "lnkd.in",
        "dlvr.it",
        "url.cn",
        "t.cn",
        "dwz.cn",
        "suo.im",
    ]
)
#: Parameters that identify the person from whose inbox or browser an address was copied.
_PERSONAL = frozenset(
    [
        "fbclid",
        "gclid",
        "dclid",
        "msclkid",
        "yclid",
        "igshid",
        "mc_eid",
        "mkt_tok",
        "_hsenc",
        "_hsmi",
        "hsctatracking",
        "vero_id",
        "vero_conv",
        "oly_enc_id",
        "oly_anon_id",
        "s_cid",
        "wt_zmc",
        "ml_subscriber",
        "ml_subscriber_hash",
        "ck_subscriber_id",
    ]
)
_UNFINISHED = re.compile(r"todo|tbd|fixme|xxx", re.IGNORECASE)
_HOST_IN_WORDS = re.compile(
    r"^\s*(?:https?://)?((?:[a-z0-9-]+\.)+(?:com|org|net|edu|gov|int|eu|de|at|ch|uk|ie|fr|it|es|pt|nl|be|lu|pl|se|no|dk|fi|ca|au|nz|cn|hk|tw|jp|kr|in|br|mx|io|info|news))(?:[/?#]\S*)?\s*$",
    re.IGNORECASE,
)


def without_traces(url: str) -> str:
    """Return an address without tracking parameters, which say from which message, post or person it was copied."""
    if "?" not in url:
        return url
    address, mark, part = url.partition("#")
    path, _, query = address.partition("?")
    kept = [each for each in query.split("&") if not _is_trace(each.partition("=")[0].casefold())]
    return f"{path}{'?' if kept else ''}{'&'.join(kept)}{mark}{part}"


def _is_trace(name: str) -> bool:
    return name in _PERSONAL or name.startswith("utm_")


@check(
    "LINK01",
    "No link leads to a private network or a placeholder",
    level=Level.BLOCKER,
    fix="copy the public address from your browser's address bar",
    source="https://www.rfc-editor.org/rfc/rfc6761",
)
def private_links(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Check hosts and paths; a newsletter that is sent from an example host is a sample and may link to examples."""
    is_sample = is_example(review.newsletter.sender.address.rpartition("@")[2])
    for link in review.references:
        host = host_of(link.url)
        if is_mention(link):
            continue
        if is_local(host):
            message = f"“{host}” is not a public address"
            yield CheckFinding(place=link.mark.place, message=named(link.mark, message), kind="private")
        elif _UNFINISHED.fullmatch(host.split(".")[0]) or _UNFINISHED.fullmatch(urlsplit(link.url).path.strip("/")):
            message = f"this address is a placeholder: {link.url}"
            yield CheckFinding(place=link.mark.place, message=named(link.mark, message), kind="placeholder")
        elif not is_sample and is_example(said := host or mail_host(link.url)):
            message = f"“{said}” is reserved for examples: the link leads nowhere"
            yield CheckFinding(
                place=link.mark.place, message=named(link.mark, message), level=Level.WARNING, kind="example"
            )


def is_mention(link: Reference) -> bool:
    """Return whether a text only mentions an address: “open http://localhost:8000”, “write to you@example.com”."""
    words, host = link.words.strip().casefold(), host_of(link.url)
    if link.role is not Role.TEXT:
        return False
    if is_local(host):
        return not urlsplit(link.url).path.strip("/") and words.rstrip("/") == link.url.casefold().rstrip("/")
    host = host or mail_host(link.url)
    return is_example(host) and words.rpartition("@")[2] == host


@check(
    "LINK02",
    "Linked pages exist (only with --links)",
    level=Level.ERROR,
    fix="open the link and write the page's current address",
    source="https://www.rfc-editor.org/rfc/rfc9110#section-15.5.5",
)
def dead_links(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Find nothing: `link_problems` adds the answers, because checks make no requests."""
    return iter(())


@check(
    "LINK04",
    "No link uses a link shortener",
    fix="copy the address it leads to; to keep short links, write   LINK04: {level: off}   below   checks:   in newsletter.yaml",
    source="https://support.google.com/a/answer/81126",
)
def shorteners(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for link shorteners, each address once: spam filters distrust them, and subscribers cannot see where they lead."""
    for link in {each.url: each for each in reversed(review.references)}.values():
        if host_of(link.url) in _SHORTENERS:
            message = f"this link uses a shortener: {host_of(link.url)}"
            yield CheckFinding(place=link.mark.place, message=named(link.mark, message), kind="shortener")


@check(
    "LINK05",
    "Links use host names, not IP addresses",
    fix="use the host name",
    source="https://www.rfc-editor.org/rfc/rfc3986#section-7.4",
)
def numbers(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for IP addresses, which spam filters distrust."""
    for link in review.references:
        address = ip_address(host_of(link.url))
        if address is not None and address.is_global:
            message = f"this link uses an IP address: {address}"
            yield CheckFinding(place=link.mark.place, message=named(link.mark, message), kind="number")


@check(
    "LINK06",
    "Link texts that are addresses match the link's target",
    level=Level.BLOCKER,
    fix="use a link text that describes the page, or the host that the link leads to",
    source="https://www.rfc-editor.org/rfc/rfc3986#section-7.6",
)
def mismatched_hosts(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for links that show one host and lead to another, as phishing messages do."""
    for link in review.references:
        shown = _HOST_IN_WORDS.match(link.words)
        if shown is None or link.url.startswith(NO_PAGE):
            continue
        one, other = shown[1].lower().removeprefix("www."), host_of(link.url)
        if one != other and not one.endswith(f".{other}") and not other.endswith(f".{one}"):
            message = f"the link text says “{shown[1]}”, but the link leads to {other}"
            yield CheckFinding(place=link.mark.place, message=named(link.mark, message))


@check(
    "LINK07",
    "Links are not too long",
    unit="characters",
    info=300,
    warn=2_000,
    fix="use a shorter address: you can often remove the part after the ?",
    source="https://www.rfc-editor.org/rfc/rfc9110#section-4.1",
)
def long_links(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Count the characters of each address."""
    for link in review.references:
        if level := limits.over(len(link.url)):
            message = f"this address has {len(link.url):,} characters; recommended: at most {limits.at(level):,}"
            yield CheckFinding(place=link.mark.place, message=named(link.mark, message), level=level, kind="long")


@check(
    "LINK08",
    "No link contains personal tracking parameters",
    fix="delete this part of the address",
    source="https://gdpr-info.eu/art-5-gdpr/",
)
def personal_links(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for parameters by which other senders recognise the person who copied the address."""
    for link in review.references:
        names = [
            name for name, _ in parse_qsl(link.url.partition("#")[0].partition("?")[2]) if name.lower() in _PERSONAL
        ]
        if names:
            message = f"this address contains “{names[0]}”, which identifies the person who copied it"
            yield CheckFinding(place=link.mark.place, message=named(link.mark, message), kind="personal")


def askable(reviews: Sequence[ReviewedEdition]) -> tuple[str, ...]:
    """Return the links that can be requested: no mail addresses or telephone numbers, no links that differ between subscribers.

    `reviews` are those of all variants of an issue.
    """
    token = reviews[0].issue.marks.prefix
    return tuple(link.url for link in _once(reviews) if not link.url.startswith(NO_PAGE) and token not in link.url)


def link_problems(
    reviews: Sequence[ReviewedEdition], answers: Mapping[str, LinkAnswer], setting: Setting | None = None
) -> tuple[Problem, ...]:
    """Return a problem for each link that is broken, has moved or could not be checked.

    A link that could not be checked is accepted if an editor confirmed it (`checked: 2025-01-29`); a broken link is always
    reported.
    """
    setting = setting or Setting()
    check = CHECKS["LINK02"]
    if setting.is_off:
        return ()
    today = reviews[0].today
    asked = [(link, answers[link.url]) for link in _once(reviews) if link.url in answers]
    found = (*(_answered(link, answer, today) for link, answer in asked), _offline(asked))
    return tuple(to_problem(check, each, setting.level) for each in found if each is not None)


def _offline(asked: Sequence[tuple[Reference, LinkAnswer]]) -> CheckFinding | None:
    """Return one note for all links that were not checked because this computer is offline."""
    missed = [(link, answer) for link, answer in asked if answer.verdict is LinkVerdict.OFFLINE]
    if not missed:
        return None
    link, answer = missed[0]
    count = "1 link was" if len(missed) == 1 else f"{len(missed)} links were"
    hint = "when this computer has a network, run   compose check --links   again"
    return CheckFinding(
        place=link.mark.place, message=f"{count} not checked: {answer.reason}", level=Level.INFO, hint=hint
    )


def _once(reviews: Sequence[ReviewedEdition]) -> Iterator[Reference]:
    told: set[str] = set()
    for link in (link for review in reviews for link in review.references):
        if link.url not in told:
            told.add(link.url)
            yield link


def _answered(link: Reference, answer: LinkAnswer, today: datetime.date) -> CheckFinding | None:
    place = link.mark.place
    match answer.verdict:
        case LinkVerdict.FINE | LinkVerdict.OFFLINE:
            return None
        case LinkVerdict.GONE | LinkVerdict.UNKNOWN_HOST:
            return CheckFinding(
                place=place, message=named(link.mark, f"{answer.reason}: {link.url}"), level=Level.ERROR
            )
        case LinkVerdict.MOVED:
            message = named(link.mark, f"the page has moved permanently: {link.url}")
            return CheckFinding(place=place, message=message, level=Level.INFO, hint=f"write   {answer.final}")
        case LinkVerdict.UNSURE | LinkVerdict.REFUSED:
            if link.checked is not None and answer.verdict is LinkVerdict.UNSURE:
                return None
            message = f"this link could not be checked, so open it yourself: {link.url}  ({answer.reason})"
            hint = f"if it works, write below its   url:   checked: {today}"
            return CheckFinding(place=place, message=named(link.mark, message), level=Level.WARNING, hint=hint)
        case _:
            assert_never(answer.verdict)
