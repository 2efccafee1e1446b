"""7-bit bodies: quoted-printable and base64 (RFC 2045 sections 6.7 and 6.8).

Input: text or bytes. Output: the encoding's name, and ASCII bytes in lines of at most 76 characters, with CRLF between
them. Guarantees: no line starts with `.` or `From `, so that dot-stuffing and mbox files do not change the body or the
signature.
"""

import re
from binascii import b2a_base64, b2a_qp

# Two or more spaces. The literal prefix of two spaces is faster than `  +`, which would stop at each space.
_BLANKS = re.compile(b"   *")
_LINE = 76
_DOT = 0x2E
_EQUALS = 0x3D


class BodyError(ValueError):
    """The text cannot be encoded as UTF-8; the message says where."""


def is_smaller_in_base64(size: int, printable: int) -> bool:
    """Return whether base64 is smaller by more than 10 %; quoted-printable is preferred because people can read it."""
    characters = -(-size // 3) * 4
    return printable > (characters + 2 * -(-characters // _LINE)) * 1.1


def encode_binary(data: bytes) -> tuple[str, bytes]:
    """Return data that is not text, in base64."""
    return "base64", base64_lines(data)


def canonical(text: str) -> bytes:
    """Return text as UTF-8 with CRLF line ends, the form to encode (RFC 2049 section 4). Raises BodyError."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        raise BodyError(f"line {line} contains half of a surrogate pair (U+{ord(text[error.start]):04X})") from None


def quoted_printable(data: bytes, *, goes_on: bool = False) -> bytes:
    """Encode bytes whose line ends are CRLF. Spaces at the end of a line and of the data are encoded.

    If the text continues, a soft break ends an incomplete last line: the next piece, which is encoded separately,
    starts a line, and is as safe there as at the start of a text.
    """
    # The C encoder escapes correctly, but breaks lines in other places, so its soft breaks are removed:
    # in its output, a `=` before a line end is always a soft break.
    escaped = b2a_qp(data.replace(b"\r\n", b"\n")).replace(b"=\n", b"")
    *whole, last = escaped.split(b"\n")
    lines: list[bytes] = []
    for line in whole:
        _wrap(line, lines, _LINE)
    if not goes_on or not last:
        _wrap(last, lines, _LINE)
        return b"\r\n".join(lines)
    if last.endswith(b"=20"):
        last = last[:-3] + b" "  # the space is not at the end of the line, because a soft break follows
    _wrap(last, lines, _LINE - 1)
    return b"\r\n".join(lines) + b"=\r\n"


def base64_lines(data: bytes) -> bytes:
    """Encode bytes in lines of 76 characters, each with CRLF at the end."""
    return b"".join(b2a_base64(data[at : at + 57], newline=False) + b"\r\n" for at in range(0, len(data), 57))


def squeezed(data: bytes) -> bytes:
    """Return data with single spaces: most of DKIM's relaxed form (RFC 6376 sections 3.4.2 and 3.4.4)."""
    return _BLANKS.sub(b" ", data.replace(b"\t", b" "))


def _wrap(line: bytes, lines: list[bytes], limit: int) -> None:
    """Break an escaped line with soft breaks, never inside `=XX`; escape the start of each piece; `limit` is for the last."""
    if len(line) <= limit and not line.startswith((b".", b"From ")):
        lines.append(line)
        return
    start, end = 0, len(line)
    while True:
        head = b""
        if start < end and line[start] == _DOT:
            head, start = b"=2E", start + 1
        elif line.startswith(b"From ", start):
            head, start = b"=46", start + 1
        if len(head) + end - start <= limit:
            lines.append(head + line[start:])
            return
        stop = start + _LINE - 1 - len(head)
        if line[stop - 1] == _EQUALS:
            stop -= 1
        elif line[stop - 2] == _EQUALS:
            stop -= 2
        lines.append(head + line[start:stop] + b"=")
        start = stop
