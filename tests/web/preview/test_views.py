"""Each frame shows what its name says, and scripts in an issue do not run."""

import re
from dataclasses import replace

import pytest

from composer.content.values.merge_fields import MergeField
from composer.web.preview.markup import attribute, declarations, drop, put
from composer.web.preview.simulation.gmail_clip import LIMIT, clip, clipped
from composer.web.preview.simulation.outlook import as_word, holds, unsupported
from composer.web.preview.simulation.sample_subscribers import DEFAULTS, sample_subscribers
from composer.web.preview.simulation.web_page import WEB_FRAMES, web_document
from composer.web.preview.view_model import PreviewModel, PublicEdition
from composer.web.preview.views import (
    Client,
    ColourScheme,
    Frame,
    Pictures,
    anchored,
    edition,
    frames,
    named,
    places,
    settled,
)

QUERY = "(prefers-color-scheme: dark)"


def page(body: str, head: str = "") -> str:
    return f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>"


def seen(model: PreviewModel, html: str, **chosen: object) -> str:
    """Return a frame of other HTML."""
    return edition(replace(model, html=html), Frame(subscriber=DEFAULTS, **chosen))  # type: ignore[arg-type]


def test_each_frame_has_a_name_of_its_own(model: PreviewModel) -> None:
    """Only programs that support colour schemes have a dark frame; every name leads to its frame."""
    names = [frame.name for frame in frames(model)]
    assert len(names) == len(set(names)) == 5 * 6 * 2
    assert "defaults-light-images-plain" in names
    assert "defaults-dark-images-outlook" not in names
    assert all(found is not None and found.name == name for name in names for found in [named(model, name)])
    assert named(model, "../defaults-light-images-plain") is None


def test_a_scheme_is_decided_in_styles_only() -> None:
    """Rules and queries follow the scheme; text that looks like them stays."""
    rules = ":root{color-scheme: light dark; supported-color-schemes: light dark}"
    style = f"<style>{rules}@media screen and {QUERY}{{p{{color:red}}}}</style>"
    html = page(f"<p>@media {QUERY} color-scheme: light dark</p><!-- {QUERY} -->", style)
    for scheme, decided in ((ColourScheme.LIGHT, "(min-width: 99999px)"), (ColourScheme.DARK, "(min-width: 0px)")):
        made = settled(html, scheme, {})
        assert f"@media screen and {decided}{{p" in made
        assert f"color-scheme: {scheme}; supported-color-schemes: {scheme}}}" in made
        assert f"<p>@media {QUERY} color-scheme: light dark</p><!-- {QUERY} -->" in made


def test_blocked_pictures_keep_their_size_and_alt_text(model: PreviewModel) -> None:
    """Without pictures, each keeps its size and alt text but not its address; background pictures are removed."""
    html = page(
        '<img src="pictures/a.png" srcset="b 2x" width="592" height="120" alt="A > B" style="display:block">'
        '<td background="pictures/b.png" style="color:red; background:#fff url(pictures/b.png)">',
        "<style>p{background:url(x.png)}</style>",
    )
    made = seen(model, html, pictures=Pictures.OFF)
    assert "pictures/" not in made
    assert "srcset" not in made
    assert "url(" not in made
    picture = next(found[0] for found in re.finditer(r"<img(?:\"[^\"]*\"|[^>\"])*>", made))
    assert 'alt="A > B"' in picture
    assert 'width="592" height="120"' in picture
    assert "aspect-ratio: 592/120" in picture
    wide = seen(model, page('<img width="592" style="width:100%; max-width:592px">'), pictures=Pictures.OFF)
    assert "width: 100%; max-width: 592px; outline" in wide and "width: 592px; height" not in wide
    assert "color: red; background: #fff" in made


def test_pictures_on_are_found_from_the_frames_folder(model: PreviewModel) -> None:
    """An edition is in its own folder, on the server and on disk, and finds its pictures."""
    made = edition(model, Frame(subscriber=DEFAULTS))
    assert 'src="../pictures/logo.png?' in made
    assert 'src="pictures/' not in made


def test_without_styles_no_style_element_is_left(model: PreviewModel) -> None:
    """Only the preview's own rule for the scheme is left."""
    made = edition(model, Frame(subscriber=DEFAULTS, client=Client.NOSTYLE))
    without_comments = re.sub(r"<!--.*?-->", "", made, flags=re.DOTALL)
    assert re.findall(r"<style[^>]*>(.*?)</style>", without_comments, re.DOTALL) == [":root{color-scheme:light}"]
    assert 'style="' in made


@pytest.mark.parametrize(
    ("condition", "is_open"),
    [
        ("mso", True),
        ("!mso", False),
        ("mso | IE", True),
        ("(mso)|(IE)", True),
        ("gte mso 9", True),
        ("lte mso 11", False),
        ("(gte mso 12)&(lt mso 17)", True),
        ("!(mso)", False),
        ("IE", False),
        ("mso 16", True),
        ("(mso", False),
        ("nonsense here", False),
        ("", False),
    ],
)
def test_outlook_applies_its_conditions(condition: str, is_open: bool) -> None:
    """Microsoft's conditions are evaluated; an invalid one counts as false."""
    assert holds(condition) is is_open
    if condition:
        assert ("<b>x</b>" in as_word(f"<!--[if {condition}]><b>x</b><![endif]-->")) is is_open


def test_outlook_removes_what_others_see() -> None:
    """Removes content hidden from Outlook, media queries, and properties that Word does not support."""
    html = page(
        "<!--[if !mso]><!--><i>others</i><!--<![endif]--><![if !mso]><i>more</i><![endif]>"
        '<td style="padding:4px; border-radius:3px; color:red"><p style="padding:9px; margin:1px">x</p></td>'
        '<img style="width:100%; height:auto" width="20"><b style="mso-hide:all">y</b><i style="display:none">z</i>',
        "<style>@media (max-width:9px){p{color:blue}}p{max-width:3px;color:green}</style>"
        "<!--[if mso]><noscript><xml><o:PixelsPerInch>96</o:PixelsPerInch></xml></noscript><![endif]-->",
    )
    made = as_word(html)
    assert "others" not in made
    assert "more" not in made
    assert "96" not in made
    assert 'style="padding: 4px; color: red"' in made
    assert '<p style="margin: 1px">' in made
    assert '<img style="" width="20">' in made
    assert '<b style="display: none">' in made
    assert '<i style="display: none">' in made
    assert "<style>p{color: green}</style>" in made


@pytest.mark.parametrize(
    ("tag", "style", "shown"),
    [
        ("table", "width:600px; max-width:90%; border-radius:4px", "width: 600px"),
        ("td", "background:#eeeeee url(x.png) no-repeat; background-image:url(x.png)", "background: #eeeeee no-repeat"),
        ("td", "white-space:nowrap; word-break:break-word; text-decoration-color:red; color:rgba(0,0,0,.5)", ""),
        ("td", "mso-padding-alt:13px 24px; mso-line-height-rule:exactly", "padding: 13px 24px"),
        ("ul", "margin:0 0 16px; margin-left:24px; padding:0", "margin: 0 0 16px; margin-left: 24px"),
        ("p", "margin:0 auto; margin-top:-4px; width:3rem; font-size:1.2rem", ""),
        ("a", "display:block; padding:13px; border:1px solid red; color:red", "color: red"),
        ("td", "width:calc(100% - 4px); width:50%", "width: 50%"),
        ("blockquote", "border-left:3px solid red; padding-left:16px", "border-left: 3px solid red"),
    ],
)
def test_outlook_understands_what_word_understands(tag: str, style: str, shown: str) -> None:
    """Table widths and margins of lists count; padding counts on cells only; values that Word does not know do not."""
    assert f'<{tag} style="{shown}">' in as_word(page(f'<{tag} style="{style}">x</{tag}>'))


def test_outlook_follows_the_tests_of_caniemail(model: PreviewModel) -> None:
    """No property without support is left in the sample, nor a selector that Word ignores; cells have their own font."""
    made = as_word(model.html)
    left = {key for style in re.findall(r'style="([^"]*)"', made) for key, _ in declarations(style)}
    assert "color" in left and left & unsupported() == {"display"}
    assert {"border-radius", "white-space", "max-width", "text-decoration-thickness"} <= unsupported()
    assert "border-left" not in unsupported() and "margin-left" not in unsupported()
    rules = as_word(page("", "<style>p:hover{color:red}.a>b{color:red}[data-x] p,p,.a.b{color:blue}</style>"))
    assert "red" not in rules and "p{color: blue}" in rules
    assert '<head><style>table{font:16px "Times New Roman"' in made


def test_inversion_leaves_pictures_as_they_are(model: PreviewModel) -> None:
    """Everything is inverted, and pictures twice."""
    made = edition(model, Frame(subscriber=DEFAULTS, client=Client.INVERTED))
    assert "html{background:#ffffff;filter:invert(1)" in made
    assert "img,[background],video{filter:invert(1)" in made


def test_a_subscribers_values_are_text(model: PreviewModel) -> None:
    """A hostile name does not open a tag in a text, an attribute or an address."""
    field = MergeField(token="qzzzzzzz0000z", name="name", default=None)
    html = page(f'<p title="{field.token}">{field.token}</p><a href="https://e.org/{field.token}">x</a>')
    made = edition(replace(model, html=html, fields=(field,)), Frame(subscriber="hostile"))
    assert "<b>" not in made
    assert "<script" not in made
    assert "&lt;b&gt;Bo&lt;/b&gt; &amp; &quot;Co&quot;" in made
    assert "https://e.org/%3Cb%3E" in made
    assert field.token not in made


def test_subscribers_see_what_they_would_get(model: PreviewModel) -> None:
    """The subscriber's value, else the default, else the field's name: such a message would not be sent."""
    known = MergeField(token="qaaaaaaa0000z", name="first_name", default="subscriber")
    unknown = MergeField(token="qaaaaaaa0001z", name="region", default=None)
    company = MergeField(token="qaaaaaaa0002z", name="company", default=None)
    given = replace(model, html=page("|".join((known.token, unknown.token, company.token))),
                    fields=(known, unknown, company))  # fmt: skip
    shown = {
        person.key: edition(given, Frame(subscriber=person.key)).partition("<body>")[2]
        for person in sample_subscribers(given.samples)
    }
    assert shown["defaults"].startswith("subscriber|[region]|[company]")
    assert shown["liming"].startswith("明|[region]|ACME")


@pytest.mark.parametrize("client", [Client.PLAIN, Client.OUTLOOK, Client.CLIPPED, Client.NOSTYLE])
def test_escaped_text_stays_escaped(model: PreviewModel, client: Client) -> None:
    """An editor's text stays text in every frame, also within a condition."""
    text = "&lt;script&gt;alert(1)&lt;/script&gt; &lt;!--[if mso]&gt; &lt;style&gt;"
    html = page(f"<p>{text}</p><!--[if mso]><p>{text}</p><![endif]-->")
    made = seen(model, html, client=client)
    assert text in made
    assert "<script" not in made


def test_links_lead_nowhere_on_their_own(model: PreviewModel) -> None:
    """A link would open a window, which the frame does not allow; links within the edition stay in it."""
    html = page('<a href="https://e.org" target="_top">x</a><a href="#a">y</a>',
                '<base href="https://e.org"><meta http-equiv="Refresh" content="0;url=//e.org">')  # fmt: skip
    made = seen(model, html)
    assert '<base target="_blank">' in made
    assert '<a href="https://e.org">x</a><a href="#a" target="_self">y</a>' in made
    assert "Refresh" not in made
    assert '<base href="' not in made


def test_places_get_ids(model: PreviewModel) -> None:
    """The first element of each place has an id; existing ids are kept."""
    html = page('<p data-at="i:1:1">a</p><p id="own" data-at="i:2:1">b</p><p data-at="i:1:1" data-from="t:1:1">c</p>')
    assert places(html) == ("i:1:1", "i:2:1", "t:1:1")
    made, ids = anchored(html)
    assert ids == {"i:1:1": "at-1", "i:2:1": "own", "t:1:1": "at-3"}
    assert re.findall(r'id="([^"]*)"', made) == ["at-1", "own", "at-3"]
    assert 'id="at-' in edition(model, Frame(subscriber=DEFAULTS), "default-src 'none'")


def long(model: PreviewModel) -> PreviewModel:
    """An edition that Gmail clips: a section before the limit, one across it, one after it."""
    token = model.fields[0].token
    marked = "".join(
        f'<div data-section="{key}" data-at="i:1:1"><p>{words * 400}</p></div>'
        for key, words in (("first", f"{token} one. "), ("second", "中文 &amp; two. " * 20), ("third", "three. " * 20))
    )
    mailed = re.sub(r' data-\w+="[^"]*"', "", marked).replace(token, model.fields[0].stand_in)
    headings = {"first": "First", "second": "Second", "third": "Third"}
    return replace(model, html=page(marked), mailed=page(mailed).encode(), headings=headings)


def test_gmail_clips_at_the_exact_byte(model: PreviewModel) -> None:
    """Exactly the text before the limit is shown; the hidden sections are named, with their bytes."""
    given = long(model)
    assert len(given.mailed) > LIMIT
    cut = clip(given)
    assert cut.hidden == len(given.mailed) - LIMIT
    assert cut.before == given.mailed.index(b"<div>")
    assert [(hidden.heading, hidden.is_whole) for hidden in cut.sections] == [("Second", False), ("Third", True)]
    assert sum(hidden.size for hidden in cut.sections) == cut.hidden - len("</body></html>")
    shown = edition(given, Frame(subscriber=DEFAULTS, client=Client.CLIPPED))
    assert "[Message clipped]" in shown
    assert "three" not in shown
    words = re.sub(r"<[^>]*>", "", shown.partition("<body>")[2].partition("<div data-clip")[0])
    mailed = re.sub(r"<[^>]*>", "", given.mailed[:LIMIT].decode(errors="ignore").partition("<body>")[2])
    assert mailed.startswith(words)
    assert len(mailed) - len(words) < len("&amp;")


def test_what_fits_is_not_clipped(model: PreviewModel) -> None:
    """The sample is well below the limit."""
    assert clip(model).hidden == 0
    assert clip(model).sections == ()
    assert clipped(model) == model.html


@pytest.mark.parametrize("limit", [0, 1, 200, 5_000, 20_000, 38_000])
def test_a_cut_is_a_document(model: PreviewModel, limit: int) -> None:
    """Wherever it is cut, elements are closed and Gmail's notice is outside of them."""
    shown = clipped(model, limit)
    assert shown.endswith("</body></html>")
    assert shown.count("[Message clipped]") == 1
    assert not re.search(r"<[^<>]*<div data-clip", shown)


def test_attributes() -> None:
    """A name inside a value does not match; values can have either kind of quotes, or none."""
    tag = '<img title=\' alt="no" \' alt=yes width="3">'
    assert attribute(tag, "alt") == "yes"
    assert attribute(tag, "src") is None
    assert put(tag, "alt", 'a "b"') == '<img title=\' alt="no" \' alt="a &quot;b&quot;" width="3">'
    assert drop(tag, "width") == "<img title=' alt=\"no\" ' alt=yes>"
    assert put("<br/>", "id", "x") == '<br id="x"/>'


def test_the_public_edition(model: PreviewModel) -> None:
    """Three documents without scripts, for nobody in particular; pictures are relative to the folder, links stay inside."""
    public = model.public()
    assert public is model.public() and public.error == "" and public.pictures
    for name in WEB_FRAMES:
        made = web_document(public, name, "policy")
        assert made.startswith(
            '<!DOCTYPE html><html lang="en" dir="ltr"><head><meta http-equiv="Content-Security-Policy"'
        )
        assert "<script" not in made and "data-at=" in made and "unsubscribe" not in made.lower()
        assert ("China Briefing</p><article" in made) is (name == "print")
        assert set(re.findall(r' src="([^"?]*)', made)) == {f"../pictures/{each}" for each in public.pictures}
    assert "prefers-color-scheme" in public.screen_css and "prefers-color-scheme" not in web_document(
        public, "web-dark"
    )


def test_a_public_edition_that_cannot_be_shown() -> None:
    """The document says why, as text."""
    assert "<p>page.html.j2:3: &lt;b&gt;</p>" in web_document(PublicEdition(error="page.html.j2:3: <b>"), "web-light")
