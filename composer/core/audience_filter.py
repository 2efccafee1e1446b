"""The conditions that select subscribers: in `audiences:`, in `only:`, and as options on the command line.

Input: languages and tags as people write them. Output: an `AudienceFilter`, which says whether a subscriber matches.
Guarantees: uses no database; other packages build their queries from the same three conditions.
"""

import json
import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from composer.core.language_tags import canonical_tag, is_within, same_tags

#: The longest tag, in characters.
LONGEST_TAG = 60

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")
#: Characters that separate tags in an import, that a line of text cannot contain, or that are invisible.
_NO_TAG = re.compile('[,;"\x00-\x08\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ud800-\udfff]')


class WordError(ValueError):
    """The text is not a language or not a tag; `hint` says what to write."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def normal_tag(text: str) -> str:
    """Return a tag in the form that is stored and compared: lower case, single spaces, NFC.

    Raises WordError.
    """
    tag = unicodedata.normalize("NFC", " ".join(text.split()).lower())
    if not tag:
        raise WordError("a tag is empty", "write a word, such as: press")
    if odd := _NO_TAG.search(tag):
        if odd[0] in ",;":
            raise WordError(
                f"a tag must not contain “{odd[0]}”: “{tag}”",
                "write each tag separately: in a list (- press), or with its own option",
            )
        raise WordError("a tag contains a character that is not allowed", "write plain words, such as: press office")
    if len(tag) > LONGEST_TAG:
        raise WordError(f"a tag is too long: at most {LONGEST_TAG} characters are allowed", "write one or two words")
    return tag


def normal_language(text: str) -> str:
    """Return a language in the form that is stored and shown: de, de-AT, zh-Hant (also for zh-TW).

    Raises WordError. Does not check whether the language exists.
    """
    written = text.strip()
    if not _LANGUAGE.fullmatch(written):
        raise WordError(f"“{written}” is not a language code", "write a code such as en, de, zh or zh-Hant")
    return canonical_tag(written)


def speaks(language: str, wanted: str) -> bool:
    """Return whether a subscriber's language matches: de-AT matches de, zh-TW matches zh-Hant, de does not match de-AT."""
    return any(is_within(language, each) for each in same_tags(wanted))


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceFilter:
    """Which subscribers are selected. An empty condition is ignored; all others must match.

    The words are in normal form: `audience_filter` creates them from what people write.
    """

    #: Any of these languages.
    language: tuple[str, ...] = ()
    #: Any of these tags.
    tag: tuple[str, ...] = ()
    #: None of these tags.
    without_tag: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is any condition."""
        return bool(self.language or self.tag or self.without_tag)

    def matches(self, language: str, tags: Collection[str]) -> bool:
        """Return whether a subscriber with this language and these tags (in normal form) matches."""
        return (
            (not self.language or any(speaks(language, wanted) for wanted in self.language))
            and (not self.tag or any(tag in tags for tag in self.tag))
            and not any(tag in tags for tag in self.without_tag)
        )

    @property
    def is_impossible(self) -> bool:
        """Whether no subscriber can match, because every wanted tag is also excluded."""
        return bool(self.tag) and set(self.tag) <= set(self.without_tag)

    @property
    def code(self) -> str:
        """The filter as JSON for storing and comparing; the order of the words does not matter."""
        whole = {"language": sorted(self.language), "tag": sorted(self.tag), "without_tag": sorted(self.without_tag)}
        return json.dumps({name: words for name, words in whole.items() if words}, ensure_ascii=False)

    @classmethod
    def from_code(cls, code: str) -> "AudienceFilter":
        """Return the filter from the JSON of `code`."""
        return cls(**{name: tuple(words) for name, words in json.loads(code).items()})

    @property
    def in_words(self) -> str:
        """Return the filter as text, never compared or stored: `subscribers tagged press or radio, not tagged staff`."""
        said = [
            f"{lead} {' or '.join(words)}"
            for lead, words in (
                ("in", self.language),
                ("tagged", self.tag),
                ("not tagged", self.without_tag),
            )
            if words
        ]
        return f"subscribers {', '.join(said)}" if said else "all subscribers"


#: One word, or several of them.
Words = str | Iterable[str]


def audience_filter(*, language: Words = (), tag: Words = (), without_tag: Words = ()) -> AudienceFilter:
    """Return a filter from words as people write them, without duplicates. Raises WordError."""
    return AudienceFilter(
        language=tuple(dict.fromkeys(map(normal_language, _several(language)))),
        tag=tuple(dict.fromkeys(map(normal_tag, _several(tag)))),
        without_tag=tuple(dict.fromkeys(map(normal_tag, _several(without_tag)))),
    )


def _several(words: Words) -> Iterable[str]:
    return (words,) if isinstance(words, str) else words
