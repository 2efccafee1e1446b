"""The MJML lint, rule by rule. Input: small documents. Output: findings. Nothing is compiled here."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.render.mjml.lint import lint, strip_origins
from composer.render.mjml.tokenizer import tokens
from tests.render.documents import DOCUMENT, with_body, with_column, with_head, with_text

WRONG = [
    (with_column("<mj-foo>x</mj-foo>"), "unknown element <mj-foo>"),
    (with_text('<p widt:="1">x</p>'), "widt: is not a valid attribute name"),
    (with_column("<mj-txt>x</mj-txt>"), "did you mean mj-text?"),
    (with_column('<mj-text colour="red">x</mj-text>'), "<mj-text> has no attribute colour; did you mean color?"),
    (with_column('<mj-text color="rde">x</mj-text>'), 'color="rde" of <mj-text> is not a colour'),
    (with_column('<mj-text font-size="abc">x</mj-text>'), "is not a size in px"),
    (with_column('<mj-text align="middle">x</mj-text>'), "is not one of: left, right, center, justify"),
    (with_column('<mj-table cellpadding="a"><tr><td>x</td></tr></mj-table>'), "is not a whole number"),
    (with_column('<mj-text padding="1px 2px 3px 4px 5px">x</mj-text>'), "(one to four of them)"),
    (with_column("<mj-section></mj-section>"), "<mj-section> is not allowed in <mj-column>, only in"),
    (with_body("<mj-section><mj-text>x</mj-text></mj-section>"), "<mj-text> is not allowed in <mj-section>"),
    (with_column("words"), "text directly in <mj-column> is dropped"),
    (with_column("<p>x</p>"), "<p> directly in <mj-column> is HTML"),
    (with_column("<mj-text>hi</mj-txt>"), "</mj-txt> has no matching opening tag"),
    (with_text("<p>hi"), "<p> is never closed"),
    (with_text("<ul><li>a<li>b</ul>"), "<li> is never closed"),
    (with_text("a</br>b"), "</br> is not needed"),
    (with_text("<a href=foo>x</a>"), "an attribute value has no quotes"),
    (with_text('<a title="x"title="y">x</a>'), "a space is missing between two attributes"),
    (with_text('<a title="x>x</a>'), "a quotation mark is never closed"),
    (with_text('<a title="x" title="y">x</a>'), "title is used twice"),
    (with_text("1 < 2"), "a bare < in the text; write &lt;"),
    (with_text("a <3 b"), "a bare < in the text"),
    (with_text("<![CDATA[x]]>"), "CDATA sections are not supported"),
    (with_text("<!--[if mso]]]>>x<![endif]-->"), "this condition is not written correctly"),
    (with_text("a<!-->b"), "<!--> may only follow a condition"),
    (with_text("<p &class='x'>x</p>"), "not written correctly"),
    (with_head("<mj-attributes><!-- x --></mj-attributes>"), "comments in <mj-attributes>"),
    (with_head("<mj-attributes><mj-class color='red'/></mj-attributes>"), "<mj-class> has no name"),
    (with_head("\u3000"), "text directly in <mj-head>"),
    (with_text("a ]]> b"), "]]> is not allowed in text"),
    ("<?xml version='1.0'?>" + with_text("x"), "an <?xml ..?> line is not allowed"),
    (with_text("<?php x ?>"), "processing instructions"),
    (with_text("<!doctype html>"), "a doctype is not allowed here"),
    (with_text("<![if !mso]>x"), "write <!--[if !mso]><!-->"),
    (with_text("<!--[if !mso]><!-- -->x<!--<![endif]-->"), "the compiler drops <!-- --> after a condition"),
    (with_text("<!-- a -- b -->"), "a comment must not contain --"),
    (with_text("<!-- a"), "this comment is never closed"),
    (with_text("<!--[if mso]>x"), "this condition is never closed"),
    (with_text("x<![endif]-->"), "has no <!--[if ..]> before it"),
    (with_column("<!--[if mso]>x<![endif]-->"), "conditions work only inside"),
    (with_column("<mj-raw><!--[if mso]><td><![endif]--></mj-raw>"), "<td> is never closed"),
    (with_text("a\x01b"), "control character here (U+0001)"),
    (with_text("a\x85b"), "control character here (U+0085)"),
    (with_text("a\ud800b"), "control character here (U+D800)"),
    (with_text('<a href="x"><table><tr><td>x</td></tr></table></a>'), "<table> inside <a>"),
    (with_text("<i>" * 101 + "</i>" * 101), "nested more than 100 levels deep"),
    (with_column('<mj-include path="x"/>'), "<mj-include> is not allowed"),
    (with_head('<mj-font name="x" href="y"/>'), "<mj-font> is not allowed"),
    (with_head("<mj-html-attributes></mj-html-attributes>"), "<mj-html-attributes> is not supported"),
    (with_head("<mj-raw><link/></mj-raw>"), "<link> is not allowed in a newsletter"),
    (with_text("<script></script>"), "<script> is not allowed"),
    (with_text("<iframe></iframe>"), "<iframe> is not allowed"),
    (with_text("<form></form>"), "<form> is not allowed"),
    (with_text("<object></object>"), "<object> is not allowed"),
    (with_text('<p onclick="x">x</p>'), "onclick= is a script"),
    (with_text('<a href="javascript:x">x</a>'), "href= runs a script"),
    (with_text('<a href=" java&#10;script&colon;x">x</a>'), "href= runs a script"),
    (with_column('<mj-button href="JavaScript:x">x</mj-button>'), "href= runs a script"),
    (with_column('<mj-image src="x"/>'), "<mj-image> has no alt"),
    (with_text('<img src="x"/>'), "<img> has no alt"),
    (
        with_body("<mj-section>" + '<mj-column><mj-image src="x" alt=""/></mj-column>' * 30 + "</mj-section>"),
        "20 px wide",
    ),
    (with_column('<mj-social><mj-social-element name="x">x</mj-social-element></mj-social>'), "www.mailjet.com"),
    (with_column('<mj-text mj-class="nope">x</mj-text>'), 'mj-class="nope" is not defined'),
    (with_head("<mj-title>a <b>c</b></mj-title>"), "<mj-title> can contain only plain text"),
    (with_head('<mj-style inline="inline">a{}</mj-style>'), "inline= has no effect"),
    (with_column('<mj-raw position="file-start">x</mj-raw>'), "position= is not supported"),
    (with_text("<Br>"), "<Br> must be written in lowercase letters"),
    (with_text("<mj-text>x</mj-text>"), "<mj-text> inside <mj-text> is not compiled"),
    ("<!-- c --><mjml><mj-body></mj-body></mjml>", "a comment before <mjml>"),
    ("<mjml><mj-body></mj-body></mjml>x", "there is text outside <mjml>"),
    ("", "the document must have the form"),
]


@pytest.mark.parametrize(("mjml", "message"), WRONG, ids=[message for _, message in WRONG])
def test_each_mistake_is_found(mjml: str, message: str) -> None:
    """Mistakes that the compiler overlooks, misreads or crashes on are findings with a place."""
    found = lint(mjml)
    assert any(message in finding.message for finding in found), found
    assert all(finding.line >= 1 and finding.column >= 1 for finding in found)


def test_a_good_document_has_no_findings() -> None:
    """A document with Chinese, emoji, quotes, bare > and conditions passes."""
    assert lint(DOCUMENT) == ()


def test_line_and_column_count_characters() -> None:
    """The place is that of the wrong value, counted in characters, not bytes."""
    found = lint("<mjml>\n<mj-body>\n<mj-section><!-- 中文 --><mj-column colour='x'/></mj-section></mj-body></mjml>")
    assert [(finding.line, finding.column) for finding in found] == [(3, 35)]


def test_origin_is_the_nearest_template_place() -> None:
    """A finding inside HTML has the place of the MJML element around it, one on an element its own place."""
    mjml = with_body(
        '<mj-section data-at="s:1:1"><mj-column><mj-text data-at="t:2:2" colour="x"><p><i></p></mj-text>x</mj-column>'
        "</mj-section>"
    )
    assert [(finding.message[:12], finding.origin) for finding in lint(mjml)] == [
        ("<mj-text> ha", "t:2:2"),
        ("<i> is never", "t:2:2"),
        ("text directl", "s:1:1"),
    ]


def test_origins_are_stripped_and_nothing_else() -> None:
    """data-at is removed at any position in a tag; the rest of the document does not change."""
    with_origins = '<mjml data-at="a:1:1"><mj-body width="1px" data-at="b:2:2" id="x">data-at="no"</mj-body></mjml>'
    assert strip_origins(with_origins) == '<mjml><mj-body width="1px" id="x">data-at="no"</mj-body></mjml>'
    assert "data-at" not in strip_origins(DOCUMENT)


def test_tokens_cover_the_source() -> None:
    """The tokens contain every character of a document exactly once."""
    position = 0
    for token in tokens(DOCUMENT):
        assert token.at == position
        position = token.end
    assert position == len(DOCUMENT)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="<>/!-[]=\"' \nabcmj文?&;", max_size=80))
def test_any_text_is_checked(text: str) -> None:
    """The lint never raises an error, also after origins are stripped."""
    position = 0
    for token in tokens(text):
        assert token.at == position and token.end > position
        position = token.end
    assert position == len(text)
    lint(text)
    assert strip_origins(text) == text


HOSTILE = ['<a x="', "<a b", "<a x='<a x=\"", "<!--", "<p>", "</p>", "<", "<a " + "b " * 50, "<![if", '"', "<mj-text>"]


@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_input_is_checked_in_linear_time(piece: str) -> None:
    """Eight times the input takes far less than sixty-four times as long."""

    def seconds(count: int) -> float:
        text = "<mjml><mj-body>" + piece * count
        best = 9.0
        for _ in range(3):
            began = time.process_time()
            lint(text)
            best = min(best, time.process_time() - began)
        return best

    size = 4000 // len(piece) + 50
    assert seconds(size * 8) < 30 * max(seconds(size), 0.001)
