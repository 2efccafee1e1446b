"""The few words that say which subscribers are meant: in `audiences:`, in `only:`, and as flags of the command line.

Input: languages and tags as people write them. Output: a `AudienceFilter`, which tells of a subscriber whether it holds.
Never asks a database: rooms that do build their question from the same three words.
"""

import json
import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass

#: Longest tag, in characters.
LONGEST_TAG = 60

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")
#: What parts tags in an import, what no line of text can hold, and what no eye sees.
_NO_TAG = re.compile('[,;"\x00-\x08\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ud800-\udfff]')


class WordError(ValueError):
    """The text is no language or no tag; `hint` says what to write."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def normal_tag(text: str) -> str:
    """Return a tag in the one form in which it is kept and compared: small letters, single spaces, NFC.

    Raises WordError.
    """
    tag = unicodedata.normalize("NFC", " ".join(text.split()).lower())
    if not tag:
        raise WordError("a tag is empty", "write a word: press")
    if odd := _NO_TAG.search(tag):
        if odd[0] in ",;":
            raise WordError(
                f"a tag holds no “{odd[0]}”: “{tag}”", "each tag stands on its own: behind a dash, or behind a flag"
            )
        raise WordError("a tag holds a sign that it may not", "write plain words: press office")
    if len(tag) > LONGEST_TAG:
        raise WordError(f"a tag has at most {LONGEST_TAG} characters", "write a word or two")
    return tag


def normal_language(text: str) -> str:
    """Return a language in the one form in which it is kept and shown: de, de-AT, zh-Hant (RFC 5646, 2.1.1).

    Raises WordError. Whether there is such a language is not looked up.
    """
    written = text.strip()
    if not _LANGUAGE.fullmatch(written):
        raise WordError(f"“{written}” is not a language", "write en, de, zh, zh-Hant …")
    head, *rest = written.replace("_", "-").split("-")
    return "-".join([head.lower(), *(part.title() if len(part) == 4 else part.upper() for part in rest)])


def speaks(language: str, wanted: str) -> bool:
    """Return whether a subscriber's language is the one wanted: de-AT is de, de is not de-AT (RFC 4647, 3.3.1)."""
    given, asked = language.lower(), wanted.lower()
    return given == asked or given.startswith(f"{asked}-")


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceFilter:
    """Which subscribers are meant. What is empty asks for nothing; what is not must hold all together.

    Words are in their normal form: `condition` makes one of what people write.
    """

    #: Any of these languages.
    language: tuple[str, ...] = ()
    #: Any of these tags.
    tag: tuple[str, ...] = ()
    #: None of these tags.
    without_tag: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether it asks for anything."""
        return bool(self.language or self.tag or self.without_tag)

    def matches(self, language: str, tags: Collection[str]) -> bool:
        """Return whether a subscriber with this language and these tags (in their normal form) is meant."""
        return (
            (not self.language or any(speaks(language, wanted) for wanted in self.language))
            and (not self.tag or any(tag in tags for tag in self.tag))
            and not any(tag in tags for tag in self.without_tag)
        )

    @property
    def is_impossible(self) -> bool:
        """Whether no subscriber can be meant: every tag asked for is ruled out as well."""
        return bool(self.tag) and set(self.tag) <= set(self.without_tag)

    @property
    def code(self) -> str:
        """The condition as JSON, alike for the same words in any order: what is stored and compared."""
        whole = {"language": sorted(self.language), "tag": sorted(self.tag), "without_tag": sorted(self.without_tag)}
        return json.dumps({name: words for name, words in whole.items() if words}, ensure_ascii=False)

    @classmethod
    def from_code(cls, code: str) -> "AudienceFilter":
        """Read what `code` wrote."""
        return cls(**{name: tuple(words) for name, words in json.loads(code).items()})

    @property
    def in_words(self) -> str:
        """Return who is meant, for people; never compared or stored: `subscribers tagged press or radio, not tagged staff`."""
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
    """Make a condition of words as people write them, each once. Raises WordError."""
    return AudienceFilter(
        language=tuple(dict.fromkeys(map(normal_language, _several(language)))),
        tag=tuple(dict.fromkeys(map(normal_tag, _several(tag)))),
        without_tag=tuple(dict.fromkeys(map(normal_tag, _several(without_tag)))),
    )


def _several(words: Words) -> Iterable[str]:
    return (words,) if isinstance(words, str) else words
