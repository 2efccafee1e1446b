"""How long an edition is for its readers: words and minutes, section by section.

Input: an edition's HTML with its sections marked. Output: for each section its words, and the minutes to read it.
"""

from dataclasses import dataclass

from lxml import html as lxml_html
from lxml.html import HtmlElement

from composer.core.reading_speed import words_and_minutes
from composer.web.preview.simulation.reading_order import is_hidden

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
    words, minutes = words_and_minutes(text, language)
    return Length(key=key, words=words, minutes=minutes)


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
