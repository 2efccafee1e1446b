"""Find brackets and quotation marks that are not closed.

Input: the paragraphs of one text. Output: what is wrong in a paragraph, at most one thing each. Guarantees: what one paragraph
opens and a later one closes, in order, is a pair; smileys, list numbers such as “b)” and inches are skipped.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

_PAIRS = {"(": ")", "（": "）", "[": "]", "「": "」", "『": "』", "《": "》", "【": "】"}
_BRACKETS = re.compile("[" + re.escape("".join((*_PAIRS, *_PAIRS.values()))) + "]")
#: Smileys and list numbers such as “b)” need no opening bracket.
_CLOSES_NOTHING = re.compile(r"(?:(?:^|\s)(?:[a-z]|[ivx]{2,4}|\d{1,2})|[:;]-?)\)+$")
_ANY_MARK = re.compile('[“”„"]')
_QUOTES = ("“", "„", '"')
#: What closes a quotation, by the mark that opens it: “…” in English, „…“ or „…” in other languages.
_CLOSING = {"“": "”", "„": "“”"}
_OPENS_STRAIGHT = re.compile(r'(?<![^\s(\[（])"(?=\S)')
_CLOSES_STRAIGHT = re.compile(r'(?<=[^\s(\[（])"(?!\w)')


class Unclosed(StrEnum):
    """What is wrong with a pair."""

    OPEN = "open"
    CLOSED = "closed"
    #: Closed by a bracket of another kind, such as （…).
    MIXED = "mixed"
    QUOTE = "quote"


@dataclass(frozen=True, slots=True)
class WrongPair:
    """What is wrong, and the brackets: one, or both of a mixed pair."""

    kind: Unclosed
    signs: tuple[str, ...] = ()


def unclosed_pairs(paragraphs: Sequence[str]) -> dict[int, WrongPair]:
    """Return what is wrong by the number of the paragraph; brackets before quotation marks."""
    return dict(_quotes(paragraphs)) | dict(reversed([*_brackets(paragraphs)]))


def _brackets(paragraphs: Sequence[str]) -> Iterator[tuple[int, WrongPair]]:
    """Yield wrong brackets. What is open at the end of a paragraph may be closed by what a later one closes too many."""
    left: list[tuple[int, str]] = []
    for number, text in enumerate(paragraphs):
        opened: list[str] = []
        is_wrong = False
        for match in _BRACKETS.finditer(text):
            sign = match[0]
            if sign in _PAIRS:
                opened.append(sign)
            elif opened and _PAIRS[opened[-1]] == sign:
                opened.pop()
            elif _is_number_or_smiley(text, match.end(), is_first=not opened and bool(left)):
                continue
            elif opened and not is_wrong and not _is_closed_later(opened[-1], text, match.end()):
                is_wrong = True
                yield number, WrongPair(Unclosed.MIXED, (opened.pop(), sign))
            elif not opened and left and _PAIRS[left[-1][1]] == sign:
                left.pop()
            else:
                is_wrong = True
                yield number, WrongPair(Unclosed.CLOSED, (sign,))
        left += [(number, sign) for sign in opened]
    yield from ((number, WrongPair(Unclosed.OPEN, (sign,))) for number, sign in reversed(left))


def _is_number_or_smiley(text: str, end: int, *, is_first: bool) -> bool:
    """Return whether a bracket needs no opening one; `is_first`: only a number at the start of the paragraph, or a smiley."""
    found = _CLOSES_NOTHING.search(text, max(0, end - 10), end)
    return found is not None and not (is_first and found.start() and found[0][0] not in ":;")


def _is_closed_later(sign: str, text: str, start: int) -> bool:
    """Return whether the rest of a paragraph closes a bracket, not only brackets that it opens itself."""
    depth = 1
    for match in re.finditer(f"[{re.escape(sign + _PAIRS[sign])}]", text[start:]):
        depth += 1 if match[0] == sign else -1
        if not depth:
            return True
    return False


def _quotes(paragraphs: Sequence[str]) -> Iterator[tuple[int, WrongPair]]:
    """Yield paragraphs in which a mark is missing.

    The same mark may open or close, so the number of marks must be even. A quotation of several paragraphs opens in each of
    them and closes in the last one, or opens in the first and closes in the last.
    """
    missing = WrongPair(Unclosed.QUOTE)
    last = -1
    for number, text in enumerate(paragraphs):
        if number <= last or not (_is_odd_typographic(text) or _is_odd_straight(text)):
            continue
        if _is_odd_typographic(text) and _is_odd_straight(text):
            # “…" is complete; EDIT12 reports the two kinds of marks.
            continue
        if number + 1 < len(paragraphs) and paragraphs[number + 1].startswith(_QUOTES):
            continue
        # The next paragraph with a mark.
        end = next((each for each in range(number + 1, len(paragraphs)) if _ANY_MARK.search(paragraphs[each])), None)
        if end is not None and _closes(text, paragraphs[end]):
            last = end
        else:
            yield number, missing


def _closes(text: str, after: str) -> bool:
    """Return whether a paragraph closes the quotation that an earlier one leaves open."""
    if _is_odd_typographic(text) and _is_odd_typographic(after):
        return (_left_open(text), *re.findall("[“”„]", after)[:1]) in _CLOSED_BY
    if _is_odd_straight(text) and _is_odd_straight(after):
        *_, opening = re.finditer('"', text)
        closing = after.index('"')
        return bool(_OPENS_STRAIGHT.match(text, opening.start()) and _CLOSES_STRAIGHT.match(after, closing))
    return False


def _left_open(text: str) -> str:
    """Return the mark of the quotation that is open at the end of a paragraph."""
    opened = ""
    for sign in re.findall("[“”„]", text):
        opened = "" if sign in _CLOSING.get(opened, "") else sign
    return opened


def _is_odd_typographic(text: str) -> bool:
    return sum(map(text.count, "“”„")) % 2 == 1


def _is_odd_straight(text: str) -> bool:
    # 27" are inches.
    return text.count('"') % 2 == 1 and not re.search(r'\d"', text)


_CLOSED_BY = {(opening, closing) for opening, signs in _CLOSING.items() for closing in signs}
