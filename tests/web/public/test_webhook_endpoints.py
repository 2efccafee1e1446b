"""Webhook calls over a real socket: authenticated ones are recorded and take effect, all others are rejected."""

import base64
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import pairwise

import pytest
from sqlalchemy import Connection, event, func, select

from composer.audience.identity.tokens import Purpose, Tokens
from composer.audience.subscribers import Status
from composer.bounces.record.bounce_settings import Webhooks
from composer.bounces.webhooks.ses import is_amazons
from composer.core.workspace import Workspace
from composer.database.engine import Database
from composer.database.tables.bounce_tables import returned
from composer.transport.server_settings import Secret
from composer.web.public.http.webhook_callers import Callers
from tests.bounces.webhooks.test_providers import BASIC as PROVIDER_BASIC
from tests.bounces.webhooks.test_providers import SECRETS, brevo, mailgun, mg, mj, sendgrid, sg
from tests.bounces.webhooks.test_webhook_calls import TOPIC, bounce, certificate, signed
from tests.web.public.running import Running, running

PASSWORD = "compose:Geheim-秘密"
BASIC = {"Authorization": "Basic " + base64.b64encode(PASSWORD.encode()).decode()}
CONFIRMED: list[str] = []


def confirm(url: str) -> bytes:
    CONFIRMED.append(url)
    return b""


@pytest.fixture
def called(publication: Workspace, database: Database) -> Iterator[Running]:
    webhooks = Webhooks(ses_topics=(TOPIC,), postmark=Secret(PASSWORD), secrets=SECRETS)
    callers = Callers(webhooks=webhooks, certificate=certificate, confirm=confirm)
    with running(publication, database, callers=callers) as made:
        yield made


def rows(pages: Running) -> int:
    with pages.database.read() as connection:
        return connection.scalar(select(func.count()).select_from(returned)) or 0


def status(pages: Running, address: str) -> Status:
    found = pages.subscriber(address)
    assert found is not None
    return found.status


def test_amazon_reports_a_bounce(called: Running) -> None:
    """A signed bounce of a known topic, with the token in the envelope, suppresses the subscriber; a repetition is ignored."""
    subscriber = called.join("ann@reader.example")
    told = bounce("Permanent", "General", status="5.1.1")
    told["mail"]["source"] = f"bounces+{called.token(Purpose.BOUNCE, subscriber, 7)}@news.example.org"
    for _ in range(2):
        assert called.ask("POST", "/hooks/ses", signed(told)).status == 200
    assert status(called, "ann@reader.example") is Status.BOUNCED
    assert rows(called) == 1


def test_what_is_not_proven_changes_nothing(called: Running) -> None:
    """Another topic, a wrong signature, no password or no JSON: 403; no subscriber changes and nothing is recorded."""
    subscriber = called.join("ann@reader.example")
    told = bounce("Permanent", "General")
    told["mail"]["source"] = f"bounces+{called.token(Purpose.BOUNCE, subscriber, 7)}@news.example.org"
    bodies = [signed(told, TopicArn="arn:aws:sns:eu-west-1:9:x"), signed(told, Signature="eHh4"), b"{", b""]
    assert {called.ask("POST", "/hooks/ses", each).status for each in bodies} == {403}
    body = json.dumps({"RecordType": "SpamComplaint", "ID": 1, "Email": "ann@reader.example"}).encode()
    assert called.ask("POST", "/hooks/postmark", body).status == 403
    wrong = {"Authorization": "Basic " + base64.b64encode(b"compose:wrong").decode()}
    assert called.ask("POST", "/hooks/postmark", body, wrong).status == 403
    assert status(called, "ann@reader.example") is Status.ACTIVE
    assert rows(called) == 0
    assert not any("ann@" in line or PASSWORD in line for line in called.told)


def test_postmark_reports_a_complaint(called: Running) -> None:
    """With name and password; the complaint is assigned by the returned header, not by the address in it."""
    subscriber = called.join("ann@reader.example")
    header = f"X-Compose-ID: {called.token(Purpose.MESSAGE, subscriber, 7)}\n"
    content = f"Content-Type: message/rfc822\n\n{header}\n" + "x" * 100_000
    told = {"RecordType": "SpamComplaint", "ID": 1, "Email": "bo@reader.example", "Content": content}
    called.join("bo@reader.example")
    assert called.ask("POST", "/hooks/postmark", json.dumps(told).encode(), BASIC).status == 200
    assert status(called, "ann@reader.example") is Status.COMPLAINED
    assert status(called, "bo@reader.example") is Status.ACTIVE


def test_a_subscription_is_confirmed_once_it_is_signed(called: Running) -> None:
    """The confirmation address is Amazon's, and is called only for a configured topic."""
    CONFIRMED.clear()
    url = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=t"
    body = signed({}, Type="SubscriptionConfirmation", Token="t", SubscribeURL=url)
    assert called.ask("POST", "/hooks/ses", body).status == 200
    assert [url] == CONFIRMED
    assert is_amazons(url)
    assert any(TOPIC in line for line in called.told)


def test_a_body_has_a_size_limit(called: Running) -> None:
    """Webhooks accept a megabyte, other pages 32 KB; more is rejected without reading it."""
    assert called.ask("POST", "/hooks/ses", b"x" * 1_048_576).status == 403
    assert called.ask("POST", "/hooks/ses", b"x" * 1_048_577).status == 413
    assert called.ask("POST", "/subscribe", b"x" * 40_000).status == 413


PROVIDERS = ("sendgrid", "mailgun", "brevo", "mailjet", "bounces")


def told_by(
    name: str, token: str, now: datetime, number: int = 0, address: str = "ann@reader.example"
) -> tuple[bytes, dict[str, str]]:
    """Return a hard bounce as a provider posts it, for the message with this id."""
    said = "550 5.1.1 no such user"
    match name:
        case "sendgrid":
            event = sg("bounce", reason=said, status="5.1.1", compose_id=token, sg_event_id=str(number), email=address)
            return sendgrid(event, at=now)
        case "mailgun":
            status = {"delivery-status": {"code": 550, "message": said}, "user-variables": {"compose_id": token}}
            return mailgun(mg("failed", severity="permanent", id=str(number), recipient=address, **status), at=now)
        case "brevo":
            event = brevo("hard_bounce", reason=said, ts_epoch=number, email=address, **{"X-Mailin-custom": token})
        case "mailjet":
            event = mj("bounce", hard_bounce=True, error="user unknown", time=number, CustomID=token, email=address)
        case _:
            event = {"kind": "hard_bounce", "compose_id": token, "text": said, "id": str(number)}
    return json.dumps(event).encode(), {"Authorization": PROVIDER_BASIC["authorization"]}


def test_each_provider_reports_a_bounce(called: Running) -> None:
    """The subscriber is suppressed; a repetition is ignored; an unsigned call or an unknown message changes nothing."""
    other, now = called.join("other@reader.example"), called.site.clock()
    for name in PROVIDERS:
        address, before = f"{name}@reader.example", rows(called)
        ann = called.join(address)
        body, header = told_by(name, called.token(Purpose.MESSAGE, ann, 7), now, address=address)
        wrong = body.replace(b'"signature": "', b'"signature": "0') if name == "mailgun" else body
        assert called.ask("POST", f"/hooks/{name}", wrong).status == 403
        assert (status(called, address), rows(called)) == (Status.ACTIVE, before)
        for _ in range(3):
            assert called.ask("POST", f"/hooks/{name}", body, header).status == 200
        assert (status(called, address), rows(called)) == (Status.BOUNCED, before + 1)
        # This one has another key's token: it is recorded without a subscriber.
        foreign = Tokens((b"x" * 32,)).make(Purpose.MESSAGE, other.id, 7)
        for number, token in enumerate((foreign, "a" * 34, "", called.token(Purpose.UNSUBSCRIBE, other, 7)), start=1):
            assert called.ask("POST", f"/hooks/{name}", *told_by(name, token, now, number)).status == 200
        assert rows(called) == before + 5
    assert status(called, "other@reader.example") is Status.ACTIVE
    assert not any("reader.example" in line for line in called.told)


def test_a_burst_of_calls_is_recorded_each_once(called: Running) -> None:
    """Of 400 parallel calls by 20 clients, half of them repetitions, 200 are recorded and all are answered."""
    ann = called.join("ann@reader.example")
    token, now = called.token(Purpose.MESSAGE, ann, 7), called.site.clock()

    def worker(number: int) -> int:
        return called.ask("POST", "/hooks/bounces", *told_by("bounces", token, now, number // 2)).status

    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(worker, range(400))) == {200}
    assert rows(called) == 200
    assert status(called, "ann@reader.example") is Status.BOUNCED


def test_a_large_call_takes_many_short_transactions(called: Running) -> None:
    """Other writes run in between; after an interruption and a retry, each event is recorded once."""
    token, counts = called.token(Purpose.MESSAGE, called.join("ann@reader.example"), 7), [0]

    def count(connection: Connection) -> None:
        counts.append(connection.scalar(select(func.count()).select_from(returned)) or 0)

    said = {"kind": "soft_bounce", "compose_id": token, "text": "452 later"}
    body = json.dumps([{**said, "id": str(number)} for number in range(130)]).encode()
    header = {"Authorization": PROVIDER_BASIC["authorization"]}
    event.listen(called.database.engine, "commit", count)
    for _ in range(2):
        assert called.ask("POST", "/hooks/bounces", body, header).status == 200
    event.remove(called.database.engine, "commit", count)
    assert rows(called) == 130
    assert max(after - before for before, after in pairwise(counts)) == 50


def test_without_a_provider_the_page_is_not_found(pages: Running) -> None:
    """Without a configured topic or password: 404, as for any unknown address; a GET is rejected."""
    for name in ("ses", "postmark", *PROVIDERS, "nobody"):
        assert pages.ask("POST", f"/hooks/{name}", b"{}").status == 404
        assert pages.ask("GET", f"/hooks/{name}").status == 405
