"""Read any message as a tree of parts, in limited time and memory.

Input: the bytes of a message, of which the first 512 KiB count. Output: a `MimePart`. Guarantees: pure; never fails;
reads broken messages as far as possible.

The standard library's parser takes as long as the sender wants: deeply nested parts cost it time on every line, and the
stack of the interpreter. All kinds of reports have their content in a few parts at the beginning, so this parser stops
early.
"""

import codecs
import re
from binascii import Error as Base64Error
from binascii import a2b_base64, a2b_qp
from collections.abc import Iterator
from dataclasses import dataclass

#: The limits: bytes of a message after its line ends are unified, parts, and levels of parts.
MAX_BYTES, MAX_PARTS, MAX_DEPTH = 512 * 1024, 100, 8
#: Header fields of one part, bytes of one field, and bytes of a part's text.
MAX_FIELDS, MAX_FIELD, MAX_TEXT = 1000, 8 * 1024, 128 * 1024

_FIELD = re.compile(rb"([!-9;-~]{1,100})[ \t]*:[ \t]*(.*)", re.DOTALL)
_PARAMETER = re.compile(r';\s*([\w!#$%&+.^`|~-]+)(?:\*\d*\*?)?\s*=\s*("(?:[^"\\]|\\.)*"|[^;\s]*)')
_WORD = re.compile(r"=\?([\w.:-]{1,40})(?:\*[\w-]*)?\?([bBqQ])\?([^?\s]{0,500})\?=")
#: Codecs that are not mail charsets, some of which take quadratic time.
_NO_CHARSETS = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"})
_TYPE = re.compile(r"\s*([\w!#$%&+.^`|~-]+/[\w!#$%&+.^`|~-]+)")

Fields = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MimePart:
    """A message or a part of one: its header fields (names in lower case), its body, its parts."""

    fields: Fields
    #: `type/subtype` in lower case.
    type: str
    parameters: tuple[tuple[str, str], ...]
    #: As transmitted: not decoded.
    body: bytes
    #: The parts of a multipart; for an attached message, that message, of which only the header is read.
    parts: tuple["MimePart", ...] = ()

    def all(self, name: str) -> list[str]:
        """Return the values of a field, in their order."""
        return [value for each, value in self.fields if each == name]

    def get(self, name: str) -> str:
        """Return the first value of a field, or an empty text."""
        return next((value for each, value in self.fields if each == name), "")

    def parameter(self, name: str) -> str:
        """Return a parameter of the content type, or an empty text."""
        return "".join(value for each, value in self.parameters if each == name)

    def walk(self) -> Iterator["MimePart"]:
        """Yield this part and all parts in it, outermost first; an attached message, but not its parts."""
        yield self
        if not self.type.startswith("message/"):
            for part in self.parts:
                yield from part.walk()

    def data(self) -> bytes:
        """Decode the transfer encoding (RFC 2045, section 6), as far as possible if it is broken."""
        body = self.body[: 2 * MAX_TEXT]
        match self.get("content-transfer-encoding").strip().lower():
            case "quoted-printable":
                return a2b_qp(body)
            case "base64":
                packed = re.sub(rb"[^A-Za-z0-9+/]", b"", body)
                with_padding = packed[: len(packed) - (len(packed) % 4 == 1)] + b"=="
                try:
                    return a2b_base64(with_padding)
                except Base64Error:
                    return b""
            case _:
                return body

    def text(self) -> str:
        """Return the text, in whichever charset it is or claims to be."""
        return decode(self.data()[:MAX_TEXT], self.parameter("charset"))


def normal_form(data: bytes) -> bytes:
    """Return the form in which a message is read and hashed: uniform line ends, none at its end, its first 512 KiB.

    A message read by IMAP (CRLF) and as a file (LF) is the same message, so reading twice MAX_BYTES is enough.
    """
    return data[: 2 * MAX_BYTES].replace(b"\r\n", b"\n")[:MAX_BYTES].rstrip(b"\n")


def parse(data: bytes) -> MimePart:
    """Parse a message. Never fails."""
    return _MimeParser().part(normal_form(data), "text/plain", 0)


def decode(data: bytes, charset: str) -> str:
    """Decode a text; with an unknown or wrong charset, as UTF-8 with replacement characters."""
    if charset and charset.isascii():
        try:
            codec = codecs.lookup(charset)
            if codec.name.replace("-", "_") not in _NO_CHARSETS:
                return data.decode(codec.name, "replace")
        except (LookupError, ValueError, AssertionError):  # an unknown codec, not a text codec, or one that fails
            pass
    return data.decode("utf-8", "replace")


def decode_words(value: str) -> str:
    """Decode the encoded words of a header value (RFC 2047); white space between two of them is dropped."""
    if "=?" not in value:
        return value
    value = re.sub(r"(\?=)\s{1,20}(?==\?)", r"\1", value)

    def word(match: re.Match[str]) -> str:
        raw = match[3].encode("ascii", "replace")
        if match[2] in "qQ":
            return decode(a2b_qp(raw, header=True), match[1])
        try:
            return decode(a2b_base64(raw + b"=="), match[1])
        except Base64Error:
            return match[0]

    return _WORD.sub(word, value)


def read_fields(block: bytes) -> Fields:
    """Parse a block of header fields (RFC 5322, section 2.2); other lines are skipped."""
    found: list[tuple[str, str]] = []
    lines: list[bytes] = []
    for line in (*block.split(b"\n", MAX_FIELDS * 4)[: MAX_FIELDS * 4], b"."):
        if line[:1] in (b" ", b"\t") and lines:
            lines.append(line)
            continue
        if lines and (match := _FIELD.match(b" ".join(each.strip() for each in lines)[:MAX_FIELD])):
            found.append((match[1].decode("ascii").lower(), match[2].decode("utf-8", "replace").strip()))
            if len(found) == MAX_FIELDS:
                break
        lines = [line]
    return tuple(found)


class _MimeParser:
    """A counter of the parts of one message, which limits them."""

    def __init__(self) -> None:
        self._left = MAX_PARTS

    def part(self, data: bytes, default: str, depth: int) -> MimePart:
        head, body = _split(data)
        fields = read_fields(head)
        declared = next((value for name, value in fields if name == "content-type"), "")[:2048]
        match = _TYPE.match(declared)
        kind = match[1].lower() if match else default
        parameters = tuple(
            (each[1].lower().removesuffix("*"), re.sub(r"\\(.)", r"\1", each[2].strip('"')))
            for each in _PARAMETER.finditer(declared)
        )
        parts: tuple[MimePart, ...] = ()
        if depth < MAX_DEPTH:
            if kind.startswith("multipart/"):
                boundary = "".join(value for name, value in parameters if name == "boundary")
                inner = "message/rfc822" if kind == "multipart/digest" else "text/plain"
                parts = tuple(self._parts(body, boundary, inner, depth + 1))
            elif kind in ("message/rfc822", "message/global") and self._left > 0:
                self._left -= 1
                whole = MimePart(fields=fields, type=kind, parameters=parameters, body=body)
                parts = (self.part(whole.data(), "text/plain", MAX_DEPTH),)
        return MimePart(fields=fields, type=kind, parameters=parameters, body=body, parts=parts)

    def _parts(self, body: bytes, boundary: str, default: str, depth: int) -> Iterator[MimePart]:
        """Split at the boundaries (RFC 2046, section 5.1.1); the last part may have no end."""
        raw = boundary.encode("utf-8", "replace").rstrip()
        if not raw or len(raw) > 200:
            return
        begin: int | None = None
        for start, behind, is_last in _boundaries(body, b"--" + raw):
            if begin is not None and self._left > 0:
                self._left -= 1
                yield self.part(body[begin : max(begin, start - 1)], default, depth)
            begin = None if is_last else behind
            if is_last or self._left <= 0:
                return
        if begin is not None:
            self._left -= 1
            yield self.part(body[begin:], default, depth)


def _boundaries(body: bytes, line: bytes) -> Iterator[tuple[int, int, bool]]:
    """Find the boundary lines: where each begins, what follows it, and whether it is the last (`--`)."""
    start = 0 if body.startswith(line) else body.find(b"\n" + line) + 1
    while start or body.startswith(line):
        end = body.find(b"\n", start)
        end = len(body) if end < 0 else end
        rest = body[start + len(line) : end].rstrip(b" \t")
        if rest in (b"", b"--"):
            yield start, end + 1, rest == b"--"
        start = body.find(b"\n" + line, end) + 1
        if not start:
            return


def _split(data: bytes) -> tuple[bytes, bytes]:
    """Split header and body at the first empty line."""
    if data.startswith(b"\n"):
        return b"", data[1:]
    end = data.find(b"\n\n")
    return (data, b"") if end < 0 else (data[:end], data[end + 2 :])
