"""Texts that are taken out of MJML: the compiler and the inliner write them as they would have been written in it."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from composer.render.inline import inline_css
from composer.render.mjml.compiler import compile_mjml
from composer.render.mjml.one_column import compact_sections
from composer.render.mjml.text_placeholders import put_into_html, put_texts, take_texts

PREFIX = "qbcdfghj"
#: A document with texts wherever templates write some.
PAGE = """<mjml><mj-head><mj-title>{title}</mj-title><mj-style>p > a {{ color: red }}</mj-style></mj-head><mj-body>
<mj-raw><style>td > p {{ color: red }}</style><!--[if mso]><p>{text}</p><![endif]--></mj-raw>
<mj-section><mj-column><mj-text css-class="a"><p>{text}</p> {text} <p class="b">a <a href="https://x.example">{text}</a>{text}
</p></mj-text><mj-button href="https://x.example">{text}</mj-button><mj-table><tr><td>{text}</td></tr></mj-table>
<mj-image src="a.png" alt="{text}" /></mj-column></mj-section></mj-body></mjml>"""


def _page(mjml: str) -> str:
    return inline_css(compact_sections(compile_mjml(mjml)), "p { margin: 0 } .b { color: #111111 }")


def _written(text: str) -> str:
    return PAGE.format(title="Title", text=escape(text))


def _is_same(text: str) -> bool:
    mjml = _written(text)
    frame, texts = take_texts(mjml, PREFIX)
    return put_texts(frame, texts, PREFIX) == mjml and put_into_html(_page(frame), texts, PREFIX) == _page(mjml)


@given(st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn"), include_characters="\n\t"), max_size=30))
def test_any_text(text: str) -> None:
    """Also with characters that stay in the document; the lint refuses controls."""
    assert _is_same(f"x{text}y")


@pytest.mark.slow
def test_every_character() -> None:
    """Each character that is taken out, in groups: in texts, links, buttons and tables."""
    taken = [
        sign
        for code in (*range(0x20, 0x3000), *range(0x3000, sys.maxunicode, 61))
        if (sign := chr(code)) and take_texts(f"<mj-body><p>x{escape(sign)}y</p>", PREFIX)[1]
    ]
    assert len(taken) > 20_000
    for start in range(0, len(taken), 500):
        assert _is_same(" ".join(taken[start : start + 500])), hex(ord(taken[start]))


def test_what_stays() -> None:
    """Texts in comments, style sheets, attributes and the head, and those with characters that change; blanks around a text."""
    frame, texts = take_texts(_written("It's “A & B”"), PREFIX)
    assert set(texts) == {"It&#39;s “A &amp; B”", "a"}
    for kept in ("<mj-title>Title</mj-title>", "<!--[if mso]><p>It&#39;s", "td > p { color: red }", 'alt="It&#39;s'):
        assert kept in frame
    assert f"</p> {PREFIX}t1z <p" in frame
    frame, texts = take_texts("<mj-body><p>a\nb</p><p>a&nbsp;b</p><p> </p>", PREFIX)
    assert (frame, texts) == ("<mj-body><p>a\nb</p><p>a&nbsp;b</p><p> </p>", ())
