"""Simulates Outlook on Windows: applies its conditional comments and removes what Word's engine does not support.

Input: an edition's HTML. Output: the HTML as Word reads it, for a browser to lay out. This is an approximation: Word
measures text and breaks lines differently.
"""

import re

from composer.web.preview.markup import attribute, declarations, names, put, rewrite, written

#: Properties that Word does not support on any element (caniemail.com, Outlook on Windows). In doubt, a property is not
#: listed and stays.
_UNKNOWN = names(
    """animation background-image background-position background-repeat background-size border-bottom-left-radius
    border-bottom-right-radius border-radius border-top-left-radius border-top-right-radius box-shadow clip-path
    column-count display filter flex float gap grid-template-columns justify-content align-items
    max-height max-width min-height min-width object-fit opacity outline overflow overflow-x overflow-y position
    text-shadow transform transition word-break overflow-wrap aspect-ratio"""
)
#: Elements that Word does not treat as boxes: padding, width and height work only on table cells.
_NO_BOX = names("a div p span h1 h2 h3 h4 h5 h6 ul ol li blockquote strong em")
_BOX = names("padding padding-top padding-right padding-bottom padding-left padding-inline padding-block width height")
#: Styles that Word ignores on pictures: their attributes set the size.
_SIZE = names("width height")

_CONDITION = re.compile(r"<!--\[if\s+(?P<asked>[^\]]+)\]>(?P<inside>.*?)<!\[endif\]-->", re.DOTALL | re.IGNORECASE)
#: `<!--[if !mso]><!-->…<!--<![endif]-->` and `<![if !mso]>…<![endif]>`: other programs show the content in between.
_REVEALED = re.compile(
    r"<!--\[if\s+(?P<asked>[^\]]+)\]><!--\s*-->(?P<inside>.*?)<!--\s*<!\[endif\]-->"
    r"|<!\[if\s+(?P<bare>[^\]]+)\]>(?P<within>.*?)<!\[endif\]>",
    re.DOTALL | re.IGNORECASE,
)
_ATOM = re.compile(
    r"\s*(?:(?P<compare>lte?|gte?)\s+)?(?P<name>[A-Za-z]+)(?:\s+(?P<version>\d+(?:\.\d+)?))?\s*", re.IGNORECASE
)
#: The version of Outlook 2016 and later.
_WORD = 16.0


def as_word(html: str) -> str:
    """Return the HTML as Word's engine reads it."""
    html = _REVEALED.sub(_revealed, html)
    html = _CONDITION.sub(lambda found: found["inside"] if holds(found["asked"]) else "", html)
    # Remove settings for Office, which are not text.
    html = re.sub(r"</?noscript>|<xml\b.*?</xml>", "", html, flags=re.DOTALL | re.IGNORECASE)
    return rewrite(html, tag=_tag, style=lambda opening, rules: f"{opening}{_rules(rules)}</style>")


def _revealed(found: re.Match[str]) -> str:
    if found["asked"] is not None:
        return found["inside"] if holds(found["asked"]) else ""
    return found["within"] if holds(found["bare"]) else ""


def holds(condition: str) -> bool:
    """Return whether Outlook applies a condition such as `(gte mso 9)|(IE)` or `!mso`; False if it cannot be parsed."""
    pieces = re.findall(r"[()!&|]|[^()!&|]+", condition.replace("&amp;", "&"))
    pieces = [piece for piece in pieces if piece.strip()]
    value, rest = _either(pieces)
    return value and not rest


def _either(pieces: list[str]) -> tuple[bool, list[str]]:
    value, rest = _both(pieces)
    while rest[:1] == ["|"]:
        other, rest = _both(rest[1:])
        value = value or other
    return value, rest


def _both(pieces: list[str]) -> tuple[bool, list[str]]:
    value, rest = _one(pieces)
    while rest[:1] == ["&"]:
        other, rest = _one(rest[1:])
        value = value and other
    return value, rest


def _one(pieces: list[str]) -> tuple[bool, list[str]]:
    if not pieces:
        return False, ["?"]
    if pieces[0] == "!":
        value, rest = _one(pieces[1:])
        return not value, rest
    if pieces[0] == "(":
        value, rest = _either(pieces[1:])
        return value, rest[1:] if rest[:1] == [")"] else ["?"]
    return _atom(pieces[0]), pieces[1:]


def _atom(text: str) -> bool:
    match = _ATOM.fullmatch(text)
    if match is None or match["name"].lower() not in ("mso", "vml", "true"):
        return False
    if match["version"] is None or match["name"].lower() != "mso":
        return True
    version = float(match["version"])
    match (match["compare"] or "").lower():
        case "lt":
            return version > _WORD
        case "lte":
            return version >= _WORD
        case "gt":
            return version < _WORD
        case "gte":
            return version <= _WORD
    return version == _WORD


def _tag(tag: str, name: str) -> str:
    style = attribute(tag, "style")
    if not style:
        return tag
    return put(tag, "style", written(_known(declarations(style), name)))


def _known(style: list[tuple[str, str]], name: str) -> list[tuple[str, str]]:
    if any(key == "mso-hide" and value.startswith("all") for key, value in style):
        return [("display", "none")]
    kept = []
    for key, value in style:
        is_hidden = key == "display" and value.startswith("none")
        if key in _UNKNOWN and not is_hidden:
            continue
        if (name in _NO_BOX and key in _BOX) or (name == "img" and key in _SIZE):
            continue
        kept.append((key, re.sub(r"\s*url\([^)]*\)", "", value).strip() if key == "background" else value))
    return kept


def _rules(rules: str) -> str:
    """Remove media queries and other at-rules, and from the rest what Word does not support."""
    pieces, at = [], 0
    for start in re.finditer(r"@[\w-]+[^{;]*[{;]", rules):
        if start.start() < at:
            continue
        pieces.append(rules[at : start.start()])
        at = _block_end(rules, start.end()) if start[0].endswith("{") else start.end()
    pieces.append(rules[at:])

    def block(found: re.Match[str]) -> str:
        return f"{{{written(_known(declarations(found[1]), ''))}}}"

    return re.sub(r"\{([^{}]*)\}", block, "".join(pieces))


def _block_end(rules: str, at: int) -> int:
    depth = 1
    while at < len(rules) and depth:
        depth += {"{": 1, "}": -1}.get(rules[at], 0)
        at += 1
    return at
