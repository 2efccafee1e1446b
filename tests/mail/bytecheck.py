"""A checker of finished messages that reads bytes without a parser.

Input: one message. Output: its problems, one sentence each; empty if there are none. Guarantees: does not import the
code that it checks.
"""

import re
from base64 import b64decode
from collections import Counter
from quopri import decodestring

_WORD = re.compile(rb"=\?([^?\s]*)\?([bBqQ])\?([^?\s]*)\?=")
_SINGLE = ("from", "date", "subject", "message-id", "to", "mime-version", "content-type", "reply-to", "sender", "cc")
_REQUIRED = ("from", "date", "subject", "message-id", "to", "mime-version", "content-type")


def problems(message: bytes) -> list[str]:
    """Return all violations of RFC 5322, 2045, 2046 or 2047 that are visible in the bytes."""
    found = []
    if not message.isascii():
        found.append("not ASCII")
    if re.search(rb"\r(?!\n)|(?<!\r)\n", message):
        found.append("CR or LF alone")
    if re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", message):
        found.append("a control character")
    if not message.endswith(b"\r\n"):
        found.append("no CRLF at the end")
    head, blank, body = message.partition(b"\r\n\r\n")
    if not blank:
        return [*found, "no empty line after the headers"]
    found += header_block(head)
    names = Counter(line.partition(b":")[0].lower().decode("ascii", "replace") for line in _unfolded(head))
    found += [f"{name} stands {names[name]} times" for name in _SINGLE if names[name] > 1]
    found += [f"{name} is missing" for name in _REQUIRED if not names[name]]
    found += [f"{name} must not be written" for name in ("bcc", "return-path") if names[name]]
    found += [f"{name} stands twice" for name, count in names.items() if count > 1 and name not in _SINGLE]
    found += [f"a body line starts with {start!r}" for start in re.findall(rb"^(?:\.|From )", body, re.MULTILINE)]
    return found + _entity(head, body)


def _entity(head: bytes, body: bytes) -> list[str]:
    fields = {name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in _unfolded(head))}
    content_type = fields.get(b"content-type", b"")
    encoding = fields.get(b"content-transfer-encoding", b"7bit")
    if content_type.startswith(b"multipart/"):
        return _multipart(content_type, encoding, body)
    found = []
    if content_type.startswith(b"text/") and b'charset="utf-8"' not in content_type:
        found.append("a text part without charset")
    lines = body.split(b"\r\n")
    if max(map(len, lines)) > 76:
        found.append(f"a body line of {max(map(len, lines))}")
    if encoding == b"quoted-printable":
        found += ["a blank at the end of a line" for line in lines if line.endswith((b" ", b"\t"))]
        found += [f"broken escape in {line!r}" for line in lines if re.search(rb"=(?![0-9A-F]{2}|$)", line)]
    elif encoding == b"base64":
        found += ["not base64" for line in lines if len(line) % 4 or not re.fullmatch(rb"[A-Za-z0-9+/]*={0,2}", line)]
        if b"=" in b"".join(lines).rstrip(b"="):
            found.append("padding inside base64")
    else:
        found.append(f"a body in {encoding.decode()}")
    return found


def _multipart(content_type: bytes, encoding: bytes, body: bytes) -> list[str]:
    found = []
    if encoding != b"7bit":
        found.append("a multipart with an encoding")
    match = re.search(rb'boundary="([^"]{1,70})"(?:;|$)', content_type)
    if not match:
        return [*found, "no boundary of at most 70 characters in quotes"]
    if b"=_" not in match[1]:
        found.append("a boundary that could occur in quoted-printable")
    if content_type.startswith(b"multipart/related") and b'type="text/html"' not in content_type:
        found.append("multipart/related without type=")
    mark = b"--" + match[1]
    pieces = (b"\r\n" + body).split(b"\r\n" + mark)
    if body.count(match[1]) != len(pieces) - 1:
        found.append("a boundary inside a part")
    if len(pieces) < 4 or pieces[0] or pieces[-1] != b"--\r\n":
        return [*found, f"{len(pieces) - 1} boundary lines, or text around them"]
    for piece in pieces[1:-1]:
        head, blank, inner = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        if not piece.startswith(b"\r\n") or not blank:
            found.append("a part without headers")
            continue
        counted = Counter(line.partition(b":")[0].lower() for line in _unfolded(head))
        found += [f"{name.decode()} twice in a part" for name, count in counted.items() if count > 1]
        found += header_block(head) + _entity(head, inner)
    return found


def _unfolded(head: bytes) -> list[bytes]:
    return re.sub(rb"\r\n(?=[ \t])", b"", head).split(b"\r\n")


def header_block(head: bytes) -> list[str]:
    """Return the problems of a block of headers, without the CRLF at its end."""
    found = []
    for line in head.split(b"\r\n"):
        if len(line) > 998:
            found.append(f"a header line of {len(line)}")
        if len(line) > 78 and line.strip().count(b" ") > (0 if line.startswith(b" ") else 1):
            found.append(f"a foldable line of {len(line)}: {line!r}")
        if not line.strip():
            found.append("a folded line of blanks")
        if _WORD.search(line) and len(line) > 76:
            found.append(f"a line of {len(line)} with an encoded-word")
        if not re.match(rb"[ \t]|[!-9;-~]+: (?:\S|$)", line):
            found.append(f"neither a header nor folded: {line!r}")
    for line in _unfolded(head):
        if line.lower().startswith((b"list-", b"message-id", b"content-", b"date")) and _WORD.search(line):
            found.append(f"an encoded-word in {line!r}")
        if re.search(rb'"[^"]*=\?[^"]*"', line):
            found.append(f"an encoded-word in quotes in {line!r}")
        words = list(_WORD.finditer(line))
        for index, word in enumerate(words):
            found += _word(word, last=index + 1 == len(words) or line[word.end() : words[index + 1].start()] != b" ")
    return found


def _word(word: re.Match[bytes], *, last: bool) -> list[str]:
    charset, kind, text = word.groups()
    found = []
    if charset != b"utf-8":
        found.append(f"an encoded-word in {charset!r}")
    if len(word[0]) > 75:
        found.append(f"an encoded-word of {len(word[0])}")
    if not last and text.endswith(b"="):
        found.append(f"padding before the last encoded-word: {word[0]!r}")
    try:
        (b64decode(text, validate=True) if kind in b"bB" else decodestring(text, header=True)).decode()
    except ValueError:
        found.append(f"an encoded-word that cannot be read alone: {word[0]!r}")
    return found
