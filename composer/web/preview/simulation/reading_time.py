"""How long an edition is for its readers: words and minutes, section by section.

Input: an edition's HTML with its sections marked. Output: for each section its words, and the minutes to read it. Chinese,
Japanese and Korean have no words between spaces in this sense: each of their characters counts. The speeds are those of
silent reading measured with the same texts in 17 languages (Trauzettel-Klosinski and Dietz, 2012, IReST).
"""

import re
from dataclasses import dataclass

from lxml import html as lxml_html
from lxml.html import HtmlElement

from composer.web.preview.simulation.reading_order import is_hidden

#: Words in a minute, by language; in Chinese and Japanese, characters.
_SPEED = {
    "ar": 138, "de": 179, "en": 228, "es": 218, "fi": 161, "fr": 195, "he": 187, "it": 188, "ja": 357, "nl": 202,
    "pl": 166, "pt": 181, "ru": 184, "sl": 180, "sv": 199, "tr": 166, "zh": 255,
}  # fmt: skip
_USUAL = 200
_CHARACTERS = 255
_EAST_ASIAN = re.compile("[\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3]")
#: A word with its apostrophes, hyphens and points: `don’t`, `49.1`.
_WORD = re.compile(r"[^\W_]+(?:['’.,\u2011-][^\W_]+)*")
#: Elements that may begin or end within a word.
_INLINE = ("a", "b", "bdi", "code", "em", "i", "small", "span", "strong", "sub", "sup")
_SILENT = ("head", "script", "style", "template", "title")


@dataclass(frozen=True, slots=True, kw_only=True)
class Length:
    """The length of one section, or of all (`key` is then empty)."""

    key: str
    words: int
    minutes: float


def lengths(html: str, language: str) -> tuple[Length, ...]:
    """Return the length of each section, in the edition's order; hidden words do not count."""
    found: dict[str, list[str]] = {}
    _collect(lxml_html.document_fromstring(html), "", found)
    return tuple(_length(key, "".join(texts), language) for key, texts in found.items() if key)


def _length(key: str, text: str, language: str) -> Length:
    main = language.split("-")[0].lower()
    characters = len(_EAST_ASIAN.findall(text))
    words = len(_WORD.findall(_EAST_ASIAN.sub(" ", text)))
    of_words = _USUAL if main in ("zh", "ja", "ko") else _SPEED.get(main, _USUAL)
    of_characters = _SPEED[main] if main in ("zh", "ja") else _CHARACTERS
    return Length(key=key, words=words + characters, minutes=words / of_words + characters / of_characters)


def _collect(element: HtmlElement, key: str, found: dict[str, list[str]]) -> None:
    """Add the words of an element to those of its section."""
    if not isinstance(element.tag, str) or element.tag in _SILENT or is_hidden(element):
        return
    key = element.get("data-section") or key
    texts = found.setdefault(key, [])
    if element.text:
        texts.append(element.text)
    for child in element:
        apart = "" if child.tag in _INLINE else " "
        texts.append(apart)
        _collect(child, key, found)
        texts.append(apart + (child.tail or ""))
