"""Variants of the sample with one contrast mistake each, which the contrast check must find."""

import re
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Bad:
    """A mistake: the change to the sample."""

    name: str
    change: Callable[[str], str]


def _colours(old: str, new: str) -> Callable[[str], str]:
    """Change one of the theme's colours everywhere."""
    return lambda html: re.sub(f"(?<![-\\w]){re.escape(old)}\\b", new, html)


def _rules(css: str) -> Callable[[str], str]:
    """Add a style sheet after all others."""
    return lambda html: html.replace("</head>", f"<style>{css}</style></head>")


def _text(markup: str, css: str = "") -> Callable[[str], str]:
    """Add content at the start of the page."""
    return lambda html: _rules(css)(
        re.sub(r'(<div[^>]*class="page"[^>]*>)', lambda match: match[1] + markup, html, count=1)
    )


def _both(*changes: Callable[[str], str]) -> Callable[[str], str]:
    def change(html: str) -> str:
        for each in changes:
            html = each(html)
        return html

    return change


_DARK = "@media (prefers-color-scheme: dark)"
_LIMITS = "".join(
    f'<p style="margin:0; color:{colour}; font-size:{size}; font-weight:{weight}">At the limit of {size} {weight}</p>'
    for colour in ("#767676", "#777777", "#949494", "#959595")
    for size, weight in (
        ("23.9px", 400),
        ("24px", 400),
        ("18.6px", 700),
        ("18.67px", 700),
        ("18.67px", 600),
        ("14pt", 700),
    )
)
_RELATIVE = "".join(
    f'<div style="font-size:{outer}"><p style="margin:0; color:#8a8a8a; font-size:{inner}">At {outer} and {inner}</p></div>'
    for outer in ("20px", "125%", "1.2em", "large")
    for inner in ("1em", "120%", "1.2em", "0.9375em", "150%", "larger", "smaller", "2rem", "xx-large")
)
_HIDING = (
    '<div style="display:none;color:#eee">none</div><div style="visibility:hidden;color:#eee">hidden</div>'
    '<div style="opacity:0;color:#eee">no opacity</div><div style="font-size:0;color:#eee">no size</div>'
    '<div style="max-height:0;overflow:hidden;color:#eee">no height</div><div hidden style="color:#eee">hidden</div>'
    '<div style="width:1px;overflow:hidden;color:#eee">no width</div><p style="color:#eee">seen</p>'
    '<div style="position:absolute;left:-9999px;color:#eee">far away</div><p style="color:#eee">🐍 !</p>'
    '<p style="color:#eee">→</p><p style="color:#eee">A</p><p style="color:#eee">— !</p><p style="color:#fefefe">same</p>'
)
_TABLES = (
    '<table role="presentation" bgcolor="#333333" width="100%"><tr><td style="padding:10px">One'
    '<table role="presentation" width="100%"><tr bgcolor="777777"><td style="padding:10px">Two</td>'
    '<td bgcolor="white" style="padding:10px; color:#999999">Three <font color="#cccccc">four</font></td></tr></table>'
    "</td></tr></table>"
)
_ALPHA = (
    '<div style="background:rgba(0,0,0,.4); padding:10px"><p style="color:rgba(255,255,255,.9)">White on grey'
    '<span style="background:hsla(0,0%,100%,.5); color:#0008"> grey on lighter grey</span></p></div>'
)

#: Each is found in light mode, in dark mode, or in both.
BAD = (
    Bad(name="theme colour too light", change=_colours("#5c6166", "#9aa0a6")),
    Bad(name="accent too light", change=_colours("#9b1c1c", "#e07a7a")),
    Bad(name="inherited background", change=_rules(".page { background-color: #4a4f55 !important }")),
    Bad(name="nested tables with bgcolor", change=_text(_TABLES)),
    Bad(name="alpha", change=_both(_colours("#1f2328", "rgba(31,35,40,.45)"), _text(_ALPHA))),
    Bad(
        name="dark rule on the wrapper, background on the child",
        change=_text(
            '<div class="card"><table role="presentation" style="background:#ffffff; width:100%"><tr>'
            '<td style="padding:10px">Text that turns light on what stays white</td></tr></table></div>',
            f"{_DARK} {{ .card {{ background-color: #23282e !important }} .card td {{ color: #e7e4de !important }} }}",
        ),
    ),
    Bad(name="dark ground without dark text", change=_rules(f"{_DARK} {{ .page p {{ color: #1f2328 !important }} }}")),
    Bad(name="large and bold at the limits", change=_text(_LIMITS)),
    Bad(
        name="opacity",
        change=_rules(".page .meta, .page .caption, .page h2 { opacity: .55 } .page ul { opacity: .7 }"),
    ),
    Bad(
        name="links in a browser's own blue",
        change=_text(
            '<div style="background:#16191d; padding:10px; color:#ffffff"><p>On dark <a href="https://example.org/">a link'
            '</a></p></div><p><a href="https://example.org/">A link</a></p><a name="x" style="color:#999">No link</a>'
        ),
    ),
    Bad(
        name="important fights",
        change=_text(
            '<p class="one" style="color:#111111">Sheet wins</p><p class="one" style="color:#111111 !important">Style wins</p>'
            '<p class="one two">Weight wins</p><p id="three" class="one">An id loses</p>',
            ".one { color: #bbbbbb !important } p.one.two { color: #222222 !important } #three { color: #000000 }"
            f"{_DARK} {{ .one, .page p.one.two {{ color: #333333 !important }} }}",
        ),
    ),
    Bad(name="sizes in em and percent", change=_text(_RELATIVE)),
    Bad(name="what is hidden and what has no words", change=_text(_HIDING)),
    Bad(
        name="only on wide screens",
        change=_rules("@media (min-width: 480px) { .page p { color: #999999 !important } }"),
    ),
    Bad(
        name="links told by their colour",
        change=_text(
            '<p style="color:#333333">Read <a href="https://example.org/" style="color:#5a1010; text-decoration:none">this'
            '</a> or <a href="https://example.org/" style="color:#5a1010">that</a>, <a href="https://example.org/" '
            'style="color:#5a1010; text-decoration:none; font-weight:bold">both</a> or <span style="color:#bbb">none</span>.'
            '</p><p><a href="https://example.org/" style="color:#5a1010; text-decoration:none">A line of its own</a></p>'
        ),
    ),
)
