"""Merge values are data: checked by an HTML parser that is not part of the program."""

import re
from urllib.parse import parse_qs, unquote, urlsplit

import lxml.html
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from composer.mail.headers import unstructured
from composer.mail.merge_slots import (
    Escape,
    MergeSlot,
    PlaceError,
    escaped,
    fill_html,
    fill_text,
    split_html,
    split_text,
)

TOKEN, LINK = "qbcdfghj0000z", "qbcdfghj0001z"
PAGE = (
    f'<html><head><title>{TOKEN}</title></head><body><!--[if mso]><td title="{TOKEN}"><![endif]-->'
    f'<p title="{TOKEN}" class=\'{TOKEN}\'>Dear {TOKEN}, write src="</p>'
    f'<a href="https://example.org/a/{TOKEN}?b={TOKEN}&amp;c=1#{TOKEN}">x</a><a href="{LINK}">leave</a>'
    f'<img src="https://example.org/{TOKEN}.png" alt="{TOKEN}"></body></html>'
)
_CONTROL = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
HOSTILE = [
    '"><script>alert(1)</script>',
    "'><img src=x onerror=alert(1)>",
    "--><script>alert(1)</script><!--",
    "</title><script>alert(1)</script>",
    "javascript:alert(1)",
    "a\r\nBcc: x@example.org",
    "x@evil.example/?",
    "../../evil?b=2&c=3#d",
    TOKEN,
    LINK,
    "&lt;b&gt; &amp;",
    "\ud800",
]


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60))
@example("")
def test_a_value_stays_where_it_stands(value: str) -> None:
    """Text, attributes, title and addresses contain the value; it creates no element or attribute."""
    shown = _CONTROL.sub(" ", value)
    empty, filled = (fill_html(PAGE, {TOKEN: each, LINK: "https://example.org/u"}) for each in ("x", value))
    before, after = lxml.html.document_fromstring(empty), lxml.html.document_fromstring(filled)
    assert [(e.tag, e.keys()) for e in before.iter()] == [(e.tag, e.keys()) for e in after.iter()]
    paragraph, (first, _), picture = after.find(".//p"), after.findall(".//a"), after.find(".//img")
    assert paragraph is not None and picture is not None
    assert "".join(map(str, paragraph.itertext())) == f'Dear {shown}, write src="'
    assert (paragraph.get("title"), paragraph.get("class"), picture.get("alt")) == (shown, shown, shown)
    url = urlsplit(first.get("href") or "")
    assert (url.scheme, url.netloc, unquote(url.path)) == ("https", "example.org", f"/a/{shown}")
    assert parse_qs(url.query, keep_blank_values=True) == {"b": [shown], "c": ["1"]}
    assert unquote(url.fragment) == shown


@pytest.mark.parametrize("value", HOSTILE, ids=ascii)
def test_known_attacks_fail(value: str) -> None:
    """Quotes, comments, end tags, schemes, line breaks, other tokens: none leaves its place."""
    test_a_value_stays_where_it_stands.hypothesis.inner_test(value)  # type: ignore[attr-defined]
    comment = fill_html(PAGE, {TOKEN: value, LINK: "https://example.org/u"})
    assert comment.count("-->") == 1


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=40))
@example("javascript:alert(1)")
@example(" java\nscript:alert(1)")
@example("data:text/html,<script>")
@example("https://example.org/u?a=1&b=\"'<> 文\r\n")
@example("mailto:off@example.org")
def test_a_whole_address_is_a_web_address_or_harmless(value: str) -> None:
    """A subscriber's own link is https, http or mailto; any other value becomes a relative address."""
    page = lxml.html.document_fromstring(fill_html(PAGE, {TOKEN: "x", LINK: value}))
    href = page.findall(".//a")[1].get("href") or ""
    assert re.match(r"(?:https?://|mailto:)", href, re.IGNORECASE) or re.fullmatch(r"[A-Za-z0-9_.~%-]*", href)
    assert href.isascii() and not re.search(r"[\s<>\"]", href)
    assert len(page.findall(".//*")) == len(lxml.html.document_fromstring(PAGE).findall(".//*"))


def test_a_good_address_is_kept() -> None:
    """An unsubscribe link with a query keeps every character, with the ampersand escaped."""
    url = "https://example.org/u?a=1&b=%20x"
    for value in (url, f" {url}\n"):
        page = fill_html(f'<p><a href="{LINK}">x</a></p>', {LINK: value})
        assert page == '<p><a href="https://example.org/u?a=1&amp;b=%20x">x</a></p>'


@pytest.mark.parametrize("name", ["href", "src", "background", "action", "HREF"])
@pytest.mark.parametrize("quote", ['"', "'"])
def test_every_address_is_filled_as_one(name: str, quote: str) -> None:
    """With either quotes, in any case, first or last attribute: a whole address, and a part of one."""
    for before, behind in (("", " class='x'"), ("title='a > b' ", "")):
        whole = f"<a {before}{name}={quote}{LINK}{quote}{behind}>x</a>"
        assert fill_html(whole, {LINK: "https://example.org/?a&b"}) == (
            f'<a {before}{name}="https://example.org/?a&amp;b"{behind}>x</a>'
        )
        piece = f"<a {before}{name}={quote}https://example.org/{TOKEN}{quote}{behind}>x</a>"
        assert fill_html(piece, {TOKEN: "a/b c"}) == f'<a {before}{name}="https://example.org/a%2Fb%20c"{behind}>x</a>'
    # An attribute that only ends like one of them is a normal attribute.
    assert fill_html(f'<p data-{name}="{TOKEN}">', {TOKEN: "a/b c"}) == f'<p data-{name}="a/b c">'


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60))
def test_plaintext_and_subject_keep_their_lines(value: str) -> None:
    """A value starts no line, ends no address and injects no header."""
    values = {TOKEN: value, LINK: "https://example.org/u"}
    shown = _CONTROL.sub(" ", value)
    text = fill_text(f"Dear {TOKEN},\nsee <https://example.org/{TOKEN}?a> or <{LINK}>, {TOKEN}<b\n", values)
    first, second, last = text.split("\n")
    assert (first, last) == (f"Dear {shown},", "")
    assert re.fullmatch(r"see <https://example\.org/[\w.~%-]*\?a> or <https://example\.org/u>, (.*)<b", second)
    assert second.endswith(f"<https://example.org/u>, {shown}<b")
    header = unstructured("Subject", fill_text(f"For {TOKEN}", values))
    assert re.sub(rb"\r\n ", b" ", header).count(b"\r\n") == 1


def test_without_values_nothing_changes() -> None:
    """An edition without merge fields does not change."""
    assert fill_html(PAGE, {}) == PAGE and fill_text("a <b>", {}) == "a <b>"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("https://example.org/u?a=1&b=2", "https://example.org/u?a=1&b=2"),
        ("https://example.org/u?a=1", "https://example.org/u?a=1"),
        (" https://example.org/é ", "https://example.org/%C3%A9"),
        ("javascript:alert(1)", "javascript%3Aalert%281%29"),
        ("a b>", "a%20b%3E"),
    ],
)
def test_an_address_in_a_text_is_filled_as_one(value: str, written: str) -> None:
    """In angle brackets: unchanged if it is a web address, otherwise harmless."""
    assert fill_text(f"see <{LINK}>", {LINK: value}) == f"see <{written}>"


@pytest.mark.parametrize(
    ("value", "html", "html_address", "in_address", "text", "text_address"),
    [
        ("", "", "", "", "", ""),
        ("A1", "A1", "A1", "A1", "A1", "A1"),
        ("a-b_c.d~", "a-b_c.d~", "a-b_c.d~", "a-b_c.d~", "a-b_c.d~", "a-b_c.d~"),
        # A letter and a digit outside ASCII.
        ("é", "é", "%C3%A9", "%C3%A9", "é", "%C3%A9"),
        ("²", "²", "%C2%B2", "%C2%B2", "²", "%C2%B2"),
        ("a&b", "a&amp;b", "a%26b", "a%26b", "a&b", "a%26b"),
        ("<\"'>", "&lt;&quot;&#x27;&gt;", "%3C%22%27%3E", "%3C%22%27%3E", "<\"'>", "%3C%22%27%3E"),
        ("a\r\nb", "a  b", "a%20%20b", "a%20%20b", "a  b", "a%20%20b"),
        # An address in place of a whole address: unchanged, in capitals, with escapes, without spaces.
        (
            "https://x.org/a%20b",
            "https://x.org/a%20b",
            "https://x.org/a%20b",
            "https%3A%2F%2Fx.org%2Fa%2520b",
            *["https://x.org/a%20b"] * 2,
        ),
        ("HTTPS://x.org", "HTTPS://x.org", "HTTPS://x.org", "HTTPS%3A%2F%2Fx.org", "HTTPS://x.org", "HTTPS://x.org"),
        (
            "http://x?a&'",
            "http://x?a&amp;&#x27;",
            "http://x?a&amp;&#x27;",
            "http%3A%2F%2Fx%3Fa%26%27",
            *["http://x?a&'"] * 2,
        ),
        (" mailto:a@b ", " mailto:a@b ", "mailto:a@b", "%20mailto%3Aa%40b%20", " mailto:a@b ", "mailto:a@b"),
        ("ftp://x.org", "ftp://x.org", "ftp%3A%2F%2Fx.org", "ftp%3A%2F%2Fx.org", "ftp://x.org", "ftp%3A%2F%2Fx.org"),
    ],
)
def test_what_a_value_becomes_in_each_place(
    value: str, html: str, html_address: str, in_address: str, text: str, text_address: str
) -> None:
    """In text and in addresses, of HTML and of plaintext."""
    places = (Escape.HTML, Escape.HTML_ADDRESS, Escape.IN_ADDRESS, Escape.TEXT, Escape.TEXT_ADDRESS)
    assert [escaped(value, how) for how in places] == [html, html_address, in_address, text, text_address]


@pytest.mark.parametrize(
    "place",
    [
        f"<style>{TOKEN}</style>",
        f"<STYLE type='x'>\na\n{TOKEN}\n</style>",
        f"<script>a\n{TOKEN}</script>",
        f'<p style="a{TOKEN}">',
        f"<p class='x' STYLE='{TOKEN}'>",
        f'<img srcset="a.png 1x, {TOKEN} 2x">',
        f'<p onclick="{TOKEN}">',
        f"<p\nONMOUSEOVER='{TOKEN}'>",
        *(
            f"<a href={mark}{address}{mark}>x</a>"
            for mark in "\"'"
            for address in (
                f"https://{TOKEN}/a",
                f"https://x.{TOKEN}",
                f"HTTPS://{TOKEN}:80/",
                f"//{TOKEN}/a",
                f"a+b.c-1://{TOKEN}",
                f"mailto:{TOKEN}@example.org",
                f"MAILTO:a@{TOKEN}?subject=x",
            )
        ),
    ],
)
def test_places_where_no_value_is_safe(place: str) -> None:
    """Style sheets, scripts, lists of pictures, the host of an address."""
    with pytest.raises(PlaceError):
        split_html(f"<p>{place}</p>", [TOKEN, LINK])
    # Without a field they are allowed.
    assert split_html(place.replace(TOKEN, "x"), [TOKEN]) == [place.replace(TOKEN, "x")]


@pytest.mark.parametrize(
    "address",
    [
        f"https://x.org/{TOKEN}",
        f"https://x.org?{TOKEN}",
        f"https://x.org#{TOKEN}",
        f"/{TOKEN}/a",
        f"a{TOKEN}",
        f"mailto:a@b?body={TOKEN}",
        f"mailto:{TOKEN}",
    ],
)
def test_places_in_an_address(address: str) -> None:
    """After the host; text next to a style sheet is normal text."""
    before, _, behind = address.partition(TOKEN)
    slot = MergeSlot(TOKEN, Escape.IN_ADDRESS)
    assert split_html(f"<a href='{address}'>", [TOKEN]) == ["<a ", 'href="', before, slot, behind, '"', ">"]
    words = f"<style>a</style>{TOKEN}<script>b</script>"
    assert MergeSlot(TOKEN, Escape.HTML) in split_html(words, [TOKEN])


def test_places_in_a_text() -> None:
    """Each with its escape; an unknown scheme is rejected, and a text without a field stays in one piece."""
    word, whole, inside = (MergeSlot(TOKEN, each) for each in (Escape.TEXT, Escape.TEXT_ADDRESS, Escape.IN_ADDRESS))
    assert split_text(f"a {TOKEN} <{TOKEN}> <http://x/{TOKEN}> b", [TOKEN]) == [
        *("a ", word, " ", "<", whole, ">"),
        *(" ", "<http://x/", inside, ">", " b"),
    ]
    assert split_text("a <https://x> b", [TOKEN]) == ["a <https://x> b"]
    assert split_text("a", []) == split_html("a", []) == ["a"]
    for host in (f"<https://{TOKEN}/a>", f"<http://{TOKEN}>"):
        with pytest.raises(PlaceError):
            split_text(host, [TOKEN])
    # Without angle brackets, or without a web address, it is normal text.
    for text in (f"https://{TOKEN}/a", f"<ftp://{TOKEN}/a>", f"<A{TOKEN}B>"):
        assert word in split_text(text, [TOKEN])
