"""Messages for SMTP: joined safe pieces give the same result as a check of the whole message."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.mail.dot_stuffing import WireMessage, is_wire_safe, joined, stuffed, to_wire

PIECES = st.lists(
    st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b".", b"a", b" ", b"\0", b"\x80", b"=\r\n"]), max_size=5).map(
        b"".join
    ),
    min_size=1,
    max_size=5,
)


@given(PIECES)
def test_safe_pieces_make_a_safe_message(pieces: list[bytes]) -> None:
    """In any order: it is 7-bit, has only CRLF, and no line starts with a dot."""
    if not any(pieces) or not all(map(is_wire_safe, pieces)):
        return
    whole = b"".join(pieces)
    assert to_wire(whole).is_plain and stuffed(whole) == whole
    made = joined(pieces)
    assert (made, made.stuffed, made.is_plain) == (whole, whole, True)


@given(PIECES)
def test_pieces_are_checked_together(pieces: list[bytes]) -> None:
    """With a line end before each, the joined pieces are safe if and only if all of them are."""
    assert is_wire_safe(b"\r\n".join((b"", *pieces))) == all(map(is_wire_safe, pieces))


@pytest.mark.parametrize("piece", [b"a\n", b"a\r", b"\r\n.a", b".a", b"\0", b"\x80", b"\na\r", b"\r\r\n"])
def test_what_is_not_sound(piece: bytes) -> None:
    assert not is_wire_safe(piece)


def test_dots_are_doubled_once() -> None:
    """A message that starts with a dot, or has such a line; a checked message is not checked again."""
    message = b".a\r\n..b\r\nc.\r\n"
    made = to_wire(message)
    assert (made, made.stuffed, made.is_plain) == (message, b"..a\r\n...b\r\nc.\r\n", False)
    assert stuffed(made) is made.stuffed and isinstance(made, WireMessage)


@pytest.mark.parametrize("message", [b"", b"a\nb\r\n", b"a\rb\r\n", b"\0\r\n", "ü\r\n".encode(), b"a\r\n.\n"])
def test_what_is_never_handed_over(message: bytes) -> None:
    with pytest.raises(ValueError):
        to_wire(message)
