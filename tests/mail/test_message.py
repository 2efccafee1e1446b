"""Complete messages: their exact structure once, then difficult content with two parsers and the byte checker."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.core.addresses import Address, AddressError
from composer.mail.bulk_headers import leave_by_mail, verp
from composer.mail.compiled_message import compile_message, message_id_for
from composer.mail.headers import HeaderError
from composer.mail.letterhead import Addressing, Letterhead
from composer.mail.parameters import ascii_fallback
from composer.mail.parts import MailPart
from composer.mail.transfer_encoding import canonical
from tests.mail import mail_parsers
from tests.mail.bytecheck import problems
from tests.mail.strategies import address, body, file_name, line

LETTERHEAD = Letterhead(
    sender=Address(name="China Briefing", address="briefing@news.example.org"),
    reply_to=Address(address="editors@example.org"),
    subject="A cheap model shakes up the AI race",
    language="en",
    list_id="briefing.example.org",
    list_name="China Briefing",
    feedback_id="examplebrief",
)
ADDRESSING = Addressing(
    to=None,
    date=datetime(2025, 1, 30, tzinfo=UTC),
    message_id="<1@news.example.org>",
    unsubscribe="https://news.example.org/u/1",
    unsubscribe_mailto="mailto:off@example.org",
    feedback=("2025-01-30", "en"),
)
PICTURE = MailPart(content_id="chart@news.example.org", filename="chart.png", media_type="image/png", data=b"\x89PNG")


def build(
    letterhead: Letterhead = LETTERHEAD,
    addressing: Addressing = ADDRESSING,
    *,
    html: str,
    text: str,
    pictures: tuple[MailPart, ...] = (),
) -> bytes:
    """Return a message without merge fields."""
    return compile_message(letterhead, html=html, text=text, pictures=pictures).fill({}, addressing)


def test_shape_without_pictures() -> None:
    """Headers in order, plain text before HTML, one language in all parts."""
    message = build(html="<p>Hello</p>\n", text="Hello\n")
    boundary = re.findall(rb'boundary="(.*)"', message)[0].decode()
    assert message.decode("ascii").replace(boundary, "BOUNDARY").split("\r\n") == [
        "From: China Briefing <briefing@news.example.org>",
        "Reply-To: editors@example.org",
        "To: undisclosed-recipients:;",
        "Subject: A cheap model shakes up the AI race",
        "Date: Thu, 30 Jan 2025 00:00:00 +0000",
        "Message-ID: <1@news.example.org>",
        "X-Compose-ID: 1",
        "List-Unsubscribe: <https://news.example.org/u/1>, <mailto:off@example.org>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        "Feedback-ID: 2025-01-30:en:examplebrief",
        "List-Id: China Briefing <briefing.example.org>",
        "Auto-Submitted: auto-generated",
        "Precedence: bulk",
        "X-Auto-Response-Suppress: OOF, AutoReply",
        "Content-Language: en",
        "MIME-Version: 1.0",
        "Content-Type: multipart/alternative;",
        ' boundary="BOUNDARY"',
        "",
        "--BOUNDARY",
        'Content-Type: text/plain; charset="utf-8"',
        "Content-Language: en",
        "Content-Transfer-Encoding: quoted-printable",
        "",
        "Hello",
        "",
        "--BOUNDARY",
        'Content-Type: text/html; charset="utf-8"',
        "Content-Language: en",
        "Content-Transfer-Encoding: quoted-printable",
        "",
        "<p>Hello</p>",
        "",
        "--BOUNDARY--",
        "",
    ]
    assert problems(message) == []


def test_pictures_are_next_to_the_html() -> None:
    """alternative { plain, related { html, picture } }, inline with an id, type= as in RFC 2387."""
    message = build(html='<img src="cid:chart@news.example.org">', text="x", pictures=(PICTURE,))
    assert problems(message) == []
    types = re.findall(rb"Content-Type: ([a-z/]+)", message)
    assert types == [b"multipart/alternative", b"text/plain", b"multipart/related", b"text/html", b"image/png"]
    assert b'multipart/related; type="text/html";' in message
    assert b'Content-ID: <chart@news.example.org>\r\nContent-Disposition: inline; filename="chart.png"\r\n' in message


def test_same_input_same_bytes() -> None:
    """Nothing is random: two builds are equal, another text gives another boundary."""
    assert build(html="a", text="b") == build(html="a", text="b")
    boundaries = {re.findall(rb'boundary="(.*)"', build(html=html, text="b"))[0] for html in "ac"}
    assert len(boundaries) == 2


def test_hash_is_blind_to_time_id_and_addressee() -> None:
    """A test send and the mailing have the hash of the build; a visible change changes it."""

    def hashed(letterhead: Letterhead = LETTERHEAD, html: str = "a", text: str = "b", *pictures: MailPart) -> str:
        return compile_message(letterhead, html=html, text=text, pictures=pictures).hash

    base = hashed(LETTERHEAD, "a", "b", PICTURE)
    assert re.fullmatch("[0-9a-f]{64}", base)
    others = [
        hashed(replace(LETTERHEAD, subject="x"), "a", "b", PICTURE),
        hashed(replace(LETTERHEAD, sender=Address(address="a@example.org")), "a", "b", PICTURE),
        hashed(replace(LETTERHEAD, reply_to=None), "a", "b", PICTURE),
        hashed(replace(LETTERHEAD, language="de"), "a", "b", PICTURE),
        hashed(replace(LETTERHEAD, list_id=None), "a", "b", PICTURE),
        hashed(replace(LETTERHEAD, feedback_id="another"), "a", "b", PICTURE),
        hashed(LETTERHEAD, "b", "b", PICTURE),
        hashed(LETTERHEAD, "a", "a", PICTURE),
        hashed(LETTERHEAD, "a", "b", replace(PICTURE, data=b"x")),
        hashed(),
    ]
    assert len({base, *others}) == 11


def test_message_id_comes_from_the_hash() -> None:
    """The same edition has the same id, at the sender's domain in ASCII."""
    assert message_id_for("ab" * 32, "m\u00fcnchen.example") == f"<{'ab' * 16}@xn--mnchen-3ya.example>"
    with pytest.raises(HeaderError):
        message_id_for("ab", "example.org")
    with pytest.raises(AddressError):
        message_id_for("ab" * 32, "example.org>\r\nBcc: <x@example.org")


def test_reply_to_only_where_it_differs() -> None:
    """A Reply-To equal to From is left out."""
    assert b"Reply-To" not in build(replace(LETTERHEAD, reply_to=LETTERHEAD.sender), html="a", text="b")
    assert b"Reply-To" not in build(replace(LETTERHEAD, reply_to=None), html="a", text="b")


@pytest.mark.parametrize(
    "wrong",
    [
        {"list_id": "no dots"},
        {"list_id": "a" * 250 + ".example.org"},
        {"list_name": "China\r\nBcc: x@example.org"},
        {"unsubscribe": "http://news.example.org/u/1"},
        {"unsubscribe": "https://news.example.org/u/1\r\nBcc: x@example.org"},
        {"unsubscribe": "https://news.example.org/" + "u" * 1000},
        {"unsubscribe_mailto": "mailto:off@example.org>,<x"},
        {"unsubscribe_mailto": "https://news.example.org/u/2"},
        {"feedback_id": "ab"},
        {"feedback_id": "a:b:c:d"},
        {"feedback": ("same", "same")},
        {"feedback": ("1", "2", "3", "4")},
        {"feedback": ("a:b",)},
        {"prefix": "a\r\nBcc: x@example.org"},
        {"in_reply_to": "a\r\nBcc: x@example.org"},
        {"message_id": "1@news.example.org"},
    ],
)
def test_headers_of_bulk_mail_are_right_or_refused(wrong: dict[str, object]) -> None:
    """No duplicate header, no http address to unsubscribe, no id that Gmail ignores, no injection."""
    letterhead = {name: value for name, value in wrong.items() if name.startswith("list") or name == "feedback_id"}
    addressing = {name: value for name, value in wrong.items() if name not in letterhead}
    with pytest.raises(HeaderError):
        build(replace(LETTERHEAD, **letterhead), replace(ADDRESSING, **addressing), html="a", text="b")  # type: ignore[arg-type]


def test_what_does_not_belong_is_left_out() -> None:
    """A test send names the list and has no address to unsubscribe; the list name may be in any script."""
    letterhead = replace(LETTERHEAD, list_id="b.example.org", list_name="中国简报", feedback_id=None)
    message = build(letterhead, replace(ADDRESSING, unsubscribe=None), html="a", text="b")
    assert b"List-Unsubscribe" not in message and b"Feedback-ID" not in message
    assert re.search(rb"\r\nList-Id: =\?utf-8\?B\?[\w+/]+=*\?= <b.example.org>\r\n", message)
    assert b"In-Reply-To" not in message and b"References" not in message


def test_a_correction_answers_what_it_corrects() -> None:
    """Mail programs show both in one thread (RFC 5322 section 3.6.4)."""
    message = build(LETTERHEAD, replace(ADDRESSING, in_reply_to="<0@news.example.org>"), html="a", text="b")
    assert b"\r\nIn-Reply-To: <0@news.example.org>\r\nReferences: <0@news.example.org>\r\n" in message
    assert problems(message) == []


def test_leaving_by_mail() -> None:
    """The token is in the subject, special characters are escaped for a URI; an invalid address is rejected."""
    assert (
        leave_by_mail("leave@news.example.org", "abc234")
        == "mailto:leave@news.example.org?subject=unsubscribe%20abc234"
    )
    assert leave_by_mail("a?b&c@x.example", "abc") == "mailto:a%3Fb%26c@x.example?subject=unsubscribe%20abc"
    for where, token in (
        ("leave", "abc"),
        ("leave@x.example", "a b"),
        ("l@x.example>,<evil:", "abc"),
        ("l\n@x.example", "a"),
    ):
        with pytest.raises(HeaderError):
            leave_by_mail(where, token)


def test_verp() -> None:
    """A bounce identifies its subscriber by the token; the lengths of RFC 5321 are kept."""
    assert verp("b@bounces.example.org", "abc234") == "b+abc234@bounces.example.org"
    for bounces, token in (("b@x.org", "A"), ("b@x.org", "a b"), ("b" * 60 + "@x.org", "a" * 10), ("b@x.org", "")):
        with pytest.raises(HeaderError):
            verp(bounces, token)


def test_wrong_parts_are_refused() -> None:
    """Nested media types, duplicate ids, ids and languages that inject headers."""
    wrong = [replace(PICTURE, media_type="message/rfc822"), replace(PICTURE, media_type="image/png\r\nX: y")]
    wrong += [replace(PICTURE, content_id="a"), replace(PICTURE, content_id="a@b>\r\nX: <y")]
    for part in wrong:
        with pytest.raises(HeaderError):
            build(html="a", text="b", pictures=(part,))
    with pytest.raises(HeaderError):
        build(html="a", text="b", pictures=(PICTURE, PICTURE))
    with pytest.raises(HeaderError):
        build(replace(LETTERHEAD, language="en\r\nX: y"), html="a", text="b")


@settings(max_examples=150, deadline=None)
@given(subject=line, sender=address, to=st.none() | address, html=body, text=body, filename=file_name)
def test_other_parsers_read_the_input(
    subject: str, sender: Address, to: Address | None, html: str, text: str, filename: str
) -> None:
    """Subject, sender, both texts and the picture are unchanged in two other parsers."""
    picture = replace(PICTURE, filename=filename, data=html.encode())
    letterhead, addressing = replace(LETTERHEAD, subject=subject, sender=sender), replace(ADDRESSING, to=to)
    message = build(letterhead, addressing, html=html, text=text, pictures=(picture,))
    assert problems(message) == []
    by_rust, by_python = mail_parsers.rust(message), mail_parsers.python(message)
    for seen in (by_rust, by_python):
        assert seen.subject == subject
        assert seen.sender == (sender.name, sender.wire)
        assert (seen.text, seen.html) == (canonical(text), canonical(html))
        assert [(cid, data) for cid, _, data in seen.pictures] == [(picture.content_id, picture.data)]
    # Of the two forms of a file name this parser uses the ASCII one, in any order.
    assert by_rust.pictures[0][1] in (filename, ascii_fallback(filename))
    # Python removes quotation marks that belong to the name.
    assert by_python.pictures[0][1] in (filename, unquote(filename))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ((b"\r\nDate:", b"\nDate:"), "CR or LF alone"),
        ((b"Precedence: bulk", b"Return-Path: <a@example.org>"), "return-path must not"),
        ((b"Precedence: bulk", b"Bcc: a@example.org"), "bcc must not"),
        ((b"Precedence: bulk", b"Subject: again"), "subject stands 2 times"),
        ((b"Precedence: bulk", b"X-A: " + b"x " * 60 + b"x"), "foldable line"),
        ((b"Precedence: bulk", b"X-A: =?utf-8?B?5Lg=?= =?utf-8?B?rQ==?="), "cannot be read alone"),
        ((b"Precedence: bulk", b"X-A: =?utf-8?B?YQ==?= =?utf-8?B?YQ==?="), "padding before"),
        ((b"Precedence: bulk", b"X-A: =?utf-8?B?" + b"YWFh" * 16 + b"?="), "encoded-word of 76"),
        ((b"<p>Hello</p>", b".Hello"), "starts with"),
        ((b"<p>Hello</p>", b"From me"), "starts with"),
        ((b"<p>Hello</p>", b"x" * 77), "line of 77"),
        ((b"<p>Hello</p>", b"a=b"), "broken escape"),
        ((b"<p>Hello</p>", "\u00fc".encode()), "not ASCII"),
        ((b"--\r\n", b"\r\n"), "boundary lines"),
    ],
)
def test_the_byte_checker_finds_damage(damage: tuple[bytes, bytes], words: str) -> None:
    """The byte checker finds each kind of damage."""
    message = build(html="<p>Hello</p>\n", text="Hello\n")
    assert damage[0] in message
    assert any(words in problem for problem in problems(message.replace(*damage)))
