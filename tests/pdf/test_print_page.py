"""The page that is printed: what stands around the article, and the list of links."""

import datetime

from composer.pdf.print_page import PrintPage, print_job

_PAGE = PrintPage(
    article='<article class="issue"><h2><a href="https://example.org/a-b?c=1&amp;d=%22">One &amp; two</a></h2>'
    '<p><a href="#x">in</a> <a href="mailto:a@example.org">mail</a> <a class="k" href="http://example.net/">three</a> '
    '<a href="https://example.org/a-b?c=1&amp;d=%22">again</a></p></article>',
    styles="p { color: red }",
    newsletter="<News> & more",
    title='"A" title',
    language="en",
    direction="ltr",
    date=datetime.date(2025, 1, 30),
    paper="Letter",
)


def test_the_page_around_the_article() -> None:
    """The newsletter's name is escaped and above the article; the paper is in the styles."""
    job = print_job(_PAGE)
    assert job.html.startswith('<!DOCTYPE html><html lang="en" dir="ltr">')
    assert '<p class="publication">&lt;News&gt; &amp; more</p><article' in job.html
    assert (
        job.title == '<News> & more: "A" title'
        and "<title>&lt;News&gt; &amp; more: &quot;A&quot; title</title>" in job.html
    )
    assert job.styles == "p { color: red }\n@page { size: Letter }"
    assert "link-number" not in job.html


def test_the_list_of_links() -> None:
    """Addresses on the web have one number each, in the order of the text; an address may break at its signs."""
    html = print_job(
        PrintPage(**{name: getattr(_PAGE, name) for name in _PAGE.__slots__} | {"link_list": "All <links>"})
    ).html
    assert html.count('<sup class="link-number" data-number="1"></sup>') == 2
    assert html.count('data-number="2"') == 1 and 'data-number="3"' not in html
    assert "three</a><sup" in html and "mail</a> " in html and "in</a> " in html
    assert (
        '<section class="link-list"><h2>All &lt;links&gt;</h2><ol>'
        '<li><a href="https://example.org/a-b?c=1&amp;d=%22">https://example<wbr>.org/<wbr>a-b<wbr>?c<wbr>=1<wbr>&amp;d<wbr>=%22</a>'
        "</li>" in html
    )
    assert html.endswith("</ol></section></article></body></html>")


def test_no_list_without_links() -> None:
    """An article without links has no empty list."""
    page = PrintPage(
        **{name: getattr(_PAGE, name) for name in _PAGE.__slots__}
        | {"article": "<article>x</article>", "link_list": "Links"}
    )
    assert "link-list" not in print_job(page).html
