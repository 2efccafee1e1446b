"""Values as plaintext: every word, link and mark of a text, in lines that fit."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.content.values.markdown import parse_markdown
from composer.content.values.merge_fields import FieldBook, token_prefix
from composer.content.values.rich_text import (
    Block,
    BulletList,
    Emphasis,
    Inline,
    Link,
    Paragraph,
    PlainWords,
    Quote,
    Rich,
)
from composer.render.bidi import directed_text
from composer.render.text_printer import WIDTH, TextPrinter, tidy
from composer.render.text_wrap import cells
from tests.content.values.test_markdown_elements import PIECES
from tests.sizes import sized

text, line, heading = TextPrinter().text, TextPrinter().line, TextPrinter().heading

words = st.text(st.sampled_from("ab 中文字，。（）“”é-.\u00a0"), min_size=1, max_size=40).map(PlainWords)
urls = st.builds("https://example.org/{}".format, st.text("abcdef0123456789/?=&-", max_size=90))
inlines: st.SearchStrategy[Inline] = st.recursive(
    words,
    lambda inner: (
        st.builds(Emphasis, st.lists(inner, min_size=1, max_size=2).map(tuple), st.booleans())
        | st.builds(Link, urls, st.lists(words, min_size=1, max_size=2).map(tuple))
    ),
    max_leaves=4,
)
paragraphs = st.builds(Paragraph, st.lists(inlines, min_size=1, max_size=4).map(tuple))
blocks: st.SearchStrategy[Block] = st.recursive(
    paragraphs,
    lambda inner: (
        st.builds(Quote, st.lists(inner, min_size=1, max_size=2).map(tuple))
        | st.builds(
            BulletList,
            st.lists(st.lists(inner, max_size=2).map(tuple), min_size=1, max_size=3).map(tuple),
            st.none() | st.integers(1, 99),
        )
    ),
    max_leaves=5,
)


def printed(markdown: str, **options: str | int) -> str:
    rich, found = parse_markdown(markdown)
    assert found == ()
    return text(rich, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("a\n\nb", "a\n\nb"),
        ("*a* **b** c", "a b c"),
        ("[a b](https://example.org/x)", "a b <https://example.org/x>"),
        ("<https://example.org/x>", "<https://example.org/x>"),
        ("[a@example.org](mailto:a@example.org)", "<a@example.org>"),
        ("- a\n- b", "- a\n- b"),
        ("9. a\n10. b", "9. a\n10. b"),
        ("- a\n  - b\n- c", "- a\n\n  - b\n- c"),
        ("> a\n>\n> b", "> a\n>\n> b"),
        ("- > a\n- b", "- > a\n- b"),
        ("1.\n2. b", "1.\n2. b"),
        ("> - a\n> - b", "> - a\n> - b"),
        ("a  \nb", "a\nb"),
        ("x\n\n### a\nb\n\n### c\n- d", "x\n\na\nb\n\nc\n\n- d"),
        ("`a b`", "`a b`"),
        ("[+49 30 12345](tel:+493012345)", "+49 30 12345"),
        ("[Call](tel:+493012345)", "Call <+493012345>"),
        ("> [!note] T\n> a\n>\n> - b\n> - c", "| T\n|\n| a\n|\n| - b\n| - c"),
        ("[Go](https://e.org/x){button}", "Go <https://e.org/x>"),
        ("a[^x], b[^y].\n\n[^y]: Y\n[^x]: X", "a¹, b².\n\n¹ X\n² Y"),
        (": C\n| A | Fee |\n|---|--:|\n| 中文 | 5 |\n| b | |", "C\nA     Fee\n\n中文    5\nb"),
        (": C\n| A | B |\n|---|:-:|\n| a | bbb |", "C\nA   B\n\na  bbb"),
    ],
)
def test_markdown_reads_as_plain_text(markdown: str, shown: str) -> None:
    """Marks of lists and quotes are kept, emphasis marks are removed, links show their address."""
    assert printed(markdown) == shown


def test_labels_and_prefixes() -> None:
    """A label is put at the start; the first line has its own prefix, the others are indented."""
    assert printed("a\n\nb", label="Facts") == "Facts: a\n\nb"
    assert printed("- a\n- b", label="Facts") == "Facts:\n- a\n- b"
    assert printed("> a", label="Facts") == "Facts:\n\n> a"
    assert text("x " * 40, first="[1] ", indent=4).split("\n")[1].startswith("    x")
    assert text(None) == "" and text(7, label="n", after="：") == "n：7"


def test_wide_tables_are_lines() -> None:
    """A table wider than the line is one line for each cell, with its heading; cells without words are left out."""
    rich, found = parse_markdown(f": C\n| A | 名称 | |\n|---|---|---|\n| {'a ' * 40} | b | c |\n| d | | e |")
    assert found == ()
    rows = text(rich, indent=2).split("\n")
    assert rows[0] == "  C" and rows[1].startswith("  A: a a") and rows[2].startswith("    a")
    assert rows[3:] == ["  名称: b", "  c", "", "  A: d", "  e"]
    assert TextPrinter(colon="\u00a0: ").text(rich).split("\n")[1].startswith("A\u00a0: a a")
    assert all(cells(row) <= WIDTH for row in rows)


def test_tables_have_one_direction() -> None:
    """All rows have the direction of the caption, and cells of another direction are isolated; code is left to right."""
    rich, found = parse_markdown(": מחיר\n| שם | B |\n|---|--:|\n| Trade | 5 |\n| אב | `c d` |")
    assert found == ()
    shown = directed_text(TextPrinter("rtl").text(rich), "rtl").split("\n")
    assert shown[2] == ""
    assert shown[3] == "\u200f\u2066Trade\u2069      5"
    assert shown[4].startswith("אב     \u2066") and "`c d`" in shown[4]


def test_columns_leave_room_for_merge_fields() -> None:
    """A field in a cell counts as wide as its sample."""
    book = FieldBook(known={"company": None}, mark=token_prefix("x"), samples={"company": "ACME"})
    token = book.field("company", None).token
    rich, _ = parse_markdown(f": C\n| A | B |\n|---|---|\n| {token} | b |\n| aa | b |")
    assert text(rich).split("\n")[2:] == ["", f"{token}  b", "aa    b"]


@settings(max_examples=sized(50, 150), deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_any_text_fits(written: str) -> None:
    """Whatever is written, lines have no blanks at their ends, and only one with an unbreakable word is too wide."""
    rich, _ = parse_markdown(written)
    for row in text(rich).split("\n"):
        assert row == row.rstrip(" ")
        if cells(row) > WIDTH:
            assert " " not in re.sub(r"^(?:[ \t]*(?:[>|]|-(?= )|\d+\.(?= )|[⁰¹²³⁴⁵⁶⁷⁸⁹]+(?= )))*[ \t]*", "", row), row


@pytest.mark.parametrize("block", ["### a", "> [!note]\n> a", ": C\n| a |\n|---|\n| b |", "[a](https://e.org){button}"])
def test_labels_are_above_elements(block: str) -> None:
    """A label is on a line of its own before an element."""
    assert printed(block, label="Facts") == f"Facts:\n\n{printed(block)}"


def _leaves(value: object) -> list[str]:
    match value:
        case PlainWords():
            return [value.text]
        case Link():
            return [*(leaf for child in value.children for leaf in _leaves(child)), f"<{value.url}>"]
        case Rich():
            children: tuple[object, ...] = value.nodes
        case Quote():
            children = value.blocks
        case BulletList():
            children = tuple(block for item in value.items for block in item)
        case Emphasis() | Paragraph():
            children = value.children
        case _:
            raise AssertionError(value)
    return [leaf for child in children for leaf in _leaves(child)]


@settings(max_examples=sized(60, 200), deadline=None)
@given(st.lists(blocks, min_size=1, max_size=3).map(lambda nodes: Rich(tuple(nodes))))
@pytest.mark.slow
def test_any_tree_keeps_its_words_and_fits(rich: Rich) -> None:
    """All words and links are in order; only a line with one unbreakable word is wider than 72 cells."""
    shown = text(rich)
    bare = re.sub(r"(?m)^(?:[ \t]*(?:>|-(?= |$)|\d+\.(?= |$)))*[ \t]*", "", shown)
    wanted = "".join(leaf for leaf in _leaves(rich))
    marks = r"[\s>\-\d.]"
    assert re.sub(marks, "", bare) == re.sub(marks, "", wanted)
    for row in shown.split("\n"):
        assert row == row.rstrip(" ")
        if cells(row) > WIDTH:
            # A label is before its link's address; a line cannot break directly after the prefix.
            rest = re.sub(r"^(?:[ \t]*(?:>|-(?= )|\d+\.(?= )))*[ \t]*", "", row)
            assert " " not in rest, row
    for leaf in _leaves(rich):
        if leaf.startswith("<https"):
            assert leaf in shown


def test_headings_are_in_capitals_without_a_line_of_signs() -> None:
    """Scripts without capitals have brackets (Chinese, Japanese) or nothing; Turkish has a dotted capital."""
    assert heading("Top story") == "TOP STORY" and heading("Außen · naïve") == "AUSSEN · NAÏVE"
    assert heading("头条") == "【头条】" and heading("AI ニュース") == "【AI ニュース】"
    assert heading("أخبار") == "أخبار" and heading("소식") == "소식"
    assert TextPrinter(language="tr").heading("Girişim") == "GİRİŞİM"
    assert heading("x" * 40 + " " + "y" * 50) == "X" * 40 + "\n" + "Y" * 50
    assert heading(None) == "" and line("a\n  b") == "a b" and line(None) == ""


def test_headings_keep_their_merge_fields() -> None:
    """The token of a merge field, which has only small letters, stays as it is between words in capitals."""
    token = (
        FieldBook(known={"company": None}, mark=token_prefix("x"), samples={"company": "ACME"})
        .field("company", None)
        .token
    )
    assert heading(f"For {token} and {token}") == f"FOR {token} AND {token}"


def test_tidy_leaves_the_signature_mark_to_the_theme() -> None:
    """Blanks at line ends and extra empty lines are removed; `-- ` is kept; an editor's `--` does not become one."""
    assert tidy("\n\na  \n\n\n\n\nb\t\n--\nc\n-- \nd") == "a\n\n\nb\n--\nc\n-- \nd\n"
    assert tidy("--  \nx") == "-- \nx\n"
