"""The texts of the public pages, by language.

Input: a newsletter's languages and its theme's files. Output: `Translations`, the phrases in exactly these languages.
Guarantees: a phrase that is not translated is English.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from composer.content.document.phrase_files import FALLBACK, PhraseGroup, read_phrases
from composer.content.document.variants import VariantAudience
from composer.core.language_tags import direction, nearest_language
from composer.core.workspace import ThemeFiles

#: One range of Accept-Language (RFC 9110 section 12.5.4).
_RANGE = re.compile(r"\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)\s*(?:;\s*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?\s*")
#: Longer headers are cut; browsers do not send as many languages.
_MOST = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class PageTexts:
    """Phrases in one language."""

    language: str
    #: The language's name in the language itself.
    name: str
    phrases: Mapping[str, str]

    @property
    def direction(self) -> str:
        """The writing direction: ltr or rtl."""
        return direction(self.language)

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Translations:
    """The pages' texts in each of the newsletter's languages; the first is the newsletter's own."""

    texts: Mapping[str, PageTexts]

    def spoken(self, tag: str) -> str | None:
        """Return the newsletter's language for a tag, such as `de` for `de-AT`, or None."""
        return nearest_language(tag, self.texts)

    def accepted(self, header: str) -> str | None:
        """Return the preferred language of an Accept-Language header among the newsletter's, or None."""
        ranges = (match for part in header[:_MOST].split(",") if (match := _RANGE.fullmatch(part)))
        weighed = sorted(((float(match[2] or 1), match[1]) for match in ranges), key=lambda each: -each[0])
        return next((tag for weight, found in weighed if weight > 0 and (tag := self.spoken(found))), None)

    def choose(self, tags: Iterable[str | None]) -> PageTexts:
        """Return the phrases for the first tag that is one of the newsletter's languages, else in its own language."""
        found = next((found for tag in tags if tag and (found := self.spoken(tag))), None)
        return self.texts[found] if found is not None else next(iter(self.texts.values()))


def read_translations(themes: Mapping[str, ThemeFiles]) -> Translations:
    """Read the pages' texts in the languages of a newsletter, each with its theme. Raises ContentError."""
    return Translations(texts={language: _texts(files, language) for language, files in themes.items()})


def _texts(files: ThemeFiles, language: str) -> PageTexts:
    phrases = read_phrases(files, PhraseGroup.PAGES, language) or read_phrases(files, PhraseGroup.PAGES, FALLBACK)
    assert phrases is not None
    # A file for `pt` says “Português”; for `pt-BR`, the name includes the region.
    name = phrases["language_name"] if phrases.language.lower() == language.lower() else own_name(language)
    return PageTexts(language=language, name=name, phrases=phrases)


def own_name(tag: str) -> str:
    """Return a language's name in the language itself."""
    from babel.core import Locale, UnknownLocaleError

    try:
        locale = Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        return tag
    name = str(locale.display_name or tag)
    return name[:1].upper() + name[1:]
