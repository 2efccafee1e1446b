"""The fixed texts of editions, public pages and mails: one file for each language and group.

Input: a theme's files and a language. Output: `Phrases`. A file in the workspace takes precedence phrase by phrase over the file
that ships with the program, so that it may contain only what differs. Guarantees: a phrase that is missing or empty is English.
"""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from composer.content.document.section_types import read_settled
from composer.content.values.field_values import Group, Value, text_in, value_in
from composer.core.language_tags import nearest_language
from composer.core.workspace import ThemeFiles

FALLBACK = "en"
#: Not a phrase: whether a native speaker has reviewed the file.
REVIEWED = "reviewed"
#: The theme whose texts of pages and mails are used if a newsletter's own theme does not have the language.
_SHIPPED = "briefing"


#: Phrases between two texts: each ends with a space, except full-width signs.
SEPARATORS = frozenset(("colon", "comma"))


class PhraseGroup(StrEnum):
    """A group of phrases: its folder in the theme."""

    #: the texts that a theme adds to an edition
    EDITION = "phrases"
    #: the texts of the public pages and of the mails that they send
    PAGES = "phrases/pages"


class Phrases(dict[str, str]):
    """The phrases of one language."""

    def __init__(self, language: str, found: Group, english: Callable[[], "Phrases"] | None) -> None:
        """Take the phrases of a file; `english` returns those that it lacks."""
        texts = {name: text_in(found, name) for name in found if name != REVIEWED}
        for name in SEPARATORS & texts.keys():
            texts[name] = _spaced(texts[name])
        super().__init__({name: text for name, text in texts.items() if text})
        self.language = language
        self.is_reviewed = value_in(found, REVIEWED) is True
        #: The names of phrases without a text.
        self.untranslated = tuple(name for name, text in texts.items() if not text)
        self._english = english

    def __missing__(self, name: str) -> str:
        """Return the English phrase; raise KeyError for an unknown name."""
        if self._english is None:
            raise KeyError(name)
        return self._english()[name]


def phrase_languages(files: ThemeFiles, group: PhraseGroup) -> tuple[str, ...]:
    """List the languages in which a group of phrases is available."""
    folders = (folder / group for each in _sources(files, group) for folder in each.folders)
    return tuple(sorted({path.stem for folder in folders for path in folder.glob("*.yaml")}))


def phrase_paths(files: ThemeFiles, group: PhraseGroup, language: str) -> tuple[Path, ...]:
    """List the files of a language, the newsletter's own first."""
    name = f"{group}/{language}.yaml"
    return tuple(dict.fromkeys(path for each in _sources(files, group) for path in each.all_of(name)))


def read_phrases(files: ThemeFiles, group: PhraseGroup, language: str) -> Phrases | None:
    """Read the phrases of the nearest available language, or return None. Raises ContentError."""
    tag = nearest_language(language, phrase_languages(files, group))
    if tag is None:
        return None
    merged: dict[str, Value] = {}
    for path in reversed(phrase_paths(files, group, tag)):
        value = read_settled(files, path, "phrases")
        assert isinstance(value, Group)
        merged |= {name: each for name in value if (each := value_in(value, name)) is not None or name not in merged}

    def english() -> Phrases:
        found = read_phrases(files, group, FALLBACK) if tag != FALLBACK else None
        return found if found is not None else Phrases(FALLBACK, Group({}), None)

    return Phrases(tag, Group(merged), None if tag == FALLBACK else english)


def _spaced(separator: str | None) -> str | None:
    """Return a separator with a space after it if it was written without one, as a full-width sign is."""
    return f"{separator} " if separator and separator[-1] in ":,،" else separator


def _sources(files: ThemeFiles, group: PhraseGroup) -> tuple[ThemeFiles, ...]:
    if group is PhraseGroup.EDITION or files.name == _SHIPPED:
        return (files,)
    return (files, files.workspace.theme(_SHIPPED))
