"""Estimates how long a text takes to read.

Input: texts and the language of the edition. Output: whole minutes, at least 1. Guarantees: Chinese and Japanese characters are
counted one by one, words of all other scripts as words; links count by their words, not by their addresses.
"""

import re
from collections.abc import Iterable

from composer.content.document.rich_parts import paragraphs
from composer.content.values.rich_text import Rich, plain_words

#: Words a minute when adults read silently: IReST, Trauzettel-Klosinski and Dietz, IOVS 53 (2012); Korean: Brysbaert (2019).
_WORDS = {
    "ar": 138,
    "de": 179,
    "en": 228,
    "es": 218,
    "fi": 161,
    "fr": 195,
    "he": 187,
    "it": 188,
    "ko": 226,
    "nl": 202,
    "pl": 166,
    "pt": 181,
    "ru": 184,
    "sl": 180,
    "sv": 199,
    "tr": 166,
}
_OTHER_WORDS = 190
#: Characters a minute, from the same study.
_CHARACTERS = {"ja": 357}
_OTHER_CHARACTERS = 255
_CHARACTER = re.compile("[\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


def reading_minutes(texts: Iterable[Rich | str | None], language: str) -> int:
    """Return the minutes that all texts together take, rounded."""
    words = characters = 0
    for line in _lines(texts):
        characters += len(_CHARACTER.findall(line))
        words += len(re.findall(r"\w+(?:[’'.,-]\w+)*", _CHARACTER.sub(" ", line)))
    main = language.split("-")[0].lower()
    minutes = words / _WORDS.get(main, _OTHER_WORDS) + characters / _CHARACTERS.get(main, _OTHER_CHARACTERS)
    return max(1, round(minutes))


def _lines(texts: Iterable[Rich | str | None]) -> Iterable[str]:
    for text in texts:
        if isinstance(text, Rich):
            yield from (plain_words(paragraph.children) for paragraph in paragraphs(text.parts))
        elif text is not None:
            yield text
