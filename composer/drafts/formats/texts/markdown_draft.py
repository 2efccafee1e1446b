"""Reads a draft in Markdown, also as Google Docs exports it.

Input: Markdown (CommonMark with tables and footnotes). Output: a `DraftDocument`; places are lines. Guarantees: Markdown is
rendered and the page is read, so that HTML in it is read, too. What looks like a tag but is none stays text.
"""

import re
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING

from composer.drafts.draft_document import DraftDocument
from composer.drafts.formats.embedded_data import EmbeddedData
from composer.drafts.formats.html.html_document import read_html
from composer.drafts.formats.html.html_tags import BLOCKS, BOLD, CODE, ITALIC, SKIPPED

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_INLINE = frozenset(
    {
        "a",
        "abbr",
        "br",
        "bdi",
        "bdo",
        "del",
        "ins",
        "img",
        "mark",
        "q",
        "rp",
        "rt",
        "ruby",
        "s",
        "small",
        "span",
        "strike",
    }
    | {"sub", "sup", "u", "wbr", "table", "thead", "tbody", "tfoot", "tr", "td", "th", "font"}
)
_KNOWN = BLOCKS | BOLD | CODE | ITALIC | SKIPPED | _INLINE
_TAG = re.compile(r"</?([A-Za-z][\w:-]*)(?=[\s/>])[^<>]*>")
_NOTE = re.compile(r"^ {0,3}\[\^([^\]\s]{1,60})\]:[ \t]*(.*(?:\n(?:[ \t]{2,}.*|(?=\n[ \t]{4})))*)", re.MULTILINE)
_NOTE_REFERENCE = re.compile(r"\[\^([^\]\s]{1,60})\]")
#: Google Docs adds the name of a heading: `## Top story {#top-story}`.
_HEADING_NAME = re.compile(r"^(#{1,6} .{0,500}?)[ \t]{0,9}\{#[\w.-]{1,200}\}[ \t]{0,9}$", re.MULTILINE)
#: What shows that a text is Markdown: headings, links, bold, definitions of links.
_SIGNS = re.compile(r"^#{1,6} \S|\]\([^\s)]|\*\*\S|^\[[^\]]+\]: *<?\S", re.MULTILINE)


def is_markdown(text: str) -> bool:
    """Return whether a text has signs of Markdown that hardly anyone types in plain text."""
    return bool(_SIGNS.search(text))


def read_markdown(text: str, picture: Callable[[str], bytes] = lambda _: b"") -> DraftDocument:
    """Read Markdown. `picture` returns a file next to it, or b""."""
    from markdown_it import MarkdownIt

    data = EmbeddedData()
    text, notes = _without_notes(_HEADING_NAME.sub(r"\1", data.extract(text)))
    markdown = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    page = _rendered(markdown, text, notes)
    page += "".join(_note(key, _rendered(markdown, note, notes)) for key, note in notes.items())
    return read_html(page, data, picture)


def _without_notes(text: str) -> tuple[str, dict[str, str]]:
    """Take out the definitions of footnotes to which the text refers; empty lines keep the numbers of lines right."""
    found = {match[1]: match[2] for match in _NOTE.finditer(text)}
    body = _NOTE.sub("", text)
    used = {key: note for key, note in found.items() if f"[^{key}]" in body}
    return _NOTE.sub(lambda match: "\n" * match[0].count("\n") if match[1] in used else match[0], text), used


def _rendered(markdown: "MarkdownIt", text: str, notes: dict[str, str]) -> str:
    tokens = markdown.parse(text)
    for token in tokens:
        if token.map and token.nesting >= 0:
            token.attrSet("data-line", str(token.map[0] + 1))
        if token.type == "html_block":
            token.content = _real_tags(token.content)
        for child in token.children or ():
            if child.type == "html_inline":
                child.content = _real_tags(child.content)
    page: str = markdown.renderer.render(tokens, markdown.options, {})
    return _NOTE_REFERENCE.sub(lambda match: _reference(match[1]) if match[1] in notes else match[0], page)


def _real_tags(text: str) -> str:
    """Return HTML in which unknown tags are text: `<Reuters>`."""
    return _TAG.sub(lambda match: match[0] if match[1].lower() in _KNOWN else escape(match[0]), text)


def _reference(key: str) -> str:
    return f'<a href="#note-{escape(key)}" id="note-{escape(key)}-reference">[1]</a>'


def _note(key: str, page: str) -> str:
    return f'<div><div id="note-{escape(key)}">{page}<a href="#note-{escape(key)}-reference">↩</a></div></div>'
