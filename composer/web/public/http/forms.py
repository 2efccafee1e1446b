"""Reads the fields of a submitted form from an untrusted body.

Input: a Content-Type and a body of limited size. Output: a `SubmittedForm`, or a FormError. Guarantees: keeps no file, passes
on no control character, and takes time in proportion to the length of the body.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from composer.core.addresses import FORBIDDEN

#: More fields than any form of the pages has.
_MOST_FIELDS = 64
_BOUNDARY = re.compile(r';\s*boundary=(?:"([^"\\\r\n]{1,70})"|([^\s;"]{1,70}))', re.IGNORECASE)
#: The name of a part, in quotes or without; the header may be folded.
_NAME = re.compile(
    rb'^content-disposition:[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*?;\s*name=(?:"([^"\r\n]{1,200})"|([^\s;"]{1,200}))',
    re.IGNORECASE | re.MULTILINE,
)
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")


class FormError(ValueError):
    """The body is not a valid form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmittedForm:
    """The fields of a form; a name can occur more than once."""

    fields: Mapping[str, tuple[str, ...]]

    def has(self, name: str, value: str) -> bool:
        """Return whether a field has this value. White space around both is ignored, since programs add some to a body."""
        return any(
            key.strip() == name and value in (each.strip() for each in values) for key, values in self.fields.items()
        )

    def every(self, name: str) -> tuple[str, ...]:
        """Return all values of a field, each on one line."""
        return tuple(_one_line(value, 200) for value in self.fields.get(name, ()))

    def line(self, name: str, most: int = 200) -> str:
        """Return a field's first value on one line, without control characters, cut to a length; empty if it is missing."""
        return _one_line(next(iter(self.fields.get(name, ())), ""), most)

    def text(self, name: str, most: int = 1000) -> str:
        """Return a field's first value with its line ends, without other control characters, cut to a length."""
        value = next(iter(self.fields.get(name, ())), "").replace("\r\n", "\n").replace("\r", "\n")
        return "\n".join(FORBIDDEN.sub(" ", line).rstrip() for line in value[:most].split("\n")).strip()


def _one_line(value: str, most: int) -> str:
    return " ".join(FORBIDDEN.sub(" ", value[:most]).split())


def read_form(content_type: str, body: bytes) -> SubmittedForm:
    """Read multipart/form-data (RFC 7578), and anything else as application/x-www-form-urlencoded. Raises FormError.

    RFC 8058 section 3.2 allows mail programs both. A missing Content-Type is accepted, too.
    """
    if content_type.strip().lower().startswith("multipart/"):
        boundary = _BOUNDARY.search(content_type)
        if boundary is None:
            raise FormError("multipart without a boundary")
        return _gathered(_parts(body, (boundary[1] or boundary[2]).encode("latin-1", "replace")))
    try:
        pairs = parse_qsl(
            body.decode("utf-8", "replace"), keep_blank_values=True, errors="replace", max_num_fields=_MOST_FIELDS
        )
    except ValueError:
        raise FormError("too many fields") from None
    return _gathered(pairs)


def _parts(body: bytes, boundary: bytes) -> list[tuple[str, str]]:
    """Split a multipart body (RFC 2046 section 5.1.1): the line end before a boundary is the boundary's.

    Lines that end in a bare LF are accepted, too.
    """
    pieces = re.split(rb"\r?\n--" + re.escape(boundary), b"\n" + body, maxsplit=_MOST_FIELDS + 2)
    if len(pieces) > _MOST_FIELDS + 2:
        raise FormError("too many fields")
    found = []
    for piece in pieces[1:]:
        if piece.startswith(b"--"):
            break
        head, *content = _BLANK_LINE.split(piece, maxsplit=1)
        if content and (name := _NAME.search(head.lstrip(b" \t\r\n"))):
            found.append(((name[1] or name[2]).decode("utf-8", "replace"), content[0].decode("utf-8", "replace")))
    return found


def _gathered(pairs: list[tuple[str, str]]) -> SubmittedForm:
    fields: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        fields[name] = (*fields.get(name, ()), value)
    return SubmittedForm(fields=fields)
