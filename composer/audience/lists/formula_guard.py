"""Keeps a spreadsheet from taking a value for a formula.

Input: a cell's text. Output: the same with an apostrophe before it where it begins as a formula would, and back again:
`unguarded(guarded(text)) == text` for every text.
"""

import re

#: What begins a formula in spreadsheets, the full-width forms of it too; apostrophes before it count as part of the guard.
_FORMULA = re.compile(r"'*[=+\-@\t\r＝＋－＠]")
_GUARDED = re.compile(r"''*[=+\-@\t\r＝＋－＠]")


def guarded(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would take for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(text: str) -> str:
    """Take off the apostrophe that `guarded` has put there, or another program for the same reason."""
    return text[1:] if _GUARDED.match(text) else text
