"""The parts of one draft: without its contents list, and without headers and footers that say nothing new.

Input: a draft, the names of the newsletter. Output: its parts. Guarantees: what is left out is accounted for.
"""

from dataclasses import dataclass, replace

from composer.drafts.draft_document import DraftDocument, Region, Span
from composer.drafts.mapping.mapping_context import MappingContext
from composer.drafts.mapping.outline.contents_list import contents_lines
from composer.drafts.mapping.outline.draft_outline import DraftPart, draft_parts
from composer.drafts.mapping.outline.front_matter import is_running_title
from composer.drafts.mapping.text.draft_dates import find_date
from composer.drafts.mapping.text.draft_lines import DraftLine, draft_lines
from composer.drafts.mapping.text.span_text import Spans


@dataclass(frozen=True, slots=True)
class NamedDraft:
    """A draft with the name of its file."""

    name: str
    document: DraftDocument


def footnote_label(draft: NamedDraft, label: str, *, has_many: bool) -> str:
    """Return the label of a footnote: two drafts may have a footnote 1."""
    return f"{draft.name}-{label}" if has_many else label


def parts_of(draft: NamedDraft, context: MappingContext, *, has_many: bool) -> list[DraftPart]:
    """Return the parts of a draft; with `has_many`, each line says which draft it is from."""
    lines = draft_lines(draft.document, draft.name if has_many else "")
    if has_many:
        lines = tuple(_relabeled(line, draft) for line in lines)
    lines = _in_body(tuple(_unlisted(line, context) for line in lines), context)
    listed = contents_lines(lines, context.vocabulary)
    for at in sorted(listed):
        context.account(lines[at].text, "contents")
    return draft_parts([line for at, line in enumerate(lines) if at not in listed], context.vocabulary)


def _unlisted(line: DraftLine, context: MappingContext) -> DraftLine:
    """Return a line such as `30. April 2025, Berlin` as a paragraph, although programs take it for an item of a list."""
    text = f"{line.number} {line.text}"
    date = find_date(text, context.vocabulary.language) if line.number and line.list_level else None
    if date is None or date.start or date.end <= len(line.number):
        return line
    number = Span(f"{line.number} ")
    context.blocks.added.append(line.number)
    return replace(line, list_level=0, is_numbered=False, number="", spans=(number, *line.spans))


def _in_body(lines: tuple[DraftLine, ...], context: MappingContext) -> tuple[DraftLine, ...]:
    """Return the lines without the contents list of the program, and without headers and footers that say nothing new."""
    found: list[DraftLine] = []
    margins: list[DraftLine] = []
    for line in lines:
        if line.region is Region.CONTENTS:
            context.account(line.text, "contents")
        elif line.region not in (Region.HEADER, Region.FOOTER):
            found.append(line)
        elif line.is_text and is_running_title(line, context.vocabulary):
            context.account(line.text, "header")
            date = find_date(line.text, context.vocabulary.language)
            context.header_date = context.header_date or (date.date if date else None)
        else:
            margins.append(line)
    context.margins += margins
    return tuple(found)


def _relabeled(line: DraftLine, draft: NamedDraft) -> DraftLine:
    """Return a line whose footnotes have the labels of its draft."""

    def own(spans: Spans) -> Spans:
        return tuple(
            replace(span, footnote=footnote_label(draft, span.footnote, has_many=True)) if span.footnote else span
            for span in spans
        )

    table = line.table and replace(line.table, rows=tuple(tuple(map(own, row)) for row in line.table.rows))
    return replace(line, spans=own(line.spans), table=table)
