"""Find the features that a tag, a style attribute or a style sheet uses.

Input: a tag's name and attributes, or CSS. Output: a `Found` for each occurrence, in order. Guarantees: linear time for every
input; uncertain matches are skipped; no file is read.
"""

import re
from collections.abc import Generator, Iterator, Mapping

from composer.checks.support.features import (
    AT_RULES,
    ATTRIBUTES,
    BUTTONS,
    ELEMENTS,
    INPUTS,
    MEDIA,
    PICTURES,
    PLAIN,
    PROPERTIES,
    PSEUDO,
    SELECTORS,
    UNITS,
    VALUES,
    WORDS,
)

#: The feature, its source, and whether programs with partial support do support it in this form.
Found = tuple[str, str, bool]

_UNIT = re.compile(rf"(?<![\w#.-])[-+]?(?:\d++(?:\.\d++)?+|\.\d++)(%|(?:{'|'.join(UNITS)})(?![\w-]))")
_SYSTEM_FONT = re.compile(r"(?<![\w-])(?:system-ui|ui-(?:serif|sans-serif|rounded|monospace))(?![\w-])")
_IMPORTANT = re.compile(r" ?! ?important\b")
_SUFFIX = re.compile(r"[^.?#]\.([a-z0-9]{3,4})(?:[?#]|\Z)")
# Each alternative matches even if it is not closed, so no input makes this slow.
_STRING = r'"(?:[^"\\\n]|\\.)*+"?|' r"'(?:[^'\\\n]|\\.)*+'?"
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_OPAQUE = re.compile(
    rf"{_COMMENT.pattern}|<!--|-->|url\(\s*+(?:{_STRING}|[^)\"']*+)\s*+\)?|{_STRING}", re.DOTALL | re.IGNORECASE
)
_ARGUMENTS = re.compile(r"(:(?:nth-[\w-]+|lang|dir))\([^()]*\)?")


def _hidden(match: re.Match[str]) -> str:
    """Replace a comment with spaces, a string or an address with null characters; offsets stay the same."""
    return (" " if match[0][0] in "/<-" else "\0") * len(match[0])


def _shown(text: str) -> str:
    text = " ".join(_COMMENT.sub(" ", text[:500]).split())
    return text if len(text) <= 60 else f"{text[:59]}…"


def in_style(css: str) -> Iterator[Found]:
    """Yield the features that the declarations of a style attribute or a rule use."""
    masked, at = _OPAQUE.sub(_hidden, css), 0
    if "/*" in css and _comment(css):
        yield "css-comments", "/* … */", False
    for part in masked.split(";"):
        yield from _declaration(part, css[at : at + len(part)])
        at += len(part) + 1


def _comment(css: str) -> bool:
    return any(match[0].startswith("/*") for match in _OPAQUE.finditer(css))


def _declaration(masked: str, source: str) -> Iterator[Found]:
    """Yield the features of one declaration; `masked` is its source without strings, addresses and comments."""
    name, colon, value = masked.partition(":")
    name, value = name.strip().lower(), " ".join(value.lower().split())
    if not (colon and name and value):
        return
    example = _shown(f"{name}: {source[masked.index(':') + 1 :]}")
    if _IMPORTANT.search(value):
        value = _IMPORTANT.sub("", value)
        yield "css-important", example, False
    for slug in _features(name, value):
        plain = PLAIN.get(slug)
        yield slug, example, plain is not None and plain.fullmatch(value) is not None


def _features(name: str, value: str) -> Iterator[str]:
    if slug := PROPERTIES.get(name):
        yield slug
    if name.startswith("--"):
        yield "css-variables"
    for slug, names, values in VALUES:
        if names.fullmatch(name) and values.fullmatch(value):
            yield slug
    if name in ("font-family", "font") and _SYSTEM_FONT.search(value):
        yield "css-sytem-ui"
    if name != "font-family":
        for unit in dict.fromkeys(_UNIT.findall(value)):
            yield f"css-unit-{'percent' if unit == '%' else unit}"
    for slug, word in WORDS:
        if word.search(value):
            yield slug


def in_sheet(css: str) -> Iterator[Found]:
    """Yield the features of a style sheet: at-rules, selectors, declarations, and comments once."""
    masked = _OPAQUE.sub(_hidden, css)
    if _comment(css):
        yield "css-comments", "/* … */", False
    inside: list[str] = []
    start = 0
    for match in re.finditer("[{};]|\\Z", masked):
        piece, source = masked[start : match.start()], css[start : match.start()]
        start = match.end()
        around = inside[-1] if inside else ""
        if match[0] == "{":
            inside.append((yield from _opened(piece, source, around)))
            continue
        if piece.lstrip().startswith("@"):
            yield from _at_rule(piece, source)
        elif around in ("rule", "block"):
            yield from _declaration(piece, source)
        if match[0] == "}" and inside:
            inside.pop()


def _opened(prelude: str, source: str, around: str) -> Generator[Found, None, str]:
    """Yield the features before a {; return what the braces contain: a group of rules, a rule or a block."""
    if prelude.lstrip().startswith("@"):
        yield from _at_rule(prelude, source)
        name = prelude.split(maxsplit=1)[0].lower()
        if name.endswith("keyframes"):
            return "frames"
        return around or "group" if name in ("@media", "@supports", "@layer", "@container") else "block"
    if around == "frames":
        return "block"
    if not prelude.strip():
        return "rule"
    if around == "rule":
        yield "css-nesting", _shown(source), False
    yield from _selector(prelude, _shown(source))
    return "rule"


def _at_rule(prelude: str, source: str) -> Iterator[Found]:
    words = " ".join(prelude.lower().split())
    name = re.match(r"@[\w-]*", words)
    slug = AT_RULES.get(name[0] if name else "")
    if slug is None:
        return
    yield slug, _shown(source), False
    if slug == "css-at-media":
        for feature, pattern in MEDIA:
            if pattern.search(words):
                yield feature, _shown(source), False


def _selector(prelude: str, example: str) -> Iterator[Found]:
    text = re.sub(r"\[[^\]]*+\]?", "[]", " ".join(prelude.lower().split()))
    for pseudo in re.finditer(r"::?([a-z-]+)", text):
        if slug := PSEUDO.get(pseudo[1]):
            yield slug, example, False
    text = re.sub(r"::?[a-z-]+", "", _ARGUMENTS.sub(r"\1", text))
    text = re.sub(r" ?([>+~,()]) ?", r"\1", text).strip()
    for slug, pattern in SELECTORS:
        if pattern.search(text):
            yield slug, example, False


def in_tag(name: str, attributes: Mapping[str, str]) -> Iterator[Found]:
    """Yield the features of a start tag and its style attribute; names are lower case, values are unescaped."""
    if slug := ELEMENTS.get(name):
        yield slug, f"<{name}>", slug == "html-lists" and "reversed" not in attributes
    for attribute, value in attributes.items():
        if slug := ATTRIBUTES.get(attribute):
            # Not every program aligns an image or a table to the left or right.
            plain = attribute == "align" and (value.lower() == "center" or name not in ("img", "table"))
            yield slug, _tag(name, attribute, value), plain
    if style := attributes.get("style"):
        yield from in_style(style)
    kind = attributes.get("type", "").strip().lower()
    match name:
        case "a":
            yield from _link(attributes.get("href", "").strip())
        case "button":
            if slug := BUTTONS.get(kind or "submit"):
                yield slug, f"<{name}>", False
        case "img":
            yield from _picture(attributes.get("src", "").strip())
        case "input":
            if slug := INPUTS.get(kind or "text"):
                yield slug, _tag(name, "type", kind), False
        case "li" if "value" in attributes:
            yield "html-lists", _tag(name, "value", attributes["value"]), False
        case "link":
            if "stylesheet" in attributes.get("rel", "").lower().split():
                yield "html-link", _tag(name, "rel", "stylesheet"), False
        case "meta":
            if attributes.get("name", "").strip().lower() == "color-scheme":
                yield "html-meta-color-scheme", _tag(name, "name", "color-scheme"), False


def _link(address: str) -> Iterator[Found]:
    if address.startswith("#") and len(address) > 1:
        yield "html-anchor-links", _tag("a", "href", address), False
    if address[:7].lower() == "mailto:":
        yield "html-mailto-links", _tag("a", "href", address), "?" not in address


def _picture(address: str) -> Iterator[Found]:
    if address[:5].lower() == "data:":
        if ";base64," in address[:100].lower():
            yield "image-base64", _tag("img", "src", address), False
        return
    if (suffix := _SUFFIX.search(address.lower())) and (slug := PICTURES.get(suffix[1])):
        yield slug, _tag("img", "src", address), False


def _tag(name: str, attribute: str, value: str) -> str:
    return _shown(f'<{name} {attribute}="{value[:80]}">' if value else f"<{name} {attribute}>")
