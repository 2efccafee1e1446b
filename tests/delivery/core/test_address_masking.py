"""An address is removed from a server's reply before it is stored."""

import pytest

from composer.delivery.core.address_masking import without_address


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("550 <anna@reader.example>: no such user", "550 <…>: no such user"),
        # At the start, in other letters, more than once, and at another host.
        ("anna@reader.example unknown", "… unknown"),
        ("no Anna@Reader.Example here, anna@reader.example!", "no … here, …!"),
        ("no ANNA@READER.EXAMPLE here", "no … here"),
        ("ANNA@MX.reader.example unknown", "…MX.reader.example unknown"),
        ("anna@mx.reader.example unknown", "…mx.reader.example unknown"),
        # A letter that becomes two in lower case.
        ("İİİ <anna@reader.example>, anna@reader.example", "İİİ <…>, …"),
        # Another person's address, no address, and an empty text.
        ("550 bob@reader.example", "550 bob@reader.example"),
        ("550 anna unknown", "550 anna unknown"),
        ("", ""),
    ],
)
def test_an_address_is_removed(words: str, kept: str) -> None:
    """At any place and in any spelling; also the part before the @ with another host."""
    assert without_address(words, "anna@reader.example") == kept
    assert without_address(words, "Anna@Reader.Example") == kept
