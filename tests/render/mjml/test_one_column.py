"""Sections with one column lose the wrappers of columns; everything else stays byte for byte."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.render.mjml.compiler import compile_mjml
from composer.render.mjml.one_column import compact_sections
from tests.render.documents import compiled

TEXT = "<mj-text{}>{}</mj-text>"
TWO_COLUMNS = (
    '<mj-section padding="0 24px"><mj-column><mj-text>a</mj-text></mj-column>'
    "<mj-column><mj-text>b</mj-text></mj-column></mj-section>"
)


def _document(*sections: str) -> str:
    return compile_mjml(
        f'<mjml><mj-head><mj-title>T</mj-title></mj-head><mj-body width="640px">{"".join(sections)}</mj-body></mjml>'
    )


def _section(content: str, attributes: str = 'padding="0 24px"', column: str = "") -> str:
    return f"<mj-section {attributes}><mj-column {column}>{content}</mj-column></mj-section>"


def _opened(html: str) -> str:
    """Return the page as Outlook reads it, without the conditions."""
    return re.sub(
        r"<!--\[if !mso\]>.*?<!\[endif\]-->|<!--\[if (?:mso|mso \| IE)\]>|<!\[endif\]-->", "", html, flags=re.DOTALL
    )


def _is_balanced(html: str) -> bool:
    for name in ("div", "table", "tr", "td", "tbody"):
        if len(re.findall(rf"<{name}[ >]", html)) != html.count(f"</{name}>"):
            return False
    return True


def test_a_section_is_one_element_with_one_table() -> None:
    """The space at the sides, the classes and the words stay; Outlook has the same space in its own table."""
    section = _section(
        TEXT.format("", "Words"),
        'css-class="one" padding="0 24px"',
        'css-class="rule" border-top="1px solid #ddd" padding="28px 0 16px"',
    )
    before = _document(section, section)
    after = compact_sections(before)
    assert len(before) - len(after) > 1_400
    assert (
        after.count('<div class="one" style="margin:0 auto;max-width:592px;padding:0 24px;word-break:break-word;">')
        == 2
    )
    assert (
        after.count(
            'role="presentation" width="100%" class="rule"><tr><td style="border-top:1px solid #ddd;padding:28px 0 16px;">'
        )
        == 2
    )
    assert (
        after.count('<tr><td style="padding:0 24px;line-height:0px;font-size:0px;mso-line-height-rule:exactly;">') == 2
    )
    assert after.count("Words") == 2 and "mj-column" not in after and "tbody" not in after
    assert _is_balanced(after) and _is_balanced(_opened(after))


@pytest.mark.parametrize(
    "section",
    [
        TWO_COLUMNS,
        _section(TEXT.format("", "a"), 'padding="4px 24px"'),
        _section(TEXT.format("", "a"), 'padding="0 24px" background-color="#eeeeee"'),
        _section(TEXT.format("", "a"), 'padding="0 24px" text-align="left"'),
        _section(TEXT.format("", "a"), 'padding="0 24px"', 'width="50%"'),
    ],
)
def test_other_sections_stay_as_they_are(section: str) -> None:
    """Several columns, other padding, a background, another alignment or width need the compiler's elements."""
    html = _document(section)
    assert compact_sections(html) == html


def test_sections_next_to_each_other() -> None:
    """A section with two columns between two others keeps its columns, and the page keeps their styles."""
    one = _section(TEXT.format("", "one"))
    before = _document(one, TWO_COLUMNS, one)
    after = compact_sections(before)
    assert after.count('class="mj-outlook-group-fix') == 2 and ".mj-column-per-50" in after
    assert after.count("max-width:592px") == 2 and _is_balanced(after) and _is_balanced(_opened(after))


def test_a_band_keeps_its_background() -> None:
    """A section as wide as the window keeps its outer table, in Outlook with the color."""
    band = _section(TEXT.format("", "a"), 'full-width="full-width" background-color="#eeeeee" padding="0 24px"')
    after = compact_sections(_document(band))
    assert after.count("#eeeeee") == _document(band).count("#eeeeee")
    assert "max-width:592px" in after and _is_balanced(_opened(after))


def test_right_to_left_sections_say_so() -> None:
    """Gmail may drop `dir`, so the direction is in a style, too."""
    after = compact_sections(
        _document(_section(TEXT.format(' align="right"', "a"), 'padding="0 24px" direction="rtl"', 'direction="rtl"'))
    )
    assert "padding:0 24px;direction:rtl;" in after


def test_a_page_without_such_sections_stays_as_it_is() -> None:
    """The compiler's output for other documents does not change."""
    assert compact_sections(compiled()) == compiled()


_CONTENT = st.sampled_from(
    [
        TEXT.format("", "Words &lt;b&gt; 中文"),
        TEXT.format(' css-class="analysis" padding="16px 20px 4px"', "<p>A</p><p>B</p>"),
        TEXT.format(' align="right"', '<table role="presentation"><tbody><tr><td>1</td></tr></tbody></table>'),
        '<mj-button href="https://example.org/">Go</mj-button>',
        '<mj-spacer height="16px" />',
        '<mj-image src="a.png" alt="" />',
        "<mj-divider />",
        "<mj-raw><tr><td><div><table><tr><td>raw</td></tr></table></div></td></tr></mj-raw>",
    ]
)
_COLUMNS = st.sampled_from(
    ["", 'padding="28px 0 16px"', 'border-top="1px solid #ddd" padding="28px 0 16px"', 'css-class="x"']
)
_SECTIONS = st.sampled_from(
    ['padding="0 24px"', 'css-class="s" padding="0 24px"', 'padding="8px"', 'full-width="full-width" padding="0 24px"']
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(_SECTIONS, st.lists(st.tuples(_COLUMNS, st.lists(_CONTENT, max_size=4)), min_size=1, max_size=3)),
        max_size=5,
    )
)
def test_any_page_keeps_its_words_and_stays_whole(sections: list[tuple[str, list[tuple[str, list[str]]]]]) -> None:
    """Whatever a page is made of: the same words in the same order, every element closed, and never longer."""
    written = (
        (attributes, "".join(f"<mj-column {column}>{chr(10).join(content)}</mj-column>" for column, content in columns))
        for attributes, columns in sections
    )
    html = _document(*(f"<mj-section {attributes}>{columns}</mj-section>" for attributes, columns in written))
    after = compact_sections(html)

    def body(page: str) -> str:
        return page.partition("<body")[2]

    def words(page: str) -> str:
        return re.sub(r"<[^>]*>", "", body(page))

    assert words(after) == words(html) and len(after) <= len(html)
    assert _is_balanced(body(html)) == _is_balanced(body(after)) and _is_balanced(_opened(body(html))) == _is_balanced(
        _opened(body(after))
    )
    assert re.findall(r"<(?:img|a|p)\b[^>]*>", body(after)) == re.findall(r"<(?:img|a|p)\b[^>]*>", body(html))
