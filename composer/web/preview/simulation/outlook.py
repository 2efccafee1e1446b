"""Simulates Outlook on Windows: applies its conditional comments and removes what Word's engine does not support.

Input: an edition's HTML. Output: the HTML as Word reads it, for a browser to lay out. This is an approximation: Word
measures text and breaks lines differently.
"""

import re
from functools import cache

from composer.checks.support.clients import table
from composer.checks.support.features import PROPERTIES
from composer.web.preview.markup import attribute, declarations, names, put, rewrite, written

#: Properties that Word supports only with some values or on some elements, so that caniemail.com calls it partial support;
#: what themes use them for does not work.
_IN_PART = names("display flex max-width word-break")
#: Elements that Word does not treat as boxes: padding, width and height work only on table cells.
_NO_BOX = names("a div p span h1 h2 h3 h4 h5 h6 ul ol li blockquote strong em code")
_BOX = names("padding padding-top padding-right padding-bottom padding-left width height")
#: Elements within a line, on which Word draws no border.
_INLINE = names("a span strong em code")
#: Styles that Word ignores on pictures: their attributes set the size.
_SIZE = names("width height")
#: Values that Word does not understand; it ignores the whole declaration.
_VALUE = re.compile(
    r"(?<![\w-])(?:calc|var|min|max|clamp|rgba|hsla?|light-dark|(?:ok)?lch|(?:ok)?lab)\(|[\d.](?:rem|vh|vw|vmin|vmax|ch)\b"
    r"|^(?:initial|unset|revert)$|^#(?:[0-9a-f]{4}|[0-9a-f]{8})$",
    re.IGNORECASE,
)
#: Selectors that Word does not understand; it ignores the whole rule.
_SELECTOR = re.compile(r"[:\[>+~*]|[.#][\w-]+[.#]")
#: Cells do not inherit fonts in Word: what a cell does not set is Times New Roman. Lists have half an inch of margin, where
#: browsers have padding.
_DEFAULTS = (
    '<style>table{font:16px "Times New Roman",serif;color:#000000;text-align:left}'
    "ul,ol{margin-left:48px;padding:0}a:link{color:#0563c1}</style>"
)

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
_KEY = "outlook.windows"


@cache
def unsupported() -> frozenset[str]:
    """Return the properties that Word does not support, from the tests of caniemail.com. In doubt, a property stays."""
    features = table().features
    found = {name for name, slug in PROPERTIES.items() if slug in features and _KEY in features[slug].unsupported}
    return frozenset(found | _IN_PART)


def as_word(html: str) -> str:
    """Return the HTML as Word's engine reads it."""
    html = _REVEALED.sub(_revealed, html)
    html = _CONDITION.sub(lambda found: found["inside"] if holds(found["asked"]) else "", html)
    # Remove settings for Office, which are not text.
    html = re.sub(r"</?noscript>|<xml\b.*?</xml>", "", html, flags=re.DOTALL | re.IGNORECASE)
    html = rewrite(html, tag=_tag, style=lambda opening, rules: f"{opening}{_rules(rules)}</style>")
    return re.sub(r"<head(?:\s[^>]*)?>", lambda head: head[0] + _DEFAULTS, html, count=1, flags=re.IGNORECASE)


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
    """Return what Word understands of an element's styles; without a name, of a rule's."""
    if any(key == "mso-hide" and value.startswith("all") for key, value in style):
        return [("display", "none")]
    kept = []
    for key, value in style:
        if key == "mso-padding-alt":
            # Compilers write it for Word, instead of the padding of the link in a button.
            kept.append(("padding", value))
        elif key == "display" and value.startswith("none"):
            kept.append((key, value))
        elif _is_understood(key, value, name):
            kept.append((key, re.sub(r"\s*url\([^)]*\)", "", value).strip() if key == "background" else value))
    return kept


def _is_understood(key: str, value: str, name: str) -> bool:
    if key in unsupported() or key.startswith(("mso-", "-webkit-")) or _VALUE.search(value):
        return False
    if key.startswith("margin") and re.search(r"auto|-\d", value):
        return False
    if name in _INLINE and key.startswith("border"):
        return False
    return not ((name in _NO_BOX and key in _BOX) or (name == "img" and key in _SIZE))


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
        selectors = [each for each in found[1].split(",") if not _SELECTOR.search(each.strip())]
        if not selectors:
            return ""
        element = selectors[0].strip() if len(selectors) == 1 and selectors[0].strip().isalpha() else ""
        return f"{','.join(selectors)}{{{written(_known(declarations(found[2]), element))}}}"

    return re.sub(r"([^{}]*)\{([^{}]*)\}", block, "".join(pieces))


def _block_end(rules: str, at: int) -> int:
    depth = 1
    while at < len(rules) and depth:
        depth += {"{": 1, "}": -1}.get(rules[at], 0)
        at += 1
    return at
