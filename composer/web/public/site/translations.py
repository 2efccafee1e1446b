"""The texts of the public pages, by language.

Input: language tags. Output: the phrases of the nearest available language. Guarantees: falls back to English.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from composer.content.document.variants import VariantAudience
from composer.content.yaml.nodes import Mapping as MappingNode
from composer.content.yaml.nodes import Scalar
from composer.content.yaml.parser import parse
from composer.content.yaml.source import read_source

FALLBACK = "en"
_FOLDER = Path(__file__).parent / "phrases"
#: One range of Accept-Language (RFC 9110 section 12.5.4).
_RANGE = re.compile(r"\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)\s*(?:;\s*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?\s*")
#: Longer headers are cut; browsers do not send as many languages.
_MOST = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class PageTexts:
    """Phrases in one language."""

    language: str
    phrases: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.phrases[name]

    def about(self, name: str, subject: str) -> str:
        """Return a phrase with %s replaced by a name."""
        return self.phrases[name].replace("%s", subject)


def subscribers_in_words(who: VariantAudience, words: PageTexts) -> str:
    """Return who gets a variant: `subscribers tagged press, not tagged staff`."""
    separator = words["who_or"]

    def either(tags: Sequence[str]) -> str:
        return f" {separator} ".join(tags)

    said = [words.about("who_some", either(group)) for group in who.some]
    said += [words.about("who_none", either(who.none))] if who.none else []
    said += [words["who_linked"] % (either(then), either(given)) for given, then in who.linked]
    return words.about("who", words["who_and"].join(said)) if said else words["who_all"]


@cache
def languages() -> tuple[str, ...]:
    """List the languages of the pages, English first."""
    return tuple(sorted((path.stem for path in _FOLDER.glob("*.yaml")), key=lambda tag: (tag != FALLBACK, tag)))


@cache
def words(language: str) -> PageTexts:
    """Return the phrases of one of the pages' languages."""
    path = _FOLDER / f"{language}.yaml"
    root, problems = parse(read_source(path, path.name))
    if problems or not isinstance(root, MappingNode):
        raise AssertionError(f"{path.name} is broken: {problems}")
    phrases = {entry.key.text: entry.value.text for entry in root.entries if isinstance(entry.value, Scalar)}
    return PageTexts(language=language, phrases=phrases)


def spoken(tag: str) -> str | None:
    """Return the pages' language for a tag, such as `de` for `de-AT`, or None."""
    first = tag.strip().partition("-")[0].lower()
    return first if first in languages() else None


def accepted(header: str) -> str | None:
    """Return the preferred language of an Accept-Language header among the pages' languages, or None."""
    ranges = (match for part in header[:_MOST].split(",") if (match := _RANGE.fullmatch(part)))
    weighed = sorted(((float(match[2] or 1), match[1]) for match in ranges), key=lambda each: -each[0])
    return next((tag for weight, found in weighed if weight > 0 and (tag := spoken(found))), None)


def choose(tags: Iterable[str | None]) -> PageTexts:
    """Return the phrases for the first tag that is one of the pages' languages, else English."""
    return words(next((found for tag in tags if tag and (found := spoken(tag))), FALLBACK))
