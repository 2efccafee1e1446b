"""Contrast: which texts are checked, the limits, and the values that are reported."""

import lxml.html
import pytest

from composer.checks.contrast import indistinct_links, low_contrast, unseen_text
from composer.checks.css.css_colours import CssScheme
from composer.checks.css.styles import Styles


def styles(body: str, scheme: CssScheme = CssScheme.LIGHT) -> Styles:
    tree = lxml.html.document_fromstring(
        f'<html><head><meta name="color-scheme" content="light dark"></head><body>{body}</body></html>'
    )
    return Styles(tree, scheme)


def test_reported_values() -> None:
    """A finding has the element, its own text, both visible colours, and the ratio rounded down."""
    (found,) = low_contrast(
        styles('<p style="color: rgba(0,0,0,.4)">Pale <b style="color: #000">strong</b>\n  text</p>')
    )
    assert (found.element.tag, found.text) == ("p", "Pale text")
    assert (found.color, found.background, found.ratio, found.needed) == ("#999999", "#ffffff", 2.84, 4.5)
    assert found.scheme is CssScheme.LIGHT


@pytest.mark.parametrize(
    ("size", "weight", "needed"),
    [
        ("16px", "400", 4.5),
        ("24px", "400", 3),
        ("23.9px", "400", 4.5),
        ("18.67px", "700", 3),
        ("18.6px", "700", 4.5),
        ("18.67px", "600", 4.5),
        ("14pt", "bold", 3),
    ],
)
def test_large_text(size: str, weight: str, needed: float) -> None:
    """3:1 is enough from 24 px, or from 14 pt bold."""
    found = low_contrast(styles(f'<p style="color: #ccc; font-size: {size}; font-weight: {weight}">text</p>'))
    assert [each.needed for each in found] == [needed]


def test_the_limit() -> None:
    """4.54:1 is enough, 4.48:1 is not; 3.03:1 is enough for large text, 2.99:1 is not."""
    for colour, size, found in (("#767676", 16, 0), ("#777777", 16, 1), ("#949494", 24, 0), ("#959595", 24, 1)):
        assert len(low_contrast(styles(f'<p style="color: {colour}; font-size: {size}px">text</p>'))) == found, colour


def test_light_and_dark() -> None:
    """A child keeps its own background if a dark mode rule changes only the wrapper."""
    body = (
        "<style>@media (prefers-color-scheme: dark) { .card { background-color: #23282e !important } "
        ".card td { color: #e7e4de !important } }</style>"
        '<div class="card"><table style="background: #fff"><tr><td style="color: #222">text</td></tr></table></div>'
    )
    assert low_contrast(styles(body)) == ()
    (found,) = low_contrast(styles(body, CssScheme.DARK))
    assert (found.color, found.background, found.ratio) == ("#e7e4de", "#ffffff", 1.26)


@pytest.mark.parametrize(
    "text", ["🐍", "!", "—", "A", "→ ✓", "", "   ", "&nbsp;", "👩‍💻", "©", "…", "&#8203;", "<!-- pale -->", "<br>"]
)
def test_texts_without_words(text: str) -> None:
    """Emoji, punctuation and single characters are not checked."""
    assert low_contrast(styles(f'<p style="color: #eee">{text}</p>')) == ()


@pytest.mark.parametrize("text", ["ab", "12", "中文", "🐍 s", "<!-- x -->ab", "<b></b>ab", "<br>ab", "中x"])
def test_texts_with_words(text: str) -> None:
    """All other text is checked, wherever it is among child elements."""
    assert len(low_contrast(styles(f'<p style="color: #eee">{text}</p>'))) == 1


def test_hidden_text_is_not_checked() -> None:
    """A preheader has the colour of the page and is hidden, so it is not checked."""
    hidden = (
        "display:none",
        "visibility:hidden",
        "opacity:0",
        "font-size:0",
        "max-height:0;overflow:hidden",
    )
    for declarations in hidden:
        assert low_contrast(styles(f'<div style="color:#eee;{declarations}">preheader</div>')) == (), declarations


def test_text_on_images_or_with_shadows_is_not_checked() -> None:
    """Text on an image or with a shadow has no finding."""
    assert low_contrast(styles('<div style="background: url(a.png); color: #eee">text</div>')) == ()
    assert low_contrast(styles('<div style="background: linear-gradient(red, blue); color: #eee">text</div>')) == ()
    assert low_contrast(styles('<div style="text-shadow: 0 0 2px #000; color: #eee">text</div>')) == ()


def test_unseen_text() -> None:
    """Text in the colour of its background is reported separately."""
    found = styles('<p style="color: #fff">unseen</p><p style="color: #eee">pale</p>')
    assert [each.text for each in unseen_text(found)] == ["unseen"]
    assert [each.text for each in low_contrast(found)] == ["pale"]


def _indistinct(markup: str) -> list[str]:
    return [str(link.text_content()) for link in indistinct_links(styles(markup))]


def test_links_that_differ_only_in_colour() -> None:
    """A link in a text needs more than a colour, unless its contrast with the text is 3:1."""
    link = '<a href="x" style="text-decoration: none; {}">link</a>'
    assert _indistinct(f"<p>text around a {link.format('color: #333')}</p>") == ["link"]
    assert _indistinct(f"<p>text around a {link.format('color: #999')}</p>") == []
    assert _indistinct(f"<p>text around a {link.format('color: #333; font-weight: bold')}</p>") == []
    assert _indistinct(f"<p>text around a {link.format('color: #333; border-bottom: 1px solid')}</p>") == []
    assert _indistinct('<p>text around a <a href="x" style="color: #333">link</a></p>') == []
    assert _indistinct('<p>text around a <a style="color: #333">no link</a></p>') == []


def test_links_on_their_own_line() -> None:
    """A link on its own line needs no underline."""
    link = '<a href="x" style="text-decoration: none; color: #333">link</a>'
    assert _indistinct(f"<p>{link}</p>") == []
    assert _indistinct(f"<p>text around<br>{link}</p>") == []
    assert _indistinct(f"<div><p>text around</p>{link}</div>") == []
    assert _indistinct(f"<p>text around a <span>{link}</span></p>") == ["link"]
    assert _indistinct(f"<p>text around a <span style='display:none'>{link}</span></p>") == []
