"""Changes tags in finished HTML; everything else stays the same, byte for byte.

Input: HTML as lxml writes it (`<` in text is `&lt;`). Output: the same HTML with some tags, comments or styles changed.
Guarantees: builds no tree, so that conditional comments and the text between tags are kept.
"""

import re
from collections.abc import Callable
from functools import cache
from html import escape, unescape


def names(text: str) -> frozenset[str]:
    """Return the names in a text, such as element names, as a set."""
    return frozenset(text.split())


_COMMENT = r"(?P<comment><!--.*?-->|<!\[[^>]*>)"
_RAW = r"""(?P<opening><(?P<raw>style|title|script|textarea)(?=[\s/>])(?:"[^"]*+"|'[^']*+'|[^"'<>])*+>)
    (?P<inside>.*?)(?P<closing></(?P=raw)\s*>)"""
_TAG = r"""(?P<tag><(?P<name>{name})(?:"[^"]*+"|'[^']*+'|[^"'<>])*+>)"""
_ANY = r"[A-Za-z][^\s/>]*"
_END = rf"(?P<end></(?P<ended>{_ANY})[^>]*>)"
_FLAGS = re.DOTALL | re.IGNORECASE | re.VERBOSE
#: A comment, an element whose content is not markup, a start tag or an end tag.
TOKEN = re.compile("|".join((_COMMENT, _RAW, _TAG.format(name=_ANY), _END)), _FLAGS)


@cache
def _tokens_of(elements: frozenset[str]) -> re.Pattern[str]:
    """Return a pattern for what `rewrite` changes: not end tags, and only start tags of these elements."""
    name = rf"(?:{'|'.join(sorted(elements))})(?=[\s/>])" if elements else _ANY
    return re.compile("|".join((_COMMENT, _RAW, _TAG.format(name=name))), _FLAGS)


_ATTRIBUTE = re.compile(r"""\s+(?P<name>[^\s=>"'/]+)(?:\s*=\s*(?P<value>"[^"]*"|'[^']*'|[^\s"'>]+))?""")
#: Elements without an end tag.
VOID = names("area base br col embed hr img input link meta source track wbr")

_Change = Callable[[str], str]


def rewrite(
    html: str,
    *,
    tag: Callable[[str, str], str] | None = None,
    elements: frozenset[str] = frozenset(),
    style: Callable[[str, str], str] | None = None,
    comment: _Change | None = None,
) -> str:
    """Apply functions to tags, styles and comments.

    `tag` gets a start tag and its name in lower case, for all elements or only for `elements`. `style` gets the start tag
    and the rules of a style element. The result of `comment` is not processed again.
    """

    def change(token: re.Match[str]) -> str:
        if token["comment"] is not None:
            return comment(token["comment"]) if comment else token[0]
        if token["tag"] is not None:
            return tag(token["tag"], token["name"].lower()) if tag else token[0]
        if token["raw"] is not None and token["raw"].lower() == "style" and style:
            return style(token["opening"], token["inside"])
        return token[0]

    return _tokens_of(elements).sub(change, html)


def attribute(tag: str, name: str) -> str | None:
    """Return an attribute's value, or None if the tag does not have the attribute."""
    match = _find(tag, name)
    if match is None:
        return None
    value = match["value"] or ""
    return unescape(value[1:-1] if value[:1] in ("'", '"') else value)


def put(tag: str, name: str, value: str) -> str:
    """Set an attribute, and replace an existing one of that name."""
    added = f' {name}="{escape(value)}"'
    match = _find(tag, name)
    if match is not None:
        return tag[: match.start()] + added + tag[match.end() :]
    end = len(tag) - (2 if tag.endswith("/>") else 1)
    return tag[:end].rstrip() + added + tag[end:]


def drop(tag: str, name: str) -> str:
    """Remove an attribute."""
    match = _find(tag, name)
    return tag if match is None else tag[: match.start()] + tag[match.end() :]


def _find(tag: str, name: str) -> re.Match[str] | None:
    """Find an attribute. They are read one by one, so that ` alt=` inside a title does not match."""
    return next((match for match in _ATTRIBUTE.finditer(tag) if match["name"].lower() == name), None)


def declarations(style: str) -> list[tuple[str, str]]:
    """Split a style attribute into properties, in lower case, and values."""
    found = []
    for piece in re.findall(r"""(?:"[^"]*"|'[^']*'|\([^)]*\)|[^;"'(])+""", style):
        name, colon, value = piece.partition(":")
        if colon:
            found.append((name.strip().lower(), value.strip()))
    return found


def written(style: list[tuple[str, str]]) -> str:
    """Format declarations as a style attribute."""
    return "; ".join(f"{name}: {value}" for name, value in style)
