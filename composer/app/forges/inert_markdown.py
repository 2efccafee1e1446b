"""Text of others in Markdown: shown as it is, and without effect in any forge.

Input: any text. Output: Markdown. Guarantees: pure; the text mentions no account, makes no link, closes no issue and
starts no markup, because forges interpret nothing inside code.
"""

import html
import re
from collections.abc import Iterable

from composer.core.untrusted.untrusted_text import tame

#: Longer texts are cut.
_LONGEST = 400


def inert(text: str) -> str:
    """Return a text as a code span of one line."""
    line = _one_line(text)
    if not line:
        return "*(empty)*"
    marks = "`" * (_longest_run(line) + 1)
    # A space at both ends is removed again, and separates backticks of the text from ours.
    return f"{marks} {line} {marks}" if "`" in line else f"{marks}{line}{marks}"


def inert_html(text: str) -> str:
    """Return a text as an HTML element of one line, for places inside HTML."""
    return f"<code>{html.escape(_one_line(text))}</code>"


def inert_block(lines: Iterable[str], language: str = "text") -> str:
    """Return lines as a code block; line ends inside of them become spaces."""
    shown = [_one_line(line, keeps_spaces=True) for line in lines]
    fence = "`" * max(3, _longest_run("\n".join(shown)) + 1)
    return "\n".join((f"{fence}{language}", *shown, fence))


def _one_line(text: str, *, keeps_spaces: bool = False) -> str:
    line = re.sub(r"[\r\n\t\v\f\x85\u2028\u2029]", " ", tame(text)) if keeps_spaces else " ".join(tame(text).split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
