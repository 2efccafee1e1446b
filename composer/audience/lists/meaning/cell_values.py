"""The values of a list's cells: texts, languages, tags, and a service's data about a person in one cell.

Input: the text of a cell. Output: the value as it is stored, and remarks on what was left out. Guarantees: pure; a
value that is too long, or not text, raises BadValueError.
"""

import json
import re
import unicodedata
from functools import lru_cache

from composer.audience.lists.formula_guard import unguarded
from composer.audience.lists.list_table import beginning
from composer.audience.lists.meaning.normal_keys import key_of
from composer.core.audience_filter import WordError, normal_language, normal_tag

#: The longest value of a merge field, in characters.
LONGEST = 2000
#: The longest cell of tags.
_LONGEST_TAGS = 10_000
NO_LETTERS = re.compile("[\ud800-\udfff]")
#: Names of languages in lists: in English, in German and in the language itself, in the form of `key_of`.
_SPOKEN = {
    "en": "english englisch",
    "de": "german deutsch",
    "zh": "chinese chinesisch 中文",
    "fr": "french franzosisch francais",
    "es": "spanish spanisch espanol",
    "it": "italian italienisch italiano",
}
_LANGUAGES = {word: language for language, words in _SPOKEN.items() for word in words.split()}
encoded = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
#: What exports write for an empty value, in exactly this spelling: a person can be called Null or Nan.
NOTHING = frozenset(("NULL", "null", "(null)", "NaN", "nan", "N/A", "n/a", "#N/A", "None", "undefined", "\\N", "NaT"))


class BadValueError(ValueError):
    """A value cannot be imported, nor can its row; the message says why."""


def clean(value: str, what: str) -> str:
    """Return a value as one line without invisible characters; joiners of emoji and scripts stay.

    Raises BadValueError for a value that is too long, or was not text.
    """
    if value[:1] == "'":
        value = unguarded(value)
    if not value.isprintable():
        if NO_LETTERS.search(value):
            raise BadValueError(f"{what} contains bytes that are not UTF-8")
        value = "".join(" " if each.isspace() or unicodedata.category(each) == "Cc" else each for each in value)
        value = re.sub(" +", " ", value)
    if not value.isascii():
        value = unicodedata.normalize("NFC", value)
    value = value.strip()
    if value in NOTHING:
        return ""
    if len(value) > LONGEST:
        raise BadValueError(f"{what} is {len(value):,} characters long; the limit is {LONGEST:,}")
    return value


@lru_cache(maxsize=1024)
def _known_language(text: str) -> str | None:
    try:
        return _LANGUAGES.get(key_of(text)) or normal_language(text)
    except WordError:
        return None


def language_of(text: str, notes: list[str]) -> str:
    if not text:
        return ""
    found = _known_language(text)
    if found is None:
        notes.append(f"“{beginning(text)}” is not a language code and was left empty: write en, de, zh-Hant …")
        return ""
    return found


def tags_of(text: str, notes: list[str]) -> tuple[str, ...]:
    """Read tags as lists write them: `a, b`, `"a","b"` or `["a", "b"]`."""
    if len(text) > _LONGEST_TAGS:
        raise BadValueError(f"tags are {len(text):,} characters long; the limit is {_LONGEST_TAGS:,}")
    found, wrong = _known_tags(text)
    notes += wrong
    return found


@lru_cache(maxsize=1024)
def _known_tags(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    text = unguarded(text.strip())
    parts: list[str] = []
    if text.startswith("["):
        try:
            parts = [str(each) for each in json.loads(text)]
        except ValueError:
            parts = []
    parts = parts or [each.strip().strip("\"'[]") for each in re.split(r"[,;]", text)]
    found: list[str] = []
    wrong: list[str] = []
    for part in parts:
        try:
            if part.strip():
                found.append(normal_tag(part))
        except WordError as error:
            wrong.append(f"a tag was left out: {error}")
    return tuple(dict.fromkeys(found)), tuple(wrong)


def attributes_of(text: str, notes: list[str]) -> dict[str, str]:
    """Read the JSON object in which a service keeps further data of a person."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        notes.append("the extra data about the person cannot be read and was left out")
        return {}
    if not isinstance(found, dict):
        return {}
    plain = {str(key).lower(): value for key, value in found.items() if isinstance(value, str | int | float)}
    return {key: clean(str(value), key) for key, value in plain.items()}
