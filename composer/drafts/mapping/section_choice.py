"""The part of a draft that is for one section: what is about others is not used.

Input: the parts of a draft, the section that is wanted. Output: the parts to use, and those to skip, whose words are accounted
for.
"""

from collections.abc import Sequence

from composer.content.document.sections import SectionSpec
from composer.drafts.formats.draft_error import DraftError
from composer.drafts.mapping.mapping_context import MappingContext
from composer.drafts.mapping.outline.draft_outline import DraftPart
from composer.drafts.mapping.text.draft_lines import DraftLine, line_texts
from composer.drafts.mapping.text.span_text import Spans

#: Why words are not in the file: they belong to another section.
SKIPPED = "other-section"


def section_parts(
    parts: Sequence[DraftPart], wanted: SectionSpec, specs: Sequence[SectionSpec]
) -> tuple[list[DraftPart], list[DraftPart]]:
    """Return the parts for a section, and the others. Raises DraftError if all headings are those of other sections."""
    keys = {spec.key for spec in specs}
    others = [part.heading.text.strip() for part in parts if part.heading and part.key in keys - {wanted.key}]
    if not others:
        return list(parts), []
    own = [part for part in parts if part.key == wanted.key]
    if not own:
        name = wanted.heading or wanted.key
        raise DraftError(
            f"the draft has no heading “{name}”, but the headings of other sections: {', '.join(others[:8])}",
            f"add the heading   {name}   above the texts for this section",
        )
    return own, [part for part in parts if part.key != wanted.key]


def skip_part(part: DraftPart, context: MappingContext) -> None:
    """Account for the words of a part, with its footnotes, and drop the comments in it."""
    for line in (*([part.heading] if part.heading else []), *part.lines):
        for text in line_texts(line):
            context.account(text, SKIPPED)
        for span in _spans(line):
            if span.footnote in context.blocks.unused:
                context.account("".join(each.text for each in context.blocks.unused.pop(span.footnote)), SKIPPED)
            context.comments.pop((line.file, span.comment), None)


def _spans(line: DraftLine) -> Spans:
    cells = tuple(span for row in line.table.rows for cell in row for span in cell) if line.table else ()
    return (*line.spans, *cells)
