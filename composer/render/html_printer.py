"""Prints values as HTML for the content of an edition.

Input: words or a `Rich` tree, and the edition's language. Output: escaped, valid HTML; words in another script get a
`lang` attribute. Guarantees: adds no styles, which come from the theme's CSS.
"""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from composer.content.values.rich_text import (
    Block,
    Break,
    BulletList,
    Emphasis,
    Inline,
    Link,
    Paragraph,
    PlainWords,
    Quote,
    Rich,
)
from composer.content.values.source_map import SourceStr
from composer.core.language_tags import direction
from composer.render.bidi import END, ISOLATES, isolated

if TYPE_CHECKING:
    from composer.content.values.rich_elements import Element, NoteMark

_HAN = (
    r"\u2e80-\u2fdf\u3005\u3007\u3021-\u3029\u3038-\u303b\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_KANA = r"\u3041-\u309f\u30a0-\u30ff\u31f0-\u31ff\uff66-\uff9f"
#: Scripts that need a `lang` attribute for screen readers and fonts, with the language (or script subtag).
_SCRIPTS = {
    "zh": _HAN + _KANA + r"\u3100-\u312f",
    "ko": r"\u1100-\u11ff\u3130-\u318f\uac00-\ud7af",
    "und-Cyrl": r"\u0400-\u052f",
    "und-Grek": r"\u0370-\u03ff\u1f00-\u1fff",
    "und-Arab": r"\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff",
    "he": r"\u0590-\u05ff",
    "und-Deva": r"\u0900-\u097f",
    "th": r"\u0e00-\u0e7f",
}
#: The scripts of each language.
_OWN = {
    "zh": ("zh",),
    "ja": ("zh",),
    "ko": ("ko", "zh"),
    **dict.fromkeys(("ru", "uk", "bg", "sr", "be", "mk", "mn", "kk", "ky"), ("und-Cyrl",)),
    "el": ("und-Grek",),
    **dict.fromkeys(("ar", "fa", "ur", "ug"), ("und-Arab",)),
    "he": ("he",),
    **dict.fromkeys(("hi", "ne", "mr"), ("und-Deva",)),
    "th": ("th",),
}
_RIGHT_TO_LEFT = ("und-Arab", "he")
#: Characters that do not end a run of another script: spaces, CJK punctuation, curly quotes, digits; no letters.
_GLUE = r"\s\u3000-\u3004\u3006\u3008-\u3020\u302a-\u3037\u303c-\u303f\uff00-\uff65\u00b7\u2010-\u2027·0-9%.,"
#: A run of each script, as groups in the order of the tags.
_RUN = re.compile("|".join(f"([{letters}](?:[{letters}{_GLUE}]*[{letters}])?)" for letters in _SCRIPTS.values()))
_TAGS = tuple(_SCRIPTS)
_HAS_KANA = re.compile(f"[{_KANA}]")


def _mark(value: object) -> str:
    """Return the token of words with a source position."""
    return value.mark if isinstance(value, SourceStr) else ""


class HtmlPrinter:
    """Prints the values of one edition, with a mark before each text; render/marked_document.py removes the marks."""

    def __init__(self, language: str, colon: str = ": ") -> None:
        """`colon` is the language's, with the spaces that it has there."""
        self._language = language
        self.colon = colon
        self._own = _OWN.get(language.split("-")[0], ())

    def html(self, value: object, label: str = "", after: str = ": ") -> Markup:
        """Print words inline, or a text as blocks; a bold label is put at the start of the first paragraph.

        `after` follows the label, with the space that the language has there.
        """
        if isinstance(value, Rich):
            return Markup("".join((*self._blocks(value, label, after), *self._notes(value))))
        if isinstance(value, Markup):
            return value
        words = self.words("" if value is None else str(value))
        return Markup(f"{_mark(value)}{isolated(words)}")

    def inline(self, value: object) -> Markup:
        """Print a text without paragraph tags, with line breaks between blocks."""
        if not isinstance(value, Rich):
            return self.html(value)
        parts = (
            block.mark + self.inlines(block.children) if isinstance(block, Paragraph) else self.block(block)
            for block in value.nodes
        )
        return Markup("<br />".join(parts) + "".join(self._notes(value)))

    def _notes(self, rich: Rich) -> list[str]:
        return self.footnotes(rich.notes) if rich.notes and rich.has_end else []

    def words(self, text: str) -> Markup:
        """Escape words, and wrap runs of another script in a span with its language."""
        if text.isascii():
            return escape(text)
        pieces: list[str] = []
        done = 0
        for match in _RUN.finditer(text):
            tag = _TAGS[(match.lastindex or 1) - 1]
            if tag in self._own:
                continue
            pieces.append(str(escape(text[done : match.start()])))
            done = match.end()
            if tag == "zh" and _HAS_KANA.search(match[0]):
                tag = "ja"
            rtl = ' dir="rtl"' if tag in _RIGHT_TO_LEFT else ""
            pieces.append(f'<span lang="{tag}"{rtl}>{escape(match[0])}</span>')
        pieces.append(str(escape(text[done:])))
        return Markup("".join(pieces))

    def _blocks(self, rich: Rich, label: str, after: str) -> list[str]:
        sign = after.rstrip(" ")
        mark = self.label(f'<strong class="label">{self.words(label + sign)}</strong>') if label else ""
        space = after[len(sign) :]
        first = rich.nodes[0] if rich.nodes else None
        if not mark:
            return [self.block(node) for node in rich.nodes]
        if isinstance(first, Paragraph):
            head = f"<p>{first.mark}{mark}{space}{self.inlines(first.children)}</p>"
            return [head, *(self.block(node) for node in rich.nodes[1:])]
        return [f"<p>{mark}</p>", *(self.block(node) for node in rich.nodes)]

    def label(self, html: str) -> str:
        """Isolate a label in the edition's direction: it does not decide the direction of the words after it."""
        return f"{ISOLATES[direction(self._language)]}{html}{END}"

    def block(self, node: Block) -> str:
        """Print a block."""
        match node:
            case Paragraph():
                return f"<p>{node.mark}{self.inlines(node.children)}</p>"
            case BulletList():
                tag = "ul" if node.start is None else "ol"
                start = f' start="{node.start}"' if node.start not in (None, 1) else ""
                return f"<{tag}{start}>{''.join(f'<li>{self._item(item)}</li>' for item in node.items)}</{tag}>"
            case Quote():
                return f"<blockquote>{''.join(self.block(block) for block in node.blocks)}</blockquote>"
            case _:
                return self.element(node)

    def _item(self, blocks: tuple[Block, ...]) -> str:
        if len(blocks) > 0 and isinstance(blocks[0], Paragraph):
            # An item's first paragraph has no tags of its own, so that lists stay tight.
            return (
                blocks[0].mark + self.inlines(blocks[0].children) + "".join(self.block(block) for block in blocks[1:])
            )
        return "".join(self.block(block) for block in blocks)

    def inlines(self, nodes: tuple[Inline, ...]) -> str:
        """Print the content of a paragraph."""
        return "".join(self.inline_node(node) for node in nodes)

    def inline_node(self, node: Inline) -> str:
        """Print a piece of a paragraph."""
        match node:
            case PlainWords(is_code=True):
                return f'<code dir="ltr">{self.words(node.text)}</code>'
            case PlainWords():
                return str(self.words(node.text))
            case Emphasis():
                tag = "strong" if node.strong else "em"
                return f"<{tag}>{self.inlines(node.children)}</{tag}>"
            case Link():
                return f'<a href="{escape(node.url)}">{node.mark}{isolated(self.inlines(node.children))}</a>'
            case Break():
                return "<br />"
            case _:
                return self.footnote_mark(node)

    def element(self, node: "Element") -> str:
        """Print a less frequent block."""
        from composer.render.html_elements import element

        return element(self, node)

    def footnotes(self, notes: Sequence[Paragraph]) -> list[str]:
        """Print the footnotes of a text."""
        from composer.render.html_elements import footnotes

        return footnotes(self, notes)

    def footnote_mark(self, mark: "NoteMark") -> str:
        """Print the number of a footnote in a sentence."""
        from composer.render.html_elements import footnote_mark

        return footnote_mark(mark)
