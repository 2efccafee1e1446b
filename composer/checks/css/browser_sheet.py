"""The default styles of a browser: its style sheet, and HTML attributes that set styles.

Input: an element's name and attributes. Output: declarations that are weaker than any rule of a sheet. Only colours, sizes,
weights, display and alignment are included (HTML, 15 "Rendering"; with Chromium's values).
"""

import re
from collections import defaultdict
from collections.abc import Mapping

from composer.checks.css.css_colours import Rgba, legacy_colour
from composer.checks.css.css_values import IMAGE, Length, words
from composer.checks.css.declarations import Declaration, declarations

_SHEET = """
area, base, basefont, datalist, head, link, meta, noembed, noframes, noscript, param, rp, script, style, template, title,
    dialog, source, track { display: none }
html, body, address, blockquote, center, div, figure, figcaption, footer, form, header, hr, listing, main, p, plaintext,
    pre, xmp, article, aside, nav, section, search, hgroup, h1, h2, h3, h4, h5, h6, dir, dd, dl, dt, menu, ol, ul,
    details, fieldset, legend, optgroup, option { display: block }
li, summary { display: list-item }
table { display: table }
caption { display: table-caption; text-align: center }
colgroup { display: table-column-group }
col { display: table-column }
thead { display: table-header-group }
tbody { display: table-row-group }
tfoot { display: table-footer-group }
tr { display: table-row }
td, th { display: table-cell; padding: 1px }
th { font-weight: bold; text-align: center }
h1 { font-size: 2em; font-weight: bold }
h2 { font-size: 1.5em; font-weight: bold }
h3 { font-size: 1.17em; font-weight: bold }
h4 { font-weight: bold }
h5 { font-size: .83em; font-weight: bold }
h6 { font-size: .67em; font-weight: bold }
b, strong { font-weight: bolder }
i, em, cite, var, dfn, address { font-style: italic }
small, sub, sup { font-size: smaller }
big { font-size: larger }
code, kbd, samp, tt, pre, xmp, listing, plaintext { font-family: monospace }
u, ins { text-decoration: underline }
s, strike, del { text-decoration: line-through }
mark { background-color: mark; color: marktext }
center { text-align: -webkit-center }
hr { color: gray }
button, input, select, textarea { display: inline-block; font-size: 13.3333px; font-weight: normal; color: buttontext }
button { background-color: buttonface; text-align: center }
img, video, canvas { display: inline }
legend { padding: 0 2px }
ol, ul, menu, dir { padding-left: 40px }
"""


def _by_tag() -> dict[str, tuple[Declaration, ...]]:
    found: dict[str, tuple[Declaration, ...]] = defaultdict(tuple)
    for names, block in re.findall(r"([^{}]+)\{([^{}]+)\}", _SHEET):
        for name in names.split(","):
            found[name.strip()] += declarations(block)
    return dict(found)


BY_TAG = _by_tag()
_LINK = declarations("color: -webkit-link; text-decoration: underline")
_HIDDEN = declarations("display: none")
_FONT_SIZES = ("x-small", "small", "medium", "large", "x-large", "xx-large", "xxx-large")
_CELLS = words("body table thead tbody tfoot tr td th col colgroup")
_ALIGNED = words("p div h1 h2 h3 h4 h5 h6 thead tbody tfoot tr td th")
#: The attributes that set styles on some element.
HINTS = words(
    "align background bgcolor cellpadding color face height hidden href link open size text title valign width"
)


def hints(tag: str, attributes: Mapping[str, str]) -> tuple[Declaration, ...]:
    """Return the declarations that the attributes of an element set."""
    found: list[Declaration] = []
    if tag in ("a", "area") and "href" in attributes:
        found += _LINK
    if "hidden" in attributes:
        found += _HIDDEN
    if tag == "dialog" and "open" in attributes:
        found += declarations("display: block")
    if tag == "abbr" and "title" in attributes:
        found += declarations("text-decoration: underline")
    if tag in _CELLS:
        found += _coloured("background-color", attributes.get("bgcolor"))
        if attributes.get("background", "").strip():
            found.append(Declaration("background-image", IMAGE))
    if tag == "body":
        found += _coloured("color", attributes.get("text"))
    if tag == "font":
        found += _coloured("color", attributes.get("color"))
        found += _font_size(attributes.get("size", ""))
        if face := attributes.get("face"):
            found.append(Declaration("font-family", face.strip().lower()))
    if tag in _ALIGNED and (align := attributes.get("align", "").lower()) in ("left", "right", "center", "justify"):
        found.append(Declaration("text-align", align))
    if tag in ("td", "th", "table") and (height := attributes.get("height", "")).isdecimal():
        found.append(Declaration("height", Length(float(height), "px")))
    return tuple(found)


def _coloured(name: str, text: str | None) -> list[Declaration]:
    colour = legacy_colour(text) if text is not None else None
    return [Declaration(name, colour)] if colour is not None else []


def link_colour(attributes: Mapping[str, str]) -> Rgba | None:
    """Return the link colour from the `link` attribute of body."""
    return legacy_colour(attributes.get("link", ""))


def _font_size(text: str) -> list[Declaration]:
    """Parse the size of a font element: 1 to 7, or +n and -n from 3 (HTML, "rules for parsing a legacy font size")."""
    if (match := re.match(r"\s*([+-]?)(\d+)", text)) is None:
        return []
    number = int(match[2])
    number = 3 + number if match[1] == "+" else 3 - number if match[1] == "-" else number
    return [Declaration("font-size", _FONT_SIZES[min(7, max(1, number)) - 1])]
