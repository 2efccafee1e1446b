"""Values as HTML: text is never read as markup, and every script has its language. Checked with lxml."""

import re

import lxml.etree
import lxml.html
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from composer.content.values.markdown import parse_markdown
from composer.core.language_tags import direction
from composer.render.bidi import without_isolates
from composer.render.block_directions import set_directions
from composer.render.html_elements import finished
from composer.render.html_printer import HtmlPrinter
from tests.content.values.test_markdown_elements import PIECES

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
        ("### a *b*\nc", '<h4 class="subhead">a <em>b</em></h4><p>c</p>'),
        ("`<a>  b`", '<p><code dir="ltr">&lt;a&gt;  b</code></p>'),
        ("[a](tel:+49-30-12345)", '<p><a href="tel:+493012345">a</a></p>'),
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


TABLE = ": C *now*\n| A | B & C | |\n|---|--:|:-:|\n| `x` | [y](https://e.org) | |\n| | <5 | 中 |"
LAYOUT = 'role="presentation" border="0" cellpadding="0" cellspacing="0"'


def test_a_table_has_a_caption_and_scopes() -> None:
    """Headings are th with a scope, without words td; a caption and sides; no style, which the theme adds."""
    assert printed(TABLE) == (
        f'<table {LAYOUT} width="100%"><tr><td class="element">'
        '<table class="table" border="0" cellpadding="0" cellspacing="0" width="100%"><caption>C <em>now</em></caption>'
        '<thead><tr><th scope="col">A</th><th scope="col" class="to-right">B &amp; C</th><td class="to-center"></td></tr>'
        '</thead><tbody><tr><th scope="row"><code dir="ltr">x</code></th>'
        '<td class="to-right"><a href="https://e.org">y</a></td><td class="to-center"></td></tr>'
        '<tr><td></td><td class="to-right">&lt;5</td><td class="to-center"><span lang="zh">中</span></td></tr></tbody>'
        "</table></td></tr></table>"
    )


def test_cells_of_wide_tables_have_their_headings() -> None:
    """In a table with five columns, every cell after the first has its heading, with the colon of the edition."""
    html = printed(": C\n| A | B | 中 | D | |\n|---|---|---|---|---|\n| 1 | 2 | 3 | | 5 |")
    labels = [each.text_content() for each in lxml.html.fragment_fromstring(html).find_class("cell-label")]
    assert labels == ["B: ", "中: "]
    assert "wide-table" in html and "cell-label" not in printed(TABLE)


def test_callouts_and_buttons() -> None:
    """A callout is a cell with its title in bold, a button a link in a cell: Outlook colours only cells."""
    assert f'<table {LAYOUT} width="100%"><tr><td class="callout"><p><strong>T</strong></p><p>a</p></td>' in printed(
        "> [!note] T\n> a"
    )
    button = '<tr><td class="press-plate"><a class="press" href="https://e.org/?a&amp;b">Go</a></td></tr></table>'
    assert f"<table {LAYOUT}>{button}" in printed("[Go](https://e.org/?a&b){button}")


def test_subheads_have_the_level_below_the_heading_before_them() -> None:
    """No level is skipped, and the level is at most 6; other headings stay."""
    subhead = '<h4 class="subhead">a</h4>'
    page = f"<h1>x</h1>{subhead}<h2 class='y'>x</h2>{subhead}{subhead}<h6>x</h6>{subhead}"
    assert re.findall("<h[1-6]", finished(page)) == ["<h1", "<h2", "<h2", "<h3", "<h3", "<h6", "<h6"]
    assert len(re.findall("</h[1-6]>", finished(page))) == 7


def test_footnotes_lead_there_and_back() -> None:
    """Every link has one target on the page, by name and by id, also where two texts have footnotes."""
    text = printed("a[^x] b[^y] c[^x]\n\n[^x]: X & `y`\n[^y]: Y")
    page = lxml.html.fragment_fromstring(f"<div>{finished(text + text)}</div>")
    names = [each.get("name") for each in page.iter("a") if each.get("name")]
    assert names == [each.get("id") for each in page.iter("a") if each.get("id")]
    assert len(names) == len(set(names)) == 8
    assert {each.get("href", "")[1:] for each in page.iter("a")} == set(names)
    assert [each.text_content() for each in page.find_class("footnote")] == ["[1] X & y", "[2] Y"] * 2


def test_the_first_part_of_a_text_has_no_footnotes() -> None:
    """A figure between the two parts of a text does not move the footnotes from its end."""
    rich, _ = parse_markdown("a[^1]\n\nb\n\n[^1]: note")
    printer = HtmlPrinter("en")
    assert "footnote" not in printer.html(rich.head(1)) and "note</p>" in printer.html(rich.tail(2))
    assert str(printer.inline(rich)).endswith("note</p>")


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join), LANGUAGES)
def test_any_text_is_valid_html(text: str, language: str) -> None:
    """Whatever is written, every tag is closed, and every link within the page has one target."""
    rich, found = parse_markdown(text)
    html = finished(str(HtmlPrinter(language).html(rich)))
    root = lxml.etree.fromstring(f"<div>{html}</div>")
    names = [str(each.get("name")) for each in root.iter("a") if each.get("name")]
    assert len(names) == len(set(names))
    targets = [str(each.get("href")) for each in root.iter("a")]
    if not found:
        assert all(each[1:] in names for each in targets if each.startswith("#"))


def test_directions() -> None:
    """Arabic and Hebrew are right-to-left in every region."""
    assert [direction(tag) for tag in ("en", "ar", "he-IL", "zh-Hant", "fa")] == ["ltr", "rtl", "rtl", "ltr", "rtl"]


def test_aligned_cells_keep_their_side() -> None:
    """A cell in a column with an alignment gets a span for its direction; other cells get the direction themselves."""
    rich, found = parse_markdown(": C\n| A | B |\n|---|--:|\n| מחיר | שלום |")
    assert found == ()
    page = set_directions(
        f"<mj-body><mj-text>{HtmlPrinter('en').html(rich)}</mj-text></mj-body>", "ltr", re.compile("(?!)")
    )
    assert '<th scope="row" dir="rtl">' in page
    assert re.search(r'<td class="to-right"><span [^>]*dir="rtl"[^>]*>', page)
