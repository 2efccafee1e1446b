"""Providers post over a real socket: what is proven theirs is recorded and acts, all else is refused and changes nothing."""

import base64
import json
from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from composer.audience.readers import Status
from composer.audience.tokens import Purpose
from composer.bounces.configured import Webhooks
from composer.bounces.ses import is_amazons
from composer.database.bounces import returned
from composer.database.engine import Database
from composer.transport.server import Secret
from composer.web.public.hooks import Callers
from composer.workspace import Workspace
from tests.bounces.test_calls import TOPIC, bounce, certificate, signed
from tests.public.running import Running, running

PASSWORD = "compose:Geheim-秘密"
BASIC = {"Authorization": "Basic " + base64.b64encode(PASSWORD.encode()).decode()}
CONFIRMED: list[str] = []


def confirm(url: str) -> bytes:
    CONFIRMED.append(url)
    return b""


@pytest.fixture
def called(publication: Workspace, database: Database) -> Iterator[Running]:
    webhooks = Webhooks(ses_topics=(TOPIC,), postmark=Secret(PASSWORD))
    callers = Callers(webhooks=webhooks, certificate=certificate, confirm=confirm)
    with running(publication, database, callers=callers) as made:
        yield made


def rows(pages: Running) -> int:
    with pages.database.read() as connection:
        return connection.scalar(select(func.count()).select_from(returned)) or 0


def status(pages: Running, address: str) -> Status:
    found = pages.reader(address)
    assert found is not None
    return found.status


def test_amazon_tells_of_a_bounce(called: Running) -> None:
    """Signed, of our topic, with the token in the envelope: the reader is left out; told twice, it is one."""
    reader = called.join("ann@reader.example")
    told = bounce("Permanent", "General", status="5.1.1")
    told["mail"]["source"] = f"bounces+{called.token(Purpose.BOUNCE, reader, 7)}@news.example.org"
    for _ in range(2):
        assert called.ask("POST", "/hooks/ses", signed(told)).status == 200
    assert status(called, "ann@reader.example") is Status.BOUNCED
    assert rows(called) == 1


def test_what_is_not_proven_changes_nothing(called: Running) -> None:
    """Another topic, a broken signature, no password, no JSON: 403; no reader is touched and nothing is recorded."""
    reader = called.join("ann@reader.example")
    told = bounce("Permanent", "General")
    told["mail"]["source"] = f"bounces+{called.token(Purpose.BOUNCE, reader, 7)}@news.example.org"
    bodies = [signed(told, TopicArn="arn:aws:sns:eu-west-1:9:x"), signed(told, Signature="eHh4"), b"{", b""]
    assert {called.ask("POST", "/hooks/ses", each).status for each in bodies} == {403}
    body = json.dumps({"RecordType": "SpamComplaint", "ID": 1, "Email": "ann@reader.example"}).encode()
    assert called.ask("POST", "/hooks/postmark", body).status == 403
    wrong = {"Authorization": "Basic " + base64.b64encode(b"compose:wrong").decode()}
    assert called.ask("POST", "/hooks/postmark", body, wrong).status == 403
    assert status(called, "ann@reader.example") is Status.ACTIVE
    assert rows(called) == 0
    assert not any("ann@" in line or PASSWORD in line for line in called.told)


def test_postmark_tells_of_a_complaint(called: Running) -> None:
    """With name and password; who complained is told by the returned header, not by the address that is named."""
    reader = called.join("ann@reader.example")
    header = f"X-Compose-ID: {called.token(Purpose.MESSAGE, reader, 7)}\n"
    content = f"Content-Type: message/rfc822\n\n{header}\n" + "x" * 100_000
    told = {"RecordType": "SpamComplaint", "ID": 1, "Email": "bo@reader.example", "Content": content}
    called.join("bo@reader.example")
    assert called.ask("POST", "/hooks/postmark", json.dumps(told).encode(), BASIC).status == 200
    assert status(called, "ann@reader.example") is Status.COMPLAINED
    assert status(called, "bo@reader.example") is Status.ACTIVE


def test_a_subscription_is_confirmed_once_it_is_signed(called: Running) -> None:
    """The address is Amazon's own, and asked only for a topic of ours."""
    CONFIRMED.clear()
    url = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=t"
    body = signed({}, Type="SubscriptionConfirmation", Token="t", SubscribeURL=url)
    assert called.ask("POST", "/hooks/ses", body).status == 200
    assert [url] == CONFIRMED
    assert is_amazons(url)
    assert any(TOPIC in line for line in called.told)


def test_a_body_has_an_end(called: Running) -> None:
    """A megabyte is taken, a form's 32 KB elsewhere; more is refused unread."""
    assert called.ask("POST", "/hooks/ses", b"x" * 1_048_576).status == 403
    assert called.ask("POST", "/hooks/ses", b"x" * 1_048_577).status == 413
    assert called.ask("POST", "/subscribe", b"x" * 40_000).status == 413


def test_without_a_provider_there_is_nothing_here(pages: Running) -> None:
    """Neither topic nor password is set up: 404, as for any address that is none; a GET is no post."""
    for name in ("ses", "postmark"):
        assert pages.ask("POST", f"/hooks/{name}", b"{}").status == 404
        assert pages.ask("GET", f"/hooks/{name}").status == 405
