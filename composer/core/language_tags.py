"""Languages (BCP 47): which available language is nearest to another, and in which direction a language is written.

Input: language tags. Output: a tag, or `ltr` or `rtl`. Guarantees: compares tags without regard to capitals.
"""

from collections.abc import Iterable

#: Chinese is written in traditional characters in these regions, if a tag does not name a script.
_TRADITIONAL = frozenset(("tw", "hk", "mo"))
_RIGHT_TO_LEFT = frozenset(("ar", "arc", "ckb", "dv", "fa", "he", "ps", "sd", "syr", "ug", "ur", "yi"))
_RIGHT_TO_LEFT_SCRIPTS = frozenset(("adlm", "arab", "hebr", "nkoo", "syrc", "thaa"))


def direction(language: str) -> str:
    """Return the writing direction of a language: ltr or rtl. A script in the tag decides: `az-Arab`."""
    first, *others = language.lower().split("-")
    script = next((part for part in others if len(part) == 4 and part.isalpha()), None)
    is_rtl = first in _RIGHT_TO_LEFT if script is None else script in _RIGHT_TO_LEFT_SCRIPTS
    return "rtl" if is_rtl else "ltr"


def is_traditional_chinese(language: str) -> bool:
    """Return whether a tag means Chinese in traditional characters: `zh-Hant`, `zh-TW`."""
    first, *others = language.lower().split("-")
    if first not in ("zh", "yue"):
        return False
    return "hant" in others or ("hans" not in others and not _TRADITIONAL.isdisjoint(others))


def nearest_language(language: str, available: Iterable[str]) -> str | None:
    """Return the available language for a tag: the same, a more general one, or another variety; else None.

    `zh-TW` and `zh-Hant-HK` are nearest to `zh-Hant`, `de-AT` to `de`, and `pt` to `pt-BR`.
    """
    known = {tag.lower(): tag for tag in available}
    tag = language.strip().lower()
    if tag in known:
        return known[tag]
    traditional = next(filter(is_traditional_chinese, known), None) if is_traditional_chinese(tag) else None
    if traditional is not None:
        return known[traditional]
    parts = tag.split("-")
    for length in range(len(parts) - 1, 0, -1):
        if (general := "-".join(parts[:length])) in known:
            return known[general]
    return next((known[each] for each in known if each.split("-")[0] == parts[0]), None)
