"""Bodies: the standard decoders return every text, and no line is changed in transit."""

import itertools
from base64 import b64decode
from quopri import decodestring

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.mail.dkim_signing import body_hash
from composer.mail.merge_slots import Escape, MergeSlot, escaped
from composer.mail.slotted_text import Base64Alignment, BodySlot, Filler, encode_slotted
from composer.mail.transfer_encoding import (
    BodyError,
    base64_lines,
    canonical,
    encode_binary,
    is_smaller_in_base64,
    quoted_printable,
    squeezed,
)
from tests.mail.strategies import body


def _hold(encoded: bytes) -> None:
    for row in encoded.split(b"\r\n"):
        assert len(row) <= 76
        assert not row.startswith((b".", b"From "))
        assert not row.endswith((b" ", b"\t"))
        assert row.isascii() and b"\n" not in row and b"\r" not in row


@settings(max_examples=300, deadline=None)
@given(body)
def test_quoted_printable_reads_back(text: str) -> None:
    """Decoding gives the canonical bytes; no line is over 76, starts with a dot or `From `, or ends with a space."""
    data = canonical(text)
    encoded = quoted_printable(data)
    _hold(encoded)
    assert decodestring(encoded.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n") == data


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_base64_reads_back(data: bytes) -> None:
    """Lines of at most 76; decoding gives the bytes."""
    encoded = base64_lines(data)
    _hold(encoded)
    assert b64decode(encoded) == data
    assert encode_binary(data) == ("base64", encoded)


@pytest.mark.parametrize("length", range(70, 84))
@pytest.mark.parametrize("tail", [".", "..", "From x", "=", "\u00e9", " ", ". ", "\u4e2d."])
def test_wrapping_at_every_offset(length: int, tail: str) -> None:
    """At any position of the limit (before a dot, in `From `, inside an escape, before a space), the rules are kept."""
    data = canonical("x" * length + tail + "y" * 80 + tail)
    _hold(quoted_printable(data))
    rows = quoted_printable(data).split(b"\r\n")
    for row, behind in itertools.pairwise(rows):
        # The first character of the next line did not fit; an escape at the start of a line counts as one character.
        first = 3 if behind.startswith(b"=") and not behind.startswith((b"=2E", b"=46")) else 1
        assert row.endswith(b"=") and len(row) + first > 76
    assert decodestring(quoted_printable(data).replace(b"\r\n", b"\n")) == data
    for piece in (data, data[: length + len(tail.encode())]):
        # A text that continues: anything after it starts a line.
        encoded = quoted_printable(piece, goes_on=True)
        _hold(encoded)
        assert encoded.endswith(b"=\r\n")
        assert decodestring(encoded.replace(b"\r\n", b"\n")) == piece


def test_the_smaller_encoding_wins() -> None:
    """English stays readable in quoted-printable; Chinese is a third smaller in base64."""
    assert encode_slotted(["<p>An ordinary paragraph.</p>\n" * 50], {})[0] == "quoted-printable"
    assert encode_slotted(["\u4e2d\u6587\n" * 50], {})[0] == "base64"


@pytest.mark.parametrize(
    ("size", "printable", "is_smaller"),
    [
        # 57 bytes are one line of base64: 76 characters and a line end.
        (57, 85, False),
        (57, 86, True),
        # One byte more needs another line of four characters.
        (58, 92, False),
        (58, 93, True),
        (0, 0, False),
        (0, 1, True),
        (57_000, 85_800, False),
        (57_000, 85_801, True),
    ],
)
def test_quoted_printable_may_be_a_tenth_larger(size: int, printable: int, is_smaller: bool) -> None:
    """Base64 is counted with its line ends; quoted-printable is readable, so it may be a tenth larger."""
    assert is_smaller_in_base64(size, printable) is is_smaller
    assert printable * 10 > len(base64_lines(b"x" * size)) * 11 or not is_smaller


def test_quoted_printable_by_hand() -> None:
    """Only the necessary characters are escaped; line ends become CRLF."""
    assert quoted_printable(canonical(".a\nFrom b\rc=d \r\nFromage")) == b"=2Ea\r\n=46rom b\r\nc=3Dd=20\r\nFromage"
    assert quoted_printable(b"a ", goes_on=True) == b"a =\r\n"
    assert quoted_printable(b"a\r\n", goes_on=True) == b"a\r\n"


def test_half_a_pair_is_named() -> None:
    """A lone surrogate is not valid UTF-8: the message names the line."""
    with pytest.raises(BodyError, match=r"line 2 .*U\+D800"):
        canonical("a\nb\ud800")
    for text, line in (("\ud800", 1), ("\n\ud800", 2), ("\r\n\ra\udfff\n", 3)):
        with pytest.raises(BodyError, match=f"line {line} "):
            canonical(text)


@pytest.mark.parametrize("middle", [0, 1, 2, 3, 4, 54, 55, 56, 57, 58, 59, 60, 61, 200])
def test_base64_with_slots_reads_back_at_every_offset(middle: int) -> None:
    """With any number of left-over bytes of a value, the next piece is encoded correctly."""
    first, second = BodySlot(0, Escape.TEXT), BodySlot(1, Escape.TEXT)
    for begin in range(4):
        pieces = (b"b" * begin, first, b"m" * middle, second, b"the end of it")
        for one in range(4):
            for other in (0, 1, 2, 60):
                values = {first: b"1" * one, second: b"2" * other}
                written = Base64Alignment(tuple(each for each in pieces if each)).filled(values)
                _hold(written)
                assert b64decode(written) == b"".join(
                    values.get(each, b"") if isinstance(each, BodySlot) else each for each in pieces
                )


@pytest.mark.parametrize("size", [57, 58, 59, 60, 113, 114, 115, 171, 200])
def test_base64_after_a_slot_has_full_lines(size: int) -> None:
    """Of 76 characters if there is enough text, with any number of left-over bytes."""
    slot, piece = BodySlot(0, Escape.TEXT), bytes(range(size))
    for left in range(3):
        written = Base64Alignment((slot, piece)).filled({slot: b"1" * left})
        assert b64decode(written) == b"1" * left + piece
        lengths = [len(line) for line in written.split(b"\r\n")]
        assert lengths[: size // 57] == [76] * (size // 57) and max(lengths) == 76


@pytest.mark.parametrize(("chunks", "is_sound"), [((b"a\r\n", b"b\r\n"), True), ((b"a\r\n", b"b\n"), False)])
def test_fixed_pieces_are_safe_if_all_of_them_are(chunks: tuple[bytes, ...], is_sound: bool) -> None:
    """A bare line end in any part is detected."""
    assert Filler(chunks).is_sound is is_sound


@pytest.mark.parametrize(
    ("data", "written", "goes_on"),
    [
        (b"x" * 76, b"x" * 76, False),
        (b"x" * 77, b"x" * 75 + b"=\r\nxx", False),
        (b"x" * 75, b"x" * 75 + b"=\r\n", True),
        (b"x" * 76, b"x" * 75 + b"=\r\nx=\r\n", True),
        (b"x" * 74 + b" ", b"x" * 74 + b" =\r\n", True),
        # A tab at the end of a line gets lost like a space.
        (b"a\t\r\nb\t", b"a=09\r\nb=09", False),
        (b"a\tb", b"a\tb", False),
        (b"a\t", b"a=09=\r\n", True),
        (b"", b"", True),
        (b"", b"", False),
    ],
)
def test_lines_end_where_they_must(data: bytes, written: bytes, goes_on: bool) -> None:
    """76 characters, 75 of them before a soft break."""
    assert quoted_printable(data, goes_on=goes_on) == written


@pytest.mark.parametrize(
    ("data", "written"),
    [
        (b"a b", b"a b"),
        (b"a\tb", b"a b"),
        (b"a  b", b"a b"),
        (b"a \t  b\t\tc", b"a b c"),
        (b" \r\n  a\t\r\n", b" \r\n a \r\n"),
    ],
)
def test_blanks_and_tabs_become_one_blank(data: bytes, written: bytes) -> None:
    """Line ends do not change (RFC 6376 section 3.4.4)."""
    assert squeezed(data) == written


SLOT = MergeSlot("qtoken", Escape.TEXT)
CHINESE = "\u4e2d" * 30


@pytest.mark.parametrize(
    ("pieces", "chunks"),
    [
        (["a"], (b"a",)),
        ([], ()),
        (["a ", SLOT, "\nb"], (b"a =\r\n", BodySlot(3, Escape.TEXT), b"\r\nb")),
        ([SLOT, "x"], (BodySlot(3, Escape.TEXT, goes_on=True), b"x")),
        ([SLOT, "\rx"], (BodySlot(3, Escape.TEXT), b"\r\nx")),
        ([SLOT, SLOT], (BodySlot(3, Escape.TEXT, goes_on=True), BodySlot(3, Escape.TEXT))),
        ([SLOT, "", SLOT, "\n"], (BodySlot(3, Escape.TEXT, goes_on=True), BodySlot(3, Escape.TEXT), b"\r\n")),
        (["a", "b\n", SLOT], (b"ab\r\n", BodySlot(3, Escape.TEXT))),
        ([CHINESE], (base64_lines(CHINESE.encode()),)),
        ([CHINESE, SLOT], (Base64Alignment((CHINESE.encode(), BodySlot(3, Escape.TEXT))),)),
        ([SLOT, CHINESE, "\n"], (Base64Alignment((BodySlot(3, Escape.TEXT), CHINESE.encode() + b"\r\n")),)),
    ],
)
def test_the_chunks_of_a_text_with_slots(pieces: list[str | MergeSlot], chunks: tuple[object, ...]) -> None:
    """A line continues after a slot unless it ends there; the next piece starts its own line."""
    encoding = "base64" if any(CHINESE in each for each in pieces if isinstance(each, str)) else "quoted-printable"
    assert encode_slotted(pieces, {SLOT.token: 3}) == (encoding, chunks)


def test_soft_breaks_at_slots_do_not_count() -> None:
    """Base64 has a line end there, too: a hundred slots do not change the choice of encoding."""
    words: list[str | MergeSlot] = ["An ordinary word \u00fc", SLOT] * 100
    assert encode_slotted(words, {SLOT.token: 0})[0] == "quoted-printable"


VALUES = (
    *(each for letter in map(chr, range(0x20, 0x7F)) for each in (letter, f"a{letter}b", f"a{letter}", f"{letter}a")),
    *(
        "",
        "From a",
        "From",
        "Fromage a",
        "a From b",
        "x" * 75,
        "x" * 76,
        "a b" * 25,
        "a b" * 25 + "c",
        "\u00fc",
        "a\u00fc",
    ),
)


@pytest.mark.parametrize("goes_on", [False, True])
@pytest.mark.parametrize("how", [Escape.TEXT, Escape.HTML, Escape.IN_ADDRESS])
def test_a_value_is_written_as_a_text_would_be(how: Escape, goes_on: bool) -> None:
    """With any shortcut: every printable character, at any position, with any length."""
    slot = BodySlot(1, how, goes_on)
    filler = Filler((slot, b"\r\nend", slot))
    for value in VALUES:
        (made,) = filler.made(["no", value])
        assert made == quoted_printable(escaped(value, how).encode(), goes_on=goes_on), value
        whole = filler.body([made])
        assert whole == [made, b"\r\nend", made]


@pytest.mark.parametrize("value", ["a", "a  b", "a\tb", "a ", ".", "From x", "x" * 200, "\u4e2d"])
def test_a_body_with_slots_has_the_hash_of_the_whole(value: str) -> None:
    """With any number of slots, of any kind, before and after the first one."""
    texts: tuple[list[str | MergeSlot], ...] = (
        ["a  b\t", SLOT, "  c \n\n", SLOT, "d\n"],
        [CHINESE, SLOT, CHINESE, SLOT],
        ["a  b\n"],
    )
    for pieces in texts:
        _, chunks = encode_slotted(pieces, {SLOT.token: 0})
        filler = Filler((b"head  \t x\r\n", *chunks, b"\r\n--end\r\n", *chunks, b"\r\n--end--\r\n"))
        made = filler.made([value])
        assert filler.body_hash(made) == body_hash(b"".join(filler.body(made)))
