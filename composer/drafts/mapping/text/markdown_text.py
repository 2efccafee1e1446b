"""Writes spans as Markdown that shows exactly the typed text, with its bold words, links and footnote marks.

Input: spans. Output: Markdown. Guarantees: pure; each paragraph is parsed again, and if its text differs, it is written
with fewer looks and more backslashes.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace

from composer.content.values.formats import web_address
from composer.content.values.markdown import parse_markdown
from composer.content.values.merge_fields import FieldBook, token_prefix
from composer.content.values.rich_elements import NoteMark
from composer.content.values.rich_text import Break, Emphasis, Inline, Link, Paragraph, PlainWords
from composer.drafts.draft_document import Span, text_of
from composer.drafts.mapping.text.span_text import Spans, merged_spans, strip_spans

#: What shows two braces.
BRACES = '{{ "{{" }}'
_SIGNS = re.compile(
    r"""[\\`*]                                # escapes, code, emphasis
      | (?<![^\W_])_ | _(?![^\W_])             # an underscore at the edge of a word
      | \[(?=\^) | \](?=\s?[(\[]) | (?<=\])\(  # footnotes and links
      | \[(?=[^\]]*\]\()                       # the start of a link
      | <(?=[A-Za-z/!?])                       # HTML
      | &(?=\#?\w+;)                           # a character by its name
      | \{(?=button\}|figure\s)                # a button, a figure
    """,
    re.VERBOSE | re.IGNORECASE,
)
#: What makes more of a paragraph, at its start.
_START = re.compile(
    r"""(?P<number>\d{1,9})[.)](?=\s|$) | (?P<sign>[-+](?=\s|$) | \#{1,6}(?=\s|$) | > | ~~~ | \|
      | (?::\s|：) | [-=_](?=[\s\-=_]*$) | --(?=-))""",
    re.VERBOSE,
)
_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")


def inline_markdown(spans: Iterable[Span], *, may_link: bool = True) -> str:
    """Return one paragraph of Markdown; a line break of the draft is one here, too."""
    own = merged_spans(_usable(span, may_link=may_link) for span in strip_spans(tuple(spans)))
    own = _without_blank_looks(own)
    wanted = _shown(own)
    tries = (own, _moved(own), tuple(replace(span, is_bold=False, is_italic=False) for span in own))
    for spans_ in tries:
        written = _written(merged_spans(spans_), _escaped)
        if _is_exact(written, wanted):
            return written
    return _written(merged_spans(tries[-1]), _all_escaped)


def plain_text(spans: Spans) -> str:
    """Return a text for a field without Markdown, in one line."""
    return _folded(text_of(spans)).replace("{{", BRACES)


def bad_links(spans: Iterable[Span]) -> tuple[str, ...]:
    """Return the addresses that an issue cannot contain."""
    return tuple(span.link for span in spans if span.link and web_address(_address(span.link), mail=True).problem)


def _usable(span: Span, *, may_link: bool) -> Span:
    if span.link and (not may_link or web_address(_address(span.link), mail=True).problem):
        return replace(span, link="")
    return span


def _address(link: str) -> str:
    return re.sub(r"[\s()<>]", lambda found: f"%{ord(found[0]):02X}" if found[0].isascii() else "", link.strip())


def web_link(link: str) -> str:
    """Return an address as an issue can contain it, or an empty text."""
    return address if link and not web_address(address := _address(link)).problem else ""


def _without_blank_looks(spans: Spans) -> Spans:
    """Move white space out of bold, italic and linked words: Markdown does not allow it at their edges."""
    found: list[Span] = []
    for span in spans:
        if not (span.is_bold or span.is_italic or span.link or span.is_code) or not span.text:
            found.append(span)
            continue
        inner = span.text.strip()
        if not inner:
            found.append(Span(span.text))
            continue
        start = span.text.index(inner)
        pieces = (Span(span.text[:start]), replace(span, text=inner), Span(span.text[start + len(inner) :]))
        found.extend(piece for piece in pieces if piece.text)
    return merged_spans(_joined_looks(found))


def _joined_looks(spans: list[Span]) -> list[Span]:
    """Set the look of white space between two spans with the same look to that look."""
    found = list(spans)
    for at in range(1, len(found) - 1):
        before, span, after = found[at - 1 : at + 2]
        if span.text and not span.text.strip() and not span.link and not span.is_code:
            found[at] = replace(
                span,
                is_bold=before.is_bold and after.is_bold and not (before.is_code or after.is_code),
                is_italic=before.is_italic and after.is_italic and not (before.is_code or after.is_code),
                link=before.link if before.link == after.link else "",
            )
    return found


def _moved(spans: Spans) -> Spans:
    """Take punctuation at the edges of bold and italic words out of them: next to letters, it prevents emphasis."""
    found: list[Span] = []
    for span in spans:
        if not (span.is_bold or span.is_italic) or span.link or span.is_code:
            found.append(span)
            continue
        inner = re.search(r"\w(?:.*\w)?", span.text, re.DOTALL)
        if inner is None:
            found.append(Span(span.text))
            continue
        pieces = (Span(span.text[: inner.start()]), replace(span, text=inner[0]), Span(span.text[inner.end() :]))
        found.extend(piece for piece in pieces if piece.text)
    return tuple(found)


def _escaped(text: str) -> str:
    text = _SIGNS.sub(lambda found: f"\\{found[0]}", text)
    return text.replace("{{", BRACES)


def _all_escaped(text: str) -> str:
    pieces = text.split("{{")
    return BRACES.join(_PUNCTUATION.sub(lambda found: f"\\{found[0]}", piece) for piece in pieces)


def _written(spans: Spans, escape: Callable[[str], str]) -> str:
    pieces: list[str] = []
    for group in _by_link(spans):
        inner = "".join(_with_look(span, escape) for span in group)
        link = group[0].link
        pieces.append(f"[{inner}]({_address(link)})" if link else inner)
    return "\n".join(_safe_start(line) for line in _broken("".join(pieces)))


def _by_link(spans: Spans) -> Iterable[list[Span]]:
    groups: list[list[Span]] = []
    for span in spans:
        if groups and span.link and groups[-1][0].link == span.link:
            groups[-1].append(span)
        else:
            groups.append([span])
    return groups


def _with_look(span: Span, escape: Callable[[str], str]) -> str:
    if span.footnote:
        return f"[^{span.footnote}]"
    if span.is_code and "`" not in span.text and "{{" not in span.text and "\n" not in span.text:
        return f"`{span.text}`"
    text = escape(span.text)
    if span.link:
        text = re.sub(r"(?<!\\)[\[\]]", lambda found: f"\\{found[0]}", text)
    mark = "***" if span.is_bold and span.is_italic else "**" if span.is_bold else "*" if span.is_italic else ""
    return f"{mark}{text}{mark}" if text.strip() else text


def _broken(text: str) -> list[str]:
    """Return lines with a backslash at the end of each but the last: line breaks."""
    lines = [line.strip(" ") for line in text.split("\n")]
    lines = [line for line in lines if line]
    return [*(f"{line}\\" for line in lines[:-1]), *lines[-1:]] or [""]


def _safe_start(line: str) -> str:
    match = _START.match(line)
    if match is None:
        return line
    at = match.end("number") if match["number"] else 0
    return f"{line[:at]}\\{line[at:]}"


def _shown(spans: Spans) -> str:
    return _folded("".join(f"[{span.footnote}]" if span.footnote else span.text for span in spans))


def _folded(text: str) -> str:
    return re.sub(r"[ \n\t]+", " ", text).strip()


def _is_exact(written: str, wanted: str) -> bool:
    """Return whether a paragraph shows a text, and is one paragraph without findings."""
    notes = "".join(f"\n\n[^{label}]: x" for label in dict.fromkeys(re.findall(r"(?<!\\)\[\^([^\]]+)\]", written)))
    book = FieldBook(known={}, mark=token_prefix(written))
    replaced, mistakes = book.replace(written)
    rich, findings = parse_markdown(replaced + notes, book.mark)
    if mistakes or findings or len(rich.nodes) != 1 or not isinstance(rich.nodes[0], Paragraph):
        return not wanted and not rich.nodes
    labels = list(dict.fromkeys(re.findall(r"(?<!\\)\[\^([^\]]+)\]", written)))
    shown = _words(rich.nodes[0].children, labels)
    for field in book.fields:
        shown = shown.replace(field.token, field.stand_in)
    return _folded(shown) == wanted


def _words(nodes: tuple[Inline, ...], labels: list[str]) -> str:
    pieces: list[str] = []
    for node in nodes:
        match node:
            case PlainWords():
                pieces.append(node.text)
            case Emphasis() | Link():
                pieces.append(_words(node.children, labels))
            case Break():
                pieces.append(" ")
            case NoteMark():
                pieces.append(f"[{labels[node.number - 1]}]")
    return "".join(pieces)
