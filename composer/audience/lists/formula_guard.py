"""Keep spreadsheets from reading a value as a formula.

Input: the text of a cell. Output: the text with an apostrophe in front if it begins like a formula, and back again.
Guarantees: `unguarded(guarded(text)) == text` for every text.
"""

import re

#: The first characters of formulas, including full-width forms; apostrophes before them are part of the guard.
_FORMULA = re.compile(r"'*[=+\-@\t\r＝＋－＠]")
_GUARDED = re.compile(r"''*[=+\-@\t\r＝＋－＠]")


def guarded(text: str) -> str:
    """Put an apostrophe in front of a text that a spreadsheet would read as a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(text: str) -> str:
    """Remove the apostrophe that `guarded`, or another program for the same reason, put there."""
    return text[1:] if _GUARDED.match(text) else text
