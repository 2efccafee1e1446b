"""Bodies in seven bits: quoted-printable and base64 (RFC 2045 sections 6.7 and 6.8).

Input: text or bytes. Output: the encoding's name and ASCII bytes in lines of at most 76, CRLF between.
Never makes a line that begins with `.` or `From `, so that dot-stuffing and mbox files leave body and signature alone.
"""

import re
from binascii import b2a_base64, b2a_qp

# Two blanks and more. The two letters in front let `re` run over the rest at the speed of C; `  +` would stop at each blank.
_BLANKS = re.compile(b"   *")
_LINE = 76
_DOT = 0x2E
_EQUALS = 0x3D


class BodyError(ValueError):
    """The text cannot be written as UTF-8; the message says where."""


def is_smaller_in_base64(size: int, printable: int) -> bool:
    """Compare a text of `size` bytes with its quoted-printable, which people can read, and which may be 10 % larger."""
    characters = -(-size // 3) * 4
    return printable > (characters + 2 * -(-characters // _LINE)) * 1.1


def encode_binary(data: bytes) -> tuple[str, bytes]:
    """Encode anything that is not text."""
    return "base64", base64_lines(data)


def canonical(text: str) -> bytes:
    """Return text as UTF-8 with CRLF line ends, the form to encode (RFC 2049 section 4). Raises BodyError."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        raise BodyError(f"line {line} holds half of a surrogate pair (U+{ord(text[error.start]):04X})") from None


def quoted_printable(data: bytes, *, goes_on: bool = False) -> bytes:
    """Encode bytes whose line ends are CRLF. Blanks at the end of a line and of the data are encoded.

    Where the text goes on, a soft break stands behind a last line without its end: whatever comes next, encoded by
    itself, begins a line, and is as safe there as at the head of a text.
    """
    # The C encoder knows what to escape but not where we may break, so its soft breaks are taken out again:
    # in its output a `=` before a line end can be nothing else.
    escaped = b2a_qp(data.replace(b"\r\n", b"\n")).replace(b"=\n", b"")
    *whole, last = escaped.split(b"\n")
    lines: list[bytes] = []
    for line in whole:
        _wrap(line, lines, _LINE)
    if not goes_on or not last:
        _wrap(last, lines, _LINE)
        return b"\r\n".join(lines)
    if last.endswith(b"=20"):
        last = last[:-3] + b" "  # no blank at a line's end: the soft break stands behind it
    _wrap(last, lines, _LINE - 1)
    return b"\r\n".join(lines) + b"=\r\n"


def base64_lines(data: bytes) -> bytes:
    """Encode bytes in lines of 76 characters, each ending in CRLF."""
    return b"".join(b2a_base64(data[at : at + 57], newline=False) + b"\r\n" for at in range(0, len(data), 57))


def squeezed(data: bytes) -> bytes:
    """Make one blank of several: most of what DKIM's relaxed form asks (RFC 6376 sections 3.4.2 and 3.4.4)."""
    return _BLANKS.sub(b" ", data.replace(b"\t", b" "))


def _wrap(line: bytes, lines: list[bytes], limit: int) -> None:
    """Cut an escaped line with soft breaks, never inside `=XX`, and mind how each piece begins; the last has a limit."""
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
