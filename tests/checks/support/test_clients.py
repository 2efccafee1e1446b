"""The features that the detector finds or skips, and the support of mail programs for them."""

import pytest

from composer.checks.support.clients import Gap, Use, gaps, table, uses
from composer.checks.support.features import SLUGS
from tests import processor_time
from tests.sizes import sized


def styled(declaration: str) -> str:
    return f'<p style="color: red; {declaration}">x</p>'


def sheet(css: str) -> str:
    return f"<style>{css}</style>"


#: Feature -> HTML that uses it, and HTML that only looks like it. `by_name` creates the others from their names.
CASES = {
    "css-animation": (styled("animation-name: x"), styled("animation-x: y")),
    "css-at-font-face": (sheet("@font-face { src: url(x) }"), sheet("@font-feature-values X { }")),
    "css-at-import": (sheet('@import "x.css";'), sheet("/* @import 'x.css'; */ a { color: red }")),
    "css-at-keyframes": (sheet("@-webkit-keyframes x { from { top: 0 } }"), sheet(".keyframes { top: 0 }")),
    "css-at-media": (sheet("@media (min-width: 1px) { }"), sheet("@medium { } .media { }")),
    "css-at-media-device-pixel-ratio": (
        sheet("@media (-webkit-min-device-pixel-ratio: 2) { }"),
        sheet("@media (min-resolution: 2dppx) { }"),
    ),
    "css-at-media-hover": (sheet("@media (any-hover: hover) { }"), sheet("@media (pointer) { a:hover { } }")),
    "css-at-media-orientation": (sheet("@media (orientation: portrait) { }"), sheet("@media print { .orientation { } }")),
    "css-at-media-prefers-color-scheme": (
        sheet("@media screen and ( prefers-color-scheme : dark ) { }"),
        sheet("@supports (prefers-color-scheme: dark) { }"),
    ),
    "css-at-media-prefers-reduced-motion": (
        sheet("@media (prefers-reduced-motion) { }"),
        sheet("@media (prefers-contrast: more) { }"),
    ),
    "css-at-supports": (sheet("@supports (display: grid) { }"), sheet("a[title='@supports'] { }")),
    "css-block-inline-size": (styled("block-size: 1px"), styled("inline-size: 1px")),
    "css-border": (styled("border-top-width: 1px"), styled("border-top-left-radius: 1px")),
    "css-border-inline-block": (styled("border-inline: 0"), styled("border-inline-start: 0")),
    "css-border-inline-block-individual": (styled("border-inline-start: 0"), styled("border-inline-start-color: red")),
    "css-border-inline-block-longhand": (styled("border-block-end-style: solid"), styled("border-block-end: 0")),
    "css-border-radius": (styled("border-top-left-radius: 1px"), styled("border-start-start-radius: 1px")),
    "css-border-radius-logical": (styled("border-start-start-radius: 1px"), styled("border-radius: 1px")),
    "css-column-layout-properties": (styled("column-rule: 1px"), styled("column-gap: 1px")),
    "css-comments": (sheet("a { /* x */ }"), sheet("a::before { content: '/* x */' }")),
    "css-conic-gradient": (styled("background: repeating-conic-gradient(red, blue)"), styled("x: conic-gradient")),
    "css-display-flex": (styled("display: inline-flex"), styled("flex: display")),
    "css-display-grid": (styled("DISPLAY:GRID !important"), styled("display: grid-x")),
    "css-display-none": (styled("display: none!important"), styled("float: none")),
    "css-flex-direction": (styled("flex-flow: wrap column"), styled("flex-direction: row")),
    "css-flex-wrap": (styled("flex-wrap: wrap"), styled("flex-wrap: nowrap")),
    "css-function-clamp": (styled("width: clamp(1px, 2px, 3px)"), styled("background: url(clamp(1px)")),
    "css-function-light-dark": (styled("color: light-dark(red, blue)"), styled("color: dark(red)")),
    "css-function-max": (styled("width: max(1px, 2px)"), styled("width: minmax(1px, 2px)")),
    "css-function-min": (styled("width: min(1px, 2px)"), styled("width: argmin(x)")),
    "css-gap": (styled("row-gap: 1px"), styled("gap-row: 1px")),
    "css-grid-template": (styled("grid-template-areas: none"), styled("grid-area: 1")),
    "css-important": (styled("top: 0 ! important"), styled("font-family: '!important'")),
    "css-inert-attribute": ("<p inert>x</p>", '<p class="inert">x</p>'),
    "css-inset": (styled("inset-block: 0"), styled("-inset: 0")),
    "css-intrinsic-size": (styled("width: fit-content"), styled("width: fit-contents")),
    "css-left-right-top-bottom": (styled("left: 0"), styled("float: left")),
    "css-linear-gradient": (styled("background: linear-gradient(red, blue)"), styled("x: linear-gradient-x(red)")),
    "css-margin": (styled("margin-left: 0"), styled("margin-inline: 0")),
    "css-margin-block-start-end": (styled("margin-block-start: 0"), styled("margin-block: 0")),
    "css-margin-inline-block": (styled("margin-block: 0"), styled("margin-top: 0")),
    "css-margin-inline-start-end": (styled("margin-inline-end: 0"), styled("margin-inline: 0")),
    "css-modern-color": (styled("color: oklch(1 2 3)"), styled("color: hsl(1, 2%, 3%)")),
    "css-nesting": (sheet(".a { .b { color: red } }"), sheet("@media print { .a { color: red } .b { } }")),
    "css-overflow": (styled("overflow-x: hidden"), styled("overflow-wrap: anywhere")),
    "css-padding": (styled("padding-top: 0"), styled("padding-block: 0")),
    "css-padding-block-start-end": (styled("padding-block-end: 0"), styled("padding-block: 0")),
    "css-padding-inline-block": (styled("padding-inline: 0"), styled("padding-inline-start: 0")),
    "css-padding-inline-start-end": (styled("padding-inline-start: 0"), styled("padding-left: 0")),
    "css-pseudo-class-lang": (sheet(":lang(de) { }"), sheet("[lang=de] { }")),
    "css-pseudo-class-not": (sheet("a:not(.b) { }"), sheet("a:nothing { }")),
    "css-radial-gradient": (styled("background: radial-gradient(red, blue)"), styled("content: 'radial-gradient(red)'")),
    "css-rgb": (styled("color: rgb(1, 2, 3)"), styled("color: rgba(1, 2, 3, 1)")),
    "css-rgba": (styled("color: rgba(1, 2, 3, 1)"), styled("color: rgb(1, 2, 3)")),
    "css-scroll-snap": (styled("scroll-snap-type: x"), styled("scroll-margin: 0")),
    "css-selector-adjacent-sibling": (sheet("a + b { }"), sheet("a:nth-child(2n + 1) { }")),
    "css-selector-attribute": (sheet("[data-ogsc] a { }"), sheet('a::before { content: "[x]" }')),
    "css-selector-chaining": (sheet(".a.b { }"), sheet("a.b .c { }")),
    "css-selector-child": (sheet("a > b { }"), sheet("<!-- a b { } -->")),
    "css-selector-class": (sheet(".a { }"), sheet("a { margin: .5px }")),
    "css-selector-descendant": (sheet("a b { }"), sheet(" a , b > c { }")),
    "css-selector-general-sibling": (sheet("a ~ b { }"), sheet("a[title~=b] { }")),
    "css-selector-grouping": (sheet("a, b { }"), sheet("a { margin: 0; font-family: x, y }")),
    "css-selector-id": (sheet("#a { }"), sheet("a { color: #aaa }")),
    "css-selector-type": (sheet("TD { }"), sheet(".td, #td, :link { }")),
    "css-selector-universal": (sheet("* { }"), sheet("a[title*=x] { }")),
    "css-sytem-ui": (styled("font-family: Arial, system-ui"), styled("font-family: 'system-ui'")),
    "css-text-emphasis": (styled("text-emphasis-color: red"), styled("text-emphasis-position: over")),
    "css-transition": (styled("transition-delay: 1s"), styled("transition-behavior: normal")),
    "css-unit-calc": (styled("width: calc(1px + 2px)"), styled("width: calculate(1px)")),
    "css-unit-initial": (styled("color: initial !important"), styled("initial: color")),
    "css-unit-percent": (styled("width: 50.5%"), styled("background: url(a%20b)")),
    "css-variables": (styled("color: var(--x)"), styled("color: variable(x)")),
    "html-anchor-links": ('<a href="#top">x</a>', '<a href="#">x</a><a href="page#top">y</a>'),
    "html-button-reset": ("<button type=reset>x</button>", "<button type=button>x</button>"),
    "html-button-submit": ("<button>x</button>", '<button type="button">x</button>'),
    "html-comments": ("<p><!-- x --></p>", "<!--[if mso]>x<![endif]--><!--[if !mso]><!-->x<!--<![endif]-->"),
    "html-h1-h6": ("<h3>x</h3>", "<hr><h7>x</h7>"),
    "html-image-maps": ('<img usemap="#x">', '<img data-usemap="#x">'),
    "html-link": ('<link rel="stylesheet" href="x">', '<link rel="icon" href="x">'),
    "html-lists": ("<ol><li>x</li></ol>", "<li>x</li>"),
    "html-loading-attribute": ('<img loading="lazy">', '<img alt="loading">'),
    "html-mailto-links": ('<a href="MAILTO:a@example.org">x</a>', '<a href="https://example.org/mailto:a">x</a>'),
    "html-meta-color-scheme": ('<meta name="color-scheme">', '<meta name="supported-color-schemes">'),
    "html-semantics": ("<section>x</section>", "<sectional>x</sectional>"),
    "html-style": (sheet(""), "<styles></styles>"),
    "html-textarea": ("<textarea><b></textarea>", "<text-area>"),
    "image-base64": ('<img src="data:image/png;base64,AAAA">', '<img src="base64,.png">'),
    "image-heif": ('<img src="a.heic">', '<img src="heic">'),
    "image-jpg": ('<img src="https://example.org/a.JPEG?x=1">', '<img src="jpg/a">'),
    "image-tiff": ('<img src="a.tif">', '<img src="a.tiffany">'),
}  # fmt: skip
ATTRIBUTES = (
    "align", "aria-describedby", "aria-hidden", "aria-label", "aria-labelledby", "aria-live", "background",
    "cellpadding", "cellspacing", "dir", "height", "hidden", "lang", "popover", "required", "role", "srcset", "target",
    "valign", "width",
)  # fmt: skip


def by_name(slug: str) -> tuple[str, str]:
    """Return HTML that uses a feature, and HTML that only looks like it, for features with regular names."""
    kind, _, name = slug.partition("-")
    if kind == "image":
        return f'<img src="pictures/x.{name}">', f'<img alt="x.{name}" src="x.{name}.php">'
    if kind == "html" and name.startswith("input-"):
        return f"<input type='{name[6:]}'>", f'<input type="{name[6:]}-x">'
    if kind == "html" and name in ATTRIBUTES:
        return f'<td class=x {name.upper()}="1">x</td>', f'<td data-{name}="1" title="x {name}=1">x</td>'
    if kind == "html":
        return f"<div><{name}\nclass=x></div>", f"<x-{name}>&lt;{name}&gt; < {name}><!-- <{name}> --></x-{name}>"
    for start, hit, miss in (
        ("pseudo-class-", "a:{0} b {{ }}", "a.{0}, a:{0}-x {{ }}"),
        ("pseudo-element-", "a::{0} {{ }}", "a::x-{0} {{ }}"),
    ):
        if name.startswith(start):
            word = name.removeprefix(start)
            return sheet(hit.format(word)), sheet(miss.format(word))
    if name.startswith("unit-"):
        return styled(f"width: -1.5{name[5:]}"), styled(f"width: 1{name[5:]}x; x: a1{name[5:]}; y: '1{name[5:]}'")
    return styled(f"{name} : 1px"), (
        styled(f"x-{name}: 1px; content: '; {name}: 1px'; src: url(;{name}:1px); /* ; {name}: 1px */")
        + f'<p title="{name}: 1px" data-style="{name}: 1px">{name}: 1px;</p>'
    )


def slugs(html: str) -> set[str]:
    return {use.slug for use in uses(html)}


@pytest.mark.parametrize("slug", sorted(SLUGS))
def test_each_feature_is_found_and_similar_html_is_not(slug: str) -> None:
    """HTML that uses the feature counts; HTML that only looks like it does not."""
    hit, miss = CASES.get(slug) or by_name(slug)
    assert slug in slugs(hit)
    assert slug not in slugs(miss)


def test_detector_and_table_have_the_same_features() -> None:
    """The detector finds exactly the features of the table."""
    assert frozenset(table().features) == SLUGS
    assert CASES.keys() <= SLUGS


def test_uses_have_a_count_and_an_example() -> None:
    """A feature is returned once, with the number of its uses and its first occurrence."""
    html = (
        '<p style="margin:0;border-radius:4px">a</p><p style="margin:0;border-radius:4px">b</p>'
        '<p style="border-radius : 5px  /* x */ ">c</p>'
    )
    found = {use.slug: use for use in uses(html)}
    assert (found["css-border-radius"].count, found["css-border-radius"].example) == (3, "border-radius: 4px")
    assert found["css-margin"].count == 2
    assert found["html-p"].example == "<p>"
    assert tuple(found) == tuple(sorted(found))
    (last,) = (use for use in uses('<i style="Border-Radius : 5px  /* x */ ">c</i>') if use.slug == "css-border-radius")
    assert last.example == "border-radius: 5px"


@pytest.mark.parametrize(
    "html",
    [
        '<p style="font-family: &quot;Noto Sans; color&quot;, serif; opacity: 1">x</p>',
        '<p style="background: url(data:image/png;base64,display:none;AA); opacity: 1">x</p>',
        "<p style='font-family: \"a;b\"; opacity: 1'>x</p>",
        "<p title=it's style=opacity:1>it's</p>",
        "<p title='>' style='opacity:1'>x</p>",
        '<P STYLE="OPACITY:1">x</P>',
    ],
)
def test_quotes_and_addresses_hide_nothing(html: str) -> None:
    """A semicolon in a string, an entity or an address does not end a declaration; the rest is still read."""
    found = slugs(html)
    assert "css-opacity" in found
    assert "css-display-none" not in found


def test_content_for_outlook_is_ignored() -> None:
    """Conditional comments for Outlook do not count; content that is hidden from Outlook counts and is marked."""
    assert uses('<!--[if mso | IE]><table role="x" style="opacity:1"><tr><td><![endif]-->') == ()
    assert uses("<!--[if lte mso 11]><style>.a { opacity: 1 }</style><![endif]-->") == ()
    hidden = '<!--[if !mso]><!--><img src="a.webp"><!--<![endif]-->'
    (webp,) = (use for use in uses(hidden) if use.slug == "image-webp")
    assert webp.hidden_from_outlook
    (both,) = (use for use in uses(hidden + '<img src="b.webp">') if use.slug == "image-webp")
    assert (both.count, both.hidden_from_outlook) == (2, False)
    (after,) = (use for use in uses("<!--[if !mso]>x<![endif]--><b style='top:0'>") if use.slug.startswith("css-left"))
    assert not after.hidden_from_outlook


def test_gaps_have_the_names_of_programs() -> None:
    """A gap has program names, the date of the test and the address; Outlook is left out if the content is hidden from it."""
    (gap,) = gaps([Use(slug="image-webp", count=1, example="x")])
    assert "Outlook for Windows (classic)" in gap.unsupported
    assert gap.url == "https://www.caniemail.com/features/image-webp/"
    assert len(gap.tested) == 10
    spared = gaps([Use(slug="image-webp", count=1, example="x", hidden_from_outlook=True)])
    assert all("Outlook for Windows (classic)" not in gap.unsupported + gap.partial for gap in spared)


def test_expected_features_are_not_gaps() -> None:
    """Features that a theme expects are left out, and so are features that all programs support."""
    found = uses(styled("border-radius: 4px; opacity: 0; margin-top: 1px"))
    assert [gap.use.slug for gap in gaps(found, {"css-margin", "css-opacity"})] == ["css-border-radius"]
    assert gaps(uses("<p>x</p>")) == ()


def partial(html: str, slug: str) -> Gap | None:
    return next((gap for gap in gaps(uses(html)) if gap.use.slug == slug), None)


@pytest.mark.parametrize(
    ("slug", "plain", "other"),
    [
        ("css-background", styled("background: #fff"), styled("background: url(x) no-repeat")),
        ("css-font-size", styled("font-size: 16px"), styled("font-size: 1rem")),
        ("css-font-weight", styled("font-weight: bold"), styled("font-weight: 500")),
        ("css-letter-spacing", styled("letter-spacing: 1px"), styled("letter-spacing: -1px")),
        ("css-rgb", styled("color: rgb(1, 2, 3)"), styled("color: rgb(1 2 3)")),
        ("css-text-align", styled("text-align: center"), styled("text-align: start")),
        ("css-text-indent", styled("text-indent: 1em"), styled("text-indent: -1em")),
        ("css-text-transform", styled("text-transform: uppercase"), styled("text-transform: lowercase")),
        ("html-align", '<img align="center">', '<img align="left">'),
        ("html-lists", "<ol><li>x</li></ol>", '<ol><li value="3">x</li></ol>'),
        ("html-lists", "<ul></ul>", "<ol reversed></ol>"),
        ("html-mailto-links", '<a href="mailto:a@b.example">', '<a href="mailto:a@b.example?bcc=c@d.example">'),
    ],
)
def test_partial_support_counts_only_for_some_values(slug: str, plain: str, other: str) -> None:
    """Values that every program supports are not a gap; a single other value is."""
    assert partial(plain, slug) is None
    found = partial(plain + other, slug)
    assert found is not None
    assert found.partial


#: A start, and a piece that is repeated: each could make a careless pattern backtrack.
HOSTILE = [
    *(("", piece) for piece in ("<", "<a ", "<a b='", '<a b="c', "<a b==", "<!--", "<!--[if !mso]>", "<style>")),
    ("<style>", "</styl"),
    *(("<p style='width:", piece) for piece in ("1", ".1", " ", "a:", "a:-", '"', "url(", 'url(" ', "/*", "\\")),
    *(("<p style='width:", piece) for piece in ("a: ! ", "x:min(", ";flex-flow:a ", "&quot;")),
    *(("<style>", piece) for piece in ("{", "a{", ".a", "a", "a,", "#a-", ":nth-child(", "[", "@media(", "> ", " ")),
    *(("<style>", piece) for piece in ('"\n', "@keyframes{", "@", "/*", "!")),
]


@pytest.mark.parametrize(("start", "piece"), HOSTILE)
@pytest.mark.slow
def test_hostile_input_is_quick(start: str, piece: str) -> None:
    """A megabyte of hostile input takes less than 20 seconds of processor time, a fifth of it less than 4."""
    html = start + piece * (sized(200_000, 1_000_000) // len(piece))
    with processor_time.at_most(sized(4, 20)):
        uses(html)
