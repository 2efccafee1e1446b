"""Preferences, data and erasure: only through a link that is sent to the address and works for an hour."""

import json

import pytest
from sqlalchemy import MetaData, select, update

from composer.audience.changes import change_address
from composer.audience.identity.tokens import Purpose
from composer.audience.subscribers import Status
from composer.audience.suppression import Reason, is_suppressed, suppress
from composer.core.addresses import parse_address
from composer.database.engine import Database
from composer.database.tables.subscriber_tables import subscribers
from composer.delivery.selection.freeze import freeze
from tests.delivery.factories import draft
from tests.web.public.running import Running, phrase


def test_a_link_is_sent(pages: Running) -> None:
    """Submitting an address sends a link to it; the link opens the subscriber's own page, in their language."""
    pages.join("anna@example.net", "press", name="Anna", language="de", company="ACME & Co")
    for path in ("/preferences", "/unsubscribe"):
        assert pages.get(path).title == phrase("ask_title")
    answer = pages.post_form("/preferences", {"email": "ANNA@example.net", "language": "en"})
    assert answer.title == phrase("posted_title")
    assert pages.settled() == ["accepted"]
    [message] = pages.mail()
    assert message["To"] == "anna@example.net"
    page = pages.get(pages.link_in(message))
    assert page.title == phrase("own_title", "de")
    assert 'value="ACME &amp; Co"' in page.body
    assert '<option value="de" lang="de" selected>' in page.body
    assert '<input type="checkbox" name="tag" value="press" checked>' in page.body
    assert '<input type="checkbox" name="tag" value="events">' in page.body


def test_nobody_there_no_message(pages: Running) -> None:
    """For an address that is not on the list, nothing is sent, and nothing is kept for longer than a day."""
    pages.post_form("/preferences", {"email": "nobody@example.net"})
    assert pages.settled() == ["suppressed"]
    assert pages.mail() == []
    pages.clock.pass_by(days=1, seconds=1)
    pages.worker.wake()
    pages.post_form("/preferences", {"email": "other@example.net"})
    assert pages.settled() == ["suppressed"]


def test_changes_are_kept(pages: Running) -> None:
    """Name, language, field and tags are changed as submitted; what the form does not offer is ignored."""
    subscriber = pages.join(
        "anna@example.net", "press", "staff", name="Anna", language="en", company="ACME", secret="x"
    )
    link = pages.own_link(subscriber)
    fields = [
        ("name", "Anna\tLi"),
        ("edition", "de"),
        ("field-company", "Example"),
        ("field-secret", "mine"),
        ("tag", "events"),
        ("tag", "admins"),
        ("status", "complained"),
        ("email", "other@example.net"),
    ]
    answer = pages.post_form(link, fields)
    assert (answer.status, phrase("own_saved", "de") in answer.body) == (200, True)
    found = pages.subscriber("anna@example.net")
    assert found is not None
    assert (found.name, found.language, found.status) == ("Anna Li", "de", Status.ACTIVE)
    assert found.fields == {"company": "Example", "secret": "x"}
    assert found.tags == ("events", "staff")
    pages.post_form(link, {"name": "Anna", "edition": "xx"})
    found = pages.subscriber("anna@example.net")
    assert found is not None
    assert (found.language, found.tags, found.fields) == ("de", ("staff",), {"company": "Example", "secret": "x"})


def test_the_link_lasts_an_hour(pages: Running) -> None:
    """Afterwards it is like any link that does not work; and it never opened anything else."""
    subscriber = pages.join("anna@example.net")
    link = pages.own_link(subscriber)
    token = link.rpartition("/")[2]
    for path in ("unsubscribe", "confirm", "approve"):
        assert pages.post_form(f"/{path}/{token}", {"List-Unsubscribe": "One-Click"}).status == 404
    pages.clock.pass_by(minutes=59, seconds=59)
    assert pages.get(link).status == 200
    pages.clock.pass_by(seconds=1)
    for path in ("", "/data", "/leave", "/erase"):
        assert pages.post_form(f"{link}{path}").status == 404
    assert pages.get(link).status == 404
    assert pages.get(f"{link}/erase").status == 404
    found = pages.subscriber("anna@example.net")
    assert found is not None
    assert found.status is Status.ACTIVE


def test_the_link_in_every_message_opens_nothing(pages: Running) -> None:
    """Messages can be forwarded, so their link shows and changes nothing; the link that works is sent to the address."""
    subscriber = pages.join("anna@example.net", "press", name="Anna Schmidt", language="de", company="ACME")
    passed_on = f"/preferences/{pages.token(Purpose.PREFERENCES, subscriber, 7)}"
    page = pages.get(passed_on)
    assert (page.status, page.title) == (200, phrase("ask_title", "de"))
    for path in ("/data", "/leave", "/erase"):
        assert pages.post_form(f"{passed_on}{path}").status == 404
    assert pages.get(f"{passed_on}/erase").status == 404
    answer = pages.post_form(passed_on, {"name": "Mallory", "email": "mallory@example.net", "edition": "en"})
    assert answer.title == phrase("posted_title", "de")
    for word in ("anna", "Anna", "ACME", "press"):
        assert word not in page.body + answer.body
    assert pages.subscriber("anna@example.net") == subscriber
    assert pages.settled() == ["accepted"]
    [message] = pages.mail()
    assert message["To"] == "anna@example.net"
    assert "ACME" in pages.get(pages.link_in(message)).body
    gone = pages.tokens.make(Purpose.PREFERENCES, subscriber.id + 1000)
    answer = pages.post_form(f"/preferences/{gone}", {})
    assert (answer.status, answer.title) == (404, phrase("unknown_title"))


def test_a_link_does_not_open_what_moved_to_another_address(pages: Running) -> None:
    """A link sent to the former address no longer works after the address has changed; a newer one does."""
    subscriber = pages.join("anna@example.net")
    with pages.database.write() as connection:
        freeze(connection, draft(), pages.clock.now)
    before = pages.own_link(subscriber)
    assert pages.get(before).status == 200
    pages.clock.pass_by(minutes=5)
    with pages.database.write() as connection:
        change_address(connection, subscriber.id, parse_address("new@example.net"), source="test", now=pages.clock.now)
    pages.clock.pass_by(minutes=5)
    assert pages.get(before).status == 404
    assert pages.post_form(f"{before}/data").status == 404
    assert "new@example.net" in pages.get(pages.own_link(subscriber)).body


def test_my_data(pages: Running) -> None:
    """Everything stored, as a file to download; and only with the button."""
    subscriber = pages.join("anna@example.net", "press", name="安娜", company="ACME")
    link = pages.own_link(subscriber)
    assert pages.get(f"{link}/data").status == 405
    answer = pages.post_form(f"{link}/data")
    assert answer.header("content-disposition") == 'attachment; filename="my-data.json"'
    stored = json.loads(answer.body)
    assert (stored["address"], stored["name"], stored["tags"]) == ("anna@example.net", "安娜", ["press"])
    assert stored["fields"] == {"company": "ACME"}
    assert stored["consent"] == {"at": "2025-01-30T06:30:00+00:00", "evidence": "a card"}
    assert stored["history"][0]["after"] == "active"
    assert (stored["suppressed"], stored["came_with"]) == (None, None)


@pytest.mark.parametrize("reason", [Reason.HELD, Reason.BOUNCED])
def test_who_gets_nothing_because_of_a_bounce_is_told_so_and_can_come_back(pages: Running, reason: Reason) -> None:
    """The page does not say that they unsubscribed; they can unsubscribe, or confirm again."""
    subscriber = pages.join("anna@example.net", language="en")
    with pages.database.write() as connection:
        suppress(connection, "anna@example.net", reason, "bounce", pages.clock())
    page = pages.get(pages.own_link(subscriber)).body
    assert phrase("own_bounced") in page and phrase("left_title") not in page
    assert "/leave" in page
    pages.post_form("/subscribe", {"email": "anna@example.net", "language": "en"})
    assert pages.settled() == ["accepted"]
    [message] = pages.mail()
    assert message["Subject"] == phrase("mail_confirm_subject")
    assert pages.post_form(pages.link_in(message), {}).title == phrase("welcome_title")
    with pages.database.read() as connection:
        assert not is_suppressed(connection, "anna@example.net")
    assert "came back" not in pages.get(pages.own_link(subscriber)).body


def test_who_has_not_confirmed_is_told_so(pages: Running) -> None:
    """The page says that they have not confirmed, not that they have unsubscribed."""
    subscriber = pages.join("anna@example.net", language="en")
    with pages.database.write() as connection:
        connection.execute(update(subscribers).values(status=Status.PENDING))
    page = pages.get(pages.own_link(subscriber)).body
    assert phrase("own_pending") in page and phrase("left_title") not in page


def test_leaving_on_ones_own_page(pages: Running) -> None:
    """The button on the page unsubscribes like the link in a message."""
    subscriber = pages.join("anna@example.net")
    link = pages.own_link(subscriber)
    assert pages.get(f"{link}/leave").status == 405
    assert phrase("own_left") in pages.post_form(f"{link}/leave").body
    found = pages.subscriber("anna@example.net")
    assert found is not None
    assert found.status is Status.UNSUBSCRIBED


def _everything(database: Database) -> str:
    """Every row of every table, as text."""
    metadata = MetaData()
    metadata.reflect(database.engine)
    assert len(metadata.tables) > 8
    found = []
    with database.read() as connection:
        for table in metadata.tables.values():
            found += [repr(tuple(row)) for row in connection.execute(select(table))]
    return "\n".join(found)


def test_erased(pages: Running) -> None:
    """After a question, everything is deleted except a hash: no row contains the address or the name, and the link is dead."""
    subscriber = pages.join("anna@example.net", "press", name="Anna Schmidt", company="ACME-7")
    pages.post_form("/preferences", {"email": "anna@example.net"})
    pages.settled()
    pages.post_form(f"/unsubscribe/{pages.token(Purpose.UNSUBSCRIBE, subscriber)}", {"List-Unsubscribe": "One-Click"})
    link = pages.own_link(subscriber)
    question = pages.get(f"{link}/erase")
    assert question.title == phrase("erase_title")
    assert pages.subscriber("anna@example.net") is not None
    assert pages.post_form(f"{link}/erase").title == phrase("erased_title")
    assert pages.subscriber("anna@example.net") is None
    kept = _everything(pages.database).lower()
    for word in ("anna", "schmidt", "acme-7"):
        assert word not in kept
    with pages.database.read() as connection:
        assert is_suppressed(connection, "anna@example.net")
    for path in ("", "/erase", "/data"):
        assert pages.post_form(f"{link}{path}").status == 404
