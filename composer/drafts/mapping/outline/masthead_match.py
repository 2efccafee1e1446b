"""Recognizes the people and the imprint of the newsletter in a draft, which every edition prints anyway.

Input: lines after the heading of the team or of the publisher. Output: lines that the newsletter knows are accounted for;
other people become a masthead of this issue; the rest is left over. Guarantees: pure.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from composer.drafts.draft_document import text_of
from composer.drafts.issue_entries import ItemList, KeyEntry, KeyGroup, Note, PlainText
from composer.drafts.mapping.mapping_context import MappingContext
from composer.drafts.mapping.names.heading_match import normal_heading, similarity
from composer.drafts.mapping.names.known_names import Vocabulary
from composer.drafts.mapping.outline.team_lines import TeamLine, is_role, one_person, team_line
from composer.drafts.mapping.text.draft_lines import DraftLine
from composer.drafts.mapping.text.markdown_text import plain_text
from composer.drafts.mapping.text.span_text import lines_of, strip_spans

#: The postcode and the town of an address: `1040 Brussels`.
_POSTCODE = re.compile(r"\b\d{4,5}\s+[^\W\d_a-zß-ÿ]")
_FILLERS = frozenset(["und", "and", "the", "in", "by", "at"])


def is_team_heading(line: DraftLine, vocabulary: Vocabulary) -> bool:
    """Return whether a line begins the masthead or the imprint."""
    return _is_heading(line, (*vocabulary.team, *vocabulary.roles, *vocabulary.publisher))


def is_team_line(line: DraftLine, vocabulary: Vocabulary) -> bool:
    """Return whether a line names the team and its people in one: `Editors: Anna Li, Bo Chen`."""
    return line.is_text and not line.is_quote and is_role(line.spans, (*vocabulary.team, *vocabulary.roles))


def is_people(line: DraftLine) -> bool:
    """Return whether a line names people, as below the heading of the team."""
    return line.is_text and team_line(line.spans) is not None


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
    people_lines, strays = _without_strays(people_lines, context.vocabulary)
    if all(is_known(line.text, context.vocabulary) for line in people_lines if line.is_text):
        for line in people_lines:
            if line.is_text:
                context.account(line.text, "masthead")
        masthead, left = None, [line for line in people_lines if not line.is_text]
    else:
        masthead, left = _own_masthead(people_lines, context)
    for line in (*strays, *others):
        if line.is_text and is_known(line.text, context.vocabulary):
            context.account(line.text, "imprint")
        else:
            left += _unknown_lines(line, context)
    return masthead, left


def _without_strays(lines: Sequence[DraftLine], vocabulary: Vocabulary) -> tuple[list[DraftLine], list[DraftLine]]:
    """Take lines such as a postal address out of a team, if most of its other lines name people."""
    names = [person.name for person in vocabulary.people if person.name]
    people = 0
    others, strays = list[DraftLine](), list[DraftLine]()
    for line in lines:
        names_people = line.is_text and not line.level and _names_people(line, names)
        people += names_people
        is_stray = line.is_text and not names_people and not _is_of_team(line, vocabulary)
        (strays if is_stray else others).append(line)
    return (others, strays) if len(strays) < people else (list(lines), [])


def _names_people(line: DraftLine, names: Sequence[str]) -> bool:
    return _POSTCODE.search(line.text) is None and team_line(line.spans, names) is not None


def _is_of_team(line: DraftLine, vocabulary: Vocabulary) -> bool:
    return _is_group(line) or _is_heading(line, vocabulary.team) or is_known(line.text, vocabulary)


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
    """Read headings of groups, roles before a colon, and people."""
    vocabulary = context.vocabulary
    rows = list(_rows(lines))
    groups = _groups(rows, vocabulary)
    if not groups:
        return None, list(lines)
    if _is_heading(rows[0], vocabulary.team):
        context.account_name(rows[0].text, vocabulary.team[0], "team")
    masthead = ItemList()
    for group in groups:
        people, parts = ItemList(), list[KeyEntry | Note]()
        if group.heading is not None:
            parts += [*context.todos(group.heading.spans, group.heading.file),
                KeyEntry("heading", PlainText(plain_text(group.heading.spans)))]  # fmt: skip
        elif _is_team_name(group.role, vocabulary):
            context.account_name(group.role, vocabulary.team[0], "team")
        elif group.role:
            parts.append(KeyEntry("heading", PlainText(group.role)))
        for line, found in group.people:
            context.account(found.words, "masthead")
            notes = context.todos(line.spans, line.file)
            for person in found.people:
                title = [KeyEntry("title", PlainText(person.title))] if person.title else []
                people.items.append(KeyGroup([*notes, KeyEntry("name", PlainText(person.name)), *title]))
                notes = []
        masthead.items.append(KeyGroup([*parts, KeyEntry("people", people)]))
    return masthead, []


def _is_team_name(role: str, vocabulary: Vocabulary) -> bool:
    return any(normal_heading(role) == normal_heading(name) for name in vocabulary.team)


@dataclass(slots=True)
class _Group:
    """People with one role: a heading above them, or a word before the colon; without either, they are simply the team."""

    heading: DraftLine | None = None
    role: str = ""
    people: list[tuple[DraftLine, TeamLine]] = field(default_factory=list)


def _groups(rows: Sequence[DraftLine], vocabulary: Vocabulary) -> list[_Group]:
    """Return the groups of people; nothing if one line is something else, or a heading has no people."""
    names = [person.name for person in vocabulary.people if person.name]
    found: list[_Group] = []
    for number, row in enumerate(rows):
        if not row.is_text or len(row.text) > 200:
            return []
        if number == 0 and _is_heading(row, vocabulary.team):
            continue
        line = team_line(row.spans, names)
        if line is not None and line.role:
            found.append(_Group(None, line.role, [(row, line)]))
        elif _is_group(row):
            found.append(_Group(row))
        elif found and found[-1].heading is not None:
            known = next((name for name in names if row.text.startswith(name)), "")
            found[-1].people.append((row, line or TeamLine(people=(one_person(row.spans, known),))))
        elif line is not None:
            if not found or found[-1].role:
                found.append(_Group())
            found[-1].people.append((row, line))
        else:
            return []
    return found if all(group.people for group in found) else []


def _rows(lines: Sequence[DraftLine]) -> Iterator[DraftLine]:
    """Yield the lines of a paragraph one by one if each has a role or is a person: `Editor: Anna Li`, `Layout: Cy Doe`."""
    for line in lines:
        rows = [strip_spans(spans) for spans in lines_of(line.spans)] if line.is_text else []
        found = [team_line(row) for row in rows]
        if len(rows) > 1 and all(found) and any(each.role for each in found if each):
            yield from (replace(line, spans=row) for row in rows)
        else:
            yield line


def _is_group(line: DraftLine) -> bool:
    return line.is_text and bool(line.level or line.text.isupper()) and not line.list_level


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
    for text in (*vocabulary.team, *vocabulary.roles, *vocabulary.publisher, *vocabulary.imprint):
        if normal := _normal(text):
            yield normal
        if bare := _normal(re.sub(r"^https?://(?:www\.)?|^www\.|/$", "", text)):
            yield bare
            yield f"www {bare}"


def _normal(text: str) -> str:
    """Return the words of a text; unlike in headings, numbers at the start stay."""
    return normal_heading(f"x {text}").removeprefix("x").strip()
