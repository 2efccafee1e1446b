"""Subheads, tables, footnotes, code, callouts, buttons, pull quotes, figures, telephone links: read, or reported."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.content.values.markdown import parse_markdown
from composer.content.values.rich_elements import Callout, FigureRow, NoteMark, PullQuote, Subhead, Table, TextButton
from composer.content.values.rich_text import BulletList, Link, Paragraph, PlainWords, Quote, plain_words
from tests import processor_time

TABLE = ": Fees\n| Permit | Fee |\n|:-------|----:|\n| Trade | 5 |"


def _words(paragraphs: tuple[Paragraph, ...]) -> list[str]:
    return [plain_words(each.children) for each in paragraphs]


def test_a_table_has_a_caption_headings_and_sides() -> None:
    """Cells hold inline Markdown; a bar in a cell is written with a backslash; columns have the sides of their dashes."""
    rich, found = parse_markdown("Text\n\n: Fees *now*\n| A | B | C |\n|---|:-:|--:|\n| *x* | a \\| b | |\n\nAfter")
    assert found == ()
    first, table, last = rich.nodes
    assert isinstance(first, Paragraph) and isinstance(table, Table) and isinstance(last, Paragraph)
    assert plain_words(table.caption.children) == "Fees now"
    assert _words(table.head) == ["A", "B", "C"]
    assert [_words(row) for row in table.rows] == [["x", "a | b", ""]]
    assert table.sides == ("", "center", "right")


@pytest.mark.parametrize("caption", ["：费用\n", ": 费用\n\n", "：费用\n\n"])
def test_a_caption_may_have_a_full_width_colon(caption: str) -> None:
    """The caption is the paragraph above, with or without an empty line between; a wide colon needs no space."""
    rich, found = parse_markdown(f"{caption}| 国家 | 费用 |\n|---|---|\n| 中国 | 5 |")
    assert found == ()
    (table,) = rich.nodes
    assert isinstance(table, Table) and plain_words(table.caption.children) == "费用"


def test_footnotes_are_numbered_in_the_order_of_the_text() -> None:
    """Names may be words; a footnote may be used twice, but leads back to its first place."""
    rich, found = parse_markdown("One[^b] two[^a] three[^b].\n\n[^a]: The *second*\n  goes on.\n[^b]: The first")
    assert found == ()
    (paragraph,) = rich.nodes
    assert isinstance(paragraph, Paragraph)
    assert [each for each in paragraph.children if isinstance(each, NoteMark)] == [
        NoteMark(1),
        NoteMark(2),
        NoteMark(1, is_first=False),
    ]
    assert _words(rich.notes) == ["The first", "The second goes on."]
    assert rich.blocks == 1 and len(rich.parts) == 3
    assert not rich.head(1).has_end and rich.tail(1) and not rich.head(0)


@pytest.mark.parametrize("text", ["A \\[^1] b", "A [^1](https://example.org) b", "A `[^1]` b", "A [^ 1] b", "A ^2 b"])
def test_signs_that_are_no_footnotes(text: str) -> None:
    """After a backslash, in code, as a link text, and with a space, they are words."""
    rich, found = parse_markdown(text)
    assert found == () and rich.notes == ()


def test_subheads_code_and_buttons() -> None:
    """Three # make a subhead, `…` code, and a link alone in its paragraph with {button} a button."""
    rich, found = parse_markdown("### What *now*\nRun `compose  check`.\n\n[Go](https://example.org){button}")
    assert found == ()
    subhead, paragraph, button = rich.nodes
    assert isinstance(subhead, Subhead) and plain_words(subhead.children) == "What now"
    assert isinstance(paragraph, Paragraph) and PlainWords("compose  check", is_code=True) in paragraph.children
    assert button == TextButton(Link("https://example.org", (PlainWords("Go"),)))


def test_callouts_may_have_a_title() -> None:
    """The kind is read in any case; words after it are the title; lists may follow."""
    rich, found = parse_markdown(
        "> [!NOTE] Before *you* apply\n> Text\n>\n> - item\n\n> [!note]\n> Text\n\n> [x] quote"
    )
    assert found == ()
    first, second, third = rich.nodes
    assert isinstance(first, Callout) and first.title is not None and _words((first.title,)) == ["Before you apply"]
    assert [type(block) for block in first.blocks] == [Paragraph, BulletList]
    assert isinstance(second, Callout) and second.title is None
    assert isinstance(third, Quote)


def test_pull_quotes_may_name_who_said_it() -> None:
    """The sentence is on the same line or below; a last line that starts with a dash is the source."""
    rich, found = parse_markdown(
        "> [!PullQuote] One *sentence*\n> on two lines — with a dash\n> — Anna Li, *analyst*\n\n> [!pullquote]\n> Another\n> -- B"
    )
    assert found == ()
    first, second = rich.nodes
    assert isinstance(first, PullQuote) and first.source is not None
    assert _words((first.words, first.source)) == ["One sentence on two lines — with a dash", "Anna Li, analyst"]
    assert isinstance(second, PullQuote) and second.source is not None
    assert _words((second.words, second.source)) == ["Another", "B"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("{figure exports}", ("exports",)),
        ("{Figure  big_one two-three }", ("big_one", "two-three")),
        ("{figure 出口、进口}", ("出口", "进口")),
        ("{figure a, figure}", ("a", "figure")),
    ],
)
def test_a_figure_is_a_paragraph_of_its_own(text: str, names: tuple[str, ...]) -> None:
    """Two names in one line are side by side; each has the mark of its place."""
    rich, found = parse_markdown(f"a\n\n{text}\n\nb", mark_at=lambda row, needle: f"{row}:{text.index(needle)}")
    assert found == ()
    row = rich.nodes[1]
    assert isinstance(row, FigureRow) and row.names == names
    assert [text[int(mark[2:]) :].startswith(name) for mark, name in zip(row.marks, names, strict=True)] == [
        True
    ] * len(names)
    assert [type(piece).__name__ for piece in rich.pieces] == ["Rich", "FigureRow", "Rich"]


@pytest.mark.parametrize(
    "text", ["`{figure a}` in code", "\\{figure a} escaped", "\\begin{figure} in TeX", "{a figure}"]
)
def test_braces_that_are_no_figures(text: str) -> None:
    """In code, after a backslash, and without a name, they are words."""
    rich, found = parse_markdown(text)
    assert found == () and isinstance(rich.nodes[0], Paragraph)


def test_footnotes_come_after_the_last_figure() -> None:
    """Only the last piece of a text has its footnotes, also if the text ends with a figure."""
    rich, found = parse_markdown("{figure a}\n\none[^1]\n\n{figure b}\n\n[^1]: note")
    assert found == ()
    assert [type(piece).__name__ for piece in rich.pieces] == ["FigureRow", "Rich", "FigureRow", "Rich"]
    assert [piece.has_end for piece in rich.pieces if not isinstance(piece, FigureRow)] == [False, True]
    assert rich.figures_first == 1 and parse_markdown("a")[0].figures_first == 0


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("tel:+49-30-1234.567", "tel:+49301234567"),
        ("TEL:+49(30)1234567", "tel:+49301234567"),
        ("tel:115", "tel:115"),
    ],
)
def test_telephone_links(url: str, read: str) -> None:
    """Signs that make a number readable are removed."""
    rich, found = parse_markdown(f"[Call]({url})")
    assert found == ()
    (paragraph,) = rich.nodes
    assert isinstance(paragraph, Paragraph) and paragraph.children == (Link(read, (PlainWords("Call"),)),)


@pytest.mark.parametrize(
    ("text", "at", "code", "words"),
    [
        ("a\n\n## b", "## b", "markdown", "headings of this level"),
        ("a\n\n#### b", "#### b", "markdown", "headings of this level"),
        ("###\n\na", "###", "markdown", "this subhead has no text"),
        ("> ### b", "### b", "markdown", "cannot be part of a list or a quotation"),
        ("- a\n\n  ### b", "### b", "markdown", "cannot be part of a list or a quotation"),
        ("a[^1]", "[^1]", "footnote", "this footnote has no text"),
        ("a[^1]\n\n[^1]:", "[^1]:", "footnote", "this footnote has no text"),
        ("a\n\n[^1]: b", "[^1]: b", "footnote", "no sentence refers to this footnote"),
        ("a[^1]\n\n[^1]: b\n[^1]: c", "[^1]: c", "footnote", "two footnotes with this name"),
        ("a[^1]\n\n[^1]: b[^1]", "[^1]: b", "footnote", "cannot be part of another footnote"),
        ("[a[^1]](https://example.org) b[^1]\n\n[^1]: c", "](https", "url", "this link is not written correctly"),
        ("### a[^1]\n\nb[^1]\n\n[^1]: c", "[^1]\n\nb", "footnote", "cannot be part of"),
        ("> [^1]: a", "[^1]: a", "footnote", "cannot be part of a list or a quotation"),
        ("| A |\n|---|\n| 1 |", "| A |", "table", "no caption"),
        (f"{TABLE}\n| x |", "| x |", "table", "this row has 1 cell, but the table has 2 headings"),
        (f"{TABLE}\n| x | y | z |", "| x | y", "table", "this row has 3 cells, but the table has 2 headings"),
        (f"{TABLE}\nwords", "words", "table", "this row has 1 cell"),
        (": C\n\n| A | B |\n|---|\n| 1 | 2 |", "|---|\n", "table", "the line of dashes has 1 column"),
        ("a\n\n| A | B |\n| 1 | 2 |", "| A |", "table", "no line of dashes"),
        ("|---|---|\n| 1 | 2 |", "|---|---|", "table", "this table has no headings"),
        (": C\n| | |\n|---|---|\n| 1 | 2 |", "| | |", "table", "this table has no headings"),
        (": C\n| A | B |\n|---|---|", "| A |", "table", "no rows"),
        ("- | A | B |\n  |---|---|\n  | 1 | 2 |", "| A |", "table", "cannot be part of a list"),
        ("> [!tip] a\n> b", "[!tip]", "markdown", "this kind of box is not available"),
        ("> [!note]", "[!note]", "markdown", "this box has no text"),
        ("> [!note] title", "[!note]", "markdown", "this box has no text"),
        ("- > [!note]\n  > a", "[!note]", "markdown", "cannot be part of a list"),
        ("Go [a](https://example.org){button}", "{button}", "markdown", "a paragraph of its own"),
        ("[a](https://example.org){button} now", "{button}", "markdown", "a paragraph of its own"),
        ("[a](example.org){button}", "example", "url", "is not a web address"),
        ("[a](tel:030-CALL)", "tel:030", "url", "is not a telephone number"),
        ("[a](tel:+49)", "tel:+49", "url", "is not a telephone number"),
        ("```\ncode\n```", "```", "markdown", "program code"),
        ("a\n\n> [!pullquote]", "[!pullquote]", "markdown", "this pull quote has no text"),
        ("> [!pullquote]\n> — Anna", "[!pullquote]", "markdown", "this pull quote has no text"),
        ("> [!pullquote]\n> a\n>\n> — b", "> — b", "markdown", "is one paragraph"),
        ("- > [!pullquote]\n  > a", "[!pullquote]", "markdown", "cannot be part of a list"),
        ("a\n\n{figure}", "{figure}", "figure", "does not name a figure"),
        ("{figures a}", "{figures a}", "figure", "does not name a figure"),
        ("{figure: a}", "{figure: a}", "figure", "does not name a figure"),
        ("{figure a b c}", "c}", "figure", "at most two"),
        ("{figure a} b", "{figure a} b", "figure", "a paragraph of its own"),
        ("b {figure a}", "{figure a}", "figure", "a paragraph of its own"),
        ("b\n{figure a}", "{figure a}", "figure", "a paragraph of its own"),
        ("- {figure a}", "{figure a}", "figure", "cannot be part of a list"),
        ("> [!note]\n> a\n>\n> {figure a}", "{figure a}", "figure", "cannot be part of a list"),
    ],
)
def test_broken_elements_are_reported_at_their_place(text: str, at: str, code: str, words: str) -> None:
    """Each has a code, a message and a hint, and the place where it was written."""
    _, found = parse_markdown(text)
    assert [each.code for each in found][:1] == [code], found
    assert words in found[0].message and found[0].hint
    assert text[found[0].offset :].startswith(at), text[found[0].offset :]


PIECES = (
    *("|", "|---|", "| a | b |\n", "|---|--:|\n", "\n", "\n\n", ": ", "：", "### ", "# ", "[^1]", "[^1]: ", "[^", "^["),
    *(
        "> [!note] ",
        "> ",
        "[!",
        "`",
        "``",
        "\\",
        "{button}",
        "[a](https://e.org)",
        "{figure ",
        "a}",
        "[!pullquote] ",
        "— ",
        "[a](tel:1)",
        "](",
        "- ",
        "1. ",
        "    ",
    ),
    *("a", "中文", "عربي", "<b>", "*", "**", "\u3000", "\u200f", "\u202e", "&", '"', "~~", "```\n"),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_any_series_of_signs_is_read_or_reported(text: str) -> None:
    """Nothing raises; findings have places in the text; rows have as many cells as headings; numbers have footnotes."""
    rich, found = parse_markdown(text)
    assert all(0 <= each.offset <= len(text) and each.message for each in found)
    for node in rich.nodes:
        if isinstance(node, Table):
            assert all(len(row) == len(node.head) == len(node.sides) for row in node.rows)


@pytest.mark.parametrize(
    "text",
    [
        ": C\n" + "|a" * 2_000 + "|\n" + "|-" * 2_000 + "|\n" + "|b" * 2_000 + "|",
        ": C\n| a | b |\n|---|---|\n" + "| c | d |\n" * 3_000,
        ": C\n| a | b |\n|---|---|\n" + "| c |\n" * 3_000,
        "| a | b |\n" * 5_000,
        "[^1]" * 5_000 + "\n\n[^1]: a",
        "".join(f"[^{n}]: a\n" for n in range(3_000)),
        "[^" * 5_000,
        "> [!note]\n" * 3_000,
        "### a\n" * 5_000,
        "`" * 20_000,
        "[a](https://e.org){button}\n\n" * 1_000,
        "{button}" * 10_000,
        "{figure a}" * 10_000,
        "{figure " * 10_000,
        "{figure" + " a" * 10_000 + "}",
        "> [!pullquote]\n" * 3_000,
    ],
)
def test_slow_texts_are_read_quickly(text: str) -> None:
    """Texts made to be slow take less than two processor seconds."""
    with processor_time.at_most(2):
        parse_markdown(text)
