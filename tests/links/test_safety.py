"""Addresses that are never contacted, whatever a link or its redirects say; and which certificates are trusted."""

import datetime
import socket
import ssl
from pathlib import Path

import pytest

from composer.links.answer import LinkAnswer, LinkVerdict
from composer.links.link_check import ask
from composer.links.network import PUBLIC
from composer.links.public_addresses import is_public
from tests.links.certificates import AUTHORITY, EXPIRED, SELF_SIGNED, TRUSTED
from tests.links.web import Web, leads, ok

NOW = datetime.datetime(2025, 1, 30, 9, 0, tzinfo=datetime.UTC)
PAGE = "http://news.example/page"


def one(web: Web, url: str = PAGE) -> LinkAnswer:
    return ask([url], cache=None, now=NOW, reach=web.reach())[url]


@pytest.mark.parametrize(
    "address",
    [
        "93.184.216.34",
        "1.1.1.1",
        "198.17.255.255",
        "172.32.0.1",
        "2606:4700:4700::1111",
        "2a00:1450:4001:80b::200e",
        "64:ff9b::5db8:d822",
        "2002:5db8:d822::1",
    ],
)
def test_public_addresses(address: str) -> None:
    """The internet is contacted, also through NAT64 and 6to4."""
    assert is_public(address)


PRIVATE = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.8.8.8",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.251",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::5db8:d822",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:93.184.216.34",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::5db8:d822",
    "100::1",
    "2001::1",
    "2001:0:5db8:d822::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:a00:1::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "2606:4700:4700::1111%eth0",
    "fec0::1",
    "ff02::1",
    "not an address",
    "",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_that_are_not_public(address: str) -> None:
    """Private, loopback, link-local, shared, special, multicast, reserved, and those inside another address."""
    assert not is_public(address)


@pytest.mark.parametrize("address", [each for each in PRIVATE if each and " " not in each])
def test_a_name_with_a_private_address_is_not_contacted(web: Web, address: str) -> None:
    """No connection is tried, whichever way the address is written."""
    web.names["news.example"] = [[address]]
    answer = one(web)
    assert answer.verdict is LinkVerdict.REFUSED
    assert answer.reason == "“news.example” is not on the public internet, so it was not checked"
    assert not web.connected


def test_one_private_address_among_public_ones_is_enough(web: Web) -> None:
    web.names["news.example"] = [[web.site("news.example", ok), "10.0.0.1"]]
    assert one(web).verdict is LinkVerdict.REFUSED
    assert not web.connected


def test_a_private_address_after_many_public_ones_is_noticed(web: Web) -> None:
    """All addresses are judged, not only those that would be tried."""
    web.names["news.example"] = [[f"93.184.216.{n}" for n in range(1, 30)] + ["127.0.0.1"]]
    assert one(web).verdict is LinkVerdict.REFUSED
    assert not web.connected


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1:{port}/",
        "//127.0.0.1:{port}/a",
        "http://inside.example:{port}",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://[fe80::1%25lo]:{port}/",
    ],
)
@pytest.mark.parametrize("status", [301, 302, 307])
def test_a_redirect_to_a_private_address_is_not_followed(web: Web, location: str, status: int) -> None:
    """A server listens where the redirect leads, and gets no connection."""
    port = web.explanation()
    web.names["inside.example"] = [["127.0.0.1"]]
    web.site("news.example", {"/page": leads(location.format(port=port), status)})
    answer = one(web)
    assert (answer.verdict, answer.final, answer.status) == (LinkVerdict.REFUSED, None, status)
    assert "not on the public internet" in answer.reason
    assert not web.asked("trap")
    assert "127.0.0.1" not in web.connected


def test_the_trap_works(web: Web) -> None:
    """The test above would notice a connection: loopback really reaches the listener."""
    port = web.explanation()
    with web.reach().connect("127.0.0.1", port, 5) as connection:
        connection.sendall(b"HEAD / HTTP/1.1\r\n\r\n")
        assert connection.recv(100)
    assert web.asked("trap") == ["HEAD /"]


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "localhost", "127.1", "2130706433", "0x7f.1", "0"]
)
def test_the_program_never_contacts_loopback(host: str) -> None:
    """With the real resolver, in every spelling that it understands; no test server, no test resolver."""
    if host != "localhost":
        try:
            socket.getaddrinfo(host.strip("[]"), None, flags=socket.AI_NUMERICHOST)
        except socket.gaierror:
            pytest.skip("this system takes it for a name, which would be looked up")
    url = f"http://{host}:9/"
    assert ask([url], cache=None, now=NOW, reach=PUBLIC)[url].verdict is LinkVerdict.REFUSED


@pytest.mark.parametrize(
    ("location", "scheme"),
    [
        ("file:///etc/passwd", "file"),
        ("ftp://news.example/page", "ftp"),
        ("gopher://127.0.0.1:25/_HELO", "gopher"),
        ("javascript:alert(1)", "javascript"),
        ("data:text/html,hello", "data"),
    ],
)
def test_other_schemes_are_not_followed(web: Web, location: str, scheme: str) -> None:
    """They are not followed as a redirect, nor as a link."""
    web.site("news.example", {"/page": leads(location)})
    for url, begin in ((PAGE, "it redirects to an address that is not checked: "), (location, "")):
        answer = one(web, url)
        assert answer.verdict is LinkVerdict.REFUSED
        assert answer.reason == f"{begin}it begins with “{scheme}:”, and only http and https links are checked"
    assert web.asked("news.example") == ["HEAD /page"]


@pytest.mark.parametrize(
    "location",
    ["http://", "http://[::1", "http://a..b/", "http://news.example:99999/", "http://news.example:0/", "http://a b/",
     "http://news.example\\@127.0.0.1/", "http://ne%77s.example/", "http://%00/", "http://-\u200b/",
     "http://user:pass@news.example/", "http://" + "a" * 64 + ".example/"],
)  # fmt: skip
def test_invalid_addresses(web: Web, location: str) -> None:
    """As a redirect or as a link: the verdict is "unsure", and no request is sent."""
    web.site("news.example", {"/page": leads(location)})
    assert one(web).verdict is LinkVerdict.UNSURE
    assert one(web, location).verdict is LinkVerdict.UNSURE
    assert {visit.path for visit in web.visits} == {"/page"}


def test_no_line_can_be_added_to_a_request(web: Web) -> None:
    """Line ends in a link, plain or in a redirect, do not become headers."""
    web.site("news.example", {"/page": leads("/a\rX-Evil: 1\x00\x0b/b")})
    one(web)
    one(web, "http://news.example/x\r\nX-Evil: 1\r\n\r\nGET /y HTTP/1.1")
    one(web, "http://news.example\r\nX-Evil: 1/")
    assert len(web.visits) > 2
    assert not any("\nX-Evil" in visit.head or "\rX-Evil" in visit.head for visit in web.visits)


def test_a_name_that_changes_its_address(web: Web) -> None:
    """DNS rebinding: a second lookup would return loopback, but is never made, also for HEAD, GET and other pages."""
    address = web.site("news.example", {"/a": leads("/b"), "/b": ok})
    web.names["news.example"] = [[address], ["127.0.0.1"]]
    urls = ["http://news.example/a", "http://news.example/b", "http://news.example/c"]
    verdicts = [answer.verdict for answer in ask(urls, cache=None, now=NOW, reach=web.reach()).values()]
    assert verdicts == [LinkVerdict.MOVED, LinkVerdict.FINE, LinkVerdict.GONE]
    assert web.looked_up == ["news.example"]
    assert set(web.connected) == {address}


def test_proxies_of_the_environment_are_not_asked(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    port = web.explanation()
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
    web.site("news.example", {"/page": ok})
    assert one(web).verdict is LinkVerdict.FINE
    assert not web.asked("trap")


def test_a_certificate_that_is_trusted(web: Web, tmp_path: Path) -> None:
    """The host name is sent (SNI) and checked, at the address that was looked up."""
    named: list[str | None] = []
    server = web.secure_site("secure.example", TRUSTED, tmp_path)
    server.sni_callback = lambda _connection, name, _context: named.append(name)
    url = "https://secure.example/page"
    reach = web.reach(trust=lambda: ssl.create_default_context(cadata=AUTHORITY))
    assert ask([url], cache=None, now=NOW, reach=reach)[url].verdict is LinkVerdict.FINE
    assert named == ["secure.example"]


@pytest.mark.parametrize(
    ("host", "certificate", "words"),
    [
        ("other.example", TRUSTED, "certificate is for another host"),
        ("secure.example", EXPIRED, "certificate has expired"),
        ("secure.example", SELF_SIGNED, "certificate is signed only by the site itself"),
    ],
)
def test_certificates_that_are_wrong(web: Web, tmp_path: Path, host: str, certificate: str, words: str) -> None:
    """A person must look at it; no request is sent over such a connection."""
    web.secure_site(host, certificate, tmp_path)
    url = f"https://{host}/page"
    reach = web.reach(trust=lambda: ssl.create_default_context(cadata=AUTHORITY))
    answer = ask([url], cache=None, now=NOW, reach=reach)[url]
    assert (answer.verdict, answer.status) == (LinkVerdict.UNSURE, None)
    assert words in answer.reason
    assert not web.visits


def test_the_program_trusts_no_authority_of_its_own(web: Web, tmp_path: Path) -> None:
    """With the program's own rules, a certificate by an unknown authority is not accepted."""
    web.secure_site("secure.example", TRUSTED, tmp_path)
    assert "not signed by a trusted authority" in one(web, "https://secure.example/page").reason


def test_a_server_that_speaks_plainly_where_it_should_not(web: Web) -> None:
    web.site("news.example", ok, port=443)
    answer = one(web, "https://news.example/page")
    assert (answer.verdict, answer.reason) == (LinkVerdict.UNSURE, "a secure connection could not be made")
