"""A compiled message: its required fields, its hash, its stored form, its errors."""

import itertools
from base64 import b64decode, b64encode
from dataclasses import replace
from pathlib import Path
from quopri import decodestring

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.content.values.merge_fields import MergeField
from composer.mail.binary_format import FrozenError
from composer.mail.compiled_message import Compiled, MessageField, MissingValueError, compile_message
from composer.mail.merge_slots import Escape, MergeSlot, PlaceError, escaped
from composer.mail.slotted_text import Base64Alignment, Filler, encode_slotted
from composer.mail.transfer_encoding import canonical
from tests.mail.bytecheck import problems
from tests.mail.strategies import body, line
from tests.mail.test_message import ADDRESSING, LETTERHEAD, PICTURE

FIRST, MAYBE, COMPANY, LEAVE, BRACES = (
    MergeField(token=f"qbcdfghj{number:04d}z", name=name, default=default)
    for number, (name, default) in enumerate(
        [
            ("first_name", None),
            ("first_name", "subscriber"),
            ("company", ""),
            ("unsubscribe_url", "https://news.example.org/n/unsubscribe"),
            ("{{", "{{"),
        ]
    )
)
FIELDS = (FIRST, MAYBE, COMPANY, LEAVE, BRACES)
LINK = "https://news.example.org/n/unsubscribe/abc"
KEPT = Path(__file__).with_name("compiled-1.txt")


def compiled(
    html: str, *, text: str = "x", subject: str = "News", fields: tuple[MergeField, ...] = FIELDS, picture: bool = False
) -> Compiled:
    letterhead = replace(LETTERHEAD, subject=subject)
    return compile_message(letterhead, html=html, text=text, fields=fields, pictures=(PICTURE,) if picture else ())


def _parts(message: bytes) -> tuple[str, str]:
    """Return text and HTML of a message in quoted-printable."""
    text, html = (piece.partition(b"\r\n\r\n")[2] for piece in message.split(b"\r\n--=_")[1:3])
    return decodestring(text).decode(), decodestring(html).decode()


def test_what_subscribers_must_have() -> None:
    """A field without a default is required once; a link that is generated for each subscriber is not; nor are unused
    fields.
    """
    made = compiled(f"{FIRST.token} {MAYBE.token} {LEAVE.token}", text=FIRST.token)
    assert made.fields == tuple(MessageField(name=each.name, default=each.default) for each in (FIRST, MAYBE, LEAVE))
    assert made.required == {"first_name"}
    assert made.missing({"first_name": "Anna"}) == ()
    assert made.missing({}) == made.missing({"first_name": " \t"}) == ("first_name",)
    assert compiled(MAYBE.token).required == frozenset()


def test_a_missing_value_is_named() -> None:
    """Nobody gets “Dear ,”: a missing, empty or blank value is an error that says what to write."""
    made = compiled(f"<p>Dear {FIRST.token},</p>")
    for values in ({}, {"first_name": ""}, {"first_name": " "}):
        with pytest.raises(MissingValueError, match="“first_name”") as stop:
            made.fill(values, ADDRESSING)
        assert stop.value.name == "first_name"
        assert '{{ first_name | default("…") }}' in stop.value.hint
    assert "<p>Dear Anna,</p>" in _parts(made.fill({"first_name": "Anna"}, ADDRESSING))[1]


def test_a_subscribers_own_link_has_no_default() -> None:
    """The sample page of a build cannot unsubscribe anybody: a mailing must use the subscriber's own link."""
    made = compiled(f'<a href="{LEAVE.token}">leave</a>', text=f"<{LEAVE.token}>")
    with pytest.raises(MissingValueError, match="unsubscribe_url"):
        made.fill({}, ADDRESSING)
    assert _parts(made.fill({"unsubscribe_url": LINK}, ADDRESSING)) == (f"<{LINK}>", f'<a href="{LINK}">leave</a>')
    assert LEAVE.default is not None and LEAVE.default in _parts(made.specimen(ADDRESSING))[0]


def test_defaults_and_specimens() -> None:
    """An empty value gets the default, which may be empty; a sample message shows the name of a missing value."""
    made = compiled(f"{MAYBE.token}|{COMPANY.token}|{BRACES.token}")
    assert _parts(made.fill({"first_name": ""}, ADDRESSING))[1] == "subscriber||{{"
    assert _parts(made.fill({"first_name": "<A>", "company": "A & B"}, ADDRESSING))[1] == "&lt;A&gt;|A &amp; B|{{"
    sample = compiled(f"{FIRST.token}|{MAYBE.token}|{COMPANY.token}")
    assert _parts(sample.specimen(ADDRESSING))[1] == "[first_name]|subscriber|"
    assert _parts(sample.specimen(ADDRESSING, {"first_name": "Anna"}))[1] == "Anna|Anna|"


def test_the_hash_is_blind_to_subscribers_only() -> None:
    """Tokens, which change with every build, are not in it; a field, its default, its place and all texts are."""
    html, subject = f"<p>{FIRST.token} and {COMPANY.token}</p>", f"For {MAYBE.token}"
    base = compiled(html, subject=subject)
    renamed = tuple(replace(each, token=each.token.replace("q", "w")) for each in FIELDS)
    assert compiled(html.replace("q", "w"), subject=subject.replace("q", "w"), fields=renamed).hash == base.hash
    assert Compiled.from_bytes(base.to_bytes()).hash == base.hash
    swapped = f"<p>{COMPANY.token} and {FIRST.token}</p>"
    others = [
        compiled(swapped, subject=subject),
        compiled(html, subject="For you"),
        compiled(html, subject=f"{MAYBE.token} for"),
        compiled(html, subject=subject, fields=(FIRST, replace(MAYBE, default="friend"), COMPANY)),
        compiled(html, subject=subject, fields=(replace(FIRST, default=""), MAYBE, COMPANY)),
        compiled(html, subject=subject, fields=(replace(FIRST, name="last_name"), MAYBE, COMPANY)),
        compiled(f'<p title="{FIRST.token}"> and {COMPANY.token}</p>', subject=subject),
        compiled(html, subject=subject, picture=True),
    ]
    assert len({base.hash, *(each.hash for each in others)}) == len(others) + 1


@pytest.mark.parametrize(
    "html",
    [
        "https://TOKEN/",
        "https://TOKEN.example.org/a",
        "https://www.TOKEN",
        "//TOKEN/a",
        "https://TOKEN@example.org/",
        "https://example.org:TOKEN/",
        "mailto:TOKEN@example.org",
        "mailto:a@TOKEN",
    ],
)
def test_never_in_a_host_name(html: str) -> None:
    """A value never decides where a link leads, in either part."""
    address = html.replace("TOKEN", MAYBE.token)
    with pytest.raises(PlaceError, match="in the host name of an address: ") as stop:
        compiled(f'<a href="{address}">x</a>')
    assert MAYBE.token not in stop.value.message
    if address.startswith("https"):
        with pytest.raises(PlaceError, match="host name"):
            compiled("x", text=f"words <{address}>")


@pytest.mark.parametrize(
    "html",
    [
        "<style>p { color: TOKEN }</style>",
        '<p style="color: TOKEN">x</p>',
        "<p onclick='TOKEN'>x</p>",
        '<img src="a.png" srcset="https://example.org/TOKEN 2x">',
        "<script>TOKEN</script>",
        "<style>\np { margin: 0 }\np { color: TOKEN }\n</style>",
        "<STYLE>p { color: TOKEN }</STYLE>",
        "<Script>\nTOKEN\n</sCRIPT>",
        '<p STYLE="color: TOKEN">x</p>',
        '<p style="margin: 0;\ncolor: TOKEN">x</p>',
    ],
)
def test_never_where_escapes_do_not_help(html: str) -> None:
    """Style sheets, scripts and lists of pictures have other rules than HTML: this is a mistake in the theme."""
    with pytest.raises(PlaceError, match="a style, a script or a list"):
        compiled(html.replace("TOKEN", MAYBE.token))


def test_the_smaller_encoding() -> None:
    """Chinese uses base64 with its slots; English uses quoted-printable if base64 saves less than 10 %."""
    page = f"<p>{MAYBE.token}</p>"
    assert any(isinstance(chunk, Base64Alignment) for chunk in compiled(page + "中华人民共和国" * 40).body)
    assert not any(isinstance(chunk, Base64Alignment) for chunk in compiled(page + "An ordinary text. " * 40).body)


def test_equal_messages_are_identical() -> None:
    """Two messages of the same subscriber are identical; a picture is unchanged in both."""
    text = f"{MAYBE.token}\n.{MAYBE.token}\nFrom {MAYBE.token}"
    made = compiled(f"<p>{MAYBE.token} {MAYBE.token}</p>", text=text, picture=True)
    message = made.fill({"first_name": "."}, ADDRESSING)
    assert message == made.fill({"first_name": "."}, ADDRESSING) != made.fill({"first_name": ","}, ADDRESSING)
    assert problems(message) == [] and b64encode(PICTURE.data) in message
    assert _parts(message)[0] == ".\r\n..\r\nFrom ."


@settings(max_examples=200, deadline=None)
@given(st.lists(body | st.sampled_from([MAYBE.token, COMPANY.token]), max_size=8), line, line)
def test_any_text_around_any_values(words: list[str], first: str, second: str) -> None:
    """Slots next to each other, at line ends, at both ends: both decoded encodings give the text with the values."""
    values = {MAYBE.token: first, COMPANY.token: second}
    pieces = [MergeSlot(each, Escape.TEXT) if each in values else each for each in words]
    # A CR at the end of one piece and an LF at the start of the next could be one line end or two.
    pieces = [each.replace("\r", "") if isinstance(each, str) else each for each in pieces]
    whole = canonical("".join(each if isinstance(each, str) else values[each.token] for each in pieces))
    numbers = {MAYBE.token: 0, COMPANY.token: 1}
    encoding, chunks = encode_slotted(list(pieces), numbers)
    filler = Filler((b"head\r\n\r\n", *chunks))
    encoded = b"".join(filler.body(filler.made([first, second]))).removeprefix(b"head\r\n\r\n")
    decoded = b64decode(encoded) if encoding == "base64" else decodestring(encoded.replace(b"\r\n", b"\n"))
    assert decoded.replace(b"\r\n", b"\n") == whole.replace(b"\r\n", b"\n")


@pytest.mark.parametrize("value", ["Anna", "A & B", "a b", "https://example.org/?a=1", "javascript:x", "<b>", "é"])
def test_a_value_is_made_safe_for_its_place(value: str) -> None:
    """In text, in an address, and as an address: each with its own escape."""
    places = tuple(Escape)
    for how, other in itertools.product(places, places):
        pieces: list[str | MergeSlot] = [
            "x ",
            MergeSlot(MAYBE.token, how),
            " y ",
            MergeSlot(MAYBE.token, other),
            " z\n",
        ]
        _, chunks = encode_slotted(pieces, {MAYBE.token: 0})
        filler = Filler((b"head\r\n\r\n", *chunks))
        written = decodestring(b"".join(filler.body(filler.made([value]))).replace(b"\r\n", b"\n")).decode()
        assert written == f"head\n\nx {escaped(value, how)} y {escaped(value, other)} z\n"


def _rich() -> Compiled:
    """A message with everything that can be stored: every kind of place, both encodings, a picture."""
    html = f'<p title="{COMPANY.token}">{FIRST.token}</p><a href="{LEAVE.token}">x</a><a href="https://a.org/{MAYBE.token}">y</a>'
    text = "中华人民共和国" * 30 + f"{MAYBE.token}\n<{LEAVE.token}> <https://a.org/{FIRST.token}>"
    return compiled(html, text=text, subject=f"For {MAYBE.token}: news", picture=True)


def test_stored_bytes_stay_readable() -> None:
    """A mailing that is being sent during an update of compose is sent as it was frozen: version 1 stays readable.

    The file is the output of the first version for `_rich()`, and never changes.
    """
    kept, _, hashed = KEPT.read_text(encoding="ascii").partition("\n\n")
    made = Compiled.from_bytes(b64decode(kept))
    assert made.hash == hashed.strip()
    values = {"first_name": "Anna", "company": "A & B", "unsubscribe_url": LINK}
    message = made.fill(values, ADDRESSING)
    assert problems(message) == []
    assert message == _rich().fill(values, ADDRESSING)


def test_the_same_bytes_every_time() -> None:
    """The stored form does not depend on the run, and adds little to the message itself."""
    made = _rich()
    data = made.to_bytes()
    assert data == _rich().to_bytes()
    assert Compiled.from_bytes(data) == made
    assert len(data) < len(made.specimen(ADDRESSING))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damage_is_detected(data: st.DataObject) -> None:
    """A changed, lost or added byte is detected; a newer version is not confused with damage."""
    whole = _rich().to_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    turned = bytes([whole[at] ^ data.draw(st.integers(1, 255))])
    for damaged in (whole[:at] + turned + whole[at + 1 :], whole[:at], whole[:at] + whole[at + 1 :], whole + turned):
        with pytest.raises(FrozenError, match=r"damaged|is not the compiled message|newer version"):
            Compiled.from_bytes(damaged)


def test_a_newer_version_is_reported() -> None:
    """A user of an older compose is told what to do."""
    data = bytearray(_rich().to_bytes())
    data[len(b"compiled")] = 2
    with pytest.raises(FrozenError, match="newer version") as stop:
        Compiled.from_bytes(bytes(data))
    assert "update compose" in stop.value.hint
    with pytest.raises(FrozenError, match="is not the compiled message"):
        Compiled.from_bytes(b"")


def test_invalid_content_is_damage() -> None:
    """A valid checksum over fields, escapes or kinds that do not exist is rejected, too."""
    made = _rich()
    for wrong in (replace(made, fields=()), replace(made, fields=(), body=(b"x",))):
        with pytest.raises(FrozenError, match="damaged"):
            Compiled.from_bytes(wrong.to_bytes())
    nested = replace(made, body=(Base64Alignment((Base64Alignment((b"x",)),)),))  # type: ignore[arg-type]
    with pytest.raises(FrozenError, match="damaged"):
        Compiled.from_bytes(nested.to_bytes())
