"""One-click unsubscribing (RFC 8058), byte for byte over a real socket; and a token does nothing else."""

from pathlib import Path

import pytest
from sqlalchemy import update

from composer.audience.changes import change_address, confirm, sign_up
from composer.audience.erasure import erase
from composer.audience.identity.tokens import Purpose, Tokens
from composer.audience.importing.undo import last_import, undo_import
from composer.audience.subscribers import Status
from composer.audience.suppression import Reason, suppression_of
from composer.core.addresses import parse_address
from composer.database.tables.mailing_tables import deliveries
from composer.delivery.selection.freeze import freeze
from tests.audience.list_factory import take, written
from tests.delivery.factories import draft
from tests.web.public.running import FOREIGN_KEY, KEY, OLD_KEY, Running, phrase

FORM = b"List-Unsubscribe=One-Click"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
#: As in RFC 8058 section 8.2, except for the line ends.
MULTIPART = (
    b"---FormBoundaryjWmhtjORrn\r\n"
    b'Content-Disposition: form-data; name="List-Unsubscribe"\r\n'
    b"\r\n"
    b"One-Click\r\n"
    b"---FormBoundaryjWmhtjORrn--\r\n"
)
KIND = "Content-Type: multipart/form-data; boundary=-FormBoundaryjWmhtjORrn\r\n"


def one_click(path: str, body: bytes, kind: str) -> bytes:
    head = f"POST /n{path} HTTP/1.1\r\nHost: news.example.org\r\nConnection: close\r\n{kind}Content-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("Content-Type: application/x-www-form-urlencoded\r\n", FORM),
        ("Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\n", FORM),
        ("Content-Type: multipart/form-data; boundary=-FormBoundaryjWmhtjORrn\r\n", MULTIPART),
        ('Content-Type: Multipart/Form-Data; charset=utf-8; boundary="-FormBoundaryjWmhtjORrn"\r\n', MULTIPART),
        ("", FORM),
        # As careless programs write it: a line end at the end, lines that end in LF, names without quotes.
        ("Content-Type: application/x-www-form-urlencoded\r\n", FORM + b"\r\n"),
        ("Content-Type: application/x-www-form-urlencoded\r\n", b"\n" + FORM + b"\n"),
        ("Content-Type: text/plain\r\n", FORM + b" \r\n\r\n"),
        ("Content-Type: application/x-www-form-urlencoded\r\n", b"x=1&" + FORM + b"\r\n"),
        (KIND, MULTIPART.replace(b"\r\n", b"\n")),
        (KIND, MULTIPART.replace(b'"', b"")),
        (KIND, MULTIPART.replace(b'"', b"").replace(b"\r\n", b"\n")),
        (KIND, MULTIPART.replace(b"; name", b";\r\n name")),
        (KIND, MULTIPART.replace(b"; name", b" ; charset=utf-8; Name")),
        (KIND, b"\r\n" + MULTIPART + b"\r\n\r\n"),
        (KIND, MULTIPART.replace(b"One-Click\r\n", b"One-Click\r\n\r\n")),
        (KIND, MULTIPART.replace(b"--\r\n", b"")),
    ],
)
def test_one_click_unsubscribes_at_once(pages: Running, kind: str, body: bytes) -> None:
    """RFC 8058 section 3.2: a POST in either format gets a 200, no cookie and no redirect, any number of times."""
    subscriber = pages.join("anna@example.net")
    path = f"/unsubscribe/{pages.token(Purpose.UNSUBSCRIBE, subscriber, 7)}"
    for _ in range(3):
        answer = pages.raw(one_click(path, body, kind))
        head = answer.partition(b"\r\n\r\n")[0].lower()
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"\r\nlocation:" not in head
        assert b"\r\nset-cookie:" not in head
        found = pages.subscriber("anna@example.net")
        assert found is not None
        assert found.status is Status.UNSUBSCRIBED
    with pages.database.read() as connection:
        suppressed = suppression_of(connection, subscriber.normal)
    assert suppressed is not None
    assert (suppressed.reason, suppressed.source, suppressed.since) == (
        "unsubscribed",
        "link in mailing 7",
        pages.clock.now,
    )


@pytest.mark.parametrize("behind", [">", ")", ".", "/", "%3E", "),", "%22", "%E2%80%9D.", "/.", "%20", "]"])
def test_punctuation_after_a_link(pages: Running, behind: str) -> None:
    """If a program adds punctuation from a sentence to a link, the page and its button still work."""
    subscriber = pages.join("anna@example.net")
    path = f"/unsubscribe/{pages.token(Purpose.UNSUBSCRIBE, subscriber)}"
    page = pages.get(path + behind)
    assert (page.status, page.body) == (200, pages.get(path).body)
    own = f"{pages.own_link(subscriber)}{behind}"
    assert "anna@example.net" in pages.get(own).body
    assert pages.post_form(path + behind, ONE_CLICK).status == 200
    found = pages.subscriber("anna@example.net")
    assert found is not None
    assert found.status is Status.UNSUBSCRIBED


def test_a_scanner_changes_nothing(pages: Running) -> None:
    """A scanner that opens every link (GET, HEAD) or posts random forms does not change the subscriber."""
    subscriber = pages.join("anna@example.net")
    path = f"/unsubscribe/{pages.token(Purpose.UNSUBSCRIBE, subscriber)}"
    page = pages.get(path)
    assert page.status == 200
    assert page.title == "Unsubscribe from China Briefing?"
    assert '<input type="hidden" name="List-Unsubscribe" value="One-Click">' in page.body
    head = pages.ask("HEAD", path)
    assert (head.status, head.body) == (200, "")
    for answer in (
        pages.post_form(path),
        pages.post_form(path, {"email": "x", "submit": "1"}),
        pages.post_form(path, {"List-Unsubscribe": "one-click"}),
        pages.post_form(path, {"list-unsubscribe": "One-Click"}),
    ):
        assert answer.status == 400
        assert answer.title == page.title
    for method in ("PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"):
        answer = pages.ask(method, path, FORM)
        assert answer.status == 405
        assert answer.header("allow")
    found = pages.subscriber("anna@example.net")
    assert found is not None
    assert found.status is Status.ACTIVE


def test_the_button_on_the_page_does_the_same(pages: Running) -> None:
    """The page's own form is a one-click request; the next page asks for an optional reason."""
    subscriber = pages.join("anna@example.net", language="de")
    path = f"/unsubscribe/{pages.token(Purpose.UNSUBSCRIBE, subscriber)}"
    assert pages.get(path).title == phrase("leave_title", "de")
    left = pages.post_form(path, ONE_CLICK)
    assert left.title == phrase("left_title", "de")
    assert 'name="reason"' in left.body
    thanked = pages.post_form(path, {**ONE_CLICK, "reason": "Too\nlong & dull"})
    assert phrase("left_thanks", "de") in thanked.body
    with pages.database.read() as connection:
        from composer.audience.change_history import changes_of

        reasons = [each.after for each in changes_of(connection, subscriber.id) if each.what == "reason"]
    assert reasons == ["Too\nlong & dull"]


def test_reasons_do_not_pile_up(pages: Running) -> None:
    """The owner of a token cannot fill the database with reasons."""
    subscriber = pages.join("anna@example.net")
    path = f"/unsubscribe/{pages.token(Purpose.UNSUBSCRIBE, subscriber)}"
    for number in range(10):
        assert pages.post_form(path, {**ONE_CLICK, "reason": f"reason {number}"}).status == 200
    with pages.database.read() as connection:
        from composer.audience.change_history import changes_of

        assert sum(each.what == "reason" for each in changes_of(connection, subscriber.id)) == 3


def test_a_token_that_is_not_ours_tells_nothing(pages: Running) -> None:
    """A forged, foreign, cut or other purpose's token: the same 404 page for GET and POST; nothing changes."""
    subscriber = pages.join("anna@example.net")
    good = pages.token(Purpose.UNSUBSCRIBE, subscriber)
    bad = [
        Tokens((FOREIGN_KEY,)).make(Purpose.UNSUBSCRIBE, subscriber.id),
        *(pages.token(each, subscriber) for each in Purpose if each is not Purpose.UNSUBSCRIBE),
        good[:-1] + ("a" if good[-1] != "a" else "b"),
        good[:-2],
        f"{good}aa",
        "0",
        "%00",
        "%ff%fe",
        "x" * 3000,
    ]
    seen = set()
    for token in bad:
        path = f"/unsubscribe/{token}"
        for answer in (pages.get(path), pages.post_form(path, ONE_CLICK)):
            assert answer.status == 404
            seen.add(answer.body)
    assert len(seen) == 1
    found = pages.subscriber("anna@example.net")
    assert found is not None
    assert found.status is Status.ACTIVE


def test_a_token_of_an_older_key_still_works(pages: Running) -> None:
    """The link in a message from before a key change works as long as the old key is listed."""
    assert pages.tokens.keys == (KEY, OLD_KEY)
    subscriber = pages.join("anna@example.net")
    old = Tokens((OLD_KEY,)).make(Purpose.UNSUBSCRIBE, subscriber.id, 3)
    assert pages.post_form(f"/unsubscribe/{old}", ONE_CLICK).status == 200
    found = pages.subscriber("anna@example.net")
    assert found is not None
    assert found.status is Status.UNSUBSCRIBED


def test_the_token_unsubscribes_and_does_nothing_else(pages: Running) -> None:
    """It opens no preferences, confirms and approves nothing, and does not subscribe anybody again."""
    subscriber = pages.join("anna@example.net")
    token = pages.token(Purpose.UNSUBSCRIBE, subscriber)
    for path in ("confirm", "preferences", "approve"):
        assert pages.get(f"/{path}/{token}").status == 404
        assert pages.post_form(f"/{path}/{token}").status == 404
    for path in ("data", "leave", "erase"):
        assert pages.post_form(f"/preferences/{token}/{path}").status == 404
    assert pages.post_form(f"/unsubscribe/{token}", ONE_CLICK).status == 200
    for fields in ({"back": "1"}, {"subscribe": "1"}, {"status": "active"}):
        pages.post_form(f"/unsubscribe/{token}", {**fields, **ONE_CLICK})
        found = pages.subscriber("anna@example.net")
        assert found is not None
        assert found.status is Status.UNSUBSCRIBED


def test_a_token_of_nobody_confirms_nothing(pages: Running) -> None:
    """If its subscriber is unknown, neither the page nor the one-click response claims success; both show the form."""
    pages.join("anna@example.net")
    path = f"/unsubscribe/{pages.tokens.make(Purpose.UNSUBSCRIBE, 7)}"
    titles = set()
    for language in ("en", "de", "ar"):
        for answer in (
            pages.get(f"{path}?language={language}"),
            pages.post_form(f"{path}?language={language}", ONE_CLICK),
            pages.get(f"/preferences/{pages.tokens.make(Purpose.PREFERENCES, 7)}?language={language}"),
        ):
            assert answer.status == 404
            assert 'action="/n/preferences?language=' in answer.body and 'name="email"' in answer.body
            titles.add(answer.title)
    assert titles == {
        phrase("unknown_title"),
        phrase("unknown_title", "de"),
        phrase("unknown_title", "ar"),
    }
    found = pages.subscriber("anna@example.net")
    assert found is not None and found.status is Status.ACTIVE


def test_the_link_of_an_erased_person(pages: Running) -> None:
    """The link of an erased person's message: the page says that they are not subscribed, and they stay unsubscribed."""
    subscriber = pages.join("anna@example.net")
    path = f"/unsubscribe/{pages.token(Purpose.UNSUBSCRIBE, subscriber)}"
    with pages.database.write() as connection:
        erase(connection, parse_address("anna@example.net"), pages.clock.now)
    assert pages.get(path).status == 200
    answer = pages.post_form(path, ONE_CLICK)
    assert (answer.status, answer.title) == (200, phrase("gone_title"))
    with pages.database.read() as connection:
        found = suppression_of(connection, "anna@example.net")
    assert found is not None and (found.reason, found.normal) == (Reason.ERASED, "")


def test_erased_and_subscribed_again_a_link_of_before_unsubscribes(pages: Running) -> None:
    """A token is for the current owner of the address: the page's confirmation is true."""
    subscriber = pages.join("anna@example.net")
    path = f"/unsubscribe/{pages.token(Purpose.UNSUBSCRIBE, subscriber)}"
    with pages.database.write() as connection:
        erase(connection, parse_address("anna@example.net"), pages.clock.now)
        back = sign_up(connection, parse_address("Anna@example.net"), {}, source="form", now=pages.clock.now)
        confirm(connection, back.id, "double opt-in", source="form", now=pages.clock.now)
    assert pages.post_form(path, ONE_CLICK).title == phrase("left_title")
    found = pages.subscriber("anna@example.net")
    assert found is not None and (found.id, found.status) == (back.id, Status.UNSUBSCRIBED)


def test_a_link_of_an_import_that_was_undone(pages: Running, tmp_path: Path) -> None:
    """After unsubscribing through the link of an undone import, the next import leaves the address out."""
    people = written(tmp_path, "email\nanna@example.net\nben@example.net\n")
    take(pages.database, people, consent="form")
    anna, ben = pages.subscriber("anna@example.net"), pages.subscriber("ben@example.net")
    assert anna is not None and ben is not None
    with pages.database.write() as connection:
        frozen = freeze(connection, draft(), pages.clock.now)
        connection.execute(update(deliveries).values(state="accepted"))
        undo_import(connection, last_import(connection).number, pages.clock.now)
    paths = [f"/unsubscribe/{pages.token(Purpose.UNSUBSCRIBE, each, frozen.public_id)}" for each in (anna, ben)]
    assert pages.post_form(paths[0], ONE_CLICK).title == phrase("gone_title")
    done = take(pages.database, people, consent="form")
    assert (done.summary.new, done.summary.left) == (1, 1)
    assert [each.reason for each in done.left] == ["they unsubscribed"]
    assert pages.subscriber("anna@example.net") is None
    assert pages.post_form(paths[1], ONE_CLICK).title == phrase("left_title")
    found = pages.subscriber("ben@example.net")
    assert found is not None and found.status is Status.UNSUBSCRIBED and found.id != ben.id


def test_a_link_in_the_mailbox_of_a_former_address(pages: Running) -> None:
    """A link sent to an address that now belongs to somebody else unsubscribes both, since either may have clicked."""
    subscriber = pages.join("anna@example.net")
    with pages.database.write() as connection:
        frozen = freeze(connection, draft(), pages.clock.now)
        change_address(connection, subscriber.id, parse_address("new@example.net"), source="test", now=pages.clock.now)
    other = pages.join("anna@example.net")
    token = pages.token(Purpose.UNSUBSCRIBE, subscriber, frozen.public_id)
    later = pages.join("third@example.net")
    assert pages.post_form(f"/unsubscribe/{token}", ONE_CLICK).title == phrase("left_title")
    for address, number, status in (
        ("new@example.net", subscriber.id, Status.UNSUBSCRIBED),
        ("anna@example.net", other.id, Status.UNSUBSCRIBED),
        ("third@example.net", later.id, Status.ACTIVE),
    ):
        found = pages.subscriber(address)
        assert found is not None and (found.id, found.status) == (number, status)


def test_thanks_are_for_a_reason_that_was_kept(pages: Running) -> None:
    """Three reasons per person are stored; for a fourth, the page does not say that the editors will read it."""
    subscriber = pages.join("anna@example.net")
    path = f"/unsubscribe/{pages.token(Purpose.UNSUBSCRIBE, subscriber)}"
    answers = [pages.post_form(path, {**ONE_CLICK, "reason": f"reason {number}"}).body for number in range(4)]
    assert [phrase("left_thanks") in each for each in answers] == [True, True, True, False]
