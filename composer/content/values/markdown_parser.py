"""The Markdown parser, configured for newsletters: no text is lost silently, and emphasis works in Chinese texts.

Input: a text. Output: markdown-it's tree. Guarantees: pure.
"""

import unicodedata
from functools import cache, lru_cache

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.tree import SyntaxTreeNode

from composer.content.values.markdown_notes import footnote, footnote_mark

#: The maximum nesting of lists, quotes and emphasis; a list in a list in a quote has six levels.
DEEPEST = 24


@lru_cache(maxsize=512)
def parse_tree(text: str) -> SyntaxTreeNode | None:
    """Parse a text, or return the cached tree from an earlier save. None if it is nested too deeply."""
    tokens = _parser().parse(text)
    if any(token.level > DEEPEST or any(child.level > DEEPEST for child in token.children or ()) for token in tokens):
        return None
    return SyntaxTreeNode(tokens)


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True, "maxNesting": 100})
    # A reference definition (`[note]: …`) would silently remove its line from the text.
    parser.disable("reference")
    parser.enable("table")
    parser.block.ruler.before("html_block", "footnote", footnote, {"alt": ["paragraph", "blockquote"]})
    parser.inline.ruler.before("link", "footnote_mark", footnote_mark)
    parser.inline.ruler.at("emphasis", _emphasis)
    # We check addresses ourselves and report their place; the parser would only leave a bad link as text.
    parser.validateLink = lambda url: True  # type: ignore[method-assign]
    parser.normalizeLink = lambda url: url  # type: ignore[method-assign]
    return parser


def _emphasis(state: StateInline, silent: bool) -> bool:
    """Scan emphasis so that it works next to CJK text and punctuation.

    CommonMark's flanking rules require a space or punctuation outside a mark that has punctuation inside; Chinese has
    no such spaces. As in the markdown-cjk-friendly specification, a CJK character outside counts like punctuation, and CJK
    punctuation inside counts like a letter: `**料金：**12`.
    """
    from markdown_it.rules_inline.state_inline import Delimiter

    start = state.pos
    mark = state.src[start]
    if silent or mark not in "*_":
        return False
    scanned = state.scanDelims(start, mark == "*")
    end = start + scanned.length
    before = state.src[start - 1] if start > 0 else " "
    after = state.src[end] if end < state.posMax else " "
    can_open, can_close = scanned.can_open, scanned.can_close
    if mark == "*":
        is_beside_cjk = is_cjk(before) or is_cjk(after)
        can_open = can_open or (is_beside_cjk and not after.isspace())
        can_close = can_close or (is_beside_cjk and not before.isspace())
    for _ in range(scanned.length):
        token = state.push("text", "", 0)
        token.content = mark
        state.delimiters.append(
            Delimiter(
                marker=ord(mark),
                length=scanned.length,
                token=len(state.tokens) - 1,
                end=-1,
                open=can_open,
                close=can_close,
            )
        )
    state.pos = end
    return True


def is_cjk(character: str) -> bool:
    """Check whether a character is Chinese, Japanese or Korean, or punctuation of these scripts."""
    return unicodedata.east_asian_width(character) in "WF" and not unicodedata.category(character).startswith("So")
