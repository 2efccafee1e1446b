"""A draft as lines: headings, paragraphs, items of lists, tables and pictures, whatever styles its author used.

Input: a DraftDocument. Output: `DraftLine`s in reading order. Guarantees: pure; every word of the blocks is in one line.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from composer.drafts.draft_document import Block, DraftDocument, Paragraph, Picture, Place, Region, Table, text_of
from composer.drafts.mapping.text.span_text import (
    Spans,
    clean_spans,
    clean_text,
    cut,
    is_all_bold,
    lines_of,
    marks_of,
    split_spans,
    strip_spans,
)

#: The level of a paragraph that is a heading only because all of it is bold.
BOLD = 7
#: Headings are shorter than this.
LONGEST_HEADING = 200
_TYPED_BULLET = re.compile(r"[•‣◦▪▫●○∙·](?:\s+|(?=\w))|[–—*-]\s*\t\s*")
_TYPED_NUMBER = re.compile(r"\d{1,2}[.)]\s*\t\s*")
_SENTENCE_END = re.compile(r"[.!?…。！？]['\"”’»)\]]*$")


@dataclass(frozen=True, slots=True)
class DraftLine:
    """One block of the draft. `level` is that of a heading: 1 to 6, or `BOLD`; 0 for other lines."""

    spans: Spans
    place: Place
    level: int = 0
    list_level: int = 0
    is_numbered: bool = False
    #: The number that the program shows before it, such as `3.`
    number: str = ""
    is_quote: bool = False
    region: Region = Region.BODY
    table: Table | None = None
    picture: Picture | None = None
    #: Which of several drafts it is from.
    file: str = ""

    @property
    def text(self) -> str:
        """The text without its looks."""
        return text_of(self.spans)

    @property
    def is_text(self) -> bool:
        """Whether it is neither a table nor a picture."""
        return self.table is None and self.picture is None

    @property
    def is_plain(self) -> bool:
        """Whether it is an ordinary paragraph."""
        return self.is_text and not self.level and not self.list_level and not self.is_quote


def draft_lines(document: DraftDocument, file: str = "") -> tuple[DraftLine, ...]:
    """Return the lines of a draft. Empty paragraphs are dropped."""
    found: list[DraftLine] = []
    for line in (line for block in document.blocks for line in _lines(block)):
        if line.text.strip() or not line.is_text:
            found.append(replace(line, file=file))
        elif found and found[-1].is_text:
            # The marks of an empty paragraph belong to the text before it.
            found[-1] = replace(found[-1], spans=(*found[-1].spans, *marks_of(line.spans)))
    return tuple(found)


def ends_sentence(text: str) -> bool:
    """Return whether a text ends like a sentence."""
    return _SENTENCE_END.search(text.strip()) is not None


def _lines(block: Block) -> Iterator[DraftLine]:
    match block:
        case Picture():
            yield DraftLine((), block.place, picture=replace(block, alt=clean_text(block.alt)))
        case Table() if len(block.rows) == 1 and len(block.rows[0]) == 1:
            # A table of one cell is a box around a text.
            yield from _paragraphs(Paragraph(block.rows[0][0], block.place))
        case Table():
            yield DraftLine((), block.place, table=_clean_table(block))
        case Paragraph():
            yield from _paragraphs(block)


def _clean_table(table: Table) -> Table:
    return replace(table, rows=tuple(tuple(clean_spans(cell) for cell in row) for row in table.rows))


def _paragraphs(block: Paragraph) -> Iterator[DraftLine]:
    for spans in _pieces(clean_spans(block.spans)):
        line = DraftLine(
            strip_spans(spans),
            block.place,
            level=block.heading_level,
            list_level=block.list_level,
            is_numbered=block.is_numbered,
            number=block.number,
            is_quote=block.is_quote,
            region=block.region,
        )
        if line.spans:
            yield _leveled(_bulleted(line, text_of(block.spans)))


def _pieces(spans: Spans) -> Iterator[Spans]:
    """Yield paragraphs: an empty line separates them, and so does the end of a first line that is bold."""
    text = text_of(spans)
    if empty := re.search(r"\n[ \u00a0]*\n\s*", text):
        before, after = split_spans(spans, empty.start(), empty.end())
        yield from _pieces(before)
        yield from _pieces(after)
        return
    first, *others = lines_of(spans)
    rest = cut(spans, len(text_of(first)) + 1)
    if others and is_all_bold(first) and not is_all_bold(rest) and text_of(rest).strip():
        yield cut(spans, 0, len(text_of(first)), len(text_of(first)) + 1)
        yield rest
        return
    yield spans


def _bulleted(line: DraftLine, written: str) -> DraftLine:
    """Recognize bullets and numbers that were typed, not made by the program."""
    if line.level or line.list_level:
        return line
    # The tab after a number or a dash is a space in the cleaned text.
    is_tabbed = "\t" in written.strip()[:6]
    match = _TYPED_BULLET.match(line.text) or (re.match(r"[–—*-]\s+", line.text) if is_tabbed else None)
    if match is not None:
        return replace(line, spans=cut(line.spans, match.end()), list_level=1)
    return line


def _leveled(line: DraftLine) -> DraftLine:
    if line.level or line.list_level or not is_all_bold(line.spans) or "\n" in line.text:
        return line
    is_heading = len(line.text) <= LONGEST_HEADING and not (ends_sentence(line.text) and len(line.text) > 60)
    return replace(line, level=BOLD) if is_heading else line


def plain_lines(lines: Iterable[DraftLine]) -> str:
    """Return the text of lines, each in its own line."""
    return "\n".join(text for line in lines for text in line_texts(line))


def line_texts(line: DraftLine) -> Iterator[str]:
    """Yield the texts of a line: a table has one for each row."""
    if line.table is not None:
        for row in line.table.rows:
            yield " | ".join(" ".join(text_of(cell).split()) for cell in row)
    elif line.picture is not None:
        yield line.picture.alt
    else:
        yield line.text
