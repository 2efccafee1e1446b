"""What is above the first section of a draft: name, date and number of the issue, subject, preheader.

Input: lines. Output: the values of an issue, and the lines that are something else. Guarantees: pure.
"""

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from composer.drafts.draft_document import text_of
from composer.drafts.mapping.mapping_context import MappingContext
from composer.drafts.mapping.names.heading_match import normal_heading, similarity
from composer.drafts.mapping.names.known_names import Vocabulary
from composer.drafts.mapping.names.label_match import find_label
from composer.drafts.mapping.outline.masthead_match import is_known
from composer.drafts.mapping.text.draft_dates import find_date, is_month_or_year, whole_date
from composer.drafts.mapping.text.draft_lines import DraftLine
from composer.drafts.mapping.text.span_text import Spans

_LONGEST = 120
#: Words that any newsletter may have in place of its name, or next to its date.
_NEWSLETTER = frozenset(
    "newsletter bulletin rundbrief infobrief mitgliederbrief lettre d information boletin bollettino nieuwsbrief "  # noqa: SIM905
    "edition issue ausgabe numero draft entwurf brouillon the of vom du".split()
)


@dataclass(slots=True)
class FrontMatter:
    """The values of an issue that are not in a section, with the lines that they come from."""

    date: datetime.date | None = None
    number: int | None = None
    subject: Spans = ()
    preheader: Spans = ()
    #: Lines that go above the value of a key, because reviewers have commented on them.
    sources: dict[str, DraftLine] = field(default_factory=dict)
    rest: list[DraftLine] = field(default_factory=list)


def front_matter(lines: Sequence[DraftLine], context: MappingContext, *, has_sections: bool) -> FrontMatter:
    """Read the lines above the first section."""
    found = FrontMatter()
    for at, line in enumerate(lines):
        is_last = at + 1 == len(lines) or bool(lines[at + 1].level) or _is_frame(lines[at + 1], context.vocabulary)
        is_text = line.is_text and not line.list_level
        if not is_text or not _take(line, found, context, is_alone=is_last and has_sections):
            found.rest.append(line)
    return found


def _take(line: DraftLine, found: FrontMatter, context: MappingContext, *, is_alone: bool) -> bool:
    label = find_label(line.spans, context.vocabulary.frame, has_level=False)
    if label is not None and _labeled(label.key, label.rest, found, context):
        context.account(label.label, "label")
        found.sources[label.key] = line
        return True
    if _is_title_line(line, found, context):
        context.account(line.text, "title")
        return True
    if line.level and is_alone and not found.subject and not found.rest and len(line.text) <= _LONGEST:
        found.subject = line.spans
        found.sources["subject"] = line
        return True
    return False


def _labeled(key: str, spans: Spans, found: FrontMatter, context: MappingContext) -> bool:
    text = text_of(spans).strip()
    match key:
        case "subject" if not found.subject and text:
            found.subject = spans
        case "preheader" if not found.preheader and text:
            found.preheader = spans
        case "date" if day := whole_date(text, context.vocabulary.language):
            found.date = found.date or day
            context.account(text, "date")
        case "number" if re.fullmatch(r"\d{1,6}", text):
            found.number = found.number or int(text)
            context.account(text, "number")
        case _:
            return False
    return True


def _is_title_line(line: DraftLine, found: FrontMatter, context: MappingContext) -> bool:
    """Return whether a line has only the name of the newsletter, the number and the date, in any order; read them."""
    if len(line.text) > _LONGEST:
        return False
    vocabulary, text = context.vocabulary, line.text
    date = find_date(text, vocabulary.language)
    if date is not None:
        text = f"{text[: date.start]} | {text[date.end :]}"
    number, text = _number(text, vocabulary)
    name = _without_weekday(text, date is not None, vocabulary.language)
    is_name = not name or _is_name(name, vocabulary)
    if not is_name or (not name and date is None and number is None):
        return False
    found.date = found.date or (date.date if date else None)
    found.number = found.number or number
    return True


def is_running_title(line: DraftLine, vocabulary: Vocabulary) -> bool:
    """Return whether a header or footer has only the name of the newsletter, a date, the number of the issue or of the page."""
    text = re.sub(r"\b(?:page|seite|p\.|s\.)\s*|\d+\s*(?:of|von|/)\s*\d+", " ", line.text, flags=re.IGNORECASE)
    date = find_date(text, vocabulary.language)
    if date is not None:
        text = f"{text[: date.start]} {text[date.end :]}"
    _, text = _number(text, vocabulary)
    name = re.sub(r"\d+", "", _without_weekday(text, date is not None, vocabulary.language)).strip()
    return not name or _is_name(name, vocabulary) or is_known(line.text, vocabulary)


def _is_name(text: str, vocabulary: Vocabulary) -> bool:
    """Return whether a text is the name of the newsletter in one of its languages, or a word such as `Newsletter`."""
    if all(word in _NEWSLETTER for word in normal_heading(text).split()):
        return True
    return any(similarity(text, title) >= 0.85 for title in vocabulary.titles)


def _number(text: str, vocabulary: Vocabulary) -> tuple[int | None, str]:
    words = "|".join(re.escape(word) for word in vocabulary.issue_words if word)
    match = re.search(
        rf"(?<!\w)(?:(?:{words})\.?\s*(?:no\.?|nr\.?|№)?\s*#?|#)\s?(\d{{1,5}})(?!\w)", text, re.IGNORECASE
    )
    return (int(match[1]), f"{text[: match.start()]} | {text[match.end() :]}") if match else (None, text)


def _without_weekday(text: str, has_date: bool, language: str) -> str:
    words = re.findall(r"[^\W_]+(?:['’.-][^\W_]+)*", text)
    if has_date:
        # `March 2025` next to the whole date.
        words = [word for word in words if not is_month_or_year(word, language)]
        words = [word for word in words if whole_date(f"{word} 2025-01-30", language) is None]
    return " ".join(words)


def _is_frame(line: DraftLine, vocabulary: Vocabulary) -> bool:
    return line.is_text and find_label(line.spans, vocabulary.frame, has_level=False) is not None
