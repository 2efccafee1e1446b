"""Who published a text and when, as one line of a draft names it: `Reuters, 24 January 2025, https://…`.

Input: the spans of a line or of brackets. Output: a `Publisher`. Guarantees: pure; every word is in the name, or in `words`.
"""

import datetime
import re
from dataclasses import dataclass

from composer.drafts.draft_document import text_of
from composer.drafts.mapping.text.draft_dates import FoundDate, date_without_year, find_date, whole_date
from composer.drafts.mapping.text.span_text import Spans, first_link, strip_spans
from composer.drafts.mapping.text.trailing_marks import language_mark, trailing_brackets
from composer.drafts.mapping.text.typed_addresses import is_address, linked_addresses, take_address

#: `Die Zeit, DE` instead of `Die Zeit (DE)`.
_COUNTRY = re.compile(r",\s*([A-Z]{2})$")
#: What joins a publisher and a date: a sign, or a word such as that in `Die Zeit vom 3. März`.
_BEFORE_DATE = re.compile(r"\s*(?:[,;|/·–—-]|[(（\[]|\s(?P<word>vom|du|of|on|le|del|van|dated))\s*$", re.IGNORECASE)
_AFTER_DATE = re.compile(r"\s*(?:[)）\]]\s*[,;:|/·–—-]?|[,;:|/·–—-])\s*")
_LONGEST_NAME, _LONGEST_LINE = 60, 160
#: Words that the name of a publisher may have in small letters.
_SMALL_WORDS = frozenset("pour dans della delle dello degli voor with from para online international".split())  # noqa: SIM905


@dataclass(frozen=True, slots=True)
class Publisher:
    """A publisher. `words` are those that become a value instead of a text."""

    name: str
    language: str = ""
    date: datetime.date | None = None
    url: str = ""
    words: str = ""

    @property
    def is_short(self) -> bool:
        """Whether the name may be that of a publisher: a few words, and no sentence."""
        is_sentence = re.search(r"[.!?]\s|[:：]", self.name) is not None
        return len(self.name) <= _LONGEST_NAME and len(self.name.split()) <= 8 and not is_sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class DateReading:
    """How dates are read: the language, the date format of the section, the date of the issue."""

    language: str
    form: str = ""
    near: datetime.date | None = None


def publisher_in(spans: Spans, reading: DateReading, *, has_date: bool = True, has_language: bool = True) -> Publisher:
    """Read a publisher, perhaps with an address, a date, and a language: `Caixin (CN), 25/01/20`.

    Without `has_date` or `has_language`, these stay in the name: the item has no key for them.
    """
    typed = take_address(strip_spans(spans))
    if is_address(text_of(typed.rest)):
        return Publisher("", url=first_link(linked_addresses(typed.rest)), words=text_of(typed.rest).strip())
    name, date, words = text_of(typed.rest).strip(), None, ""
    if has_date:
        name, date, words = _dated(name, reading)
    tag = mark = ""
    if has_language:
        name, tag, mark = language_mark(name)
        if not tag and (marked := language_mark(_COUNTRY.sub(r" (\1)", name)))[1]:
            name, tag, mark = marked
    all_words = " ".join(filter(None, (words, mark, typed.words)))
    return Publisher(name, tag, date, first_link(spans) or typed.link, all_words)


def citation_in(spans: Spans, reading: DateReading) -> Publisher | None:
    """Read a line that is nothing but a publisher with a date or an address, or a date alone; None for other texts."""
    spans = _without_brackets(strip_spans(spans))
    text = text_of(spans).strip()
    if not text or len(text) > _LONGEST_LINE or re.search(r"[^.][.!?…]$", text):
        return None
    found = publisher_in(spans, reading)
    if not found.date and not found.url:
        return None
    if not found.name:
        return found
    return found if found.is_short and is_name(found.name) else None


def is_name(text: str) -> bool:
    """Return whether a text looks like the name of a publisher: a few words, and only small ones in small letters."""
    words = re.findall(r"[^\W\d_][\w'’.&-]*", text)
    if not words or len(words) > 8 or re.search(r"[()（）\[\]:：%]", text):
        return False
    # The article in `l’UE` is not a word of its own.
    words = [re.sub(r"^[dl]['’](?=\w)", "", word) for word in words]
    small = [word for word in words if len(word) > 3 and word[0].islower() and word not in _SMALL_WORDS]
    return not small or len(words) == 1


def _without_brackets(spans: Spans) -> Spans:
    """Return a text without the brackets around all of it; marks of comments stay."""
    found = trailing_brackets(spans)
    if found is None or text_of(found.before).strip():
        return spans
    return (*found.inside, *found.before)


def _dated(text: str, reading: DateReading) -> tuple[str, datetime.date | None, str]:
    """Split `Reuters, 24 January 2025`: the text without the date, the date, and the words that were taken out."""
    if day := whole_date(text, reading.language, reading.form, reading.near):
        return "", day, text
    found = find_date(text, reading.language, reading.form, reading.near)
    if found is None:
        name, comma, last = (each.strip() for each in text.rpartition(","))
        day = date_without_year(last, reading.language, reading.near) if comma and name else None
        return (name, day, last) if day else (text, None, "")
    start, end = _with_weekday(text, found, reading), found.end
    before, after = _BEFORE_DATE.search(text, 0, start), _AFTER_DATE.match(text, end)
    first, last = text[: before.start() if before else start], text[after.end() if after else end :]
    if first.strip() and last.strip():
        return text, None, ""
    word = (before["word"] or "") if before else ""
    return (first or last).strip(), found.date, f"{word} {text[start:end]}".strip()


def _with_weekday(text: str, found: FoundDate, reading: DateReading) -> int:
    """Return where a date begins: at the day of the week before it."""
    word = re.search(r"[^\W\d_]+\.?,?\s+$", text[: found.start])
    if word is None or whole_date(text[word.start() : found.end], reading.language, reading.form, reading.near) is None:
        return found.start
    return word.start()
