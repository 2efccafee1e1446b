"""Header fields: exact bytes if an RFC defines them, rules for hostile input."""

import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import fast_mail_parser
import pytest
from hypothesis import given, settings

from composer.core.addresses import Address
from composer.mail import headers
from composer.mail.headers import HeaderError
from composer.mail.parameters import ascii_fallback
from tests.mail.bytecheck import header_block
from tests.mail.strategies import line

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
        "x" * 70,
        "x" * 80,
        "a few words and " + "x" * 76,
        "x" * 70 + " and words",
        "\u4e2d",
    ],
)
def test_what_subscribers_would_change_is_encoded(subject: str) -> None:
    """Text that looks like an encoded-word, double or outer spaces and very long words are preserved."""
    written = headers.unstructured("Subject", subject)
    assert b"=?utf-8?B?" in written
    assert fast_mail_parser.parse_email(written + b"\r\n").subject == subject


def test_words_as_long_as_a_line_stay_plain() -> None:
    """75 characters fit after the space of a folded line, 69 after this header's name."""
    assert headers.unstructured("Subject", "a " + "x" * 75) == b"Subject: a\r\n " + b"x" * 75 + b"\r\n"
    assert headers.unstructured("Subject", "x" * 69) == b"Subject: " + b"x" * 69 + b"\r\n"
    assert headers.unstructured("Subject", "x" * 69 + " a b") == b"Subject: " + b"x" * 69 + b"\r\n a b\r\n"


def test_padding_only_in_the_last_word() -> None:
    """One letter, then only Chinese, is never a multiple of three: the letter gets its own Q word."""
    written = headers.unstructured("Subject", "A" + "\u4e2d" * 40)
    assert written.startswith(b"Subject: =?utf-8?Q?=41?=\r\n =?utf-8?B?")
    assert header_block(written.removesuffix(b"\r\n")) == []
    assert fast_mail_parser.parse_email(written + b"\r\n").subject == "A" + "\u4e2d" * 40


@settings(max_examples=300, deadline=None)
@given(line)
def test_every_subject_reads_back(subject: str) -> None:
    """Another parser decodes the input, and the bytes keep every limit of RFC 2047 and 5322."""
    written = headers.unstructured("Subject", subject)
    assert header_block(written.removesuffix(b"\r\n")) == []
    assert fast_mail_parser.parse_email(written + b"\r\n", strict=True).subject == subject


@pytest.mark.parametrize("character", _FORBIDDEN)
def test_no_control_character_gets_in(character: str) -> None:
    """Each control, Unicode line end and half surrogate pair is rejected by every function that takes text."""
    text = f"a{character}b"
    for write in (headers.unstructured, headers.verbatim, headers.message_id, headers.uris):
        with pytest.raises(HeaderError):
            write("X-Test", text)
    for words, behind in ((text, "<a.example.org>"), ("a", f"<{text}>")):
        with pytest.raises(HeaderError):
            headers.phrase("List-Id", words, behind)
    with pytest.raises(HeaderError):
        headers.structured("Content-Disposition", "inline", {"filename": text})
    with pytest.raises(HeaderError):
        headers.structured("Content-Disposition", text)
    with pytest.raises(ValueError, match="must not contain"):
        Address(name=text, address="a@example.org")


def test_names_are_quoted_or_encoded() -> None:
    """Atoms stay, special characters are quoted, everything else is encoded, never both (RFC 2047 section 5 (3))."""
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
    """Mailboxes are separated by commas and folded between them."""
    people = [Address(name=f"Person, {n}", address=f"p{n}@example.org") for n in range(5)]
    written = headers.mailbox("To", *people)
    assert [a.address for a in fast_mail_parser.parse_email(written + b"\r\n").to or []] == [p.address for p in people]
    assert header_block(written.removesuffix(b"\r\n")) == []
    with pytest.raises(HeaderError):
        headers.mailbox("To")


def test_uris_fold_between_items_only() -> None:
    """A long web address stays in one piece and unencoded: Python's EmailMessage would break one-click unsubscribing here."""
    url = "https://news.example.org/u/" + "x" * 200
    assert headers.uris("List-Unsubscribe", url, "mailto:u@example.org?subject=off") == (
        b"List-Unsubscribe: <" + url.encode() + b">,\r\n <mailto:u@example.org?subject=off>\r\n"
    )


@pytest.mark.parametrize(
    "uri", ["https://m\u00fcnchen.example/", "example.org", "https://a b", "https://a>b", "https://a/" + "x" * 999]
)
def test_uris_refuse(uri: str) -> None:
    """Only addresses with a scheme, in ASCII, without spaces and brackets, within a line of 998; at least one."""
    with pytest.raises(HeaderError, match="needs"):
        headers.uris("List-Unsubscribe")
    with pytest.raises(HeaderError):
        headers.uris("List-Unsubscribe", uri)


def test_dates() -> None:
    """English names and a numeric zone (RFC 5322 section 3.3); local mean time becomes UTC; a naive time is rejected."""
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
    """Angle brackets, one @, ASCII, at most 250 characters; a long id is not folded."""
    long = "<" + "a" * 120 + "@example.org>"
    assert headers.message_id("Message-ID", long) == f"Message-ID: {long}\r\n".encode()
    for wrong in ["a@b", "<a>", "<a@b@c>", "<a b@c>", "<a@\u00fc>", "", "<" + "a" * 250 + "@example.org>"]:
        with pytest.raises(HeaderError):
            headers.message_id("Message-ID", wrong)


def test_parameters() -> None:
    """ASCII is quoted; other text follows RFC 2231, with an ASCII version for old programs."""
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
    """The ASCII version of any file name is short, printable, not empty, and needs no escapes."""
    plain = ascii_fallback(name)
    assert 0 < len(plain) <= 60 and plain.isascii() and plain.isprintable()
    assert not set(plain) & set('"\\/%=?')


def test_verbatim_never_encodes() -> None:
    """Structured values are folded only at spaces; non-ASCII, double spaces and lines over 998 are rejected."""
    assert headers.verbatim("Auto-Submitted", "auto-generated") == b"Auto-Submitted: auto-generated\r\n"
    for wrong in ["\u00fc", "a  b", "", " a", "x" * 999]:
        with pytest.raises(HeaderError):
            headers.verbatim("X-Test", wrong)
    for name in ["", "a b", "a:", "\u00fc", "X\r\nBcc", "x" * 41]:
        with pytest.raises(HeaderError):
            headers.verbatim(name, "a")


def test_a_quoted_name_that_fits_on_the_next_line_is_not_encoded() -> None:
    """It is folded, so that it is readable in the source, and encoded only if it fits on no line."""
    first, name = Address(address=f"{'a' * 40}@example.org"), "Li, Ben " + "x" * 40
    written = headers.mailbox("To", first, Address(name=name, address="b@example.org"))
    assert written == f'To: {first.address},\r\n "{name}" <b@example.org>\r\n'.encode()
    assert b"=?utf-8?" in headers.mailbox("To", first, Address(name="Li, Ben " + "x" * 60, address="b@example.org"))


@pytest.mark.parametrize("month", range(1, 13))
def test_every_month_and_day_has_its_name(month: int) -> None:
    """As in the standard library."""
    for day in range(1, 8):
        moment = datetime(2025, month, day, 1, 2, 3, tzinfo=UTC)
        assert headers.date("Date", moment) == f"Date: {format_datetime(moment)}\r\n".encode()


@pytest.mark.parametrize("length", range(1, 60))
def test_a_line_with_an_encoded_word_is_no_longer_than_76(length: int) -> None:
    """Also if text that is not encoded follows it (RFC 2047 section 2)."""
    written = headers.mailbox("From", Address(name="Jürgen", address=f"{'a' * length}@example.org"))
    for each in written.decode().split("\r\n"):
        assert len(each) <= (76 if "=?" in each else 78)


@pytest.mark.parametrize(("length", "is_quoted"), [(49, True), (50, True), (51, False)])
def test_a_quoted_name_has_sixty_characters_at_most(length: int, is_quoted: bool) -> None:
    """A longer one is encoded, so that it can be folded."""
    name = "Li, Ben " + "x" * length
    written = headers.mailbox("To", Address(name=name, address="b@example.org"))
    assert (f'"{name}"'.encode() in written) is is_quoted


@pytest.mark.parametrize("name", ["", "1x", "na me", "na=me", "x" * 21])
def test_a_parameter_has_a_name(name: str) -> None:
    """An invalid name is rejected."""
    with pytest.raises(HeaderError):
        headers.structured("Content-Type", "text/plain", {name: "x"})
    assert headers.structured("Content-Type", "text/plain", {"x" * 20: "y"}).count(b"x" * 20) == 1


def test_a_control_character_is_named_rather_than_the_form() -> None:
    """The message names the character, also for a web address with an invalid form."""
    with pytest.raises(HeaderError, match="must not contain"):
        headers.uris("List-Unsubscribe", "https://example.org/\x00")


def _encoded(text: str) -> str:
    """Return the encoded-words after a header's name of seven characters: 39 bytes, and 45 on each further line."""
    data = text.encode()
    parts = [data[:39], *(data[at : at + 45] for at in range(39, len(data), 45))]
    return "\r\n ".join(f"=?utf-8?B?{b64encode(part).decode()}?=" for part in parts)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("x" * 60, "x" * 60),
        ("x" * 61, _encoded("x" * 61)),
        # One long word is enough.
        ("a " + "x" * 60, "a " + "x" * 60),
        ("a " + "x" * 61, _encoded("a " + "x" * 61)),
        # A mail program would remove one of two spaces, and those at the ends.
        ("Li,  Ben", _encoded("Li,  Ben")),
        ("Ben  Li", _encoded("Ben  Li")),
    ],
)
def test_a_phrase_is_plain_as_long_as_it_may_be(name: str, written: str) -> None:
    """Words of up to sixty characters are unchanged."""
    assert headers.phrase("List-Id", name, "<b>").decode() == f"List-Id: {written} <b>\r\n"


def test_a_quoted_name_must_fit_after_the_header_name() -> None:
    """Without a fold, 36 characters are left after the longest name."""
    for length, is_quoted in ((34, True), (35, False)):
        written = headers.phrase("X" * 40, "," * length, "<b>")
        assert (b'"' in written) is is_quoted and (b"=?" in written) is not is_quoted
        assert written.startswith(b"X" * 40 + b": ") and max(map(len, written.split(b"\r\n"))) <= 78


@pytest.mark.parametrize("length", range(40, 60))
def test_an_encoded_word_begins_where_there_is_room_for_nine_bytes(length: int) -> None:
    """On the current line if 24 of the 76 characters are left; otherwise on the next one, with the full length."""
    first, text = Address(address=f"{'a' * (length - 12)}@example.org"), "Jürgen " + "x" * 80
    written = headers.mailbox("To", first, Address(name=text, address="b@example.org")).decode()
    head = f"To: {first.address},"
    left = 76 - len(head) - 1
    size = (left - 12) // 4 * 3 if left >= 24 else 45
    words = re.findall(r"=\?utf-8\?B\?(.+?)\?=", written)
    assert written.startswith(f"{head} =?" if left >= 24 else f"{head}\r\n =?")
    assert size - 3 <= len(b64decode(words[0])) <= size
    assert b"".join(map(b64decode, words)).decode() == text


@pytest.mark.parametrize("size", [1, 2, 36, 38, 39, 40, 41, 83, 84, 85, 86, 128, 129, 130, 131])
def test_encoded_words_are_as_long_as_they_may_be(size: int) -> None:
    """No line is over 76, and there are no unnecessary lines."""
    text = "=?" + "x" * size
    assert headers.unstructured("Subject", text).decode() == f"Subject: {_encoded(text)}\r\n"


def test_lines_are_as_long_as_they_may_be() -> None:
    """78 characters, for web addresses, finished values, short headers, and names with addresses."""
    head = "https://example.org/"
    for more, fold in ((78 - 9 - len(head) - 13, " "), (79 - 9 - len(head) - 13, "\r\n ")):
        item = head + "x" * more
        written = headers.uris("X-Test", item, "a:bcdef", "a:x")
        assert written.decode().startswith(f"X-Test: <{item}>,{fold}<a:bcdef>,")
    for length, fold in ((70 - 8, " "), (71 - 8, "\r\n ")):
        words = ["x" * length, "y" * 7, "z" * 70]
        assert (
            headers.verbatim("X-Test", " ".join(words)).decode()
            == f"X-Test: {words[0]}{fold}{words[1]}\r\n {words[2]}\r\n"
        )


@pytest.mark.parametrize(
    ("write", "most"),
    [
        (lambda length: headers.verbatim("X-Test", "a " + "x" * length + " b"), 984),
        (lambda length: headers.uris("X-Test", "a:" + "x" * (length - 2)), 981),
        (lambda length: headers.message_id("X-Test", "<" + "a" * (length - 4) + "@b>"), 250),
        (lambda length: headers.verbatim("X" * length, "a"), 40),
    ],
)
def test_what_cannot_be_folded_has_a_limit(write: Callable[[int], bytes], most: int) -> None:
    """So that no line is over 998; the longest allowed value is written in one piece."""
    assert max(map(len, write(most).split(b"\r\n"))) <= 998
    with pytest.raises(HeaderError):
        write(most + 1)


@pytest.mark.parametrize(("length", "is_plain"), [(61, True), (65, True), (66, False)])
def test_what_fits_on_a_line_is_written_as_it_is(length: int, is_plain: bool) -> None:
    """Also a long name; with one more character it is encoded, so that it can be folded."""
    written = headers.mailbox("To", Address(name="x" * length, address="a@b.cd"))
    assert (written == f"To: {'x' * length} <a@b.cd>\r\n".encode()) is is_plain
    assert (b"=?utf-8?B?" in written) is not is_plain
    # The word at the end goes to the next line; every item of a list has its comma.
    for fold, size in ((" ", 68), ("\r\n ", 69)):
        assert headers.verbatim("X-Test", f"{'x' * size} y").decode() == f"X-Test: {'x' * size}{fold}y\r\n"
        words = f"{'x' * (size - 1)}{fold}y"
        assert headers.unstructured("Subject", words.replace("\r\n", "")).decode() == f"Subject: {words}\r\n"
    assert (
        headers.mailbox("To", *(Address(address=f"{each}@b.cd") for each in "abc")) == b"To: a@b.cd, b@b.cd, c@b.cd\r\n"
    )
