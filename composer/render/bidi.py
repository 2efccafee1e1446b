"""Writing directions of texts, by the Unicode Bidirectional Algorithm (UAX 9).

Input: texts, in which printers put each inserted value between isolates. Output: directions, and texts with the isolates and
marks that they need. Guarantees: an edition without right-to-left letters stays without isolates and marks.
"""

import re
from collections.abc import Callable
from unicodedata import bidirectional

from composer.content.values.merge_fields import TOKEN

#: Begin an isolate with the direction of its first strong character; with a direction of its own; end an isolate.
FIRST_STRONG, LEFT_TO_RIGHT, RIGHT_TO_LEFT, END = "\u2068", "\u2066", "\u2067", "\u2069"
ISOLATES = {"ltr": LEFT_TO_RIGHT, "rtl": RIGHT_TO_LEFT}
#: Invisible letters of a direction.
LETTERS = {"ltr": "\u200e", "rtl": "\u200f"}
#: Blocks of right-to-left scripts, with digits and signs.
_RIGHT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")
_DIRECTIONS = {"L": "ltr", "R": "rtl", "AL": "rtl"}
_BEGINS = FIRST_STRONG + LEFT_TO_RIGHT + RIGHT_TO_LEFT
_ISOLATES = _BEGINS + END
_INNERMOST = re.compile(f"([{_BEGINS}])([^{_BEGINS}{END}]*)({END}|$)")
_LABELS = re.compile(f"[{LEFT_TO_RIGHT}{RIGHT_TO_LEFT}][^{END}]*(?:{END}|$)")
#: What right-to-left text would show in another order: telephone numbers, and numbers with a sign.
_NUMBER = (
    r"\+\d[\d ()./\u2011-]*\d|(?<![\w.,])(?:\(?\d[\d()]*(?:[ \u00a0./-]\(?\d[\d()]*){2,}|\(?\d{2,4}\)?[ -]\d{6,8})(?!\w)"
    r"|(?<!\S)[-−±]\d[\d.,]*\s?%?"
)
#: Addresses, in brackets or bare, and such numbers.
_UNIT = re.compile(
    rf"(?P<bare>https?://[^\s<>]+)|<{TOKEN.pattern}[^\s<>]*>"
    rf"|<[a-z][a-z0-9+.-]*:[^\s<>]*>|<[^\s<>@]+@[^\s<>]+>|{_NUMBER}",
    re.IGNORECASE,
)
#: A private sign at the end of a line whose directions are settled.
SETTLED = "\ufdd2"
_PIECE = re.compile("\ufdd0([0-9]+)\ufdd1")


def has_right_to_left(text: str) -> bool:
    """Return whether a text has a character of a right-to-left script."""
    return not text.isascii() and _RIGHT.search(text) is not None


def isolated(text: str) -> str:
    """Put an inserted value between isolates; they are removed where they make no difference."""
    return f"{FIRST_STRONG}{text}{END}" if text else text


def without_isolates(text: str) -> str:
    """Return a text without isolates."""
    if not text.isascii():
        for sign in _ISOLATES:
            text = text.replace(sign, "")
    return text


def first_strong(text: str) -> str | None:
    """Return the direction of the first letter: ltr or rtl; None without one. Merge fields do not count."""
    if "w" in text:
        text = TOKEN.sub("", text)
    return next((found for letter in text if (found := _DIRECTIONS.get(bidirectional(letter)))), None)


def text_direction(text: str) -> str | None:
    """Return the direction of the first letter outside of labels (isolates with a direction of their own), else of any."""
    return first_strong(_LABELS.sub("", text)) or first_strong(text)


def resolve(
    text: str, direction: str, wrap: Callable[[str, str], str], plain: Callable[[str], str] = lambda text: text
) -> str:
    """Replace the isolates in a text of a direction: `wrap(words, direction)` where they differ, else nothing.

    `plain` returns the words of a text with markup.
    """
    while match := _INNERMOST.search(text):
        begin, words, _ = match.groups()
        own = first_strong(plain(words)) if begin == FIRST_STRONG else "ltr" if begin == LEFT_TO_RIGHT else "rtl"
        made = words if own is None or own == direction else wrap(words, own)
        text = f"{text[: match.start()]}{made}{text[match.end() :]}"
    return without_isolates(text)


def with_numbers(text: str, wrap: Callable[[str], str]) -> str:
    """Wrap what right-to-left text would show in another order; bare addresses stay as they are."""
    return _UNIT.sub(lambda match: match[0] if match["bare"] else wrap(match[0]), text)


def directed_paragraph(text: str) -> str:
    """Return a wrapped paragraph of plain text with the isolates that it needs, and a sign that `directed_text` removes.

    Programs that take the direction of each line from its first letter find an invisible letter where that would be another.
    """
    direction = text_direction(text)
    if direction is None:
        return without_isolates(text)
    pieces: list[str] = []

    def kept(words: str, own: str) -> str:
        begin = ISOLATES[own]
        # An isolate ends with its line, so that it begins again on the next one, after the indent.
        words = re.sub(r"\n([ >|]*)", rf"{END}\n\1{begin}", _numbers(words, own))
        pieces.append(f"{begin}{words}{END}")
        # Private signs mark the place of the piece until all isolates are resolved.
        return f"\ufdd0{len(pieces) - 1}\ufdd1"

    text = _numbers(resolve(text, direction, kept, lambda words: _filled(words, pieces)), direction)
    lines = _filled(text, pieces).split("\n")
    return "\n".join(_marked(line, direction) + SETTLED for line in lines)


def directed_text(page: str, base: str) -> str:
    """Return a page of plain text with the isolates that its lines need; lines of paragraphs are settled already."""
    if base == "ltr" and not has_right_to_left(page):
        return without_isolates(page).replace(SETTLED, "")
    lines = (
        line if line.endswith(SETTLED) or not line.strip() else directed_paragraph(line) for line in page.split("\n")
    )
    return "\n".join(lines).replace(SETTLED, "")


def _filled(text: str, pieces: list[str]) -> str:
    while "\ufdd0" in text:
        text = _PIECE.sub(lambda match: pieces[int(match[1])], text)
    return text


def _numbers(text: str, direction: str) -> str:
    if direction == "ltr":
        return text
    return with_numbers(text, lambda unit: f"{LEFT_TO_RIGHT}{unit}{END}")


def _marked(line: str, direction: str) -> str:
    """Put an invisible letter of a direction before a line that would be taken for another direction."""
    outside = line
    while (shorter := re.sub(f"[{_BEGINS}][^{_BEGINS}{END}]*(?:{END}|$)", "", outside)) != outside:
        outside = shorter
    seen = first_strong(outside) or "ltr"
    return line if seen == direction or not line.strip() else f"{LETTERS[direction]}{line}"
