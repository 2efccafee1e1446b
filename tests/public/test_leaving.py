"""RFC 8058 to the byte, over a real socket; and that a token does this one thing and no other."""

import pytest

from composer.audience.readers import Status
from composer.audience.suppression import suppression_of
from composer.audience.tokens import Purpose, Tokens
from tests.public.running import FOREIGN_KEY, KEY, OLD_KEY, Running

FORM = b"List-Unsubscribe=One-Click"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
#: As RFC 8058 section 8.2 has it, but for the line ends.
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
        # As programs write it who did not read the RFC: a line end at the end, lines that end in LF, names without quotes.
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
    """RFC 8058 section 3.2: a POST in either form; 200, no cookie, nowhere else to go; the same again and again."""
    reader = pages.join("anna@example.net")
    path = f"/unsubscribe/{pages.token(Purpose.UNSUBSCRIBE, reader, 7)}"
    for _ in range(3):
        answer = pages.raw(one_click(path, body, kind))
        head = answer.partition(b"\r\n\r\n")[0].lower()
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"\r\nlocation:" not in head
        assert b"\r\nset-cookie:" not in head
        found = pages.reader("anna@example.net")
        assert found is not None
        assert found.status is Status.UNSUBSCRIBED
    with pages.database.read() as connection:
        suppressed = suppression_of(connection, reader.normal)
    assert suppressed is not None
    assert (suppressed.reason, suppressed.source, suppressed.since) == (
        "unsubscribed",
        "link in mailing 7",
        pages.clock.now,
    )


@pytest.mark.parametrize("behind", [">", ")", ".", "/", "%3E", "),", "%22", "%E2%80%9D.", "/.", "%20", "]"])
def test_punctuation_behind_a_link(pages: Running, behind: str) -> None:
    """A program takes what follows a link in a sentence for a part of it: page and button work all the same."""
    reader = pages.join("anna@example.net")
    path = f"/unsubscribe/{pages.token(Purpose.UNSUBSCRIBE, reader)}"
    page = pages.get(path + behind)
    assert (page.status, page.body) == (200, pages.get(path).body)
    own = f"{pages.own_link(reader)}{behind}"
    assert "anna@example.net" in pages.get(own).body
    assert pages.post_form(path + behind, ONE_CLICK).status == 200
    found = pages.reader("anna@example.net")
    assert found is not None
    assert found.status is Status.UNSUBSCRIBED


def test_a_scanner_changes_nothing(pages: Running) -> None:
    """What opens every link (GET, HEAD), or posts forms at random, leaves the reader where they were."""
    reader = pages.join("anna@example.net")
    path = f"/unsubscribe/{pages.token(Purpose.UNSUBSCRIBE, reader)}"
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
    found = pages.reader("anna@example.net")
    assert found is not None
    assert found.status is Status.ACTIVE


def test_the_button_on_the_page_does_the_same(pages: Running) -> None:
    """The page's own form is a one-click request; behind it a reason may be given, or not."""
    reader = pages.join("anna@example.net", language="de")
    path = f"/unsubscribe/{pages.token(Purpose.UNSUBSCRIBE, reader)}"
    assert pages.get(path).title == "China-Briefing abbestellen?"
    left = pages.post_form(path, ONE_CLICK)
    assert left.title == "Sie sind abgemeldet"
    assert 'name="reason"' in left.body
    thanked = pages.post_form(path, {**ONE_CLICK, "reason": "Too\nlong & dull"})
    assert "Danke" in thanked.body
    with pages.database.read() as connection:
        from composer.audience.history import changes_of

        reasons = [each.after for each in changes_of(connection, reader.id) if each.what == "reason"]
    assert reasons == ["Too\nlong & dull"]


def test_reasons_do_not_pile_up(pages: Running) -> None:
    """Who has a token cannot fill the database with reasons."""
    reader = pages.join("anna@example.net")
    path = f"/unsubscribe/{pages.token(Purpose.UNSUBSCRIBE, reader)}"
    for number in range(10):
        assert pages.post_form(path, {**ONE_CLICK, "reason": f"reason {number}"}).status == 200
    with pages.database.read() as connection:
        from composer.audience.history import changes_of

        assert sum(each.what == "reason" for each in changes_of(connection, reader.id)) == 3


def test_a_token_that_is_not_ours_tells_nothing(pages: Running) -> None:
    """Forged, of another publication's key, cut, of another purpose: the same page, 404, for GET and POST; nothing changes."""
    reader = pages.join("anna@example.net")
    good = pages.token(Purpose.UNSUBSCRIBE, reader)
    bad = [
        Tokens((FOREIGN_KEY,)).make(Purpose.UNSUBSCRIBE, reader.id),
        *(pages.token(each, reader) for each in Purpose if each is not Purpose.UNSUBSCRIBE),
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
    found = pages.reader("anna@example.net")
    assert found is not None
    assert found.status is Status.ACTIVE


def test_a_token_of_an_older_key_still_works(pages: Running) -> None:
    """A message from before the key was changed has a way out as long as the old key stands in the list."""
    assert pages.tokens.keys == (KEY, OLD_KEY)
    reader = pages.join("anna@example.net")
    old = Tokens((OLD_KEY,)).make(Purpose.UNSUBSCRIBE, reader.id, 3)
    assert pages.post_form(f"/unsubscribe/{old}", ONE_CLICK).status == 200
    found = pages.reader("anna@example.net")
    assert found is not None
    assert found.status is Status.UNSUBSCRIBED


def test_the_token_unsubscribes_and_does_nothing_else(pages: Running) -> None:
    """It opens no preferences, confirms nothing, approves nothing; and does not bring anybody back."""
    reader = pages.join("anna@example.net")
    token = pages.token(Purpose.UNSUBSCRIBE, reader)
    for path in ("confirm", "preferences", "approve"):
        assert pages.get(f"/{path}/{token}").status == 404
        assert pages.post_form(f"/{path}/{token}").status == 404
    for path in ("data", "leave", "erase"):
        assert pages.post_form(f"/preferences/{token}/{path}").status == 404
    assert pages.post_form(f"/unsubscribe/{token}", ONE_CLICK).status == 200
    for fields in ({"back": "1"}, {"subscribe": "1"}, {"status": "active"}):
        pages.post_form(f"/unsubscribe/{token}", {**fields, **ONE_CLICK})
        found = pages.reader("anna@example.net")
        assert found is not None
        assert found.status is Status.UNSUBSCRIBED


def test_who_is_gone_leaves_as_everybody(pages: Running) -> None:
    """The token of a reader who was erased gets the same answer: nothing tells that they were ever there."""
    reader = pages.join("anna@example.net")
    there = pages.token(Purpose.UNSUBSCRIBE, reader)
    gone = pages.tokens.make(Purpose.UNSUBSCRIBE, reader.id + 1000)
    first, second = (pages.post_form(f"/unsubscribe/{each}", ONE_CLICK) for each in (there, gone))
    assert (first.status, second.status) == (200, 200)
    assert first.body.replace(there, "") == second.body.replace(gone, "")
