"""An address is taken out of what a server said before it is kept."""

import pytest

from composer.delivery.core.address_masking import without_address


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("550 <anna@reader.example>: no such user", "550 <…>: no such user"),
        # At the very beginning, in other letters, more than once, and at another host.
        ("anna@reader.example unknown", "… unknown"),
        ("no Anna@Reader.Example here, anna@reader.example!", "no … here, …!"),
        ("no ANNA@READER.EXAMPLE here", "no … here"),
        ("ANNA@MX.reader.example unknown", "…MX.reader.example unknown"),
        ("anna@mx.reader.example unknown", "…mx.reader.example unknown"),
        # A letter that is two as a small one.
        ("İİİ <anna@reader.example>, anna@reader.example", "İİİ <…>, …"),
        # Somebody else's, none, and nothing.
        ("550 bob@reader.example", "550 bob@reader.example"),
        ("550 anna unknown", "550 anna unknown"),
        ("", ""),
    ],
)
def test_an_address_is_taken_out(words: str, kept: str) -> None:
    """Wherever it is, however it is written; also what is before the @, with another host behind it."""
    assert without_address(words, "anna@reader.example") == kept
    assert without_address(words, "Anna@Reader.Example") == kept
