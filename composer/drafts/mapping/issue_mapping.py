"""Maps whole drafts to an issue, or to one section of it.

Input: drafts, the newsletter, the names it uses. Output: a `MappedIssue`: the keys of the file in order, words that are
accounted for, pictures. Guarantees: pure; decides nothing by the names of sections or types.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace

from composer.content.document.newsletter import Newsletter
from composer.content.document.sections import SectionSpec
from composer.drafts.issue_entries import (
    BareValue,
    BlockText,
    ItemList,
    KeyEntry,
    KeyGroup,
    Note,
    NoteKind,
    PlainText,
)
from composer.drafts.mapping.mapping_context import AccountedWords, MappingContext, NamedPicture, UnknownLabel, todo_of
from composer.drafts.mapping.named_draft import NamedDraft, footnote_label, parts_of
from composer.drafts.mapping.names.known_names import Vocabulary
from composer.drafts.mapping.outline.draft_outline import FRONT, MASTHEAD, UNKNOWN, DraftPart
from composer.drafts.mapping.outline.front_matter import FrontMatter, front_matter
from composer.drafts.mapping.outline.masthead_match import map_masthead
from composer.drafts.mapping.section_choice import SKIPPED as SKIPPED
from composer.drafts.mapping.section_choice import section_parts, skip_part
from composer.drafts.mapping.section_mapping import is_empty, map_section
from composer.drafts.mapping.section_placement import place_unnamed
from composer.drafts.mapping.text.block_markdown import BlockWriter
from composer.drafts.mapping.text.draft_lines import DraftLine
from composer.drafts.mapping.text.markdown_text import inline_markdown, plain_text
from composer.drafts.mapping.text.span_text import clean_spans


@dataclass(frozen=True, slots=True, kw_only=True)
class NextValues:
    """The date and the number of an issue whose draft does not say them."""

    date: datetime.date
    number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedIssue:
    """What is written, and what has become of the words that are not."""

    keys: KeyGroup
    date: datetime.date
    accounted: tuple[AccountedWords, ...]
    pictures: tuple[NamedPicture, ...]
    #: Texts that are in the file, but not in the draft.
    added: tuple[str, ...]
    #: Addresses that an issue cannot contain, with the text they are in.
    bad_links: tuple[tuple[str, str], ...]
    #: Names in the draft, and the different ones that the edition prints.
    renamed: tuple[tuple[str, str], ...]
    #: Words that look like labels, although the newsletter does not have them.
    unknown_labels: tuple[UnknownLabel, ...] = ()
    #: The headings of other sections, whose texts were not wanted.
    skipped: tuple[str, ...] = ()


def map_issue(
    drafts: Sequence[NamedDraft],
    newsletter: Newsletter,
    vocabulary: Vocabulary,
    upcoming: NextValues,
    taken: frozenset[str] = frozenset(),
) -> MappedIssue:
    """Map drafts to a new issue."""
    context = _context(drafts, newsletter, vocabulary, upcoming.date, taken)
    parts = [part for draft in drafts for part in parts_of(draft, context, has_many=len(drafts) > 1)]
    front = FrontMatter()
    for part in parts:
        if part.key == FRONT:
            found = front_matter(part.lines, context, has_sections=len(parts) > 1)
            part.lines = found.rest
            front = _merged(front, found)
    front.date = front.date or context.header_date
    context.day = front.date or upcoming.date
    parts = place_unnamed(parts, newsletter.sections, context)
    body = _sections(parts, newsletter.sections, context)
    group = KeyGroup([*_frame(front, upcoming, body, context), *body.parts])
    _finish(group, context)
    return _result(group, context)


def map_into_section(
    drafts: Sequence[NamedDraft],
    spec: SectionSpec,
    newsletter: Newsletter,
    vocabulary: Vocabulary,
    day: datetime.date,
    taken: frozenset[str] = frozenset(),
) -> MappedIssue:
    """Map drafts to one section: all of their text, or only this section if they have others, too.

    Raises DraftError if they have other sections and not this one.
    """
    context = _context(drafts, newsletter, vocabulary, day, taken)
    parts = [part for draft in drafts for part in parts_of(draft, context, has_many=len(drafts) > 1)]
    wanted, skipped = section_parts(parts, spec, newsletter.sections)
    lines: list[DraftLine] = []
    for part in wanted:
        if part.key == spec.key:
            _account_heading(part, spec, context)
        elif part.heading is not None:
            lines.append(part.heading)
        lines += part.lines
    for part in skipped:
        skip_part(part, context)
    group = KeyGroup([KeyEntry(spec.key, map_section(spec, lines, context))])
    _finish(group, context)
    headings = tuple(part.heading.text.strip() for part in skipped if part.heading is not None)
    return replace(_result(group, context), skipped=headings)


def _context(
    drafts: Sequence[NamedDraft],
    newsletter: Newsletter,
    vocabulary: Vocabulary,
    day: datetime.date,
    taken: frozenset[str],
) -> MappingContext:
    many = len(drafts) > 1
    notes = {
        footnote_label(draft, label, has_many=many): clean_spans(spans)
        for draft in drafts
        for label, spans in draft.document.footnotes.items()
    }
    comments = {(draft.name if many else "", each.id): each for draft in drafts for each in draft.document.comments}
    return MappingContext(vocabulary, newsletter.issue_schema(), BlockWriter(notes), comments, day, taken)


def _merged(first: FrontMatter, second: FrontMatter) -> FrontMatter:
    """Return the values of two drafts of one issue; those of the first one count."""
    return FrontMatter(
        date=first.date or second.date,
        number=first.number if first.number is not None else second.number,
        subject=first.subject or second.subject,
        preheader=first.preheader or second.preheader,
        sources={**second.sources, **first.sources},
    )


def _frame(front: FrontMatter, upcoming: NextValues, body: KeyGroup, context: MappingContext) -> list[KeyEntry | Note]:
    """Return the keys above the sections."""
    parts: list[KeyEntry | Note] = [KeyEntry("date", BareValue((front.date or upcoming.date).isoformat()))]
    number = front.number if front.number is not None else upcoming.number
    if number is not None:
        parts.append(KeyEntry("number", BareValue(str(number))))
    if front.subject:
        parts += _commented("subject", front, context)
        parts.append(KeyEntry("subject", PlainText(plain_text(front.subject))))
    elif title := _first_title(body):
        context.blocks.added.append(title.text)
        parts.append(Note(NoteKind.TODO, "check the subject: it is the first title of the draft"))
        parts.append(KeyEntry("subject", title))
    else:
        parts.append(Note(NoteKind.TODO, "write the subject"))
        parts.append(KeyEntry("subject", BareValue("")))
    if front.preheader:
        parts += _commented("preheader", front, context)
        parts.append(KeyEntry("preheader", PlainText(plain_text(front.preheader))))
    return parts


def _commented(key: str, front: FrontMatter, context: MappingContext) -> list[Note]:
    line = front.sources.get(key)
    return context.todos(line.spans, line.file) if line is not None else []


def _first_title(body: KeyGroup) -> PlainText | None:
    for part in body.parts:
        if not isinstance(part, KeyEntry):
            continue
        groups = part.value.items if isinstance(part.value, ItemList) else [part.value]
        for group in groups:
            value = group.get("title") if isinstance(group, KeyGroup) else None
            if isinstance(value, PlainText) and value.text:
                return value
    return None


def _sections(parts: Sequence[DraftPart], specs: Sequence[SectionSpec], context: MappingContext) -> KeyGroup:
    """Return the keys of the sections in order; parts without a section stay after the section they followed."""
    lines: dict[str, list[DraftLine]] = {}
    after: dict[str, list[DraftLine]] = {}
    people: list[DraftLine] = []
    note: list[DraftLine] = []
    last = ""
    for part in parts:
        if part.key == FRONT:
            note += part.lines
        elif part.key == MASTHEAD:
            people += part.lines
        elif part.key == UNKNOWN:
            after.setdefault(last, []).extend([*([part.heading] if part.heading else []), *part.lines])
        else:
            last = part.key
            _account_heading(part, next(spec for spec in specs if spec.key == part.key), context)
            lines.setdefault(part.key, []).extend(part.lines)
    group = KeyGroup(_note(note, context))
    group.parts += context.left_over(after.pop("", []))
    for spec in specs:
        if spec.key in lines:
            value = map_section(spec, lines[spec.key], context)
            if not is_empty(value):
                group.parts.append(KeyEntry(spec.key, value))
        elif spec.required:
            group.parts.append(Note(NoteKind.TODO, f"write this section: {spec.heading or spec.key}"))
            group.parts.append(KeyEntry(spec.key, BareValue("")))
        group.parts += context.left_over(after.pop(spec.key, []))
    masthead, left = map_masthead(people, context)
    if masthead is not None:
        group.parts.append(KeyEntry("masthead", masthead))
    group.parts += context.left_over(left)
    return group


def _note(lines: Sequence[DraftLine], context: MappingContext) -> list[KeyEntry | Note]:
    """Return the paragraphs above the first section as the note of the issue."""
    shown = [line for line in lines if line.picture is None]
    parts: list[KeyEntry | Note] = [each for line in shown for each in context.todos(line.spans, line.file)]
    if text := context.blocks.markdown(shown):
        parts.append(KeyEntry("note", BlockText(text)))
    parts += context.left_over([line for line in lines if line.picture is not None])
    return parts


def _account_heading(part: DraftPart, spec: SectionSpec, context: MappingContext) -> None:
    if part.heading is not None:
        context.account_name(part.heading.text, spec.heading, "heading")


def _finish(group: KeyGroup, context: MappingContext) -> None:
    """Add footnotes that no text refers to, and comments that are anchored nowhere."""
    group.parts += context.left_over(context.margins)
    for label, spans in context.blocks.unused.items():
        text = inline_markdown(spans)
        if text:
            words = "".join(span.text for span in spans)
            group.parts.append(Note(NoteKind.LEFT_OVER, words, f"footnote {label}"))
    context.blocks.unused.clear()
    group.parts += [todo_of(comment) for comment in context.comments.values()]
    context.comments.clear()


def _result(group: KeyGroup, context: MappingContext) -> MappedIssue:
    assert context.day is not None
    return MappedIssue(
        keys=group,
        date=context.day,
        accounted=tuple(context.accounted),
        pictures=tuple(context.pictures),
        added=tuple(context.blocks.added),
        bad_links=tuple(dict.fromkeys(context.bad_links)),
        renamed=tuple(context.renamed.items()),
        unknown_labels=tuple(context.unknown_labels),
    )
