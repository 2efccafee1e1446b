"""Computed styles: the cascade, inheritance, media queries and HTML attributes."""

import lxml.html
import pytest

from composer.checks.css.cascade import media_applies
from composer.checks.css.css_colours import CssScheme, Rgb, Rgba, contrast, legacy_colour
from composer.checks.css.declarations import declarations
from composer.checks.css.selectors import UnsupportedError, selectors
from composer.checks.css.style import ComputedStyle
from composer.checks.css.styles import Styles

_BLACK, _WHITE = Rgb(0, 0, 0), Rgb(255, 255, 255)


def style(html: str, css: str = "", scheme: CssScheme = CssScheme.LIGHT, width: int = 700) -> ComputedStyle:
    """Return the style of the element with the id x."""
    tree = lxml.html.document_fromstring(f"<html><head><style>{css}</style></head><body>{html}</body></html>")
    styles = Styles(tree, scheme, width)
    return styles.of(next(element for element in tree.iter() if element.get("id") == "x"))


@pytest.mark.parametrize(
    ("css", "attributes", "winner"),
    [
        ("p { color: #111 } p { color: #222 }", "", "#222222"),
        (".a { color: #111 } p { color: #222 }", "", "#111111"),
        ("#x { color: #111 } p.a.b { color: #222 }", "", "#111111"),
        ("#x { color: #111 }", 'style="color: #222"', "#222222"),
        ("p { color: #111 !important }", 'style="color: #222"', "#111111"),
        ("#x { color: #111 !important }", 'style="color: #222 !important"', "#222222"),
        ("p { color: #111 !important } .a { color: #222 !important }", "", "#222222"),
        ("p { color: #111; color: no-such-colour }", "", "#111111"),
        ("p, p::no-such-element { color: #111 }", "", "#000000"),
        ("p, p:hover { color: #111 }", "", "#111111"),
        ("p:hover, p::before { color: #111 }", "", "#000000"),
        ("[data-ogsc] p { color: #111 }", "", "#000000"),
        ("div p { color: #111 } body > p { color: #222 }", "", "#222222"),
        (":not(.b).a { color: #111 } :is(.b, p) { color: #222 }", "", "#222222"),
        ("p:where(.a) { color: #111 } p { color: #222 }", "", "#222222"),
        ("p { background: url(a,b.png) } p { color: #111 }", "", "#111111"),
        ("@import 'x.css'; @font-face { } p { color: #111 }", "", "#111111"),
        ("<!-- p { color: #111 } -->", "", "#111111"),
        ("p { color: #111 } } p { color: #222 } p { color: #333 }", "", "#333333"),
    ],
)
def test_who_wins(css: str, attributes: str, winner: str) -> None:
    """Importance, the style attribute, specificity and order decide; unsupported rules are left out."""
    assert str(Rgb(*style(f'<p id="x" class="a b" {attributes}>x</p>', css).color[:3])) == winner


@pytest.mark.parametrize(
    ("media", "light", "dark"),
    [
        ("", True, True),
        ("all", True, True),
        ("only screen", True, True),
        ("print", False, False),
        ("not print", True, True),
        ("print, screen", True, True),
        ("(prefers-color-scheme: dark)", False, True),
        ("(prefers-color-scheme:light)", True, False),
        ("not all and (prefers-color-scheme: dark)", True, False),
        ("not (prefers-color-scheme: dark)", True, False),
        ("screen and (prefers-color-scheme: dark) and (max-width: 700px)", False, True),
        ("(max-width: 480px)", False, False),
        ("(min-width: 480px)", True, True),
        ("(min-width: 30em) and (max-width: 43.75em)", True, True),
        ("(width <= 700px)", True, True),
        ("(300px < width < 700px)", False, False),
        ("(width >= 701px) or (prefers-color-scheme: dark)", False, True),
        ("(no-such-feature: 1)", False, False),
        ("not (no-such-feature: 1)", False, False),
        ("tv", False, False),
        ("&%$", False, False),
    ],
)
def test_media(media: str, *, light: bool, dark: bool) -> None:
    """A query matches or does not match a screen 700 px wide; unknown queries never match, even if negated."""
    assert (media_applies(media, CssScheme.LIGHT, 700), media_applies(media, CssScheme.DARK, 700)) == (light, dark)


def test_nested_media_and_the_media_of_a_style_element() -> None:
    """A rule applies only if all conditions around it match."""
    css = "@media screen { @media (max-width: 480px) { p { color: red } } }"
    assert style('<p id="x">x</p>', css, width=400).color == Rgba(255, 0, 0)
    assert style('<p id="x">x</p>', css).color == Rgba(0, 0, 0)
    assert style('<style media="print">p { color: red }</style><p id="x">x</p>').color == Rgba(0, 0, 0)


@pytest.mark.parametrize(
    ("outer", "inner", "size"),
    [
        ("", "font-size: 1.5em", 24),
        ("font-size: 20px", "font-size: 150%", 30),
        ("font-size: 20px", "", 20),
        ("font-size: 20px", "font-size: 2rem", 32),
        ("font-size: 20px", "font-size: 18pt", 24),
        ("font-size: 20px", "font-size: x-large", 24),
        ("font-size: 20px", "font-size: smaller", 20 / 1.2),
        ("font-size: 20px", "font-size: 12", 20),
        ("font-size: 0", "font-size: larger", 0),
        ("font-size: 20px", "font: bold 13px/1.5 Georgia, serif", 13),
        ("", "font-family: monospace", 13),
        ("font-size: 20px", "font-family: monospace", 20),
        ("font-size: 20px", "font-size: initial", 16),
    ],
)
def test_font_sizes(outer: str, inner: str, size: float) -> None:
    """Every unit and keyword is converted to pixels; a number without a unit is ignored."""
    assert style(f'<div style="{outer}"><span id="x" style="{inner}">x</span></div>').font_size == pytest.approx(size)


def test_font_weights() -> None:
    """`bolder` and `lighter` depend on the inherited weight; headings and th are bold."""
    found = {
        markup: style(markup).font_weight
        for markup in (
            '<b id="x">x</b>',
            '<b><b id="x">x</b></b>',
            '<h2 id="x">x</h2>',
            '<table><tr><th id="x">x</th></tr></table>',
            '<div style="font-weight: 300"><p id="x" style="font-weight: lighter">x</p></div>',
            '<b><p id="x" style="font-weight: normal">x</p></b>',
        )
    }
    assert list(found.values()) == [700, 900, 700, 700, 100, 400]


@pytest.mark.parametrize(
    ("head", "scheme", "text", "link", "canvas"),
    [
        ("", CssScheme.DARK, "#000000", "#0000ee", "#ffffff"),
        ('<meta name="color-scheme" content="light dark">', CssScheme.LIGHT, "#000000", "#0000ee", "#ffffff"),
        ('<meta name="color-scheme" content="light dark">', CssScheme.DARK, "#ffffff", "#9e9eff", "#121212"),
        ("<style>:root { color-scheme: light dark }</style>", CssScheme.DARK, "#ffffff", "#9e9eff", "#121212"),
        ('<meta name="color-scheme" content="dark">', CssScheme.LIGHT, "#ffffff", "#9e9eff", "#121212"),
        (
            '<meta name="color-scheme" content="light dark"><style>html { color-scheme: light }</style>',
            CssScheme.DARK,
            "#000000",
            "#0000ee",
            "#ffffff",
        ),
    ],
)
def test_default_colours(head: str, scheme: CssScheme, text: str, link: str, canvas: str) -> None:
    """Without colours in the document, the scheme decides if the document offers it."""
    tree = lxml.html.document_fromstring(f"<html><head>{head}</head><body><a href='x'>x</a></body></html>")
    styles = Styles(tree, scheme)
    body, anchor = next(tree.iter("body")), next(tree.iter("a"))
    assert str(Rgb(*styles.of(body).color[:3])) == text
    assert str(Rgb(*styles.of(anchor).color[:3])) == link
    assert str(styles.background(anchor)) == canvas


def test_the_colour_behind_a_text() -> None:
    """Transparent backgrounds are blended; the colour of an image is unknown until an opaque background covers it."""
    dark = '<div style="background: #000"><div style="background: rgba(255,255,255,.5)">'
    assert style(f'{dark}<p id="x">x</p></div></div>').behind == Rgb(128, 128, 128)
    assert style(f'{dark}<p id="x" style="background: white">x</p></div></div>').behind == _WHITE
    assert style('<table bgcolor="#000"><tr><td id="x">x</td></tr></table>').behind == _BLACK
    picture = '<div style="background: #fff url(a.png) no-repeat center / cover">'
    assert style(f'{picture}<p id="x">x</p></div>').behind is None
    assert style('<table background="a.png"><tr><td id="x">x</td></tr></table>').behind is None
    assert style(f'{picture}<p id="x" style="background: black">x</p></div>').behind == _BLACK
    assert style('<div style="opacity: .5; background: #000"><p id="x">x</p></div>').behind == Rgb(128, 128, 128)


@pytest.mark.parametrize(
    "markup",
    [
        '<div style="display: none"><p id="x">x</p></div>',
        '<p id="x" style="visibility: hidden">x</p>',
        '<div style="opacity: 0"><p id="x">x</p></div>',
        '<div style="max-height: 0; overflow: hidden"><p id="x">x</p></div>',
        '<div style="height: 1px; overflow: hidden"><p id="x">x</p></div>',
        '<p id="x" hidden>x</p>',
        "<details><p id=x>x</p></details>",
        '<div style="position: absolute; left: -9999px"><p id="x">x</p></div>',
    ],
)
def test_hidden(markup: str) -> None:
    """All ways to hide a text are detected."""
    assert style(markup).is_hidden


@pytest.mark.parametrize(
    "markup",
    [
        '<div style="max-height: 0"><p id="x">x</p></div>',
        '<div style="max-height: 0; overflow: hidden; padding: 20px"><p id="x">x</p></div>',
        '<div style="visibility: hidden"><p id="x" style="visibility: visible">x</p></div>',
        "<details open><p id=x>x</p></details>",
        "<!--[if mso]><style>p { display: none }</style><![endif]--><p id=x>x</p>",
    ],
)
def test_not_hidden(markup: str) -> None:
    """Visible text with similar styles is not hidden."""
    assert not style(markup).is_hidden


def test_old_attributes() -> None:
    """Attributes are weaker than any rule; almost every text is a colour (HTML, "legacy color value")."""
    assert style('<font id="x" color="gray" size="+2">x</font>').color == Rgba(128, 128, 128)
    assert style('<font id="x" color="gray" size="+2">x</font>').font_size == 24
    assert style('<font id="x" color="gray">x</font>', "font { color: red }").color == Rgba(255, 0, 0)
    assert legacy_colour("chucknorris") == Rgba(192, 0, 0)
    assert legacy_colour("ffffff") == Rgba(255, 255, 255)
    assert legacy_colour("#abc") == Rgba(170, 187, 204)
    assert legacy_colour("transparent") is None
    assert legacy_colour("") is None


def test_values_for_other_checks() -> None:
    """Alignment, letter-spacing and boxes are in pixels, or None if only a layout could tell."""
    found = style(
        '<div style="text-transform: uppercase; letter-spacing: .1em; text-align: justify">'
        '<a id="x" style="display: inline-block; padding: 1em 5%; line-height: 1.5; height: 30px">x</a></div>'
    )
    assert (found.text_transform, found.text_align, found.display) == ("uppercase", "justify", "inline-block")
    assert found.letter_spacing == pytest.approx(1.6)
    assert (found.line_height, found.height, found.padding) == (24, 30, (16, None, 16, None))


def test_one_document_in_both_schemes() -> None:
    """The second scheme does not read the document again."""
    tree = lxml.html.document_fromstring(
        "<style>@media (prefers-color-scheme: dark) { p { color: #eee } }</style><p>x</p>"
    )
    light = Styles(tree, CssScheme.LIGHT)
    paragraph = next(tree.iter("p"))
    assert light.of(paragraph).color == Rgba(0, 0, 0)
    assert light.under(CssScheme.DARK).of(paragraph).color == Rgba(238, 238, 238)
    assert light.of(paragraph).color == Rgba(0, 0, 0)


@pytest.mark.parametrize("text", ["a::", ":no-such", "a b >", "..a", "", "a:nth-child(x)", "p:not(.a, .b)"])
def test_unsupported_selectors(text: str) -> None:
    """An unsupported selector raises an error, so that only its rule is left out."""
    with pytest.raises(UnsupportedError):
        selectors(text)


@pytest.mark.parametrize(
    "text", ["", ";;", "color", "color:", "color: ;", "background: }", "{}", "font: x", "padding: 1 2 3 4 5"]
)
def test_broken_declarations(text: str) -> None:
    """Declarations that a browser would ignore are ignored."""
    assert declarations(text) == ()


def test_contrast_follows_wcag() -> None:
    """Black on white is 21; the greys at the limits have the known values."""
    assert contrast(_BLACK, _WHITE) == pytest.approx(21)
    assert contrast(Rgb(118, 118, 118), _WHITE) == pytest.approx(4.54, abs=0.005)
    assert contrast(Rgb(119, 119, 119), _WHITE) == pytest.approx(4.48, abs=0.005)
