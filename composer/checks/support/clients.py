"""Find mail programs that do not support the features of an edition, based on the tests of caniemail.com.

Input: a final HTML document. Output: the features it uses, and for each the programs without or with partial support, and the
date of the test. Guarantees: content for Outlook only (`<!--[if mso]>`) is ignored. No network: the results are in
caniemail.json next to this module, written by scripts/caniemail.py.
"""

import json
import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from html import unescape
from pathlib import Path

from composer.checks.support.detector import Found, in_sheet, in_tag

_TABLE = Path(__file__).with_name("caniemail.json")
#: The only program that reads conditional comments; <!--[if !mso]> hides content from it.
_CONDITIONAL = "outlook.windows"


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A feature that a document uses: how often, and its first occurrence, shortened to 60 characters."""

    slug: str
    count: int
    example: str
    #: Whether all of them are in <!--[if !mso]>, so that Outlook for Windows ignores them.
    hidden_from_outlook: bool = False
    #: Whether all of them have values that programs with partial support do support.
    plain: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A feature in use that some programs do not support; programs have their usual names."""

    use: Use
    title: str
    url: str
    #: The day of the last test, as YYYY-MM-DD.
    tested: str
    unsupported: tuple[str, ...]
    partial: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """A feature of caniemail; programs have keys such as "gmail.ios"."""

    slug: str
    title: str
    url: str
    tested: str
    unsupported: tuple[str, ...]
    partial: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportTable:
    """Every feature by its slug, every program's name by its key, and the date of the results."""

    updated: str
    clients: Mapping[str, str]
    features: Mapping[str, Feature]


@cache
def table() -> SupportTable:
    """Return the results from caniemail.json."""
    raw = json.loads(_TABLE.read_text("utf-8"))
    clients = {
        f"{family}.{platform}": name
        for family, platforms in raw["clients"].items()
        for platform, name in platforms.items()
    }
    features = {}
    for row in raw["features"]:
        results = dict(zip(clients, row["support"].replace(" ", ""), strict=True))
        features[row["slug"]] = Feature(
            slug=row["slug"],
            title=row["title"],
            url=row["url"],
            tested=row["tested"],
            unsupported=tuple(client for client, result in results.items() if result == "n"),
            partial=tuple(client for client, result in results.items() if result == "a"),
        )
    return SupportTable(updated=raw["updated"], clients=clients, features=features)


def gaps(found: Iterable[Use], expected: Container[str] = ()) -> tuple[Gap, ...]:
    """Return the features that some program does not support, in the order of `found`, without those in `expected`.

    Programs without a test are not named. Raises KeyError for an unknown slug.
    """
    known, result = table(), []
    for use in found:
        if use.slug in expected:
            continue
        feature = known.features[use.slug]
        blind = _CONDITIONAL if use.hidden_from_outlook else ""
        unsupported = tuple(known.clients[client] for client in feature.unsupported if client != blind)
        partial = tuple(known.clients[client] for client in feature.partial if client != blind and not use.plain)
        if unsupported or partial:
            result.append(
                Gap(
                    use=use,
                    title=feature.title,
                    url=feature.url,
                    tested=feature.tested,
                    unsupported=unsupported,
                    partial=partial,
                )
            )
    return tuple(result)


# Tags, comments and elements of plain text match even if they are not closed, so no input makes this slow. Quotes count only
# after an equals sign.
_ATTRIBUTES = r"(?:[^>=]++|=\s*+(?:\"[^\"]*+\"?|'[^']*+'?)?)*+"
_TOKEN = re.compile(
    rf"<!--(?:-?>|(?P<comment>.*?)(?:--!?>|\Z))"
    rf"|<(?P<plain>style|script|title|textarea|xmp)(?![^\s/>])(?P<given>{_ATTRIBUTES})>?(?P<text>.*?)(?:</(?P=plain)(?![^\s/>])|\Z)"
    rf"|<(?P<name>[a-z][^\s/>]*+)(?P<attributes>{_ATTRIBUTES})",
    re.DOTALL | re.IGNORECASE,
)
_NOT_OUTLOOK = re.compile(r"\[if \s*+!\s*+\(?\s*+mso\b", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([^\s/>=\"']++)(?:\s*+=\s*+(?:\"([^\"]*+)\"?|'([^']*+)'?|([^\s>]*+)))?")
#: Longer texts are not cached, so that the cache stays small.
_REMEMBERED = 20_000


def uses(html: str) -> tuple[Use, ...]:
    """Return the features that a final HTML document uses, sorted by slug.

    Reads elements, attributes, style attributes, <style> sheets and the file names of pictures.
    """
    counts: Counter[str] = Counter()
    examples: dict[str, str] = {}
    shown: set[str] = set()
    other: set[str] = set()
    for (hidden, kind, text), times in _pieces(html).items():
        for slug, example, plain in _found(kind, text):
            counts[slug] += times
            examples.setdefault(slug, example)
            if not hidden:
                shown.add(slug)
            if not plain:
                other.add(slug)
    return tuple(
        Use(
            slug=slug,
            count=counts[slug],
            example=examples[slug],
            hidden_from_outlook=slug not in shown,
            plain=slug not in other,
        )
        for slug in sorted(counts)
    )


def _pieces(html: str) -> Counter[tuple[bool, str, str]]:
    """Count equal pieces, in the order of their first: (hidden from Outlook, name of a tag or "{}" for a sheet, text)."""
    pieces: Counter[tuple[bool, str, str]] = Counter()
    hidden = False
    for match in _TOKEN.finditer(html):
        comment, plain, given, text, name, attributes = match.groups()
        if name is not None:
            pieces[hidden, name, attributes] += 1
        elif comment is not None:
            if comment.startswith("[if "):
                hidden = hidden or (_NOT_OUTLOOK.match(comment) is not None and "<![endif]" not in comment)
            elif "<![endif]" in comment:
                hidden = False
            else:
                pieces[hidden, "<!--", ""] += 1
        elif plain is not None:
            pieces[hidden, plain, given] += 1
            if plain.lower() == "style":
                pieces[hidden, "{}", text] += 1
    return pieces


def _found(kind: str, text: str) -> tuple[Found, ...]:
    if kind == "<!--":
        return (("html-comments", "<!-- … -->", False),)
    return _remembered(kind, text) if len(text) <= _REMEMBERED else tuple(_read(kind, text))


@lru_cache(maxsize=2048)
def _remembered(kind: str, text: str) -> tuple[Found, ...]:
    return tuple(_read(kind, text))


def _read(kind: str, text: str) -> Iterator[Found]:
    if kind == "{}":
        return in_sheet(text)
    attributes: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(text):
        value = match[2] or match[3] or match[4] or ""
        attributes.setdefault(match[1].lower(), unescape(value) if "&" in value else value)
    return in_tag(kind.lower(), attributes)
