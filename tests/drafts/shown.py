"""A draft document as lines, so that a test shows what it expects."""

from composer.drafts.draft_document import Block, DraftDocument, Paragraph, Picture, Region, Span, Table


def shown(document: DraftDocument) -> list[str]:
    """Return a line for each block: `# heading`, `- item`, `| cell | cell |`, with `*bold*`, `/italic/` and `text<link>`."""
    return [_block(block) for block in document.blocks]


def _block(block: Block) -> str:
    match block:
        case Paragraph():
            return _before(block) + shown_spans(block.spans)
        case Table():
            rows = ["| " + " | ".join(shown_spans(cell) for cell in row) + " |" for row in block.rows]
            return "\n".join(
                ["=" * block.header_rows + row if at < block.header_rows else row for at, row in enumerate(rows)]
            )
        case Picture():
            return f"[{block.alt}: {block.media_type}, {len(block.data)} bytes, {block.source}]"


def _before(block: Paragraph) -> str:
    region = "" if block.region is Region.BODY else f"{block.region}: "
    number = f"{block.number} " if block.number else ""
    mark = "  " * (block.list_level - 1) + ("" if block.is_numbered else "- ") if block.list_level else ""
    return (
        region
        + "#" * block.heading_level
        + (" " if block.heading_level else "")
        + "> " * block.is_quote
        + mark
        + number
    )


def shown_spans(spans: tuple[Span, ...]) -> str:
    """Return spans as one line."""
    return "".join(map(_span, spans)).replace("\n", "⏎").replace("\t", "⇥").replace("\u00a0", "␣")


def _span(span: Span) -> str:
    if span.footnote or span.comment:
        return f"[^{span.footnote}]" if span.footnote else f"[comment {span.comment}]"
    text = f"`{span.text}`" if span.is_code else span.text
    text = f"/{text}/" if span.is_italic else text
    text = f"*{text}*" if span.is_bold else text
    return f"{text}<{span.link}>" if span.link else text
