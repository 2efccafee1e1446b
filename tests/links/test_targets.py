"""Links and Location headers, parsed whatever they contain."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.links.answer import Hindrance
from composer.links.targets import Target, read_location, read_target

#: What browsers, servers and attackers put into addresses.
PIECES = st.sampled_from(
    ["http:", "https:", "HTTP://", "//", "/", "\\", "..", "?", "#", "@", ":", ":80", ":0", "[", "]", "[::1]", "%", "%0d%0a",
     "%2e", "\r\n", "\t", " ", "\x00", "\u00fc", "\u3002", "\u212a", "xn--", "a.example", "127.1", ".", "\udc80", "\U0001f600"]
)  # fmt: skip
LINKS = st.one_of(st.text(st.characters(codec=None)), st.lists(PIECES | st.text(max_size=2)).map("".join))


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("http://a.example", "http://a.example/"),
        ("HTTPS://A.Example.:443/B/../c?d#e", "https://a.example/B/../c?d"),
        ("http://a.example:443/", "http://a.example:443/"),
        ("http://a.example?b", "http://a.example/?b"),
        ("http://a_b.example/", "http://a_b.example/"),
        ("http://[2606:4700::0001]:80/", "http://[2606:4700::1]/"),
        (" http://a.example/x y ", "http://a.example/x%20y"),
        ("http://a.example/%7Eb/100%", "http://a.example/%7Eb/100%"),
    ],
)
def test_links_that_lead_to_one_page_have_one_address(link: str, url: str) -> None:
    """Scheme and host in lower case, no default port, no fragment; the path as written."""
    target = read_target(link)
    assert isinstance(target, Target)
    assert target.url == url


@settings(deadline=None)
@given(LINKS, st.sampled_from(["", "https://news.example/a/b?c"]))
def test_every_parsed_address_fits_into_a_request(link: str, base: str) -> None:
    """Every part is printable ASCII without a space, and stays the same when parsed again; or there is a reason."""
    target = read_target(link, base)
    if isinstance(target, Hindrance):
        assert target.reason.isprintable()
    else:
        assert re.fullmatch(r"[!-~]+", target.authority + target.path + target.fragment + "x")
        assert "#" not in target.path
        assert target.path.startswith("/")
        assert 0 < target.port < 65536
        again = read_target(target.url)
        assert isinstance(again, Target)
        assert again.url == target.url


@given(st.binary())
def test_any_bytes_can_be_a_location(raw: bytes) -> None:
    """UTF-8 is read as such; other bytes are kept, percent-encoded."""
    assert read_location(raw).encode() == raw or read_location(raw).isascii()
