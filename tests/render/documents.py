"""A realistic MJML document for the tests of the render modules.

Input: nothing. Output: MJML with Chinese, emoji, quotes, dashes and conditions, without template code.
"""

from functools import cache

HEAD = """<mjml lang="en" dir="ltr">
  <mj-head>
    <mj-title>Issue 214 — “中文” ❤️</mj-title>
    <mj-preview>What the line means, and a > b</mj-preview>
    <mj-attributes>
      <mj-all font-family="Georgia, 'Noto Serif SC', serif"/>
      <mj-text padding="0 24px" color="#222222"/>
      <mj-class name="muted" color="#666666"/>
    </mj-attributes>
    <mj-breakpoint width="480px"/>
    <mj-style>.card > table { background: #fff !important } a:hover { color: red } .文 > b { color: blue }
@media (prefers-color-scheme: dark) { .card { background:#000 !important } } [data-ogsc] .card { color:#fff }</mj-style>
  </mj-head>
  <mj-body width="640px" background-color="#f4f4f4">
"""
SECTION = """    <mj-section css-class="card" background-color="#ffffff" padding="10px 0">
      <mj-column width="100%" data-at="sections/story/section.mjml.j2:4:3">
        <mj-image data-at="macros.mjml.j2:7:1" src="cid:abc" alt="图“a”　x\\ y e\u0301 ❤️ 👨‍👩‍👧" width="590px"/>
        <mj-text mj-class="muted" css-class="body" data-at="sections/story/section.mjml.j2:6:5">
          <h2 class="h">A title 中文标题，“quoted” &amp; done</h2>
          <p class="lead">First <strong>paragraph</strong> <a href="https://example.org/a?b=1&amp;c=2" title="文 > 本">
            link 中文</a> — 45 > 12 “c”> 文> 本.<br>Next “line” 3 > 2.</p>
          <ul><li>one</li><li><em>two</em> 好</li></ul>
          <img src="cid:x" alt="" width="20" height="20">
        </mj-text>
        <mj-button href="https://example.org/x0TOKENabc123y" align="left">Read 更多 x1TOKENname9y</mj-button>
        <mj-table role="presentation"><tr><td>1</td><td>二</td></tr></mj-table>
        <mj-raw><tr><td><!--[if mso]><b>mso</b><![endif]--><!--[if !mso]><!--><i>o</i><!--<![endif]--></td></tr>
        </mj-raw>
        <mj-divider border-color="#cccccc"/><mj-spacer height="8px"/>
      </mj-column>
    </mj-section>
"""
TAIL = "  </mj-body>\n</mjml>\n"
DOCUMENT = HEAD + SECTION + TAIL


def with_head(inner: str) -> str:
    return f"<mjml><mj-head>{inner}</mj-head><mj-body></mj-body></mjml>"


def with_body(inner: str) -> str:
    return f"<mjml><mj-body>{inner}</mj-body></mjml>"


def with_column(inner: str) -> str:
    return with_body(f"<mj-section><mj-column>{inner}</mj-column></mj-section>")


def with_text(inner: str) -> str:
    return with_column(f"<mj-text>{inner}</mj-text>")


@cache
def compiled() -> str:
    """Return the HTML of the document before inlining."""
    from composer.render.mjml.compiler import compile_mjml
    from composer.render.mjml.lint import strip_origins

    return compile_mjml(strip_origins(DOCUMENT))
