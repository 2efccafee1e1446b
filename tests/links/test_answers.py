"""The verdict on a link, by the behaviour of its server. Every server here is a real one."""

import datetime
import socket
from pathlib import Path

import pytest

from composer.links.answer import LinkAnswer, LinkVerdict
from composer.links.link_check import ask
from composer.links.network import NetworkLimits
from tests.links.web import PATIENT, Behaviour, Web, by_method, drip, endless, hang, hasty, leads, ok, raw, says
from tests.transport.setup import with_more_time

pytestmark = pytest.mark.slow

NOW = datetime.datetime(2025, 1, 30, 9, 0, tzinfo=datetime.UTC)
PAGE = "http://news.example/page"


def one(web: Web, url: str = PAGE, limits: NetworkLimits = PATIENT) -> LinkAnswer:
    return ask([url], cache=None, now=NOW, reach=web.reach(limits))[url]


def test_a_page_that_exists(web: Web) -> None:
    """One HEAD request is enough for an existing page; the answer has url, status and the time of the check."""
    web.site("news.example", {"/page": ok})
    assert one(web) == LinkAnswer(
        url=PAGE, verdict=LinkVerdict.FINE, reason="the page exists", status=200, asked_at=NOW
    )
    assert web.asked("news.example") == ["HEAD /page"]


@pytest.mark.parametrize(
    ("behaviour", "verdict", "words"),
    [
        (says(204), LinkVerdict.FINE, "the page exists"),
        (by_method(head=says(405), get=ok), LinkVerdict.FINE, "the page exists"),
        (by_method(head=says(404), get=ok), LinkVerdict.FINE, "the page exists"),
        (by_method(head=says(503), get=ok), LinkVerdict.FINE, "the page exists"),
        (by_method(head=raw(b""), get=ok), LinkVerdict.FINE, "the page exists"),
        (by_method(head=raw(b"hello\r\n\r\n"), get=ok), LinkVerdict.FINE, "the page exists"),
        (by_method(head=leads("/gone"), get=ok), LinkVerdict.FINE, "the page exists"),
        (by_method(head=leads("/page"), get=ok), LinkVerdict.FINE, "the page exists"),
        (raw(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"), LinkVerdict.FINE, "exists"),
        (raw(b"HTTP/1.0 200 OK\n\n"), LinkVerdict.FINE, "the page exists"),
        (says(404), LinkVerdict.GONE, "the server answers 404: the page does not exist"),
        (says(410), LinkVerdict.GONE, "the server answers 410: the page was removed"),
        (by_method(head=ok, get=says(404)), LinkVerdict.FINE, "the page exists"),
        (by_method(head=says(404), get=says(403)), LinkVerdict.UNSURE, "the server answers 403"),
        (says(400), LinkVerdict.UNSURE, "this does not show whether the page exists"),
        (says(401), LinkVerdict.UNSURE, "it asks for a login"),
        (says(403), LinkVerdict.UNSURE, "it blocks automated checks"),
        (says(405), LinkVerdict.UNSURE, "it blocks automated checks"),
        (says(412), LinkVerdict.UNSURE, "it blocks automated checks"),
        (says(429), LinkVerdict.UNSURE, "it gets too many requests"),
        (says(451), LinkVerdict.UNSURE, "for legal reasons"),
        (says(500), LinkVerdict.UNSURE, "the server answers 500: it has a problem of its own"),
        (says(503), LinkVerdict.UNSURE, "it has a problem of its own"),
        (says(999), LinkVerdict.UNSURE, "it blocks automated checks"),
        (says(302), LinkVerdict.UNSURE, "this does not show whether the page exists"),
        (says(304), LinkVerdict.UNSURE, "this does not show whether the page exists"),
        (raw(b""), LinkVerdict.UNSURE, "closed the connection without an answer"),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Ty"), LinkVerdict.UNSURE, "closed the connection without an answer"),
        (raw(b"SSH-2.0-OpenSSH_9.6\r\n"), LinkVerdict.UNSURE, "is not HTTP"),
        (raw(b"<h1>HTTP/0.9</h1>\r\n\r\n"), LinkVerdict.UNSURE, "is not valid HTTP"),
        (raw(b"HTTP/1.1 abc\r\n\r\n"), LinkVerdict.UNSURE, "is not valid HTTP"),
        (raw(b"HTTP/1.1 2000 OK\r\n\r\n"), LinkVerdict.UNSURE, "is not valid HTTP"),
        (raw(bytes(range(256)) * 50), LinkVerdict.UNSURE, "is not HTTP"),
        (endless, LinkVerdict.UNSURE, "is too long"),
    ],
)
def test_verdicts_on_answers(web: Web, behaviour: Behaviour, verdict: LinkVerdict, words: str) -> None:
    """Success counts at once; failure counts only from GET; any other result is "unsure"."""
    web.site("news.example", {"/page": behaviour, "/gone": says(410)})
    answer = one(web)
    assert (answer.verdict, answer.final) == (verdict, None)
    assert words in answer.reason


@pytest.mark.parametrize(
    ("behaviour", "verdict"),
    [
        (hang, LinkVerdict.UNSURE),
        (drip, LinkVerdict.UNSURE),
        (by_method(head=hang, get=ok), LinkVerdict.FINE),
        (by_method(head=hang, get=says(404)), LinkVerdict.GONE),
    ],
)
@with_more_time
def test_slow_servers(web: Web, behaviour: Behaviour, verdict: LinkVerdict) -> None:
    """A request ends at its deadline, even if the server sends a byte now and then."""
    web.site("news.example", {"/page": behaviour})
    answer = one(web, limits=hasty())
    assert answer.verdict is verdict
    assert verdict is not LinkVerdict.UNSURE or answer.reason == "the server did not answer in time"


@with_more_time
def test_a_link_has_a_deadline_over_all_its_redirects(web: Web) -> None:
    """Slow redirects add up: the last ones are no longer requested."""

    def slow(to: str) -> Behaviour:
        return by_method(head=hang, get=leads(to))

    web.site("news.example", {"/page": slow("/2"), "/2": slow("/3"), "/3": slow("/4"), "/4": slow("/5"), "/5": ok})
    answer = one(web, limits=hasty())
    assert answer.verdict is LinkVerdict.UNSURE
    assert "/4" not in {visit.path for visit in web.visits}


def test_a_page_that_moved_permanently(web: Web) -> None:
    """Only permanent redirects give the new address, also across hosts, relative and protocol-relative."""
    web.site("news.example", {"/page": leads("other?a=1"), "/other?a=1": leads("//new.example/a", 308)})
    web.site("new.example", {"/a": leads("../b/#part"), "/b/": ok})
    answer = one(web)
    assert (answer.verdict, answer.final, answer.status) == (LinkVerdict.MOVED, "http://new.example/b/#part", 200)
    assert answer.reason == "the page has moved permanently to http://new.example/b/#part"


def test_a_page_that_became_the_home_page(web: Web) -> None:
    """Many sites redirect every lost page to their home page: the reason says so."""
    web.site("news.example", {"/page": leads("/"), "/": ok})
    answer = one(web)
    assert answer.verdict is LinkVerdict.MOVED
    assert "home page" in answer.reason


@pytest.mark.parametrize("status", [302, 303, 307])
def test_a_temporary_redirect_is_not_a_move(web: Web, status: int) -> None:
    """With one temporary redirect among permanent ones, the link stays as it is."""
    web.site("news.example", {"/page": leads("/a"), "/a": leads("/b", status), "/b": ok})
    answer = one(web)
    assert (answer.verdict, answer.final) == (LinkVerdict.FINE, None)


@pytest.mark.parametrize(
    ("location", "asked"),
    [
        ("/caf\u00e9", "/caf%C3%A9"),
        (b"/caf\xe9", "/caf%E9"),
        ("/a%20b", "/a%20b"),
        ("/a b?q=\u201cc\u201d", "/a%20b?q=%E2%80%9Cc%E2%80%9D"),
        ("http://b\u00fccher.example/x", "/x"),
        ("HTTP://XN--BCHER-KVA.example:80/x", "/x"),
    ],
)
def test_redirects_in_other_scripts(web: Web, location: str | bytes, asked: str) -> None:
    """A Location can be an IRI, or bytes; the next request is ASCII."""
    web.site("news.example", {"/page": leads(location), asked: ok})
    web.site("xn--bcher-kva.example", {"/x": ok})
    answer = one(web)
    assert answer.verdict is LinkVerdict.MOVED
    assert answer.final is not None
    assert answer.final.endswith(asked)
    assert answer.final.isascii()


def test_a_failure_after_a_redirect_names_the_place(web: Web) -> None:
    """GET is sent along the whole way before a page counts as gone."""
    web.site("news.example", {"/page": leads("/new", 302)})
    answer = one(web)
    assert (answer.verdict, answer.status) == (LinkVerdict.GONE, 404)
    assert answer.reason == (
        "after a redirect to http://news.example/new, the server answers 404: the page does not exist"
    )
    assert web.asked("news.example")[-2:] == ["GET /page", "GET /new"]


def test_redirects_in_a_circle(web: Web) -> None:
    web.site("news.example", {"/page": leads("/b"), "/b": leads("/page#again")})
    answer = one(web)
    assert (answer.verdict, answer.reason, answer.status) == (LinkVerdict.UNSURE, "it redirects in a circle", 301)


def test_five_redirects_are_followed_and_no_more(web: Web) -> None:
    """Page 0 is five redirects away from a good page, and /-1 is six."""
    web.site("news.example", {**{f"/{n}": leads(f"/{n + 1}") for n in range(-1, 5)}, "/5": ok})
    assert one(web, "http://news.example/0").verdict is LinkVerdict.MOVED
    answer = one(web, "http://news.example/-1")
    assert (answer.verdict, answer.reason) == (LinkVerdict.UNSURE, "it redirects more than 5 times")


def test_redirects_without_end(web: Web) -> None:
    web.site("news.example", lambda visit: leads(f"{visit.path}x")(visit))
    assert one(web).reason == "it redirects more than 5 times"
    assert len(web.visits) == 12


def test_a_host_that_does_not_exist(web: Web) -> None:
    """No request is sent, and the host is looked up once."""
    answer = one(web, "https://nwes.example/page")
    assert (answer.verdict, answer.reason) == (LinkVerdict.UNKNOWN_HOST, "the host “nwes.example” does not exist")
    assert web.looked_up == ["nwes.example"]
    assert not web.connected


def test_a_redirect_to_a_host_that_does_not_exist(web: Web) -> None:
    web.site("news.example", {"/page": leads("http://old.example/")})
    answer = one(web)
    assert (answer.verdict, answer.status) == (LinkVerdict.UNKNOWN_HOST, 301)
    assert answer.reason == "after a redirect to http://old.example/, the host “old.example” does not exist"


def test_a_server_that_refuses_the_connection(web: Web) -> None:
    """It is not requested a second time: the method was not the reason."""
    web.names["news.example"] = [["93.184.216.99"]]
    answer = one(web)
    assert (answer.verdict, answer.reason) == (LinkVerdict.UNSURE, "the server refuses the connection")
    assert len(web.connected) == 1


def test_the_second_address_is_tried(web: Web) -> None:
    """A host is reached at another address if the first does not answer, as without IPv6."""
    address = web.site("news.example", {"/page": ok})
    web.names["news.example"] = [["2606:2800:220:1::1", address]]
    assert one(web).verdict is LinkVerdict.FINE
    assert web.connected == ["2606:2800:220:1::1", address]


def test_a_host_in_another_script(web: Web) -> None:
    """The host is looked up and requested by its A-label."""
    web.site("xn--bcher-kva.example", {"/caf%C3%A9?x=%E2%82%AC": ok})
    assert one(web, "http://Bücher.example/café?x=€").verdict is LinkVerdict.FINE
    assert "\r\nHost: xn--bcher-kva.example\r\n" in web.visits[0].head


def test_the_request(web: Web) -> None:
    """A request has an honest name, nothing about the subscriber, and no fragment."""
    web.site("news.example", {"/page?a=1": ok}, port=8080)
    assert one(web, "http://news.example:8080/page?a=1#part").verdict is LinkVerdict.FINE
    first, *headers = web.visits[0].head.rstrip().split("\r\n")
    assert first == "HEAD /page?a=1 HTTP/1.1"
    names = [header.partition(":")[0] for header in headers]
    assert names == ["Host", "User-Agent", "Accept", "Connection"]
    assert "Host: news.example:8080" in headers
    assert headers[1].startswith("User-Agent: compose-link-check/")


def test_links_that_differ_only_in_the_fragment_are_checked_once(web: Web) -> None:
    """Each link has its own answer, and keeps its fragment in a page that moved."""
    web.site("news.example", {"/page": leads("/new"), "/new": ok})
    urls = [f"{PAGE}#a", "HTTP://NEWS.example:80/page#b", PAGE]
    answers = ask(urls, cache=None, now=NOW, reach=web.reach())
    assert list(answers) == urls == [answer.url for answer in answers.values()]
    finals = [answer.final for answer in answers.values()]
    assert finals == ["http://news.example/new#a", "http://news.example/new#b", "http://news.example/new"]
    assert web.asked("news.example") == ["HEAD /page", "HEAD /new"]


@pytest.mark.parametrize("error", [socket.EAI_NONAME, socket.EAI_AGAIN])
@pytest.mark.parametrize("hosts", ["a", "abc"])
def test_no_known_host_means_offline(web: Web, tmp_path: Path, error: int, hosts: str) -> None:
    """When offline, some systems report every host as unknown; that says nothing about a link, and is not cached."""
    urls, cache = [f"http://{name}.example/" for name in hosts], tmp_path / "links.json"
    web.resolver_error = error
    answers = ask(urls, cache=cache, now=NOW, reach=web.reach())
    assert [answer.verdict for answer in answers.values()] == [LinkVerdict.OFFLINE] * len(urls)
    assert "offline" in answers[urls[0]].reason and not cache.exists()
    web.resolver_error = 0
    answers = ask(urls, cache=cache, now=NOW, reach=web.reach())
    assert [answer.verdict for answer in answers.values()] == [LinkVerdict.UNKNOWN_HOST] * len(urls)


def test_nothing_to_ask(web: Web) -> None:
    assert ask([], cache=None, now=NOW, reach=web.reach()) == {}
