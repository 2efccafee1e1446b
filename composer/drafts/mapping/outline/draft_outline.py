"""Divides a draft into the part above the first section, sections, the masthead, and parts that the newsletter does not have.

Input: lines, the names of the newsletter. Output: a `DraftPart` for each, in order. Guarantees: pure; every line is in one
part.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from composer.drafts.mapping.names.field_roles import is_lone_number
from composer.drafts.mapping.names.heading_match import ENOUGH, best_match, normal_heading
from composer.drafts.mapping.names.known_names import Vocabulary
from composer.drafts.mapping.outline.masthead_match import is_known, is_people, is_team_heading, is_team_line
from composer.drafts.mapping.text.draft_dates import find_date
from composer.drafts.mapping.text.draft_lines import BOLD, DraftLine
from composer.drafts.mapping.text.span_text import cut, strip_spans

#: Keys of parts that are not sections: above the first section, the masthead, and what the newsletter does not have.
FRONT, MASTHEAD, UNKNOWN = "", "*masthead", "*unknown"
_LONGEST = 80
#: What a similar heading counts for the language of a draft, compared with one of the same words.
_SIMILAR = 0.3


@dataclass(slots=True)
class DraftPart:
    """Consecutive lines of a draft that belong together."""

    key: str
    heading: DraftLine | None = None
    lines: list[DraftLine] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Match:
    key: str
    score: float
    #: The rest of a heading such as `Top story: A title`.
    rest: DraftLine | None = None


def draft_parts(lines: Sequence[DraftLine], vocabulary: Vocabulary) -> list[DraftPart]:
    """Divide a draft at the headings of its sections."""
    matches = _section_headings(lines, vocabulary)
    level = _section_level(lines, matches)
    has_deeper = any(line.level > level for line in lines if line.level)
    parts = [DraftPart(FRONT)]
    for at, line in enumerate(lines):
        if (match := matches.get(at)) is not None:
            parts.append(DraftPart(match.key, line))
            if match.rest is not None:
                parts[-1].heading = replace(line, spans=cut(line.spans, 0, len(line.text) - len(match.rest.text)))
                parts[-1].lines.append(match.rest)
        elif _begins_masthead(lines, at, vocabulary, parts, is_last=not any(other > at for other in matches)):
            parts.append(DraftPart(MASTHEAD, None, [line]))
        elif len(parts) > 1 and has_deeper and _ends_part(line, parts[-1], level):
            if parts[-1].key == MASTHEAD:
                parts[-1].lines.append(line)
            else:
                parts.append(DraftPart(UNKNOWN, line))
        else:
            parts[-1].lines.append(line)
    _cut_known_end(parts, vocabulary)
    return parts


def _ends_part(line: DraftLine, part: DraftPart, level: int) -> bool:
    """Return whether a heading begins something that the newsletter does not have: it is not below the heading of the part."""
    own = part.heading.level if part.heading is not None and part.heading.level else level
    return 0 < line.level <= own < BOLD and not is_lone_number(line.text)


def matched_sections(lines: Sequence[DraftLine], vocabulary: Vocabulary) -> float:
    """Return how many headings are sections of the newsletter, those with the same words counting more."""
    return sum(1 if match.score == 1 else _SIMILAR for match in _section_headings(lines, vocabulary).values())


def _section_headings(lines: Sequence[DraftLine], vocabulary: Vocabulary) -> dict[int, _Match]:
    found = {at: match for at, line in enumerate(lines) if (match := _match(line, vocabulary)) is not None}
    exact = {match.key for match in found.values() if match.score == 1.0}
    levels = [lines[at].level for at, match in found.items() if match.score == 1.0 and lines[at].level]
    deepest = max(levels, default=BOLD)
    return {
        at: match
        for at, match in found.items()
        if match.score == 1.0 or (match.key not in exact and lines[at].level <= deepest)
    }


def _match(line: DraftLine, vocabulary: Vocabulary) -> _Match | None:
    if not line.is_text or line.list_level or line.is_quote or not line.text.strip():
        return None
    names, text = vocabulary.sections, line.text
    if normal_heading(text) in vocabulary.labels:
        return None
    exact = {normal_heading(name): key for key, name in reversed((*names, *vocabulary.types))}
    if len(text) <= _LONGEST and (key := exact.get(normal_heading(text))):
        return _Match(key, 1.0)
    if not line.level:
        return None
    for sign in (": ", " – ", " — ", " - ", " | ", "\n"):
        before, found, after = text.partition(sign)
        if found and after.strip() and (key := exact.get(normal_heading(before))):
            start = len(before) + len(sign)
            return _Match(key, 1.0, replace(line, spans=strip_spans(cut(line.spans, start))))
    if len(text) > _LONGEST or find_date(text, vocabulary.language) is not None:
        return None
    key, score = best_match(text, names, vocabulary.common)
    return _Match(key, score) if score >= ENOUGH else None


def _section_level(lines: Sequence[DraftLine], matches: dict[int, _Match]) -> int:
    """Return the level that most headings of sections have."""
    levels = Counter(lines[at].level for at in matches if lines[at].level)
    return levels.most_common(1)[0][0] if levels else 0


def _begins_masthead(
    lines: Sequence[DraftLine], at: int, vocabulary: Vocabulary, parts: Sequence[DraftPart], *, is_last: bool
) -> bool:
    """Return whether a line begins the masthead. `is_last`: no section follows."""
    line = lines[at]
    if parts[-1].key == MASTHEAD or not line.is_text:
        return False
    if len(parts) > 1 and is_last and is_team_line(line, vocabulary):
        return True
    if not is_team_heading(line, vocabulary):
        return False
    # In the middle of a text, a line with such a word must look like a heading.
    if line.level or line.text.isupper():
        return True
    return at + 1 < len(lines) and (is_known(lines[at + 1].text, vocabulary) or (is_last and is_people(lines[at + 1])))


def _cut_known_end(parts: list[DraftPart], vocabulary: Vocabulary) -> None:
    """Move the last lines of a draft that only name people or the publisher to the masthead, although it has no heading."""
    last = parts[-1]
    if last.key == MASTHEAD:
        return
    at = len(last.lines)
    while at and last.lines[at - 1].is_text and is_known(last.lines[at - 1].text, vocabulary):
        at -= 1
    # One line may be the signature of a letter.
    if at and len(last.lines) - at >= 2 and sum(len(line.text.split()) for line in last.lines[at:]) >= 6:
        parts.append(DraftPart(MASTHEAD, None, last.lines[at:]))
        del last.lines[at:]
