"""Wrapping by display cells: rules for breaks, and properties for any text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wcwidth import wcswidth, wcwidth

from composer.content.values.merge_fields import FieldBook, token_prefix
from composer.render import text_wrap
from composer.render.text_wrap import cells, wrap

MIXED = st.text(
    alphabet=st.one_of(
        st.sampled_from(list("ab ,.（）「」，。！“”中文字かな゙한글<>❤️👨\u200d👩\u00a0\u3000\u0301\n\t")),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=300,
)


@pytest.mark.parametrize(
    ("text", "width"),
    [("abc", 3), ("中文", 4), ("e\u0301", 1), ("👨\u200d👩\u200d👧", 2), ("", 0), ("\x01", 0), ("ｱ", 1), ("！", 2)],
)
def test_cells(text: str, width: int) -> None:
    """A Chinese character counts two cells, a combining mark none, a family is one emoji."""
    assert cells(text) == width


def test_usual_characters_have_the_width_of_the_tables() -> None:
    """For most texts the tables are not imported; every character with a width of ours has the same one there."""
    for first, last, width in text_wrap._USUAL:
        characters = [chr(point) for point in range(ord(first), ord(last) + 1)]
        assert {wcwidth(each) for each in characters} == {width}, first
        assert wcswidth("".join(characters)) == width * len(characters), first
    mixed = "".join(end for first, last, _ in text_wrap._USUAL for end in (first, last))
    assert cells(mixed) == wcswidth(mixed)


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("one two three", 7, ["one two", "three"]),
        ("  one\t two \n\n three ", 72, ["one two", "", "three"]),
        ("中文中文中文", 8, ["中文中文", "中文"]),
        ("中文中文，中文", 8, ["中文中", "文，中文"]),
        ("中文中「文字」中", 8, ["中文中", "「文字」", "中"]),
        ("中文<https://例え.jp/中文中文>。中文", 8, ["中文", "<https://例え.jp/中文中文>。", "中文"]),
        ("请看https://example.org/abc。好", 10, ["请看", "https://example.org/abc。", "好"]),
        ("10\u00a0000 km", 5, ["10\u00a0000", "km"]),
        ("unbreakable-word-here x", 5, ["unbreakable-word-here", "x"]),
        ("한국어문장 다음", 8, ["한국어문장", "다음"]),
        ("中文 English 中文", 11, ["中文", "English 中", "文"]),
    ],
)
def test_where_lines_break(text: str, width: int, lines: list[str]) -> None:
    """Lines break at blanks and between Chinese characters, not before closing signs or inside addresses."""
    assert wrap(text, width).split("\n") == lines


@pytest.mark.parametrize(
    ("sample", "lines"), [("ACME", ["Dear ACME ok"]), ("王小明", ["Dear 王小明", "ok"]), ("", ["Dear  ok"])]
)
def test_a_field_is_as_wide_as_its_values(sample: str, lines: list[str]) -> None:
    """Lines break as with the sample in place of the field, however long the token is."""
    token = (
        FieldBook(known={"company": None}, mark=token_prefix("x"), samples={"company": sample})
        .field("company", None)
        .token
    )
    assert cells(token) == cells(sample) and len(token) > 12
    assert wrap(f"Dear {token} ok", 12).replace(token, sample).split("\n") == lines


def test_first_and_rest_count() -> None:
    """Prefixes count for the width, and a prefix alone has no blank at its end."""
    assert wrap("aa bb cc\n\ndd", 6, "1. ", "   ") == "1. aa\n   bb\n   cc\n\n   dd"
    assert wrap("a\n\nb", 72, "> ", "> ") == "> a\n>\n> b"


@settings(max_examples=400, deadline=None)
@given(MIXED)
def test_nothing_is_lost_and_lines_fit(text: str) -> None:
    """Any text has the same characters in order, no blanks at line ends; lines that are too wide have no break."""
    wrapped = wrap(text)
    assert "".join(wrapped.split()) == "".join(text.split())
    for line in wrapped.split("\n"):
        assert line == line.rstrip()
        if cells(line) > 72:
            assert wrap(line, 1) == line


@settings(max_examples=150, deadline=None)
@given(MIXED, st.integers(min_value=-1, max_value=20))
def test_any_width_terminates(text: str, width: int) -> None:
    """Even with a width that nothing fits into, every piece gets a line."""
    assert "".join(wrap(text, width).split()) == "".join(text.split())


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="中文字，。！？；：、）」』】》（「『【《", min_size=1, max_size=120))
def test_no_line_starts_with_a_closing_sign(text: str) -> None:
    """No line starts with a closing sign or ends with an opening one."""
    lines = wrap(text, 20).split("\n")
    assert all(line[0] not in "，。！？；：、）」』】》" for line in lines[1:])
    assert all(line[-1] not in "（「『【《" for line in lines[:-1])
