"""Finds mistakes in MJML that the compiler (mrml) silently accepts, misreads or crashes on.

Input: an MJML document whose elements may have `data-at="path:line:column"` (the place in a theme's template).
Output: findings in order of place, at most 100. Guarantees: does not correct or compile; raises no errors on any input.
One module, though long: all rules share one pass over the tags.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from html import unescape

from composer.render.mjml.column_widths import Widths
from composer.render.mjml.element_schema import REFUSED, REFUSED_ATTRIBUTES, Element, schema, suggestion, value_problem
from composer.render.mjml.tokenizer import Attribute, Token, TokenKind, tokens

#: The attribute with an element's place in a template, set by the template loader.
ORIGIN = "data-at"
#: Deeper nesting is a mistake; at about 20,000 levels, the compiler crashes the whole process.
MAX_DEPTH = 100
_MAX_FINDINGS = 100

VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr")
)
_REFUSED_HTML = frozenset(
    ("applet", "base", "embed", "form", "frame", "frameset", "iframe", "link", "object", "script")
)
#: Elements with text or CSS as content: the compiler fails if they contain a tag.
_PLAIN = frozenset({"mj-breakpoint", "mj-preview", "mj-style", "mj-title"})
_CONTROL = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_SCHEME = re.compile(r"(?:javascript|vbscript|data:text/html)", re.IGNORECASE)
_FAST_ORIGIN = re.compile(rf'(<mj[a-z-]*)\s+{ORIGIN}="[^"]*"')


@dataclass(frozen=True, slots=True)
class LintFinding:
    """A mistake, its place (1-based line and column in characters), and the template's place (`path:line:column`)."""

    line: int
    column: int
    message: str
    origin: str


@dataclass(slots=True)
class _Open:
    name: str
    at: int
    origin: str
    element: Element | None
    #: The nearest MJML element that contains HTML, if this element is inside one.
    holder: str


@dataclass(slots=True)
class _Lint:
    source: str
    found: list[tuple[int, str, str]] = field(default_factory=list)
    open: list[_Open] = field(default_factory=list)
    condition: int = -1
    too_deep: bool = False
    classes: set[str] = field(default_factory=set)
    used_classes: list[tuple[str, int, str]] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    widths: Widths = field(default_factory=Widths)

    def tell(self, at: int, message: str, origin: str | None = None) -> None:
        if origin is None:
            origin = self.open[-1].origin if self.open else ""
        if len(self.found) < _MAX_FINDINGS:
            self.found.append((at, message, origin))

    def run(self) -> None:
        control = _CONTROL.search(self.source) is not None
        previous: Token | None = None
        for token in tokens(self.source):
            if control:
                self.control(token)
            match token.kind:
                case TokenKind.TEXT:
                    self.text(token)
                case TokenKind.START:
                    self.start(token)
                case TokenKind.END:
                    self.end(token)
                case TokenKind.BROKEN:
                    self.tell(token.at, token.name)
                case _:
                    self.comment(token, previous)
            previous = token
        for left in reversed(self.open):
            self.tell(left.at, f"<{left.name}> is never closed", left.origin)
        if self.condition >= 0:
            self.tell(self.condition, "this condition is never closed; write <![endif]-->")
        if self.seen[:1] != ["mjml"] or "mj-body" not in self.seen:
            self.tell(0, "the document must have the form <mjml> .. <mj-body> .. </mj-body></mjml>", "")
        for name, at, origin in self.used_classes:
            if name not in self.classes:
                self.tell(at, f'mj-class="{name}" is not defined by an <mj-class> in <mj-attributes>', origin)
        for at, message, origin in self.widths.problems():
            self.tell(at, message, origin)

    def control(self, token: Token) -> None:
        match = _CONTROL.search(self.source, token.at, token.end)
        if match:
            self.tell(match.start(), f"there is an invisible control character here (U+{ord(match[0]):04X}); delete it")

    def text(self, token: Token) -> None:
        text = self.source[token.at : token.end]
        if "]]>" in text:
            self.tell(token.at + text.index("]]>"), "]]> is not allowed in text; write ]]&gt;")
        if (self.open and self.open[-1].holder) or not text.strip(" \t\r\n"):
            return
        at = token.at + len(text) - len(text.lstrip(" \t\r\n"))
        if self.open:
            self.tell(at, f"text directly in <{self.open[-1].name}> is dropped; put it in <mj-text>")
        else:
            self.tell(at, "there is text outside <mjml>; move it inside or delete it")

    def comment(self, token: Token, previous: Token | None) -> None:
        text = self.source[token.at : token.end]
        holder = self.open[-1].holder if self.open else ""
        if token.kind is TokenKind.COMMENT:
            if "--" in text[4:-3]:
                self.tell(token.at, "a comment must not contain --")
            elif previous and previous.kind is TokenKind.CONDITION and not text[4:-3].strip():
                self.tell(token.at, "the compiler drops <!-- --> after a condition; write <!--[if !mso]><!-->")
            elif self.open and self.open[-1].name == "mj-attributes":
                self.tell(token.at, "comments in <mj-attributes> are not supported; put this one before it")
            elif not self.open and not self.seen:
                self.tell(
                    token.at, "a comment before <mjml> makes the compiler misread the document; put it inside <mjml>"
                )
            return
        if not holder or holder in _PLAIN:
            self.tell(token.at, "conditions work only inside <mj-raw>, <mj-text>, <mj-table> or <mj-button>")
        if token.kind is TokenKind.CONDITION:
            if self.condition >= 0:
                self.tell(token.at, "conditions cannot be nested")
            self.condition = token.at
        else:
            if self.condition < 0:
                self.tell(token.at, "this <![endif]--> has no <!--[if ..]> before it")
            self.condition = -1

    def start(self, token: Token) -> None:
        name, parent = token.name, self.open[-1] if self.open else None
        values = {attribute.name: attribute.value for attribute in token.attributes}
        origin = values.get(ORIGIN) or (parent.origin if parent else "")
        holder = parent.holder if parent else ""
        element = None if holder else schema().elements.get(name)
        self.place(token, parent, origin)
        if element or name in ("mj-all", "mj-class"):
            self.mjml_attributes(token, parent, element, origin)
        self.html_attributes(token, values, origin)
        if not holder:
            self.seen.append(name)
            self.widths.enter(token, values, parent.name if parent else "", origin)
        if token.self_closing or (name in VOID and (holder or element is None)):
            if not holder:
                self.widths.leave(name)
            return
        if len(self.open) == MAX_DEPTH and not self.too_deep:
            self.too_deep = True
            self.tell(token.at, f"elements are nested more than {MAX_DEPTH} levels deep", origin)
        inside = holder or (name if element is None or element.ending else "")
        self.open.append(_Open(name, token.at, origin, element, inside))

    def place(self, token: Token, parent: _Open | None, origin: str) -> None:
        """Check the name of an element and its parent."""
        name, at = token.name, token.at
        known = schema().elements
        if name in REFUSED:
            self.tell(at, REFUSED[name], origin)
        elif name != name.lower() and (name.lower() in VOID or name.lower().startswith("mj")):
            self.tell(at, f"<{name}> must be written in lowercase letters", origin)
        elif parent and parent.holder in _PLAIN:
            self.tell(
                at, f"<{parent.holder}> can contain only plain text; write &lt; for <, and do not use tags", origin
            )
        elif parent and parent.holder:
            if name.startswith("mj-"):
                self.tell(
                    at,
                    f"<{name}> inside <{parent.holder}> is not compiled, because <{parent.holder}> contains HTML",
                    origin,
                )
            elif name in _REFUSED_HTML:
                self.tell(
                    at, f"<{name}> is not allowed in a newsletter: mail programs remove it or warn about it", origin
                )
            elif name in ("table", "div") and any(outer.name == "a" for outer in self.open[-MAX_DEPTH:]):
                self.tell(at, f"<{name}> inside <a>: the link would be lost; put the link inside the cells", origin)
        elif parent is None:
            if name != "mjml" or self.seen:
                self.tell(at, "a document has one outermost element, <mjml>", origin)
        elif parent.name == "mj-attributes":
            if name not in known and name not in ("mj-all", "mj-class"):
                self.tell(at, f"unknown element <{name}>{suggestion(name, list(known))}", origin)
        elif parent.name == "mj-class":
            self.tell(at, "the compiler does not understand elements inside <mj-class>; use a class of its own", origin)
        elif name not in known:
            if name.startswith("mj"):
                self.tell(at, f"unknown element <{name}>{suggestion(name, list(known))}", origin)
            else:
                self.tell(at, f"<{name}> directly in <{parent.name}> is HTML; put it in <mj-text> or <mj-raw>", origin)
        elif parent.element and name not in parent.element.children:
            allowed = sorted(other for other, row in known.items() if name in row.children)
            where = " or ".join(f"<{other}>" for other in allowed) or "no other element"
            self.tell(at, f"<{name}> is not allowed in <{parent.name}>, only in {where}", origin)

    def mjml_attributes(self, token: Token, parent: _Open | None, element: Element | None, origin: str) -> None:
        rules, name = schema(), token.name
        default = parent is not None and parent.name == "mj-attributes"
        known = element.attributes if element else rules.attributes | {"name": "string"}
        for attribute in token.attributes:
            if attribute.name == ORIGIN:
                continue
            kind = known.get(attribute.name)
            refused = REFUSED_ATTRIBUTES.get((name, attribute.name))
            if refused:
                self.tell(attribute.at, refused, origin)
            elif kind is None:
                near = suggestion(attribute.name, list(known))
                self.tell(attribute.at, f"<{name}> has no attribute {attribute.name}{near}", origin)
            elif attribute.value is None:
                self.tell(attribute.at, f"{attribute.name} of <{name}> has no value", origin)
            elif problem := value_problem(kind, attribute.value):
                self.tell(
                    attribute.value_at, f'{attribute.name}="{attribute.value[:40]}" of <{name}> {problem}', origin
                )
            elif attribute.name == "mj-class":
                self.used_classes += [(one, attribute.value_at, origin) for one in attribute.value.split()]
            elif name == "mj-class" and attribute.name == "name":
                self.classes.add(attribute.value)
        values = {attribute.name for attribute in token.attributes}
        if name == "mj-class" and "name" not in values:
            self.tell(token.at, "<mj-class> has no name", origin)
        if name in ("mj-image", "mj-carousel-image") and not default and "alt" not in values:
            self.tell(
                token.at,
                f'<{name}> has no alt text; describe the picture in alt="…", or write alt="" if it is only decorative',
                origin,
            )
        if name == "mj-social-element" and not default and "src" not in values:
            self.tell(token.at, "<mj-social-element> has no src: its icon would be loaded from www.mailjet.com", origin)

    def html_attributes(self, token: Token, values: dict[str, str | None], origin: str) -> None:
        if len(values) < len(token.attributes):
            twice = _first_twice(token.attributes)
            self.tell(twice.at, f"the attribute {twice.name} is used twice", origin)
        for attribute in token.attributes:
            name = attribute.name.lower()
            # The compiler reads one prefix, and rejects an empty name after it.
            if not attribute.name.isascii() or name.endswith(":") or name.count(":") > 1:
                self.tell(attribute.at, f"{attribute.name[:40]} is not a valid attribute name", origin)
            elif name.startswith("on") and len(name) > 3:
                self.tell(attribute.at, f"{attribute.name}= is a script, which mail programs remove", origin)
            if (
                attribute.value
                and ":" in (url := unescape(attribute.value))
                and _SCHEME.match(re.sub(r"[\s\0-\x1f]", "", url))
            ):
                self.tell(attribute.value_at, f"{attribute.name}= runs a script, which mail programs remove", origin)
        if token.name == "img" and "alt" not in values:
            self.tell(
                token.at,
                '<img> has no alt text; describe the picture in alt="…", or write alt="" if it is only decorative',
                origin,
            )

    def end(self, token: Token) -> None:
        name = token.name
        depth = next(
            (
                i
                for i in range(len(self.open) - 1, max(-1, len(self.open) - 2 * MAX_DEPTH), -1)
                if self.open[i].name == name
            ),
            -1,
        )
        if depth < 0:
            reason = "is not needed: this element has no closing tag" if name in VOID else "has no matching opening tag"
            self.tell(token.at, f"</{name}> {reason}")
            return
        for left in reversed(self.open[depth + 1 :]):
            self.tell(left.at, f"<{left.name}> is never closed (</{name}> comes first)", left.origin)
        if not self.open[depth].holder or self.open[depth].element:
            self.widths.leave(name)
        del self.open[depth:]


def _first_twice(attributes: tuple[Attribute, ...]) -> Attribute:
    names: set[str] = set()
    for attribute in attributes:
        if attribute.name in names:
            return attribute
        names.add(attribute.name)
    return attributes[0]


def lint(mjml: str) -> tuple[LintFinding, ...]:
    """Return the mistakes in an MJML document, in order of place; it can be compiled if there are none.

    Lines and columns are 1-based and count characters. The time is linear in the length of the document.
    """
    judge = _Lint(mjml)
    judge.run()
    lines = [0, *(match.end() for match in re.finditer("\n", mjml))]
    findings = []
    for at, message, origin in sorted(set(judge.found)):
        line = bisect_right(lines, at)
        findings.append(LintFinding(line, at - lines[line - 1] + 1, message, origin))
    return tuple(findings)


def strip_origins(mjml: str) -> str:
    """Return the document without data-at attributes."""
    mjml = _FAST_ORIGIN.sub(r"\1", mjml)
    if f"{ORIGIN}=" not in mjml:
        return mjml
    pieces, position = [], 0
    for token in tokens(mjml):
        for attribute in token.attributes:
            if attribute.name == ORIGIN and attribute.value is not None:
                pieces.append(mjml[position : attribute.at].rstrip())
                position = attribute.value_at + len(attribute.value) + 1
    return "".join(pieces) + mjml[position:]
