"""Which words should be on paper, and which characters count."""

import pytest

from composer.pdf.printed_words import printed_blocks, visible


def _texts(body: str) -> list[str]:
    return [block.text for block in printed_blocks(f"<html><head><title>no</title></head><body>{body}</body></html>")]


def test_blocks_are_paragraphs_items_and_cells() -> None:
    """Inline elements belong to the line around them; a list inside an item is a block of its own."""
    items = "<ul><li>three<ul><li>four</li></ul>five</li></ul>"
    body = f"<h2>One <em>two</em></h2>{items}<table><tr><td>6</td><td>7</td></tr></table>"
    assert _texts(body) == ["One two", "three", "four", "five", "6", "7"]


def test_what_is_not_printed() -> None:
    """Hidden elements, what only a screen shows and the way back from a footnote are not on paper."""
    body = (
        '<p hidden>a</p><p class="x screen-only">b</p><script>c</script><style>d</style><template>e</template>'
        '<li>kept <a role="doc-backlink" href="#x">f</a> here</li><!-- g -->'
    )
    assert _texts(body) == ["kept here"]


def test_a_block_has_the_place_of_its_first_text() -> None:
    """The place may be on the block, on an element inside it, or around it; other blocks have none."""
    body = '<p data-at="a:1:2">x</p><p><a data-at="a:3:4">y</a> z</p><div data-at="a:5:6"><p>v</p></div><p>w</p>'
    page = f"<html><body>{body}</body></html>"
    assert [block.place for block in printed_blocks(page)] == ["a:1:2", "a:3:4", "a:5:6", ""]


def test_entries_of_the_contents_have_a_target() -> None:
    """Only links in the contents lead to a page number; their anchors are as in the page."""
    page = (
        '<html><body><nav role="doc-toc"><ul><li><a href="#top">A</a><ul><li><a href="#%E4%B8%AD">B</a></li></ul></li></ul>'
        '</nav><nav><a href="#top">C</a></nav><p><a href="#top">D</a></p></body></html>'
    )
    assert [(block.text, block.target) for block in printed_blocks(page)] == [
        ("A", "top"),
        ("B", "%E4%B8%AD"),
        ("C", ""),
        ("D", ""),
    ]


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("Straße  OF\u00a0Köln", "STRASSE of Köln"),
        ("ﬁne ﬂow", "fine flow"),
        ("well‑known", "well‐known"),
        ("a\u200bb\u2067c\u2069 so\u00adft", "abc soft"),
        ("❤️ 2️⃣", "❤ 2⃣"),
        ("ﻻ", "لا"),
        ("①　Ａ", "1A"),
        ("é", "e\u0301"),
        ("가", "\u1100\u1161"),
    ],
)
def test_compatible_characters_are_the_same(written: str, printed: str) -> None:
    """Capitals, ligatures, presentation forms, widths, composition and invisible characters make no difference."""
    assert visible(written) == visible(printed) != ""


def test_different_characters_are_different() -> None:
    """Letters, accents, signs and characters of all scripts count."""
    for one, other in (("a", "b"), ("e", "é"), ("中", "申"), (".", ","), ("-", "–"), ("عربي", "عرب"), ("🎉", "")):
        assert visible(one) != visible(other)
