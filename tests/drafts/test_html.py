"""Reading web pages: what a browser shows is in the draft, in the same order."""

from base64 import b64encode
from pathlib import Path

import pytest

from composer.drafts.draft_document import DraftDocument, OmissionKind, Place
from composer.drafts.formats.draft_reader import read_draft, read_draft_file
from tests.drafts.shown import shown, shown_spans
from tests.drafts.word_factory import zipped

PAGES = Path(__file__).parent / "pages"
PNG = b"\x89PNG1234"


def read(page: str) -> DraftDocument:
    return read_draft(f"<!doctype html><meta charset=utf-8>{page}".encode(), "page.html")


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<h1>A</h1><h3><b>B</b> <i>c</i></h3><h2><b>All</b></h2>", ["# A", "### *B* /c/", "## All"]),
        ("<p>one\n  two&nbsp; three<br>four <br><br>five</p>", ["one two three⏎four", "five"]),
        ("<p>a<b>b</b><em>c</em><code>d</code> <b>e <i>f</i></b></p>", ["a*b*/c/`d` *e **/f/*"]),
        ("<div>one<div>two</div>three<p>four</div>five", ["one", "two", "three", "four", "five"]),
        ("<blockquote><p>a</p><p>b</p></blockquote>", ["> a", "> b"]),
        ("<ul><li>a<ul><li>b</ul><li><p>c</p><p>d</p></ul>", ["- a", "  - b", "- c⏎d"]),
        ("<ol start=3><li>a<li value=7>b<li>c</ol><ol type=a><li>d</ol>", ["3. a", "7. b", "8. c", "a. d"]),
        ("<pre>one\n  two</pre>", ["`one⏎two`"]),
        ("<dl><dt>a<dd>b</dl><hr>c", ["a", "b", "c"]),
        ("<p>to<wbr>day &shy;<q>x</q> <ruby>今日<rp>(</rp><rt>kyō</rt><rp>)</rp></ruby></p>", ["today x 今日(kyō)"]),
        ("<p><b style='font-weight:normal'>a <span style='font-weight: 700'>b</span></b></p>", ["a *b*"]),
        ("<a href='https://x.example'><div>a</div><p>b</p></a>", ["a<https://x.example>", "b<https://x.example>"]),
        ("<unknown-tag>a <o:p>b</o:p></unknown-tag>", ["a b"]),
        ("<script>no</script><style>p{}</style><p>yes<!-- no --></p><template>no</template>", ["yes"]),
        ("<p dir=rtl>שלום <span>עולם</span></p><p>e\u0301</p>", ["שלום עולם", "é"]),
        ("<p><b> </b>x<b></b> <i>&nbsp;</i></p><p>&nbsp;</p><p></p>", ["x"]),
        ("<p><img class=emoji alt='🐍' src=https://s.example/1.png> year</p>", ["🐍 year"]),
    ],
)  # fmt: skip
def test_texts(page: str, expected: list[str]) -> None:
    """Paragraphs, headings, lists, quotations and looks."""
    assert shown(read(page)) == expected


def test_tables() -> None:
    """A table keeps its columns; one that only arranges the page is its text."""
    page = (
        "<table><caption>Sales</caption><thead><tr><th>Year<th colspan=2>Cars</thead><tr><td rowspan=2>2025<td>1<td>2"
    )
    page += "<tr><td>3<td>4</table>"
    assert shown(read(page)) == ["Sales", "=| Year | Cars |  |\n| 2025 | 1 | 2 |\n|  | 3 | 4 |"]
    layout = "<table><tr><td><h2>News</h2><p>a<td><table><tr><td>b<td>c</table></table>"
    assert shown(read(layout)) == ["## News", "a", "| b | c |"]


def test_hidden_text() -> None:
    """It is reported and not read."""
    document = read("<style>.gone{display:none}</style><p>a<span class=gone>secret</span><i hidden>b</i></p>")
    assert shown(document) == ["a"]
    assert [(each.kind, each.text) for each in document.omissions] == [
        (OmissionKind.HIDDEN_TEXT, "secret"), (OmissionKind.HIDDEN_TEXT, "b"),
    ]  # fmt: skip


def test_pictures(tmp_path: Path) -> None:
    """Pictures follow their paragraph; files are read from the page's folder only, and the web is not asked."""
    (tmp_path / "page").mkdir()
    (tmp_path / "secret.png").write_bytes(PNG)
    (tmp_path / "page" / "a b.png").write_bytes(PNG)
    page = tmp_path / "page" / "page.html"
    page.write_text(
        "<p>one<img src='a%20b.png' alt='A harbor'> two</p><img src=../secret.png><img src=https://x.example/y.jpg>"
        f"<img src='data:image/png;base64,{b64encode(PNG).decode()}'><img src=pixel.gif width=1 height=1>"
    )
    assert shown(read_draft_file(page)) == [
        "one two", "[A harbor: image/png, 8 bytes, a%20b.png]", "[: image/png, 0 bytes, ../secret.png]",
        "[: image/jpeg, 0 bytes, https://x.example/y.jpg]", "[: image/png, 8 bytes, ]",
    ]  # fmt: skip


def test_google_docs() -> None:
    """Its “Web page” is a ZIP file: looks by class, levels of lists by class, wrapped links, footnotes and comments as links."""
    document = read_draft(
        zipped({"Draft.html": (PAGES / "google-docs.html").read_bytes(), "images/image1.png": PNG}), "Draft.zip"
    )
    assert shown(document) == [
        "# China Briefing", "contents: Top story 2", "# Top story", "*Our analysis:* It is /new/.[^1][comment c1]",
        "- Reuters: Chips<https://reuters.example/a>", "  - below", "[A chart: image/png, 8 bytes, images/image1.png]",
    ]  # fmt: skip
    assert {key: shown_spans(note) for key, note in document.footnotes.items()} == {"1": "A note."}
    (comment,) = document.comments
    assert (comment.id, comment.text, comment.place) == (
        "c1",
        "Is this true?",
        Place(4, "Our analysis: It is new."),
    )


def test_word_as_page() -> None:
    """Word's “Web page, filtered” has bullets and numbers as text, and its own names for titles, contents and footnotes."""
    document = read_draft((PAGES / "word-filtered.htm").read_bytes(), "draft.htm")
    assert shown(document) == [
        "# Briefing",
        "contents: Top story 1",
        "# Zahlen – „wichtig“",
        "- erster",
        "  2. zweiter",
        "Text[^1]",
    ]
    assert {key: shown_spans(note) for key, note in document.footnotes.items()} == {"1": "Quelle"}


def test_notes_of_a_blog() -> None:
    """Pandoc and blogs put notes into a list and link back with an arrow."""
    document = read(
        '<p>One<a href="#fn1" id="fnref1"><sup>1</sup></a> two<sup id="fnref2"><a href="#fn2">2</a></sup>.</p><section><ol>'
        '<li id="fn1"><p>First. <a href="#fnref1">↩︎</a></p></li><li id="fn2">Second <a href="#fnref2">↩</a></li></ol></section>'
        '<p><a href="#top">Up</a></p>'
    )
    assert shown(document) == ["One[^1] two[^2].", "Up"]
    assert {key: shown_spans(note) for key, note in document.footnotes.items()} == {"1": "First.", "2": "Second"}
