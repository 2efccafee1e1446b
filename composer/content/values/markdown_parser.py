"""The Markdown parser, set up for newsletters: nothing is lost without a word, and emphasis works in Chinese texts.

Input: a text. Output: markdown-it's tree. Pure.
"""

import unicodedata
from functools import cache, lru_cache

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.tree import SyntaxTreeNode

#: Levels of lists, quotes and emphasis inside each other; a list in a list in a quote has six.
DEEPEST = 24


@lru_cache(maxsize=512)
def parse_tree(text: str) -> SyntaxTreeNode | None:
    """Parse a text, once: a preview meets nearly all of them again at the next save. None where it is too deep."""
    tokens = _parser().parse(text)
    if any(token.level > DEEPEST or any(child.level > DEEPEST for child in token.children or ()) for token in tokens):
        return None
    return SyntaxTreeNode(tokens)


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True, "maxNesting": 100})
    # A reference definition (`[note]: …`) would take its line out of the text without a word.
    parser.disable("reference")
    parser.inline.ruler.at("emphasis", _emphasis)
    # Addresses are judged by us, and told at their place; the parser would only leave a bad link as text.
    parser.validateLink = lambda url: True  # type: ignore[method-assign]
    parser.normalizeLink = lambda url: url  # type: ignore[method-assign]
    return parser


def _emphasis(state: StateInline, silent: bool) -> bool:
    """Scan emphasis so that it works beside CJK text and punctuation.

    CommonMark's flanking rules want a space or punctuation outside a mark that has punctuation inside; Chinese has no
    such spaces. As in the markdown-cjk-friendly specification, a CJK character outside counts like punctuation.
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
        can_open = can_open or (not after.isspace() and is_cjk(before))
        can_close = can_close or (not before.isspace() and is_cjk(after))
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
    """Return whether a character is of the Chinese, Japanese and Korean scripts, or their punctuation."""
    return unicodedata.east_asian_width(character) in "WF" and not unicodedata.category(character).startswith("So")
