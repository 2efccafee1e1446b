"""The mailbox pages: hostile messages run nothing and load nothing, and other sites can neither read nor press anything."""

import http.client
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from composer.web.loopback_listener import listen_on
from composer.web.trial.received_mail import TrialMailbox
from composer.web.trial.smtp_listener import TrialHandler
from composer.web.trial.trial_pages import MailingView, Stage, application
from composer.web.trial.trial_proxy import BANNER, TrialProxy
from composer.web.trial.trial_server import TrialServer

pytestmark = pytest.mark.slow

_HOSTILE = b"""\
From: "<script>alert(1)</script>" <a@newsletter.invalid>
Subject: =?utf-8?q?=3Cimg_src=3Dx_onerror=3Dalert(2)=3E?=
List-Unsubscribe: <https://newsletter.invalid.example.org/x>, <https://other.example.org/y>
List-Unsubscribe-Post: List-Unsubscribe=One-Click
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary=b

--b
Content-Type: text/plain; charset=utf-8

<script>alert(3)</script> https://newsletter.invalid/n/confirm/abc. javascript:alert(4)
--b
Content-Type: text/html; charset=utf-8

<html><head></head><body><script>alert(5)</script><img src="https://tracker.example.org/p.gif">
<a href="https://newsletter.invalid/n/unsubscribe/abc">leave</a></body></html>
--b--
"""


@dataclass
class Actions:
    """What the pages start; counts the calls."""

    newsletter: str = "The <b>News</b>"
    issue: str = "2025-01-30"
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/Berlin"))
    sent: int = 0

    def subscribers(self) -> int:
        return 3

    def mailing(self) -> MailingView:
        return MailingView(stage=Stage.REFUSED, refusals=(("<i>why</i>", "do this"),))

    def report(self) -> str | None:
        return None

    def send(self) -> None:
        self.sent += 1


@dataclass
class Pages:
    """A running server, and requests to it."""

    port: int
    actions: Actions

    def ask(self, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, text


@pytest.fixture(scope="module")
def pages() -> Iterator[Pages]:
    mailbox, actions, web = TrialMailbox(), Actions(), listen_on(0)
    mailbox.add("s@newsletter.invalid", "a@accepts.example", _HOSTILE, datetime.now(UTC))
    with listen_on(0) as closed:
        unused: int = closed.getsockname()[1]
    app = application(mailbox, TrialProxy(lambda: unused), actions)
    handler = TrialHandler(mailbox, lambda: datetime.now(UTC), lambda mail, bounce: None)
    server = TrialServer(listen_on(0), web, handler, app)
    server.start()
    yield Pages(port=web.getsockname()[1], actions=actions)
    server.stop()


@pytest.mark.parametrize("path", ["/", "/messages/1"])
def test_texts_of_messages_are_escaped(pages: Pages, path: str) -> None:
    """Nothing of a message is markup of our pages, which allow no scripts but their own file and no inline styles."""
    status, headers, text = pages.ask(path)
    assert status == 200 and BANNER in text
    assert "<script>alert" not in text and "<img" not in text and "<b>News" not in text and "<i>why" not in text
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src 'self'" in policy and "unsafe" not in policy


def test_the_html_part_runs_nothing_and_loads_nothing(pages: Pages) -> None:
    """It has its own origin, no scripts and no forms; only pictures inside the message are shown."""
    _, headers, text = pages.ask("/messages/1/html")
    origin = f"http://127.0.0.1:{pages.port}"
    policy = dict(each.strip().partition(" ")[::2] for each in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'" and policy["img-src"] == f"{origin} data:"
    assert policy["sandbox"] == "allow-popups allow-popups-to-escape-sandbox" and "script-src" not in policy
    assert f'href="{origin}/n/unsubscribe/abc"' in text and '<base target="_blank">' in text
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in pages.ask("/messages/1")[2]


def test_only_web_addresses_become_links(pages: Pages) -> None:
    """In the text part, the newsletter's own addresses lead to this computer; the sentence's full stop is not part of one."""
    text = pages.ask("/messages/1")[2]
    link = f'<a href="http://127.0.0.1:{pages.port}/n/confirm/abc" target="_blank">https://newsletter.invalid/n/confirm/abc</a>'
    assert link in text and 'href="javascript' not in text


def test_one_click_goes_to_the_newsletter_only(pages: Pages) -> None:
    """An address of another host, even one that begins alike, gets no button and no request."""
    assert "/messages/1/unsubscribe" not in pages.ask("/messages/1")[2]
    assert pages.ask("/messages/1/unsubscribe", "POST")[0] == 404


def test_other_sites_are_refused(pages: Pages) -> None:
    """Neither by another host name (DNS rebinding) nor by a form on another page."""
    assert pages.ask("/", Host="attacker.example.org")[0] == 400
    assert pages.ask("/send", "POST", Sec_Fetch_Site="cross-site")[0] == 403
    assert pages.actions.sent == 0
    assert pages.ask("/send", "POST", Sec_Fetch_Site="same-origin")[0] == 303
    assert pages.actions.sent == 1


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/messages/2", 404),
        ("/messages/1/pictures/x", 404),
        ("/files/frame.html.j2", 404),
        ("/files/..%2F__init__.py", 404),
        ("/report", 404),
        ("/n/", 502),
    ],
)
def test_what_is_missing(pages: Pages, path: str, expected: int) -> None:
    """The answer is a page with the banner, or a line if the public pages do not answer."""
    status, _, text = pages.ask(path)
    assert status == expected and (BANNER in text or status == 502)
