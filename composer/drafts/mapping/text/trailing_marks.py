"""What follows a headline or a text in brackets: `(The Guardian)`, `(25/01/20)`, `(Source: AP)`.

Input: spans. Output: the text without the brackets, and what was in them. Guarantees: pure.
"""

import datetime
import re
from dataclasses import dataclass
from functools import lru_cache

from composer.content.values.formats import language_tag
from composer.drafts.draft_document import text_of
from composer.drafts.mapping.text.draft_dates import whole_date
from composer.drafts.mapping.text.span_text import Spans, cut, marks_of, strip_spans

_BRACKETS = re.compile(r"[(（\[]([^()（）\[\]]*(?:\([^()]*\)[^()（）\[\]]*)*)[)）\]]\s*[.。]?\s*$")
_IN_WORDS = re.compile(
    r"(?:\s*[(（\[]|,)\s*(?P<words>(?:in|auf|en|em|in het)\s(?P<name>[^\W\d_]{4,}))\s*[)）\]]?\s*$", re.IGNORECASE
)
_MARK = re.compile(r"\s*[(（\[]([A-Za-z]{2,3}(?:-[A-Za-z]{2,8})?)[)）\]]\s*$")


@dataclass(frozen=True, slots=True)
class Bracketed:
    """A text and the brackets at its end."""

    before: Spans
    inside: Spans

    @property
    def words(self) -> str:
        """The text in the brackets."""
        return text_of(self.inside).strip()


def trailing_brackets(spans: Spans) -> Bracketed | None:
    """Split a text that ends with brackets."""
    text = text_of(spans)
    match = _BRACKETS.search(text)
    if match is None or not match[1].strip():
        return None
    # A mark of a comment inside or after the brackets stays with the text before them.
    marks = marks_of(cut(spans, match.start(), len(text)))
    before = strip_spans(cut(spans, 0, match.start(), match.start()))
    return Bracketed((*before, *marks), tuple(span for span in cut(spans, match.start(1), match.end(1)) if span.text))


def date_in_brackets(
    spans: Spans, language: str, form: str, near: datetime.date | None
) -> tuple[Spans, datetime.date, str] | None:
    """Split a text that ends with a date in brackets, or in a last line of its own: the text, the date, the words."""
    found = trailing_brackets(spans)
    if found is None:
        return None
    date = whole_date(found.words, language, form, near)
    return None if date is None else (found.before, date, found.words)


def language_mark(text: str) -> tuple[str, str, str]:
    """Split `Outlet (CN)` or `Outlet, in Chinese`: the outlet, the language, and the mark as written."""
    match = _MARK.search(text)
    tag = language_tag(match[1]) if match and match[1].isupper() else None
    if tag is None and (match := _IN_WORDS.search(text)):
        tag = _languages().get(match["name"].casefold())
    if match is None or tag is None:
        return text.strip(), "", ""
    return text[: match.start()].strip(), tag, match[1]


@lru_cache(maxsize=1)
def _languages() -> dict[str, str]:
    """Return the names of languages, in the languages of drafts that spell out `in German`."""
    # Imported late: language data is slow to load.
    from babel.core import Locale

    found: dict[str, str] = {}
    for code in ("en", "de", "fr", "es", "it", "pt", "nl"):
        found |= {str(name).casefold(): tag for tag, name in Locale(code).languages.items() if len(tag) == 2}
    return found
