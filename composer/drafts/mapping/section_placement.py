"""Finds the section of texts that have no heading, or a heading that the newsletter does not have.

Input: the parts of a draft, the sections of the newsletter. Output: the parts, some of them with a section. Guarantees:
pure; a part gets a section only if no other part has it and only one is possible.
"""

from collections.abc import Sequence
from dataclasses import replace

from composer.content.document.sections import SectionSpec
from composer.drafts.mapping.mapping_context import MappingContext
from composer.drafts.mapping.names.field_roles import FieldRoles, is_lone_number
from composer.drafts.mapping.names.heading_match import ENOUGH, best_match
from composer.drafts.mapping.outline.draft_outline import FRONT, MASTHEAD, UNKNOWN, DraftPart
from composer.drafts.mapping.section_mapping import section_roles
from composer.drafts.mapping.text.draft_lines import DraftLine

#: A text of this many words without a section is more than a note above the first one.
_LONGEST_NOTE = 150


def place_unnamed(parts: Sequence[DraftPart], specs: Sequence[SectionSpec], context: MappingContext) -> list[DraftPart]:
    """Find a section for each part without one."""
    taken = {part.key for part in parts}
    found: list[DraftPart] = []
    for at, part in enumerate(parts):
        if part.key == FRONT and part.lines:
            found += _placed_front(part, parts[at + 1 :], specs, taken, context)
        elif part.key == UNKNOWN:
            found += _placed_between(part, parts, at, specs, taken, context)
        else:
            found.append(part)
        taken |= {each.key for each in found}
    return found


def _placed_front(
    part: DraftPart, after: Sequence[DraftPart], specs: Sequence[SectionSpec], taken: set[str], context: MappingContext
) -> list[DraftPart]:
    """Return the note, and the section that begins without a heading."""
    named = _by_file(part, specs, context)
    if named is not None:
        return [replace(part, key=named)]
    has_sections = any(each.key not in (FRONT, MASTHEAD, UNKNOWN) for each in after)
    if len(specs) == 1 and not has_sections:
        return [replace(part, key=specs[0].key)]
    start = next((at for at, line in enumerate(part.lines) if line.level), None)
    words = sum(len(line.text.split()) for line in part.lines)
    if start is None and words <= _LONGEST_NOTE and has_sections:
        # A short text above the sections is the note, unless the newsletter has a section for it.
        start = 0 if any(not spec.heading for spec in _before(after, specs, taken)) else None
    if start is None and (has_sections and words <= _LONGEST_NOTE):
        return [part]
    candidates = [
        spec for spec in _before(after, specs, taken) if _can_hold(section_roles(spec, context), spec, part.lines)
    ]
    wanted = next((spec for spec in candidates if spec.required), candidates[0] if candidates else None)
    if wanted is None:
        return [part]
    start = start or 0
    pieces = [DraftPart(FRONT, None, part.lines[:start]), DraftPart(wanted.key, None, part.lines[start:])]
    return [piece for piece in pieces if piece.lines]


def _by_file(part: DraftPart, specs: Sequence[SectionSpec], context: MappingContext) -> str | None:
    """Return the section that the draft's file is named after: one of several files."""
    name = part.lines[0].file.rpartition("/")[2].rpartition(".")[0].replace("_", " ").replace("-", " ")
    if not name:
        return None
    key, score = best_match(name, context.vocabulary.sections, context.vocabulary.common)
    return key if score >= ENOUGH else None


def _before(after: Sequence[DraftPart], specs: Sequence[SectionSpec], taken: set[str]) -> list[SectionSpec]:
    """Return the free sections that come before the first one of the draft."""
    keys = [spec.key for spec in specs]
    first = next((keys.index(part.key) for part in after if part.key in keys), len(keys))
    return [spec for spec in specs[:first] if spec.key not in taken]


def _placed_between(
    part: DraftPart,
    parts: Sequence[DraftPart],
    at: int,
    specs: Sequence[SectionSpec],
    taken: set[str],
    context: MappingContext,
) -> list[DraftPart]:
    """Return a part with the only free section between its neighbors, if its content fits there."""
    keys = [spec.key for spec in specs]
    before = [keys.index(each.key) for each in parts[:at] if each.key in keys]
    after = [keys.index(each.key) for each in parts[at + 1 :] if each.key in keys]
    start, end = (before[-1] + 1 if before else 0), (after[0] if after else len(keys))
    free = [spec for spec in specs[start:end] if spec.key not in taken and (before or after)]
    fitting = [spec for spec in free if _fits(section_roles(spec, context), part.lines)]
    if len(fitting) != 1:
        return [part]
    # The heading is not the newsletter's: it stays in the file, as a line that has no field.
    return [DraftPart(UNKNOWN, part.heading), DraftPart(fitting[0].key, None, part.lines)]


def _fits(roles: FieldRoles, lines: Sequence[DraftLine]) -> bool:
    return roles.number is not None and any(is_lone_number(line.text) for line in lines)


def _can_hold(roles: FieldRoles, spec: SectionSpec, lines: Sequence[DraftLine]) -> bool:
    if spec.type.is_advertising or roles.main is None or roles.number is not None:
        return False
    if any(line.level for line in lines):
        return roles.title is not None or spec.type.content.is_object
    return spec.type.content.is_object and (roles.title is None or roles.title not in roles.required)
