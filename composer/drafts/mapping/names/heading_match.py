"""Compares headings of a draft with names that the newsletter knows: capitals, numbering and punctuation do not matter.

Input: two texts. Output: how similar they are, from 0 to 1. Guarantees: pure.
"""

import difflib
import re
import unicodedata
from collections.abc import Collection, Iterable
from functools import lru_cache

#: From here on, two headings are considered the same.
ENOUGH = 0.8
_NUMBERING = re.compile(r"^\s*(?:\(?(?:\d{1,2}|[ivx]{1,4}|[a-h])[.)]|\d{1,2}(?:\.\d{1,2})*\s)\s*", re.IGNORECASE)
#: Words that do not distinguish one heading from another.
_COMMON = frozenset(
    "a an the our your this these of in on for to from and und der die das den dem des unsere unser neue neuesten "  # noqa: SIM905
    "aktuelle latest new more weekly week weeks month monthly issue section le la les nos notre du de el los las "
    "nuestros il lo gli nostri".split()
)


_MONTHS = frozenset(
    "january february march april may june july august september october november december januar februar marz april "  # noqa: SIM905
    "mai juni juli august september oktober november dezember janvier fevrier mars avril juin juillet aout septembre "
    "octobre novembre decembre enero febrero marzo abril mayo junio julio agosto septiembre noviembre diciembre".split()
)


@lru_cache(maxsize=4_096)
def normal_heading(text: str) -> str:
    """Return a text without numbering, punctuation, accents and capitals."""
    text = _NUMBERING.sub("", text, count=1) if not re.fullmatch(r"[\d\s.,:%-]*", text) else text
    folded = unicodedata.normalize("NFKD", text.casefold().replace("ß", "ss"))
    folded = "".join(character for character in folded if not unicodedata.combining(character))
    return " ".join(re.findall(r"[^\W_]+", folded))


def similarity(heading: str, name: str, common: Collection[str] = ()) -> float:
    """Return how similar two headings are. `common` are words that say nothing, such as those of the newsletter's name."""
    mine, other = normal_heading(heading), normal_heading(name)
    if not mine or not other:
        return 0.0
    if mine == other:
        return 1.0
    near = difflib.SequenceMatcher(None, mine, other, autojunk=False).ratio()
    if near >= 0.88:
        return near
    own, others = _content(mine, common), _content(other, common)
    if not own or not others:
        return 0.0
    if own == others:
        return 0.95
    extra = len(own - others)
    if others <= own and extra <= 2 and len(mine.split()) <= 6:
        return 0.9 - extra / 50
    if own <= others and len(own) * 2 >= len(others):
        return 0.82
    return 0.0


def best_match(heading: str, names: Iterable[tuple[str, str]], common: Collection[str] = ()) -> tuple[str, float]:
    """Return the key whose name is the most similar, and how similar it is; names are (key, name)."""
    found = max(
        ((similarity(heading, name, common), key) for key, name in names), default=(0.0, ""), key=lambda each: each[0]
    )
    return found[1], found[0]


def month_word(word: str) -> str:
    """Return the same word for every month: a heading such as `In February` changes with the issue."""
    return "month-name" if word in _MONTHS else word


def _content(normal: str, common: Collection[str]) -> frozenset[str]:
    words = frozenset(month_word(word) for word in normal.split()) - _COMMON
    return (words - frozenset(common)) or words
