"""Inlining: the effect of a theme's rules, what does not change, and what is never loaded. The real premailer runs."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from lxml import html as lxml_html

from composer.core.errors import CompilerError
from composer.render.inline import css_problems, head_css_problems, inline_css
from tests.render.documents import compiled

CSS = """h2 { font-size: 20px; margin: 0 0 8px 0 }
p.lead { color: #123456 !important; mso-line-height-rule: exactly }
.body p { font-family: "Noto Serif SC", Georgia, serif }
a { color: #9b1c1c } img { width: 100% }
"""


def test_rules_become_style_attributes() -> None:
    """Each matched element has the declarations in its style attribute, with !important and mso-*."""
    document = lxml_html.document_fromstring(inline_css(compiled(), CSS))
    (paragraph,) = document.cssselect("p.lead")
    for declaration in ("color:#123456 !important", "mso-line-height-rule:exactly", 'font-family:"Noto Serif SC"'):
        assert declaration in paragraph.get("style", "")
    (heading,) = document.cssselect("h2.h")
    assert heading.get("style") == "font-size:20px;margin:0 0 8px 0"


def test_what_inlining_does_not_change() -> None:
    """Doctype, style blocks, conditions, name spaces, widths and merge tokens do not change."""
    before = compiled()
    after = inline_css(before, CSS)
    assert after.startswith("<!DOCTYPE html>")
    styles = re.compile("<style.*?</style>", re.DOTALL)
    assert styles.findall(after) == styles.findall(before) and len(styles.findall(before)) > 3
    for kept in ("[data-ogsc] .card", "@media (prefers-color-scheme: dark)", "!important", "a:hover"):
        assert kept in after
    conditions = re.compile(r"<!--\[if.*?<!\[endif\]-->", re.DOTALL)
    assert conditions.findall(after) == conditions.findall(before) and conditions.findall(before)
    assert 'xmlns:v="urn:schemas-microsoft-com:vml"' in after and "xmlns:o=" in after
    assert re.findall('<img[^>]* width="(.*?)"', after) == ["590", "20"]
    assert 'href="https://example.org/x0TOKENabc123y"' in after and "x1TOKENname9y" in after
    assert "data-premailer" not in after
    assert "中文标题，“quoted” &amp; done" in after and "❤️" in after


def test_nothing_to_inline_is_no_error() -> None:
    """A theme may have an empty inline.css."""
    assert inline_css(compiled(), "").startswith("<!DOCTYPE html>")


def test_a_style_block_with_a_media_attribute_keeps_no_mark() -> None:
    """premailer skips such a block and would leave our mark in the message."""
    page = '<!doctype html><html><head><style media="print">a{b:c}</style></head><body><p>x</p></body></html>'
    assert '<style media="print">' in inline_css(page, "p { color: red }")


@pytest.mark.parametrize("html", ["", "<p>x</p>", "<html></html>"])
def test_a_text_without_doctype_is_rejected(html: str) -> None:
    """Only documents with a doctype are inlined."""
    with pytest.raises(CompilerError, match="no doctype"):
        inline_css(html, CSS)


BAD = [
    ("@import url(x.css);", "@import would load"),
    ("@IMPORT 'x';", "@IMPORT would load"),
    ("@\\69mport 'x';", "escapes"),
    ("@font-face { src: url(x) }", "@font-face would load a font"),
    ("@media print { a { b: c } }", "@media is not inlined"),
    ("a { background: url(x.png) }", "url(..) would load"),
    ("a { background: URL (x) ; width: expression(1) }", "runs a script"),
    ("* { a: b }", "* is not inlined"),
    (".a * { a: b }", "* is not inlined"),
    ("a:hover { a: b }", "pseudo-classes"),
    ("p:nth-child(2) { a: b }", "pseudo-classes"),
    ("a[title] { a: b }", "attribute selectors"),
    ("#a { a: b }", "use a class"),
    ("a > b { a: b }", "element.class and descendants"),
    ("a { font-family: 'A, B' }", "a comma, semicolon or brace"),
    ("a { color: rgb(0 0 0 / 50%) }", "with commas"),
    ("a { color: red } <", "< is not allowed"),
    ("/* < */", "< is not allowed"),
    ("a { color: red", "never closed"),
    ("a { b { c: d } }", "never closed"),
    ("a { color }", "not a declaration"),
    ("} a {}", "no matching"),
    ("a, { b: c }", "a selector is missing"),
    ("/* x", "never closed"),
    ("a { b: 'c }", "not closed"),
    ("a", "{ .. } is missing"),
]


@pytest.mark.parametrize(("css", "message"), BAD)
def test_rules_that_cannot_be_inlined_are_rejected(css: str, message: str) -> None:
    """Rules that premailer would drop, misapply or load are problems, and inline_css rejects them."""
    assert any(message in told for _, _, told in css_problems(css)), css_problems(css)
    with pytest.raises(CompilerError, match=r"inline\.css:1:"):
        inline_css(compiled(), css)


def test_good_style_sheets_have_no_problems() -> None:
    """Simple rules are valid in inline.css; media, dark mode, hover and client hooks in head.css."""
    assert css_problems(CSS + "/* 中文 * : [ { */ .a.b c, ul li { color: rgba(0, 0, 0, 0.5); background:#fff } ") == ()
    head = "@media (max-width:480px) { .a > table { width:100% !important } } a:hover, [data-ogsc] .b, u + .c { b: c }"
    assert head_css_problems(head) == ()


@pytest.mark.parametrize(
    "css",
    ["@import 'x';", "@im\\70ort 'x';", "a { b: url(x) }", "a { b: u\\72l(x) }", "@font-face {}", "</style>", "a < b",
     "a {", "a { background: image-set('x' 1x) }", "}", "@charset 'x';"],
)  # fmt: skip
def test_loading_is_rejected_in_head_css(css: str) -> None:
    """head.css must not load anything or close the style element."""
    assert head_css_problems(css)


def test_places_of_css_problems() -> None:
    """Line and column are those of the rule, also after comments and other lines."""
    assert [place[:2] for place in css_problems("/* a\n */ p { a: b }\n  q:hover { a: b }")] == [(3, 3)]


OPENED = """
import os, socket, sys
from composer.render.inline import inline_css, _cssutils, _premailer
from composer.core.errors import CompilerError
_cssutils(); _premailer(); import encodings.idna, lxml.cssselect
page = ('<!doctype html><html><head><link rel="stylesheet" href="http://127.0.0.1:9/x.css">'
        '<link rel="stylesheet" href="/etc/hostname">'
        '<style>@import url(http://127.0.0.1:9/x.css); @import url(file:///etc/hostname); p{color:red}</style>'
        '<STYLE media="all">@import "/etc/hostname";</STYLE></head>'
        '<body><p style="background:url(http://127.0.0.1:9/a)">x</p></body></html>')
inline_css('<!doctype html><html><body><p>x</p></body></html>', 'p { color: red }')
seen = []
def audit(event, arguments):
    reads = event == "open" and not str(arguments[0]).endswith((".py", ".pyc"))
    reads = reads and not str(arguments[0]).startswith(os.environ["XDG_CACHE_HOME"])
    if reads or event.startswith(("socket.", "urllib.", "subprocess", "os.system", "http.")):
        seen.append((event, str(arguments[:1])))
sys.addaudithook(audit)
def blocked(*_): raise AssertionError("a socket was connected")
socket.socket.connect = blocked
out = inline_css(page, 'p { margin: 0 }')
assert "margin:0" in out and "@import url(file:///etc/hostname)" in out
for css in ("@import url(http://127.0.0.1:9/x.css);", "@import url(file:///etc/hostname);", "a { b: url(file:///x) }"):
    try:
        inline_css(page, css)
    except CompilerError:
        continue
    raise AssertionError(css)
print(seen, "requests" in sys.modules)
"""


def test_nothing_is_opened(tmp_path: Path) -> None:
    """@import, file: and <link> in the page or the rules open no socket and no file but those of our own cache."""
    ran = subprocess.run(
        [sys.executable, "-c", OPENED], capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(Path.cwd()), "XDG_CACHE_HOME": str(tmp_path)},
    )  # fmt: skip
    assert (ran.stdout, ran.stderr) == ("[] False\n", "")


def test_other_modules_can_import_the_network() -> None:
    """Only the inliner's own modules work without requests and urllib.request; other imports are not affected."""
    code = (
        "import sys; from composer.render.inline import _cssutils, _premailer; before = list(sys.meta_path);"
        "_premailer(); assert 'cssutils' not in sys.modules; _cssutils();"
        "assert not {'requests', 'urllib.request', 'cssutils._fetch', 'cssutils._fetchgae'} & set(sys.modules);"
        "assert sys.meta_path == before; import premailer.premailer as inliner, cssutils.util;"
        "assert not hasattr(inliner.requests, 'get');"
        "assert cssutils.util._defaultFetcher.__module__ == 'composer.render.inline';"
        "import requests, urllib.request; assert requests.get and urllib.request.urlopen"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": str(Path.cwd())})


def test_importing_the_module_imports_no_premailer() -> None:
    """`compose --help` and a failing issue do not import premailer."""
    code = "import sys, composer.render.inline; assert not {'premailer', 'cssutils', 'lxml'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": str(Path.cwd())})
