"""Subscribing needs a confirmation by email, and reveals to nobody who is subscribed."""

import datetime
import threading
import time

import pytest
from sqlalchemy import select

from composer.audience.identity.tokens import Purpose
from composer.audience.subscribers import Status
from composer.audience.suppression import Reason, is_suppressed, suppress
from composer.database.tables.subscriber_tables import consents, subscribers
from composer.database.tables.transactional_tables import transactional_emails
from composer.transport.outcome import OutcomeState
from composer.web.public.transactional.mail_requests import CONFIRM_FOR
from tests.fake_smtp import SmtpSession, leaves, once, says
from tests.web.public.running import NOW, Running, phrase, words_in

ANNA = {"email": "Anna@Example.net", "name": "Anna <b>Schmidt</b>", "website": ""}


def subscribe(pages: Running, fields: dict[str, str] = ANNA, **headers: str) -> str:
    answer = pages.post_form("/subscribe", fields, headers)
    assert answer.status == 200
    return answer.body


def evidence(pages: Running) -> list[str]:
    with pages.database.read() as connection:
        return list(connection.scalars(select(consents.c.evidence).order_by(consents.c.id)))


def test_both_steps(pages: Running) -> None:
    """After the form, the mail and the button, the subscriber exists, with a record of their consent."""
    form = pages.get("/subscribe")
    assert form.title == "Subscribe to China Briefing"
    for name in ("email", "first_name", "edition", "website"):
        assert f'name="{name}"' in form.body
    assert phrase("posted_title") in subscribe(pages, {**ANNA, "edition": "de"})
    assert pages.settled() == ["accepted"]
    assert pages.subscriber("anna@example.net") is None
    [message] = pages.mail()
    link = pages.link_in(message)
    page = pages.get(link)
    assert (page.status, page.title) == (200, "Subscribe to China Briefing?")
    assert phrase("consent") in page.body
    assert pages.subscriber("anna@example.net") is None
    pages.clock.pass_by(days=2)
    assert pages.post_form(link).title == phrase("welcome_title")
    subscriber = pages.subscriber("anna@example.net")
    assert subscriber is not None
    assert (subscriber.address, subscriber.name, subscriber.language) == (
        "Anna@Example.net",
        "Anna <b>Schmidt</b>",
        "de",
    )
    assert subscriber.status is Status.ACTIVE
    assert evidence(pages) == [
        "double opt-in: requested 2025-01-30 06:30 UTC with a form, confirmed 2025-02-01 06:30 UTC with the link that was sent "
        "to the address, agreeing to this text: " + phrase("consent")
    ]


def test_the_form_asks_for_what_messages_use(pages: Running) -> None:
    """The sample greets by first name, so the form asks for it in each language; it is stored and shown in the preferences."""
    for language, label in (("en", "First name"), ("de", "Vorname"), ("ar", "الاسم الأول")):
        form = pages.get(f"/subscribe?language={language}")
        assert f'<label for="first_name">{label} ' in form.body
        assert 'autocomplete="given-name"' in form.body
        assert 'name="name"' not in form.body
        assert 'name="last_name"' not in form.body
    again = pages.post_form("/subscribe", {"email": "no address", "first_name": "Änna"})
    assert (again.status, 'value="Änna"' in again.body) == (422, True)
    subscribe(
        pages, {"email": "anna@example.net", "first_name": " Änna  Maria ", "last_name": "Li", "field-nothing": "x"}
    )
    assert pages.settled() == ["accepted"]
    [message] = pages.mail()
    assert pages.post_form(pages.link_in(message)).title == phrase("welcome_title")
    subscriber = pages.subscriber("anna@example.net")
    assert subscriber is not None
    assert (subscriber.first_name, subscriber.last_name, subscriber.name, dict(subscriber.fields)) == (
        "Änna Maria",
        "Li",
        "",
        {},
    )


def test_a_full_name_gives_no_first_name(pages: Running) -> None:
    """A name from another site's form is stored as it is, without guessing a first name from it."""
    subscribe(pages, {"email": "anna@example.net", "name": "Anna Maria Li"})
    assert pages.settled() == ["accepted"]
    [message] = pages.mail()
    pages.post_form(pages.link_in(message))
    subscriber = pages.subscriber("anna@example.net")
    assert subscriber is not None
    assert (subscriber.name, subscriber.first_name) == ("Anna Maria Li", "")


def test_the_message(pages: Running) -> None:
    """It has headers against automatic replies, is in the subscriber's language, and contains nothing from the form."""
    subscribe(pages, {**ANNA, "name": "Click here: https://evil.example", "language": "de"})
    assert pages.settled() == ["accepted"]
    [message] = pages.mail()
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["From"] == "China-Briefing <briefing@news.example.org>"
    assert message["To"] == "Anna@Example.net"
    assert message["Subject"] == phrase("mail_confirm_subject", "de")
    assert message["Content-Language"] == "de"
    assert message["List-Unsubscribe"] is None
    assert message["Message-ID"].startswith("<letter.1.")
    assert not any("evil.example" in words for words in words_in(message))
    text, html = (part.get_content() for part in message.walk() if part.get_content_maintype() == "text")
    for part in (text, html):
        assert phrase("mail_confirm_title", "de") in part
    assert max(len(line) for line in text.splitlines() if "https://" not in line) <= 72


def test_nobody_learns_who_is_subscribed(pages: Running) -> None:
    """Known, unknown, unsubscribed, suppressed and erased addresses: the same response, and the same work before it."""
    pages.join("in@example.net")
    left = pages.join("left@example.net")
    token = pages.token(Purpose.UNSUBSCRIBE, left)
    pages.post_form(f"/unsubscribe/{token}", {"List-Unsubscribe": "One-Click"})
    with pages.database.write() as connection:
        suppress(connection, "bad@example.net", Reason.COMPLAINED, "test", NOW)
    pages.post_form(f"{pages.own_link(pages.join('gone@example.net'))}/erase")
    for path in ("/subscribe", "/preferences"):
        bodies = {
            pages.post_form(path, {"email": f"{name}@example.net"}).body
            for name in ("in", "left", "bad", "gone", "new")
        }
        assert len(bodies) == 1
    with pages.database.read() as connection:
        rows = connection.execute(select(transactional_emails.c.kind, transactional_emails.c.normal)).all()
    assert len(rows) == 10
    pages.settled()
    said = {(str(message["To"]), str(message["Subject"])) for message in pages.mail()}
    assert said == {
        ("in@example.net", phrase("mail_link_subject")),
        ("left@example.net", phrase("mail_confirm_subject")),
        ("left@example.net", phrase("mail_link_subject")),
        ("bad@example.net", phrase("mail_confirm_subject")),
        ("gone@example.net", phrase("mail_confirm_subject")),
        ("new@example.net", phrase("mail_confirm_subject")),
    }  # fmt: skip


def test_a_subscriber_gets_a_link_to_the_preferences(pages: Running) -> None:
    """A subscriber's mail has a link to the preferences, and no second consent is recorded."""
    subscriber = pages.join("anna@example.net")
    subscribe(pages)
    assert pages.settled() == ["accepted"]
    [message] = pages.mail()
    assert message["To"] == "anna@example.net"
    assert all(phrase("mail_known_text") in words for words in words_in(message))
    link = pages.link_in(message)
    assert link.startswith("/preferences/")
    assert "anna@example.net" in pages.get(link).body
    assert len(evidence(pages)) == 1
    assert subscriber.status is Status.ACTIVE


def test_subscribing_again(pages: Running) -> None:
    """Somebody who unsubscribed can subscribe again, but only by confirming through a mail."""
    subscriber = pages.join("anna@example.net", "press", name="Anna", language="en")
    pages.post_form(f"/unsubscribe/{pages.token(Purpose.UNSUBSCRIBE, subscriber)}", {"List-Unsubscribe": "One-Click"})
    subscribe(pages, {"email": "anna@example.net", "edition": "de"})
    pages.settled()
    found = pages.subscriber("anna@example.net")
    assert found is not None
    assert (found.status, found.language) == (Status.UNSUBSCRIBED, "en")
    link = pages.link_in(pages.mail()[0])
    assert pages.post_form(link).title == phrase("welcome_title")
    found = pages.subscriber("anna@example.net")
    assert found is not None
    assert (found.id, found.status, found.language, found.name) == (subscriber.id, Status.ACTIVE, "de", "Anna")
    with pages.database.read() as connection:
        assert not is_suppressed(connection, found.normal)


def test_a_link_confirms_once(pages: Running) -> None:
    """A second click shows the same page; after unsubscribing, the old link does not subscribe again."""
    subscribe(pages)
    pages.settled()
    link = pages.link_in(pages.mail()[0])
    for _ in range(3):
        assert pages.post_form(link).title == phrase("welcome_title")
    assert pages.get(link).title == phrase("welcome_title")
    assert len(evidence(pages)) == 1
    subscriber = pages.subscriber("anna@example.net")
    assert subscriber is not None
    pages.post_form(f"/unsubscribe/{pages.token(Purpose.UNSUBSCRIBE, subscriber)}", {"List-Unsubscribe": "One-Click"})
    assert pages.post_form(link).status == 404
    found = pages.subscriber("anna@example.net")
    assert found is not None
    assert found.status is Status.UNSUBSCRIBED


def test_a_link_ends(pages: Running) -> None:
    """After seven days the link no longer works, and the address is deleted."""
    subscribe(pages)
    pages.settled()
    link = pages.link_in(pages.mail()[0])
    pages.clock.pass_by(days=7, seconds=1)
    assert pages.get(link).status == 404
    assert pages.post_form(link).status == 404
    pages.clock.pass_by(days=1)
    subscribe(pages, {"email": "boris@example.net"})
    pages.settled()
    with pages.database.read() as connection:
        assert list(connection.scalars(select(transactional_emails.c.normal))) == ["boris@example.net"]
        assert list(connection.scalars(select(subscribers.c.id))) == []


def test_a_link_from_before_a_restored_backup(pages: Running) -> None:
    """After a restored backup, numbers are assigned again: the link of another mail confirms nobody."""
    later = pages.clock.now + datetime.timedelta(days=3)
    other = pages.tokens.make(Purpose.CONFIRM, 1, expires=later + CONFIRM_FOR)
    subscribe(pages)
    pages.settled()
    assert pages.post_form(f"/confirm/{other}").status == 404
    assert pages.post_form(pages.link_in(pages.mail()[0])).status == 200


def test_a_trap_for_programs(pages: Running) -> None:
    """A form with the hidden field filled in gets the same page, and no mail is sent."""
    real = subscribe(pages)
    assert subscribe(pages, {**ANNA, "email": "b@example.net", "website": "https://buy.example"}) == real
    assert pages.settled() == ["accepted"]


@pytest.mark.parametrize(
    "written",
    ["", "anna", "anna@", "@example.net", "anna@example", "a b@example.net", "a@example.net, b@example.net",
     "Anna <anna@example.net>", "anna@example.net\r\nBcc: all@example.net", "anna@exam\u0000ple.net", "ünna@example.net",
     "a" * 65 + "@example.net", "a@" + "b." * 200 + "net", '"><script>alert(1)</script>@example.net'],
)  # fmt: skip
def test_an_invalid_address(pages: Running, written: str) -> None:
    """An invalid address shows the form again, with an error at the field and the entered text."""
    answer = pages.post_form("/subscribe", {"email": written, "name": "<i>"})
    assert answer.status == 422
    assert 'aria-invalid="true"' in answer.body
    assert 'value="&lt;i&gt;"' in answer.body
    assert "<script" not in answer.body
    assert pages.letter_states() == []


def test_a_form_on_another_site(pages: Running) -> None:
    """The form can be on any site; the consent records the site's host name, and nothing else of it."""
    subscribe(pages, {"email": "anna@example.net", "language": "ar"}, Origin="https://Shop.example.com:8443")
    subscribe(pages, {"email": "b@example.net"}, Origin='https://x"><script>')
    pages.settled()
    first, second = pages.mail()
    assert first["Subject"] == phrase("mail_confirm_subject", "ar")
    pages.post_form(pages.link_in(first))
    pages.post_form(pages.link_in(second))
    known, unknown = evidence(pages)
    assert "with a form on shop.example.com:8443," in known
    assert phrase("consent", "ar") in known
    assert "with a form," in unknown


def test_one_address_gets_few_messages(pages: Running) -> None:
    """A second mail at once and a fifth within a day are dropped. The page stays the same, and mails resume a day later."""
    for _ in range(2):
        subscribe(pages)
    assert pages.settled() == ["accepted", "suppressed"]
    for _ in range(5):
        pages.clock.pass_by(minutes=10)
        subscribe(pages, {**ANNA, "email": "ANNA@example.net"})
        pages.settled()
    assert pages.settled() == ["accepted", "suppressed", "accepted", "accepted", "accepted", "suppressed", "suppressed"]
    pages.clock.pass_by(days=1)
    subscribe(pages)
    assert pages.settled()[-1] == "accepted"


def test_one_network_submits_few_addresses(pages: Running) -> None:
    """Twenty at once, then one every half minute, by network; only the address that the proxy itself saw is used."""
    kinds = {"/subscribe": "subscribe", "/preferences": "link"}
    for number in range(20):
        path = list(kinds)[number % 2]
        answer = pages.post_form(path, {"email": f"r{number}@example.net"}, {"X-Forwarded-For": f"198.51.100.{number}"})
        assert answer.status == 200
    for forged in ("198.51.100.77", "203.0.113.9, 198.51.100.78", "127.0.0.1, 198.51.100.79"):
        answer = pages.post_form("/subscribe", {"email": "one@example.net"}, {"X-Forwarded-For": forged})
        assert (answer.status, answer.title) == (429, phrase("often_title"))
    assert pages.post_form("/subscribe", {"email": "a@example.net"}, {"X-Forwarded-For": "203.0.113.9"}).status == 200
    assert pages.get("/subscribe", {"X-Forwarded-For": "198.51.100.1"}).status == 200


def test_unsubscribing_is_not_limited(pages: Running) -> None:
    """A mail provider sends all its one-click requests from one network, so unsubscribing is not limited."""
    for number in range(40):
        token = pages.token(Purpose.UNSUBSCRIBE, pages.join(f"r{number}@example.net"))
        assert pages.post_form(f"/unsubscribe/{token}", {"List-Unsubscribe": "One-Click"}).status == 200


class TestMails:
    """The state of each mail is recorded."""

    def test_a_server_that_is_not_there(self, pages: Running) -> None:
        """Without a mail server, the mail is retried after one minute, then five; no page waits for it."""
        pages.script["rcpt"] = once(says(b"451 4.3.0 later\r\n"), b"250 2.1.5 Ok\r\n")
        subscribe(pages)
        due = self.until_tried(pages, 1)
        assert due == NOW + datetime.timedelta(minutes=1)
        pages.clock.pass_by(minutes=1)
        pages.worker.wake()
        assert pages.settled() == ["accepted"]
        assert len(pages.mail()) == 1

    def until_tried(self, pages: Running, attempts: int) -> datetime.datetime:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            with pages.database.read() as connection:
                row = connection.execute(select(transactional_emails)).mappings().one()
            if row["attempts"] == attempts and row["state"] == "deferred":
                due: datetime.datetime = row["next_at"]
                return due
            time.sleep(0.01)
        raise AssertionError("never tried")

    def test_a_reply_that_never_arrived(self, pages: Running) -> None:
        """A connection lost after the terminating dot: the mail is unconfirmed and not retried."""
        pages.script["dot"] = leaves
        subscribe(pages)
        assert pages.settled() == [OutcomeState.UNKNOWN]
        pages.script.pop("dot")
        pages.clock.pass_by(hours=2)
        subscribe(pages, {"email": "b@example.net"})
        assert pages.settled() == ["unknown", "accepted"]
        assert [str(message["To"]) for message in pages.mail()] == ["b@example.net"]

    def test_an_address_that_does_not_exist(self, pages: Running) -> None:
        """A rejected mail is not retried, and no subscriber's status changes."""
        pages.script["rcpt"] = once(says(b"550 5.1.1 no such user\r\n"), b"250 2.1.5 Ok\r\n")
        subscribe(pages)
        assert pages.settled() == ["refused"]

    def test_erased_while_the_mail_is_in_progress(self, pages: Running) -> None:
        """A mail whose row was deleted is withdrawn before its terminating dot."""
        subscriber = pages.join("anna@example.net")

        def erase(visit: SmtpSession) -> int:
            assert pages.post_form(f"{pages.own_link(subscriber)}/erase").title == phrase("erased_title")
            return visit.say(b"354 go ahead\r\n")

        pages.script["data"] = erase
        pages.post_form("/preferences", {"email": "anna@example.net"})
        pages.settled()
        assert pages.letter_states() == []
        assert pages.mail() == []


def test_requests_do_not_wait_for_a_mail_server(pages: Running) -> None:
    """Pages respond while the mail server is silent."""
    answered = threading.Event()

    def waits(visit: SmtpSession) -> int:
        answered.wait(120)
        return visit.say(b"250 2.1.5 Ok\r\n")

    pages.script["rcpt"] = waits
    subscribe(pages)
    for number in range(5):
        subscribe(pages, {"email": f"r{number}@example.net"})
    assert set(pages.letter_states()) <= {"claimed", "pending"}
    answered.set()
    assert pages.settled() == ["accepted"] * 6
