"""Finds rules in a theme's two style sheets that would be lost, misread or loaded from the web.

Input: the text of inline.css or head.css. Output: (line, column, message) for each problem. Guarantees: corrects
nothing and reads no other files.
"""

import re
from bisect import bisect_right
from functools import lru_cache

_TOKEN = re.compile(r"/\*.*?\*/|\"[^\"\n]*+\"|'[^'\n]*+'", re.DOTALL)
_SELECTOR = re.compile(
    r"(?:[a-zA-Z][a-zA-Z0-9]*|\.[\w-]+)(?:\.[\w-]+)*(?:\s+(?:[a-zA-Z][a-zA-Z0-9]*|\.[\w-]+)(?:\.[\w-]+)*)*"
)
_DECLARATION = re.compile(r"-?[a-zA-Z_][\w-]*\s*:\s*\S", re.DOTALL)
_COLOUR_CALL = re.compile(r"\b(?:rgb|hsl)a?\(\s*[^,()]*\)", re.IGNORECASE)
_FETCHING = re.compile(r"\b(url|src|image-set|-webkit-image-set)\(", re.IGNORECASE)
_SCRIPT = re.compile(r"\bexpression\(|(?<![\w-])(?:-ms-)?behavior\s*:|-moz-binding\s*:", re.IGNORECASE)
_PARTS = (
    ("*", "* is not inlined; write the names of the elements"),
    (":", "pseudo-classes and pseudo-elements (:hover, ::before) are not inlined; put the rule in head.css"),
    ("[", "attribute selectors are not inlined; use a class, or put the rule in head.css"),
    ("#", "ids are not inlined; use a class"),
)
_ONLY = "inline.css supports only element, .class, element.class and descendants; put other rules in head.css"


#: Style sheets whose problems are remembered.
_MOST = 16


class _Sheet:
    """A style sheet with blanks in place of comments and strings, so that offsets do not change."""

    def __init__(self, css: str) -> None:
        self.source = css
        self.strings: list[tuple[int, str]] = []
        self.found: list[tuple[int, str]] = []
        self.text = _TOKEN.sub(self._blank, css)
        for mark, message in (
            ("/*", "this comment is never closed"),
            ("*/", "this closes a comment that was never opened"),
        ):
            if mark in self.text:
                self.tell(self.text.index(mark), message)
        for match in re.finditer("[\"']", self.text):
            self.tell(match.start(), "this quotation mark is not closed on the same line")
        for match in re.finditer("<", css):
            self.tell(match.start(), "< is not allowed in a style sheet, not even in a comment")

    def _blank(self, match: re.Match[str]) -> str:
        if match[0][0] != "/":
            self.strings.append((match.start(), match[0]))
            # A quoted value remains a value, but commas and braces in it are hidden.
            return "x" * len(match[0])
        return re.sub(r"[^\n]", " ", match[0])

    def tell(self, at: int, message: str) -> None:
        self.found.append((at, message))

    def each(self, pattern: re.Pattern[str], message: str) -> None:
        for match in pattern.finditer(self.text):
            self.tell(match.start(), message.format(match[0]))

    def fetching(self) -> None:
        self.each(
            re.compile(r"@import\b", re.IGNORECASE), "{0} would load a style sheet; copy its rules into this file"
        )
        self.each(re.compile(r"@font-face\b", re.IGNORECASE), "{0} would load a font; use fonts that subscribers have")
        self.each(_FETCHING, "{0}..) would load a file; put pictures in the template")
        self.each(_SCRIPT, "{0} runs a script, which mail programs remove")

    def problems(self) -> tuple[tuple[int, int, str], ...]:
        lines = [0, *(match.end() for match in re.finditer("\n", self.source))]
        places = []
        for at, message in sorted(set(self.found)):
            line = bisect_right(lines, at)
            places.append((line, at - lines[line - 1] + 1, message))
        return tuple(places)


@lru_cache(maxsize=_MOST)
def css_problems(css: str) -> tuple[tuple[int, int, str], ...]:
    """Return (line, column, message) for everything inline.css must not contain; places are 1-based, in characters.

    Rules that premailer silently drops, applies incorrectly or loads are problems; all other rules are inlined
    correctly.
    """
    sheet = _Sheet(css)
    sheet.fetching()
    sheet.each(re.compile(r"@(?!import\b|font-face\b)[\w-]*", re.IGNORECASE), "{0} is not inlined; put it in head.css")
    sheet.each(re.compile(r"\\"), "escapes (\\) are not allowed in inline.css")
    sheet.each(_COLOUR_CALL, "{0}: write the color as #rrggbb, or with commas")
    for at, string in sheet.strings:
        if re.search("[,;{}]", string):
            sheet.tell(at, "a comma, semicolon or brace inside quotes is misread; quote each font name separately")
    if not re.search(r"@", sheet.text):
        _rules(sheet)
    return sheet.problems()


def _rules(sheet: _Sheet) -> None:
    text, position = sheet.text, 0
    while True:
        opening = text.find("{", position)
        stray = text.find("}", position, opening if opening >= 0 else len(text))
        if stray >= 0:
            sheet.tell(stray, "this } has no matching {")
            position = stray + 1
            continue
        if opening < 0:
            if rest := text[position:].strip():
                sheet.tell(text.index(rest, position), "this is not a rule: { .. } is missing")
            return
        _selectors(sheet, position, opening)
        closing = text.find("}", opening)
        inner = text.find("{", opening + 1, closing if closing >= 0 else len(text))
        if closing < 0 or inner >= 0:
            sheet.tell(opening, "this { is never closed")
            return
        _declarations(sheet, opening + 1, closing)
        position = closing + 1


def _selectors(sheet: _Sheet, start: int, end: int) -> None:
    for part in re.finditer("[^,]+", sheet.text[start:end]):
        selector = part[0].strip()
        at = start + part.start() + len(part[0]) - len(part[0].lstrip())
        if selector and not _SELECTOR.fullmatch(selector):
            sheet.tell(at, next((message for mark, message in _PARTS if mark in selector), _ONLY))
    if not sheet.text[start:end].strip() or re.search(r",\s*(?:,|$)", sheet.text[start:end]):
        sheet.tell(end, "a selector is missing before this {")


def _declarations(sheet: _Sheet, start: int, end: int) -> None:
    for part in re.finditer("[^;]+", sheet.text[start:end]):
        if part[0].strip() and not _DECLARATION.match(part[0].strip()):
            at = start + part.start() + len(part[0]) - len(part[0].lstrip())
            sheet.tell(at, "this is not a declaration; write property: value;")


@lru_cache(maxsize=_MOST)
def head_css_problems(css: str) -> tuple[tuple[int, int, str], ...]:
    """Return (line, column, message) for rules in head.css that load something or end the element."""
    sheet = _Sheet(css)
    sheet.fetching()
    sheet.each(re.compile(r"@(?:charset|namespace)\b", re.IGNORECASE), "{0} does not work in an email; delete it")
    sheet.each(re.compile(r"@?[\w-]*\\[0-9a-zA-Z]+[^\s;:{}]*"), "{0}: an escape outside quotes is not allowed")
    depth = 0
    for match in re.finditer("[{}]", sheet.text):
        depth += 1 if match[0] == "{" else -1
        if depth < 0:
            sheet.tell(match.start(), "this } has no matching {")
            depth = 0
    if depth:
        sheet.tell(sheet.text.rindex("{"), "this { is never closed")
    return sheet.problems()
