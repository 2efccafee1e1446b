"""Recognizes the people and the imprint of the newsletter in a draft, which every edition prints anyway.

Input: lines after the heading of the team or of the publisher. Output: lines that the newsletter knows are accounted for;
other people become a masthead of this issue; the rest is left over. Guarantees: pure.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from composer.drafts.draft_document import text_of
from composer.drafts.issue_entries import ItemList, KeyEntry, KeyGroup, PlainText
from composer.drafts.mapping.mapping_context import MappingContext
from composer.drafts.mapping.names.heading_match import normal_heading, similarity
from composer.drafts.mapping.names.known_names import Vocabulary
from composer.drafts.mapping.text.draft_lines import DraftLine
from composer.drafts.mapping.text.markdown_text import plain_text
from composer.drafts.mapping.text.span_text import Spans, cut, lines_of, strip_spans

_FILLERS = frozenset(["und", "and", "the", "in", "by", "at"])


def is_team_heading(line: DraftLine, vocabulary: Vocabulary) -> bool:
    """Return whether a line begins the masthead or the imprint."""
    return _is_heading(line, (*vocabulary.team, *vocabulary.publisher))


def is_known(text: str, vocabulary: Vocabulary) -> bool:
    """Return whether a line of text says nothing but what the masthead or the imprint of the newsletter says."""
    rest = f" {_normal(text)} "
    pool = sorted(_pool(vocabulary), key=len, reverse=True)
    has_match = False
    for known in pool:
        while (words := f" {known} ") in rest:
            rest = rest.replace(words, "  ", 1)
            has_match = True
    labels = {word for label in vocabulary.contact for word in normal_heading(label).split()}
    left = [word for word in rest.split() if word not in labels and word not in _FILLERS]
    return has_match and not left


def map_masthead(lines: Sequence[DraftLine], context: MappingContext) -> tuple[ItemList | None, list[DraftLine]]:
    """Account for the lines that the newsletter knows; return a masthead of the issue if people differ, and what is left."""
    people_lines, others = _people_part(lines, context.vocabulary)
    if all(is_known(line.text, context.vocabulary) for line in people_lines if line.is_text):
        for line in people_lines:
            if line.is_text:
                context.account(line.text, "masthead")
        masthead, left = None, [line for line in people_lines if not line.is_text]
    else:
        masthead, left = _own_masthead(people_lines, context)
    for line in others:
        if line.is_text and is_known(line.text, context.vocabulary):
            context.account(line.text, "imprint")
        else:
            left += _unknown_lines(line, context)
    return masthead, left


def _unknown_lines(line: DraftLine, context: MappingContext) -> Iterator[DraftLine]:
    """Yield the parts of a paragraph with several lines that the newsletter does not know."""
    if not line.is_text:
        yield line
        return
    for spans in lines_of(line.spans):
        if is_known(text_of(spans), context.vocabulary):
            context.account(text_of(spans), "imprint")
        elif spans:
            yield replace(line, spans=spans)


def _people_part(lines: Sequence[DraftLine], vocabulary: Vocabulary) -> tuple[list[DraftLine], list[DraftLine]]:
    at = next((at for at, line in enumerate(lines) if _is_heading(line, vocabulary.publisher)), len(lines))
    return list(lines[:at]), list(lines[at:])


def _own_masthead(lines: Sequence[DraftLine], context: MappingContext) -> tuple[ItemList | None, list[DraftLine]]:
    """Read headings of groups, and a person in each other line."""
    if not _is_masthead(lines, context.vocabulary.team[:4]):
        return None, list(lines)
    groups = ItemList()
    left: list[DraftLine] = []
    people: ItemList | None = None
    for number, line in enumerate(lines):
        if number == 0 and _is_heading(line, context.vocabulary.team[:4]):
            context.account(line.text, "team")
        elif _is_group(line):
            people = ItemList()
            groups.items.append(KeyGroup([*context.todos(line.spans, line.file),
                KeyEntry("heading", PlainText(plain_text(line.spans))), KeyEntry("people", people)]))  # fmt: skip
        elif line.is_text and people is not None and len(line.text) <= 200:
            notes = context.todos(line.spans, line.file)
            people.items.append(KeyGroup([*notes, *_person(line.spans, context.vocabulary)]))
        else:
            left.append(line)
    return groups, left


def _is_masthead(lines: Sequence[DraftLine], team: Sequence[str]) -> bool:
    """Return whether lines are headings of groups, each with people below it."""
    own = [line for number, line in enumerate(lines) if number or not _is_heading(line, team)]
    kinds = [_is_group(line) for line in own]
    has_people = all(not is_group or not after for is_group, after in pairwise(kinds)) and kinds[-1:] == [False]
    return bool(kinds) and kinds[0] and has_people and all(line.is_text and len(line.text) <= 200 for line in own)


def _is_group(line: DraftLine) -> bool:
    return line.is_text and bool(line.level or line.text.isupper()) and not line.list_level


def _person(spans: Spans, vocabulary: Vocabulary) -> Iterator[KeyEntry]:
    """Yield name and title: two lines, bold words before others, or a comma or dash between them."""
    text = text_of(spans)
    end = start = len(text)
    bold = 0
    for span in spans:
        if not span.is_bold:
            break
        bold += len(span.text)
    known = next((person.name for person in vocabulary.people if person.name and text.startswith(person.name)), "")
    if match := re.search(r"\s*\n\s*", text):
        end, start = match.start(), match.end()
    elif known:
        end = start = len(known)
    elif 0 < bold < len(text):
        end = start = bold
    elif match := re.search(r"\s*(?:,|\s[–—-]|\||\()\s*", text):
        end, start = match.start(), match.end()
    yield KeyEntry("name", PlainText(plain_text(cut(spans, 0, end))))
    title = plain_text(strip_spans(cut(spans, start))).lstrip(",–—- ").rstrip(")" if "(" not in text[start:] else "")
    if title:
        yield KeyEntry("title", PlainText(title))


def _is_heading(line: DraftLine, names: Sequence[str]) -> bool:
    if not line.is_text or line.list_level or len(line.text) > 60:
        return False
    normal = normal_heading(line.text)
    if any(normal == normal_heading(name) for name in names):
        return True
    return bool(line.level) and any(similarity(line.text, name) >= 0.9 for name in names)


def _pool(vocabulary: Vocabulary) -> Iterator[str]:
    for person in vocabulary.people:
        yield from filter(None, (_normal(person.name), _normal(person.title)))
    for text in (*vocabulary.team, *vocabulary.publisher, *vocabulary.imprint):
        if normal := _normal(text):
            yield normal
        if bare := _normal(re.sub(r"^https?://(?:www\.)?|^www\.|/$", "", text)):
            yield bare
            yield f"www {bare}"


def _normal(text: str) -> str:
    """Return the words of a text; unlike in headings, numbers at the start stay."""
    return normal_heading(f"x {text}").removeprefix("x").strip()
