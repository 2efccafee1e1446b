"""Typed text is shown exactly, whatever it looks like in Markdown."""

import re
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from composer.content.document.rich_parts import paragraphs
from composer.content.values.markdown import parse_markdown
from composer.content.values.merge_fields import FieldBook, token_prefix
from composer.content.values.rich_text import Emphasis, Inline, Link, Paragraph, plain_words
from composer.drafts.draft_document import Place, Span, text_of
from composer.drafts.mapping.text.block_markdown import BlockWriter
from composer.drafts.mapping.text.draft_lines import DraftLine
from composer.drafts.mapping.text.markdown_text import inline_markdown, plain_text
from composer.drafts.mapping.text.span_text import clean_spans
from composer.drafts.writing.issue_yaml import wrapped

_LOOKALIKES = [
    "1. January was cold", "2024. A year", "# 3 in the list", "#hashtag", "* a star", "*not* emphasis", "__init__ and _x_",
    "[sic] and [a](b)", "[words](https://example.org/x)", "[^1] is no footnote", "[^1]: nor is this", "{{ first_name }}",
    "{{", "a }} b {{ c", "> quoted", "- dash", "+ plus", "--- dashes", "===", "| a | b |", ": a caption", "<b>bold</b>",
    "AT&amp;T &copy; &#35;", "back\\slash \\* \\", "`code` and ``", "~~~", "```", "https://example.org/a_b_c", "mail a@b.example",
    "{button}", "{figure name}", "![alt](x.png)", "a < b > c", "2 * 3 * 4", "5*3*2", "***", "___", "100 % [x][y]", "(c) 2025",
    "~~gone~~", "Line\none", "Line\n- two", "Line\n1. two", "\u2022 bullet", "a  b", "\\", "*", "**", "a**b**c", "**a**b", "!",
    "[", "]", "[]()", "www.example.org/[x]", "“quoted”* and *“", "万科*重*大", "_", "a_b", "_a", "a_", "&", "&amp", "<", "</",
]  # fmt: skip


def _shown(markdown: str) -> str:
    """Return what subscribers see of a text; a finding would be an error in the issue."""
    wrapped_text = "\n".join(wrapped(markdown, 60))
    book = FieldBook(known={}, mark=token_prefix(wrapped_text))
    replaced, mistakes = book.replace(wrapped_text)
    rich, findings = parse_markdown(replaced, book.mark)
    assert not mistakes, mistakes
    assert not findings, (wrapped_text, findings)
    shown = "\n".join(plain_words(paragraph.children) for paragraph in paragraphs(rich.parts))
    for field in book.fields:
        shown = shown.replace(field.token, field.stand_in)
    return re.sub(r"[ \n]+", " ", shown).strip()


def _folded(text: str) -> str:
    return re.sub(r"[ \n\t]+", " ", text).strip()


@pytest.mark.parametrize("text", _LOOKALIKES)
def test_lookalikes(text: str) -> None:
    """A paragraph that looks like Markdown is one paragraph with exactly the typed text."""
    markdown = inline_markdown((Span(text),))
    assert _shown(markdown) == _folded(text)


@pytest.mark.parametrize("text", _LOOKALIKES)
@pytest.mark.parametrize(
    "look", [Span("", is_bold=True), Span("", is_italic=True), Span("", link="https://example.org/")]
)
def test_lookalikes_with_looks(text: str, look: Span) -> None:
    """The same inside and next to bold, italic and linked words."""
    spans = (Span("Before "), replace(look, text=text), Span(" after"))
    assert _shown(inline_markdown(spans)) == _folded(f"Before {text} after")


_TEXT = st.text(
    st.sampled_from("ab *_[]()`\\<>{}#-+=.:|~!&;1234\"'“”/\n中文，é\u00a0")
    | st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Co", "Cn"]),
    max_size=25,
)
_SPAN = st.builds(
    Span,
    _TEXT,
    is_bold=st.booleans(),
    is_italic=st.booleans(),
    is_code=st.sampled_from([False, False, False, True]),
    link=st.sampled_from(
        ["", "", "", "https://example.org/a(b)", "https://example.org/?q=a b", "file:///etc", "mailto:a@b.example"]
    ),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(_SPAN, max_size=6))
@example([Span("\u3000", link="https://example.org/a(b)")])
@example([Span("1"), Span("\u30002\u3000", is_bold=True, is_italic=True), Span("3")])
def test_any_paragraph(spans: list[Span]) -> None:
    """Whatever characters a paragraph has, its Markdown shows them, also after it was wrapped."""
    cleaned = clean_spans(spans)
    text = text_of(cleaned)
    markdown = inline_markdown(cleaned)
    assert _shown(markdown) == _folded(text)


def test_looks_are_kept() -> None:
    """Bold, italic and linked words stay what they are; white space leaves them."""
    spans = (
        Span("A "),
        Span("bold ", is_bold=True),
        Span("word, "),
        Span("a link", link="https://example.org/(1)"),
        Span("."),
    )
    assert inline_markdown(spans) == "A **bold** word, [a link](https://example.org/%281%29)."


def test_label_next_to_letters() -> None:
    """Punctuation that would prevent emphasis moves out of it."""
    markdown = inline_markdown((Span("“Quote”", is_bold=True), Span("says she")))
    rich, _ = parse_markdown(markdown)
    paragraph = rich.nodes[0]
    assert isinstance(paragraph, Paragraph)
    assert _bold(paragraph.children) == ["Quote"]


def _bold(nodes: tuple[Inline, ...]) -> list[str]:
    found: list[str] = []
    for node in nodes:
        if isinstance(node, Emphasis) and node.strong:
            found.append(plain_words(node.children))
        elif isinstance(node, (Emphasis, Link)):
            found += _bold(node.children)
    return found


def test_plain_text_has_no_merge_field() -> None:
    """Two typed braces are not a merge field in a title either."""
    assert plain_text((Span("Hello {{ name }}"),)) == 'Hello {{ "{{" }} name }}'


def test_footnotes_and_lists() -> None:
    """A footnote is written below the text that refers to it; lists keep their levels."""
    writer = BlockWriter({"1": (Span("The note."),)})
    lines = [
        DraftLine((Span("A sentence"), Span("", footnote="1"), Span(".")), Place(1)),
        DraftLine((Span("one"),), Place(2), list_level=1),
        DraftLine((Span("deep"),), Place(3), list_level=2),
        DraftLine((Span("two"),), Place(4), list_level=1),
        DraftLine((Span("first"),), Place(5), list_level=1, is_numbered=True),
    ]
    markdown = writer.markdown(lines)
    assert markdown == "A sentence[^1].\n\n- one\n  - deep\n- two\n\n1. first\n\n[^1]: The note."
    assert not writer.unused
    rich, findings = parse_markdown(markdown)
    assert not findings
    assert len(rich.nodes) == 3
