"""The line and column of each character of a text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.content.yaml.nodes import Mapping, Node, Scalar, ScalarStyle, Sequence, overlay
from composer.content.yaml.parser import parse
from composer.content.yaml.source import SourceText


def _tree(text: str) -> Mapping:
    root, problems = parse(SourceText.of(text, name="issue.yaml"))
    assert problems == ()
    assert isinstance(root, Mapping)
    return root


def _text(written: str) -> Scalar:
    node = _tree(written).get("a")
    assert isinstance(node, Scalar)
    return node


@pytest.mark.parametrize(
    ("written", "style"),
    [
        ("a: one two <b>", ScalarStyle.PLAIN),
        ("a: one\n  two <b>", ScalarStyle.PLAIN),
        ("a: 'one ''two'' <b>'", ScalarStyle.SINGLE),
        ("a: 'one\n\n  two <b>'", ScalarStyle.SINGLE),
        ('a: "one \\"two\\" \\u4e2d \\t\\n <b>"', ScalarStyle.DOUBLE),
        ('a: "one\\\n  two <b>"', ScalarStyle.DOUBLE),
        ("a: |\n  one\n\n  two <b>\n", ScalarStyle.LITERAL),
        ("a: |2\n   one\n   two <b>\n", ScalarStyle.LITERAL),
        ("a: |- # a word\n  one\n  two <b>\n", ScalarStyle.LITERAL),
        ("a: >\n  one\n  two\n\n  three <b>\n", ScalarStyle.FOLDED),
        ("a: “中文” 👩‍🔬 é <b>", ScalarStyle.PLAIN),
    ],
)
def test_a_character_of_a_text_is_found_in_the_file(written: str, style: ScalarStyle) -> None:
    """In every style, with folding, escapes and wide characters, `at` returns the line and column in the file."""
    node = _text(written)
    assert node.style is style
    place = node.at(node.text.index("<b>"))
    assert written.split("\n")[place.line - 1][place.column - 1 :].startswith("<b>")


@given(
    words=st.lists(st.text("ab<&中é’\"'\\ ", min_size=1, max_size=12).map(str.strip).filter(bool), min_size=1),
    n=st.integers(0),
)
def test_every_word_of_a_block_is_found(words: list[str], n: int) -> None:
    """In a text below a `|`, each character is found at its place."""
    written = "a: |\n" + "".join(f"  {word}\n" for word in words)
    node = _text(written)
    offset = n % len(node.text.rstrip())
    place = node.at(offset)
    if not node.text[offset].isspace():
        assert written.split("\n")[place.line - 1][place.column - 1] == node.text[offset]


def test_a_repaired_line_keeps_its_places() -> None:
    """A quotation mark inserted by a repair does not change columns."""
    root, problems = parse(SourceText.of("a: b: <c> d\n", name="issue.yaml"))
    assert [problem.column for problem in problems] == [5]
    assert isinstance(root, Mapping)
    node = root.get("a")
    assert isinstance(node, Scalar)
    assert node.at(node.text.index("<c>")).column == 7


def test_texts_are_never_turned_into_something_else() -> None:
    """Numbers, booleans, dates and null in YAML are read as texts."""
    for written in (
        "no",
        "Yes",
        "on",
        "null",
        "~",
        "1_000",
        "0o17",
        "0x1F",
        "1e3",
        ".inf",
        "12:30:00",
        "2025-02-30",
        "49.10",
    ):
        assert _text(f"a: {written}\n").text == written


def _values(node: Node | None) -> object:
    match node:
        case Mapping():
            return {entry.key.text: _values(entry.value) for entry in node.entries}
        case Sequence():
            return [_values(item) for item in node.items]
        case Scalar():
            return node.text
        case None:
            return None


def test_an_overlay_merges_groups_and_replaces_lists() -> None:
    """Overlay keys win, groups are merged, lists and texts are replaced, and the order of the base is kept."""
    below = _tree("name: A\nbrand:\n  accent: x\n  logo: y\npeople:\n  - one\n  - two\nlast: z\n")
    above = _tree("brand:\n  logo: w\npeople:\n  - three\nname: B\nmore: v\n")
    over = overlay(below, above)
    assert _values(over) == {
        "name": "B",
        "brand": {"accent": "x", "logo": "w"},
        "people": ["three"],
        "last": "z",
        "more": "v",
    }
    assert [entry.key.text for entry in over.entries] == ["name", "brand", "people", "last", "more"]
