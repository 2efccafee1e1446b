"""Compares a PDF with the page that was printed.

Input: the blocks of the page, and the PDF as it was read. Output: the faults. Pure.

Words are found in the order of the tags. White space, invisible characters and capitals do not count, and compatible
characters are the same (NFKD), so that words in Chinese and Arabic count as others do. PDFium returns the letters of a
right-to-left line in another order: the letters of such a block are counted, and so are those of a block that is not
found letter by letter.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from urllib.parse import unquote

from composer.pdf.pdf_reader import PdfFragment, PdfReading
from composer.pdf.print_job import PdfFault, PdfFaultKind
from composer.pdf.printed_words import PrintedBlock, visible

#: How many pieces of generated content, such as bullets, may be between the words of a block.
_BETWEEN = 4
#: How far ahead the words of a block may be.
_AHEAD = 40
#: The length of the words in a fault.
_LONGEST = 80
#: Brackets and quotation marks, of which a right-to-left line shows the other of a pair.
_MIRRORED = str.maketrans(")]}>»›》〉」』】”’", "([{<«‹《〈「『【“‘")
_NUMBER = re.compile(r"(\d+)\D*$")


def faults_of(blocks: Sequence[PrintedBlock], reading: PdfReading, missing: frozenset[str]) -> tuple[PdfFault, ...]:
    """Return what is wrong with a PDF; `missing` are the characters without a glyph."""
    search = _Search(reading.fragments)
    found = [search.find(visible(block.text)) for block in blocks]
    return (
        *_lost(blocks, found, missing),
        *_without_glyph(blocks, found, reading, missing),
        *_wrong_numbers(blocks, found, reading),
        *_ending_headings(blocks, found, reading),
    )


class _Found:
    """The fragments of a block, by their numbers, and the characters that were not found."""

    def __init__(self, used: Sequence[int], lost: Counter[str] | None = None) -> None:
        self.used = tuple(used)
        self.lost = lost or Counter()


class _Search:
    """Finds one block after the other; no fragment is used twice."""

    def __init__(self, fragments: Sequence[PdfFragment]) -> None:
        self._words = [visible(each.text) for each in fragments]
        self._free = [bool(words) for words in self._words]
        self._at = 0

    def find(self, words: str) -> _Found:
        """Find the words of a block, which are then used."""
        if not words:
            return _Found(())
        found = self._at_once(words) if _has_right_to_left(words) else None
        found = found or self._in_order(words)
        for at in found.used:
            self._free[at] = False
        if found.used and self._at <= found.used[-1] < self._at + _AHEAD + len(found.used):
            self._at = found.used[-1] + 1
        return found

    def _at_once(self, words: str) -> _Found | None:
        """Find the letters of these words in any order right here, before the same words in order further on."""
        used = self._exact(words, self._at, 0)
        if used is not None:
            return _Found(used)
        found = self._counted(words, self._at)
        while not found.lost and len(found.used) > 1:
            # A number before the words is not part of them if they are complete without it.
            rest = self._counted(words, found.used[0] + 1)
            if rest.lost or rest.used != found.used[1:]:
                break
            found = rest
        return None if found.lost else found

    def _in_order(self, words: str) -> _Found:
        # Without generated content in between first: a number before a title that begins with one is not its beginning.
        starts = range(self._at, self._at + _BETWEEN + 1)
        whole = (taken for at in starts if (taken := self._exact(words, at, 0)) is not None)
        used = next(whole, None) or self._exact(words, self._at, _BETWEEN)
        found = _Found(used) if used is not None else self._counted(words, self._at)
        if not found.lost or _has_right_to_left(words):
            return found
        # The words may be tagged before or after their place in the page.
        begins = (at for at, free in enumerate(self._free) if free and _beginning(words, self._words[at]))
        elsewhere = (taken for at in begins if (taken := self._exact(words, at, 0)) is not None)
        return next((_Found(taken) for taken in elsewhere), found)

    def _exact(self, words: str, start: int, between: int) -> list[int] | None:
        """Return the fragments from `start` on that are exactly these words."""
        used: list[int] = []
        for at in range(start, len(self._words)):
            if not self._free[at]:
                continue
            length = _beginning(words, self._words[at])
            if length:
                used.append(at)
                words = words[length:]
                if not words:
                    return used
            elif (between := between - 1) < 0:
                return None
        return None

    def _counted(self, words: str, start: int) -> _Found:
        """Return the fragments from `start` on with the letters of these words, and the letters that are in none."""
        left, used, between = Counter(words.translate(_MIRRORED)), [], _BETWEEN
        for at in range(start, len(self._words)):
            if not self._free[at]:
                continue
            letters = Counter(self._words[at].translate(_MIRRORED))
            if 2 * (letters & left).total() > letters.total():
                left -= letters
                used.append(at)
            elif (between := between - 1) < 0:
                break
            if not left:
                break
        return _Found(used, left)


def _has_right_to_left(words: str) -> bool:
    return any(unicodedata.bidirectional(each) in ("R", "AL") for each in words)


def _beginning(words: str, fragment: str) -> int:
    """Return how many characters of the words are a fragment, whose hyphen at the end of a line may be a soft one."""
    if words.startswith(fragment):
        return len(fragment)
    if fragment.endswith("-") and words.startswith(fragment[:-1]):
        return len(fragment) - 1
    return 0


def _lost(blocks: Sequence[PrintedBlock], found: Sequence[_Found], missing: frozenset[str]) -> Iterator[PdfFault]:
    """Return the faults of lost words; a character without a glyph is a fault of its own."""
    boxes = set(visible("".join(missing)))
    for block, each in zip(blocks, found, strict=True):
        if lost := Counter({letter: count for letter, count in each.lost.items() if letter not in boxes}):
            about = block.text if not each.used else _characters(block.text, lost)
            yield PdfFault(kind=PdfFaultKind.LOST_TEXT, place=block.place, about=_short(about))


def _characters(text: str, lost: Counter[str]) -> str:
    """Return the lost characters in the order of the text."""
    left, kept = Counter(lost), []
    for character in text:
        letters = Counter(visible(character).translate(_MIRRORED))
        if letters and letters <= left:
            left -= letters
            kept.append(character)
    return "".join(kept) or "".join(lost.elements())


def _without_glyph(
    blocks: Sequence[PrintedBlock], found: Sequence[_Found], reading: PdfReading, missing: frozenset[str]
) -> Iterator[PdfFault]:
    drawn = {each for each in missing if visible(each)}
    for block, each in zip(blocks, found, strict=True):
        if characters := dict.fromkeys(character for character in block.text if character in drawn):
            page = reading.fragments[each.used[0]].page if each.used else 0
            about = _short("".join(characters))
            yield PdfFault(kind=PdfFaultKind.NO_GLYPH, place=block.place, about=about, page=page)


def _wrong_numbers(blocks: Sequence[PrintedBlock], found: Sequence[_Found], reading: PdfReading) -> Iterator[PdfFault]:
    used = {at for each in found for at in each.used}
    entries = [
        (block, _printed_number(each, used, reading.fragments))
        for block, each in zip(blocks, found, strict=True)
        if block.target
    ]
    # A theme may have contents without numbers.
    if not any(printed for _, printed in entries):
        return
    for block, printed in entries:
        page = reading.targets.get(unquote(block.target), 0)
        if printed != str(page):
            yield PdfFault(
                kind=PdfFaultKind.WRONG_NUMBER, place=block.place, about=_short(block.text), page=page, printed=printed
            )


def _printed_number(found: _Found, used: Set[int], fragments: Sequence[PdfFragment]) -> str:
    """Return the number after an entry, or before it, as digits; `used` are the fragments of all words."""
    for at in (found.used[-1] + 1, found.used[0] - 1) if found.used else ():
        if 0 <= at < len(fragments) and at not in used and (match := _NUMBER.search(fragments[at].text.strip())):
            return "".join(str(unicodedata.digit(digit)) for digit in match[1])
    return ""


def _ending_headings(
    blocks: Sequence[PrintedBlock], found: Sequence[_Found], reading: PdfReading
) -> Iterator[PdfFault]:
    last = {each.page: at for at, each in enumerate(reading.fragments)}
    whose = {at: block for block, each in zip(blocks, found, strict=True) for at in each.used}
    for page, at in last.items():
        fragment = reading.fragments[at]
        if fragment.is_heading and page < reading.pages:
            block = whose.get(at)
            about, place = (block.text, block.place) if block else (fragment.text.strip(), "")
            yield PdfFault(kind=PdfFaultKind.HEADING_ENDS_PAGE, place=place, about=_short(about), page=page)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
