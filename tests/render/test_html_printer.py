"""Values as HTML: text is never read as markup, and every script has its language. Checked with lxml."""

import lxml.html
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from composer.content.values.languages import direction
from composer.content.values.markdown import parse_markdown
from composer.render.bidi import without_isolates
from composer.render.html_printer import HtmlPrinter

SIGNS = st.text(st.sampled_from("<>&\"'/= ab文字かなיד日本語ру1，。“”\u3000"), max_size=60)
LANGUAGES = st.sampled_from(["en", "de", "zh", "zh-Hant", "ja", "ko", "ru", "ar", "he"])


def printed(markdown: str, language: str = "en", label: str = "") -> str:
    rich, found = parse_markdown(markdown)
    assert found == ()
    return without_isolates(str(HtmlPrinter(language).html(rich, label)))


@settings(max_examples=200, deadline=None)
@given(SIGNS | st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=60), LANGUAGES)
def test_words_are_printed_as_text(text: str, language: str) -> None:
    """Any words are printed as text, in spans that only have a language."""
    element = lxml.html.fragment_fromstring(f"<p>|{HtmlPrinter(language).words(text)}|</p>")
    assert "".join(map(str, element.itertext())) == f"|{text}|"
    for child in element:
        assert child.tag == "span" and set(child.keys()) <= {"lang", "dir"} and child.get("lang")


@pytest.mark.parametrize(
    ("language", "text", "html"),
    [
        ("en", "a <b> & \"c\" 'd'", "a &lt;b&gt; &amp; &#34;c&#34; &#39;d&#39;"),
        ("en", "in 中文, 深度求索。", 'in <span lang="zh">中文, 深度求索</span>。'),
        ("en", "かな漢字", '<span lang="ja">かな漢字</span>'),
        ("en", "한국어", '<span lang="ko">한국어</span>'),
        ("en", "Газета", '<span lang="und-Cyrl">Газета</span>'),
        ("en", "שלום", '<span lang="he" dir="rtl">שלום</span>'),
        ("en", "عربي", '<span lang="und-Arab" dir="rtl">عربي</span>'),
        ("en", "Müller – naïve", "Müller – naïve"),
        ("zh", "中文 and かな", "中文 and かな"),
        ("ja", "日本語", "日本語"),
        ("de", "2025年1月30日 war", '2025<span lang="zh">年1月30日</span> war'),
    ],
)
def test_runs_of_another_script_have_their_language(language: str, text: str, html: str) -> None:
    """A run with its inner blanks, digits and signs is one span; the edition's own script gets no span."""
    assert str(HtmlPrinter(language).words(text)) == html


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("a\n\nb", "<p>a</p><p>b</p>"),
        ("*a* **b**", "<p><em>a</em> <strong>b</strong></p>"),
        ("[a & b](https://example.org/?a=1&b=2)", '<p><a href="https://example.org/?a=1&amp;b=2">a &amp; b</a></p>'),
        ("- a\n- b", "<ul><li>a</li><li>b</li></ul>"),
        ("3. a\n4. b", '<ol start="3"><li>a</li><li>b</li></ol>'),
        ("1. a", "<ol><li>a</li></ol>"),
        ("- a\n\n  b\n  - c", "<ul><li>a<p>b</p><ul><li>c</li></ul></li></ul>"),
        ("> a\n>\n> b", "<blockquote><p>a</p><p>b</p></blockquote>"),
        ("a  \nb", "<p>a<br />b</p>"),
        ("a\nb", "<p>a b</p>"),
    ],
)
def test_markdown_becomes_valid_html(markdown: str, html: str) -> None:
    """Paragraphs, emphasis, links, lists, quotes and breaks, with every tag closed."""
    assert printed(markdown) == html


def test_labels_are_in_the_first_paragraph() -> None:
    """A label is bold at the start of the first paragraph, or in its own paragraph before a list; it is escaped."""
    assert printed("a\n\nb", label="R&D") == '<p><strong class="label">R&amp;D:</strong> a</p><p>b</p>'
    assert printed("- a", label="x") == '<p><strong class="label">x:</strong></p><ul><li>a</li></ul>'
    assert printed("", label="x") == '<p><strong class="label">x:</strong></p>'
    rich, _ = parse_markdown("a")
    assert (
        without_isolates(str(HtmlPrinter("zh").html(rich, "注", "："))) == '<p><strong class="label">注：</strong>a</p>'
    )


def test_values_of_other_kinds() -> None:
    """None prints nothing, numbers are text, and printed values are not escaped twice."""
    printer = HtmlPrinter("en")
    assert [without_isolates(str(printer.html(value))) for value in (None, "", 7, Markup("<b>"))] == [
        "",
        "",
        "7",
        "<b>",
    ]
    rich, _ = parse_markdown("a\n\nb\n\n- c")
    assert str(printer.inline(rich)) == "a<br />b<br /><ul><li>c</li></ul>"


def test_directions() -> None:
    """Arabic and Hebrew are right-to-left in every region."""
    assert [direction(tag) for tag in ("en", "ar", "he-IL", "zh-Hant", "fa")] == ["ltr", "rtl", "rtl", "ltr", "rtl"]
