"""MIME parameters: the `filename="..."` after a header's value.

Input: a parameter's name and its text. Output: its written forms, one for each place between two semicolons. Control
characters are not checked here, because headers.py has rejected them.
"""

import re
import unicodedata

#: The longest `key="text"` in one piece: it fits on a folded line after a space, with its semicolon.
_SHORT = 76
#: Octets that RFC 2231 section 7 (attribute-char) allows unencoded; only those that every mail program understands.
_UNENCODED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
#: Parameters that people see: mail programs without RFC 2231 get an additional ASCII version.
_WITH_FALLBACK = frozenset({"filename", "name"})


def parameter(key: str, text: str) -> list[str]:
    """Return the forms of one parameter: quoted if that is enough, otherwise by RFC 2231 (sections 3 and 4)."""
    plain = f'{key}="{text}"'
    # A quote or backslash could be escaped, and `=?` or `%` left alone, but mail programs differ about each of them.
    is_simple = key not in _WITH_FALLBACK or re.fullmatch(r"[A-Za-z0-9 ()_.,+-]*", text)
    if is_simple and text.isascii() and not re.search(r'["\\%]|=\?|^ | $|  ', text) and len(plain) <= _SHORT:
        return [plain]
    fallback = [f'{key}="{ascii_fallback(text)}"'] if key in _WITH_FALLBACK else []
    return [*_extended(key, text), *fallback]


def ascii_fallback(text: str) -> str:
    """Return a similar file name in ASCII: `_` for other characters, at most 60 characters, with the same ending."""
    letters = (c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    name = re.sub(r"[^A-Za-z0-9 ().,+-]+", "_", "".join(letters))
    name = re.sub(r" {2,}", " ", name).strip(" ")
    stem, dot, ending = name.rpartition(".")
    if dot and len(ending) <= 8:
        return f"{stem[: 59 - len(ending)] or '_'}.{ending}"
    return name[:60] or "_"


def _extended(key: str, text: str) -> list[str]:
    pieces = [_percent(character) for character in text]
    whole = f"{key}*=utf-8''{''.join(pieces)}"
    if len(whole) <= _SHORT:
        return [whole]
    sections = [f"{key}*0*=utf-8''"]
    for piece in pieces:  # complete characters: not required, but easier to read for simple programs
        if len(sections[-1]) + len(piece) > _SHORT:
            sections.append(f"{key}*{len(sections)}*=")
        sections[-1] += piece
    return sections


def _percent(character: str) -> str:
    octets = character.encode()
    return "".join(chr(octet) if octet in _UNENCODED else f"%{octet:02X}" for octet in octets)
