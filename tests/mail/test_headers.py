"""Header fields: exact bytes where they are fixed by an RFC, rules where the input is hostile."""

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import fast_mail_parser
import pytest
from hypothesis import given, settings

from composer.content.addresses import Address
from composer.mail import headers
from composer.mail.headers import HeaderError
from composer.mail.parameters import ascii_fallback

from .bytecheck import header_block
from .strategies import line

_FORBIDDEN = [*map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0)), "\u2028", "\u2029", "\ud800", "\udfff"]


def test_plain_subject_stays_plain() -> None:
    """ASCII is not encoded and folds at a space."""
    assert headers.unstructured("Subject", "A cheap model") == b"Subject: A cheap model\r\n"
    written = headers.unstructured("Subject", "word " * 20 + "end")
    assert written.replace(b"\r\n ", b" ") == b"Subject: " + b"word " * 20 + b"end\r\n"
    assert max(map(len, written.split(b"\r\n"))) <= 78


@pytest.mark.parametrize(
    "subject",
    [
        "How to read =?utf-8?q?foo?=",
        "two  blanks",
        " before",
        "after ",
        "x" * 80,
        "a few words and " + "x" * 76,
        "x" * 70 + " and words",
        "\u4e2d",
    ],
)
def test_what_readers_would_change_is_encoded(subject: str) -> None:
    """Text that looks like an encoded-word, double or outer blanks and over-long words survive."""
    written = headers.unstructured("Subject", subject)
    assert b"=?utf-8?B?" in written
    assert fast_mail_parser.parse_email(written + b"\r\n").subject == subject


def test_words_as_long_as_a_line_stay_plain() -> None:
    """75 characters fit behind the blank of a folded line, 69 behind this header's name."""
    assert headers.unstructured("Subject", "a " + "x" * 75) == b"Subject: a\r\n " + b"x" * 75 + b"\r\n"
    assert headers.unstructured("Subject", "x" * 69) == b"Subject: " + b"x" * 69 + b"\r\n"
    assert headers.unstructured("Subject", "x" * 69 + " a b") == b"Subject: " + b"x" * 69 + b"\r\n a b\r\n"


def test_padding_only_in_the_last_word() -> None:
    """One letter, then only Chinese, never adds up to a multiple of three: the letter gets a Q word of its own."""
    written = headers.unstructured("Subject", "A" + "\u4e2d" * 40)
    assert written.startswith(b"Subject: =?utf-8?Q?=41?=\r\n =?utf-8?B?")
    assert header_block(written.removesuffix(b"\r\n")) == []
    assert fast_mail_parser.parse_email(written + b"\r\n").subject == "A" + "\u4e2d" * 40


@settings(max_examples=300, deadline=None)
@given(line)
def test_every_subject_reads_back(subject: str) -> None:
    """A foreign reader decodes what went in, and the bytes keep every limit of RFC 2047 and 5322."""
    written = headers.unstructured("Subject", subject)
    assert header_block(written.removesuffix(b"\r\n")) == []
    assert fast_mail_parser.parse_email(written + b"\r\n", strict=True).subject == subject


@pytest.mark.parametrize("character", _FORBIDDEN)
def test_no_control_character_gets_in(character: str) -> None:
    """Each control, Unicode line end and half of a pair is refused by every writer that takes text."""
    text = f"a{character}b"
    for write in (headers.unstructured, headers.verbatim, headers.message_id, headers.uris):
        with pytest.raises(HeaderError):
            write("X-Test", text)
    with pytest.raises(HeaderError):
        headers.structured("Content-Disposition", "inline", {"filename": text})
    with pytest.raises(HeaderError):
        headers.structured("Content-Disposition", text)
    with pytest.raises(ValueError, match="must not hold"):
        Address(name=text, address="a@example.org")


def test_names_are_quoted_or_encoded() -> None:
    """Atoms stay, specials are quoted, everything else is encoded, never both (RFC 2047 section 5 (3))."""
    names = {
        "Ben Li": b"Ben Li",
        "Li, Ben": b'"Li, Ben"',
        'O"Neil \\ Co.': b'"O\\"Neil \\\\ Co."',
        "=?utf-8?q?x?=": b"=?utf-8?B?PT91dGYtOD9xP3g/PQ==?=",
        "M\u00fcller, H": b"=?utf-8?B?TcO8bGxlciwgSA==?=",
    }
    for name, written in names.items():
        address = Address(name=name, address="b@example.org")
        assert headers.mailbox("From", address) == b"From: " + written + b" <b@example.org>\r\n"
    assert headers.mailbox("To", Address(address="b@b\u00fccher.example")) == b"To: b@xn--bcher-kva.example\r\n"


def test_several_mailboxes() -> None:
    """Mailboxes stand behind each other with commas, folded between."""
    people = [Address(name=f"Person, {n}", address=f"p{n}@example.org") for n in range(5)]
    written = headers.mailbox("To", *people)
    assert [a.address for a in fast_mail_parser.parse_email(written + b"\r\n").to or []] == [p.address for p in people]
    assert header_block(written.removesuffix(b"\r\n")) == []
    with pytest.raises(HeaderError):
        headers.mailbox("To")


def test_uris_fold_between_items_only() -> None:
    """A long web address stays whole and unencoded: Python's EmailMessage would break one-click here."""
    url = "https://news.example.org/u/" + "x" * 200
    assert headers.uris("List-Unsubscribe", url, "mailto:u@example.org?subject=off") == (
        b"List-Unsubscribe: <" + url.encode() + b">,\r\n <mailto:u@example.org?subject=off>\r\n"
    )


@pytest.mark.parametrize(
    "uri", ["https://m\u00fcnchen.example/", "example.org", "https://a b", "https://a>b", "https://a/" + "x" * 999]
)
def test_uris_refuse(uri: str) -> None:
    """Only addresses with a scheme, in ASCII, without blanks and brackets, that fit a line of 998."""
    with pytest.raises(HeaderError):
        headers.uris("List-Unsubscribe", uri)


def test_dates() -> None:
    """English names and a numeric zone (RFC 5322 section 3.3); local mean time becomes UTC; naive is refused."""
    berlin = timezone(timedelta(hours=1))
    assert headers.date("Date", datetime(2025, 1, 30, tzinfo=berlin)) == b"Date: Thu, 30 Jan 2025 00:00:00 +0100\r\n"
    west = timezone(-timedelta(hours=3, minutes=30))
    assert (
        headers.date("Date", datetime(2025, 7, 6, 9, 5, 7, tzinfo=west)) == b"Date: Sun, 06 Jul 2025 09:05:07 -0330\r\n"
    )
    mean = timezone(timedelta(minutes=53, seconds=28))
    assert headers.date("Date", datetime(2025, 1, 1, 1, tzinfo=mean)) == b"Date: Wed, 01 Jan 2025 01:00:00 +0053\r\n"
    assert headers.date("Date", datetime(2025, 1, 1, tzinfo=UTC)).endswith(b" +0000\r\n")
    assert headers.date("Date", datetime(1, 1, 1, tzinfo=mean)) == b"Date: Mon, 01 Jan 0001 00:00:00 +0053\r\n"
    with pytest.raises(HeaderError):
        headers.date("Date", datetime(2025, 1, 1))


def test_message_ids() -> None:
    """Angle brackets, one @, ASCII, at most 250 characters; a long id is never folded inside."""
    long = "<" + "a" * 120 + "@example.org>"
    assert headers.message_id("Message-ID", long) == f"Message-ID: {long}\r\n".encode()
    for wrong in ["a@b", "<a>", "<a@b@c>", "<a b@c>", "<a@\u00fc>", "", "<" + "a" * 250 + "@example.org>"]:
        with pytest.raises(HeaderError):
            headers.message_id("Message-ID", wrong)


def test_parameters() -> None:
    """ASCII is quoted; the rest follows RFC 2231 with an ASCII version for old readers."""
    assert headers.structured("Content-Type", "text/html", {"charset": "utf-8"}) == (
        b'Content-Type: text/html; charset="utf-8"\r\n'
    )
    assert headers.structured("Content-Disposition", "inline", {"filename": "\u00dcbersicht \u4e2d.png"}) == (
        b"Content-Disposition: inline; filename*=utf-8''%C3%9Cbersicht%20%E4%B8%AD.png;\r\n"
        b' filename="Ubersicht _.png"\r\n'
    )


@settings(max_examples=100, deadline=None)
@given(line)
def test_file_names_have_a_plain_twin(name: str) -> None:
    """The ASCII version of any file name is short, printable, not empty and free of what needs escaping."""
    plain = ascii_fallback(name)
    assert 0 < len(plain) <= 60 and plain.isascii() and plain.isprintable()
    assert not set(plain) & set('"\\/%=?')


def test_verbatim_never_encodes() -> None:
    """Structured values folded at spaces only; non-ASCII, double blanks and lines over 998 are refused."""
    assert headers.verbatim("Auto-Submitted", "auto-generated") == b"Auto-Submitted: auto-generated\r\n"
    for wrong in ["\u00fc", "a  b", "", " a", "x" * 999]:
        with pytest.raises(HeaderError):
            headers.verbatim("X-Test", wrong)
    for name in ["", "a b", "a:", "\u00fc", "X\r\nBcc", "x" * 41]:
        with pytest.raises(HeaderError):
            headers.verbatim(name, "a")


def test_a_quoted_name_that_fits_on_the_next_line_is_not_encoded() -> None:
    """People read it in a source, too: it is folded, and encoded only where no line has room for it."""
    first, name = Address(address=f"{'a' * 40}@example.org"), "Li, Ben " + "x" * 40
    written = headers.mailbox("To", first, Address(name=name, address="b@example.org"))
    assert written == f'To: {first.address},\r\n "{name}" <b@example.org>\r\n'.encode()
    assert b"=?utf-8?" in headers.mailbox("To", first, Address(name="Li, Ben " + "x" * 60, address="b@example.org"))


@pytest.mark.parametrize("month", range(1, 13))
def test_every_month_and_day_has_its_name(month: int) -> None:
    """As the standard library writes them."""
    for day in range(1, 8):
        moment = datetime(2025, month, day, 1, 2, 3, tzinfo=UTC)
        assert headers.date("Date", moment) == f"Date: {format_datetime(moment)}\r\n".encode()


@pytest.mark.parametrize("length", range(1, 60))
def test_a_line_with_an_encoded_word_is_no_longer_than_76(length: int) -> None:
    """Also where something that is not encoded stands behind it (RFC 2047 section 2)."""
    written = headers.mailbox("From", Address(name="Jürgen", address=f"{'a' * length}@example.org"))
    for each in written.decode().split("\r\n"):
        assert len(each) <= (76 if "=?" in each else 78)


@pytest.mark.parametrize(("length", "is_quoted"), [(49, True), (50, True), (51, False)])
def test_a_quoted_name_has_sixty_characters_at_most(length: int, is_quoted: bool) -> None:
    """A longer one is encoded, which can be folded."""
    name = "Li, Ben " + "x" * length
    written = headers.mailbox("To", Address(name=name, address="b@example.org"))
    assert (f'"{name}"'.encode() in written) is is_quoted


@pytest.mark.parametrize("name", ["", "1x", "na me", "na=me", "x" * 21])
def test_a_parameter_has_a_name(name: str) -> None:
    """What can't be one is refused."""
    with pytest.raises(HeaderError):
        headers.structured("Content-Type", "text/plain", {name: "x"})
    assert headers.structured("Content-Type", "text/plain", {"x" * 20: "y"}).count(b"x" * 20) == 1
