"""Writes lines of a draft as the Markdown of one field: paragraphs, lists, quotations, subheads, tables, footnotes, figures.

Input: lines, and the footnotes of the draft. Output: Markdown. Guarantees: pure; blocks keep their order.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from composer.drafts.draft_document import Span, Table, text_of
from composer.drafts.mapping.text.draft_lines import DraftLine
from composer.drafts.mapping.text.markdown_text import inline_markdown
from composer.drafts.mapping.text.span_text import Spans, clean_spans, marks_of, merged_spans, without_bold

_TABLE_WORDS = re.compile(r"(?:table|tabelle|tableau|tabla|tabella|tabel|übersicht|overview)\b|表", re.IGNORECASE)
#: What a table without a caption, and a column without a name, gets: a check refuses it at sending.
NO_CAPTION, NO_NAME = "TODO: caption of this table", "TODO: name"


@dataclass(slots=True)
class BlockWriter:
    """Writes the fields of one draft. `unused` are the footnotes that no field has yet."""

    unused: dict[str, Spans]
    #: Texts that are in the file, but not in the draft.
    added: list[str] = field(default_factory=list)
    _labels: dict[str, str] = field(default_factory=dict)

    def markdown(self, lines: Sequence[DraftLine], figures: Mapping[int, str] | None = None) -> str:
        """Return the Markdown of a field. `figures` are rows for figures, by the number of the line that they follow."""
        notes: list[str] = []
        blocks = list(self._blocks(lines, figures or {}, notes))
        return "\n\n".join((*blocks, *notes))

    def _blocks(self, lines: Sequence[DraftLine], figures: Mapping[int, str], notes: list[str]) -> Iterator[str]:
        if 0 in figures:
            yield figures[0]
        at = 0
        while at < len(lines):
            line = lines[at]
            end = at + 1
            if line.list_level:
                while end < len(lines) and end not in figures and _goes_on(line, lines[end]):
                    end += 1
                yield "\n".join(self._list(lines[at:end], notes))
            elif line.is_quote:
                while end < len(lines) and lines[end].is_quote and end not in figures:
                    end += 1
                inner = "\n\n".join(self._inline(each, notes) for each in lines[at:end])
                yield "\n".join(f"> {row}".rstrip() for row in inner.split("\n"))
            elif line.table is not None:
                yield self._table(line.table, None, notes)
            elif end < len(lines) and lines[end].table is not None and is_caption(line):
                table = lines[end].table
                assert table is not None
                yield self._table(table, line, notes)
                end += 1
            elif line.level:
                yield f"### {self._inline(replace(line, spans=_title(line.spans)), notes)}"
            else:
                yield self._inline(line, notes)
            for number in range(at + 1, end + 1):
                if number in figures:
                    yield figures[number]
            at = end

    def _inline(self, line: DraftLine, notes: list[str]) -> str:
        return inline_markdown(self._noted(line.spans, notes))

    def _noted(self, spans: Spans, notes: list[str]) -> Spans:
        """Keep the marks of footnotes whose text is not in another field, and add their texts to the notes."""
        kept: list[Span] = []
        for span in spans:
            if span.comment:
                continue
            if not span.footnote:
                kept.append(span)
                continue
            label = re.sub(r"[\[\]^\s]+", "-", span.footnote)[:40] or "note"
            if span.footnote in self.unused:
                content = self.unused.pop(span.footnote)
                words = tuple(each for each in clean_spans(content) if each.text)
                if not text_of(words).strip():
                    continue
                notes.append(f"[^{label}]: {inline_markdown(tuple(_one_line(each) for each in words))}")
                self._labels[span.footnote] = label
            elif not any(note.startswith(f"[^{label}]:") for note in notes):
                continue
            kept.append(replace(span, footnote=label))
        return tuple(kept)

    def _list(self, lines: Sequence[DraftLine], notes: list[str]) -> Iterator[str]:
        counts: dict[int, int] = {}
        indents = {0: ""}
        for line in lines:
            level = min(line.list_level, max(indents) + 1, 6)
            for deeper in [each for each in indents if each > level]:
                del indents[deeper]
            for deeper in [each for each in counts if each > level]:
                del counts[deeper]
            counts[level] = counts.get(level, _first_number(line) - 1) + 1
            mark = f"{counts[level]}. " if line.is_numbered else "- "
            indent = indents[level - 1]
            indents[level] = indent + " " * len(mark)
            first, *others = self._inline(line, notes).split("\n")
            yield f"{indent}{mark}{first}"
            yield from (f"{indents[level]}{other}" for other in others)

    def _table(self, table: Table, caption: DraftLine | None, notes: list[str]) -> str:
        if caption is not None:
            words = inline_markdown(tuple(_one_line(span) for span in self._noted(without_bold(caption.spans), notes)))
        else:
            words = NO_CAPTION
            self.added.append(NO_CAPTION)
        width = max(len(row) for row in table.rows)
        rows = [[self._cell(cell, notes) for cell in row] + [""] * (width - len(row)) for row in table.rows]
        if not any(cell.strip() for cell in rows[0]):
            rows[0] = [NO_NAME] + [""] * (width - 1)
            self.added.append(NO_NAME)
        if len(rows) == 1:
            rows.append([""] * width)
        lines = [f": {words}", _row(rows[0]), _row(["---"] * width), *map(_row, rows[1:])]
        return "\n".join(lines)

    def _cell(self, cell: Spans, notes: list[str]) -> str:
        if not text_of(cell).strip():
            return ""
        spans = tuple(_one_line(span) for span in self._noted(cell, notes))
        return re.sub(r"(?<!\\)\|", r"\\|", inline_markdown(spans))


def _first_number(line: DraftLine) -> int:
    """Return the number with which a list begins."""
    match = re.fullmatch(r"(\d{1,3})[.)]", line.number.strip())
    return int(match[1]) if match else 1


def _goes_on(first: DraftLine, line: DraftLine) -> bool:
    """Return whether a line is in the list that another line began."""
    return line.list_level > 1 or (line.list_level == 1 and line.is_numbered == first.is_numbered)


def is_caption(line: DraftLine) -> bool:
    """Return whether a line above a table is its caption."""
    if not line.text.strip() or line.list_level or line.is_quote or len(line.text) > 160:
        return False
    is_italic = all(span.is_italic for span in line.spans if span.text.strip())
    return (
        bool(line.level) or is_italic or _TABLE_WORDS.match(line.text) is not None or line.text.rstrip().endswith(":")
    )


def _title(spans: Spans) -> Spans:
    # A subhead cannot have a footnote: its mark stays unused, so its text is left over.
    marks = tuple(span for span in marks_of(spans) if span.comment)
    return (*without_bold(tuple(span for span in spans if span.text)), *marks)


def _one_line(span: Span) -> Span:
    return replace(span, text=re.sub(r"\s*\n\s*", " ", span.text))


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def merged_text(lines: Sequence[DraftLine]) -> Spans:
    """Return the text of several lines in one line, for a field without Markdown."""
    spans: list[Span] = []
    for line in lines:
        spans += ([Span(" ")] if spans else []) + list(line.spans)
    return merged_spans(spans)
