"""Parser rules for footnotes: `[^1]` in a sentence, and `[^1]: text` at the start of a line.

Input: the state of markdown-it's parser. Output: tokens of type `footnote` (a block, with inline content) and
`footnote_mark`; `meta["label"]` is the label. Guarantees: checks nothing else; markdown.py reports mistakes.
"""

import re
from functools import cache

from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

_LABEL = r"\[\^([^\[\]^\s]{1,40})\]"


def footnote(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Read a footnote: it ends at an empty line, or where another block starts."""
    begin = state.bMarks[start] + state.tShift[start]
    if not state.src.startswith("[^", begin) or state.is_code_block(start):
        return False
    match = _pattern(_LABEL + ":").match(state.src, begin, state.eMarks[start])
    if match is None:
        return False
    if silent:
        return True
    rules = state.md.block.ruler.getRules("paragraph")
    after = start + 1
    while after < end and not state.isEmpty(after) and not any(rule(state, after, end, True) for rule in rules):
        after += 1
    content = state.getLines(start, after, state.blkIndent, False).strip()
    token = state.push("footnote_open", "p", 1)
    token.map = [start, after]
    token.meta = {"label": match[1]}
    token = state.push("inline", "", 0)
    token.content = content.partition("]:")[2].strip()
    token.map = [start, after]
    token.children = []
    state.push("footnote_close", "p", -1)
    state.line = after
    return True


def footnote_mark(state: StateInline, silent: bool) -> bool:
    """Read the mark of a footnote."""
    if not state.src.startswith("[^", state.pos):
        return False
    match = _pattern(_LABEL + r"(?!\()").match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    if not silent:
        state.push("footnote_mark", "", 0).meta = {"label": match[1]}
    state.pos = match.end()
    return True


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    # Compiled late: most texts have no footnotes.
    return re.compile(pattern)
