"""Languages (BCP 47): the normal form of a tag, the nearest available language, and the direction of writing.

Input: language tags. Output: a tag, or `ltr` or `rtl`. Guarantees: compares tags without regard to capitals.
"""

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from composer.core.kept_results import kept

if TYPE_CHECKING:
    from babel.core import Locale

#: The scripts of Chinese by region, for tags that do not name a script, and the tags of the usual region of each script.
_CHINESE = {"tw": "Hant", "hk": "Hant", "mo": "Hant", "cn": "Hans", "sg": "Hans", "my": "Hans"}
_USUAL = {"zh-Hant-TW": "zh-Hant", "zh-Hans-CN": "zh"}
_RIGHT_TO_LEFT = frozenset(("ar", "arc", "ckb", "dv", "fa", "he", "ps", "sd", "syr", "ug", "ur", "yi"))
_RIGHT_TO_LEFT_SCRIPTS = frozenset(("adlm", "arab", "hebr", "nkoo", "syrc", "thaa"))


def canonical_tag(language: str) -> str:
    """Return a tag in normal form (RFC 5646, 2.1.1): `de-AT` for `de_at`; Chinese with its script instead of its region.

    `zh-TW` is `zh-Hant`, `zh-HK` is `zh-Hant-HK` and `zh-CN` is `zh`. Does not check whether the language exists.
    """
    head, *rest = language.strip().replace("_", "-").split("-")
    parts = [head.lower(), *(part.title() if len(part) == 4 else part.upper() for part in rest)]
    if parts[0] == "zh" and len(parts) == 2 and (script := _CHINESE.get(parts[1].lower())):
        parts.insert(1, script)
    tag = "-".join(parts)
    return _USUAL.get(tag, tag)


def same_tags(language: str) -> tuple[str, ...]:
    """Return the spellings of a language, in lower case: `zh-hant`, but also `zh-tw`, `zh-hk` and `zh-mo`."""
    normal = canonical_tag(language)
    regions = (f"zh-{region}" for region in _CHINESE)
    return tuple(dict.fromkeys((
        language.lower(), normal.lower(),
        *(each for each in regions if normal != "zh" and is_within(canonical_tag(each), normal)),
    )))  # fmt: skip


def is_within(language: str, wanted: str) -> bool:
    """Return whether a language is a variety of another or the same (RFC 4647, 3.3.1): de-AT of de, not de of de-AT."""
    given, asked = language.lower(), wanted.lower()
    return given == asked or given.startswith(f"{asked}-")


def direction(language: str) -> str:
    """Return the writing direction of a language: ltr or rtl. A script in the tag decides: `az-Arab`."""
    first, *others = language.lower().split("-")
    script = next((part for part in others if len(part) == 4 and part.isalpha()), None)
    is_rtl = first in _RIGHT_TO_LEFT if script is None else script in _RIGHT_TO_LEFT_SCRIPTS
    return "rtl" if is_rtl else "ltr"


def locale_of(language: str) -> "Locale":
    """Return the names and patterns of a language; those of English, if it is unknown."""
    from babel.core import Locale, UnknownLocaleError

    try:
        return Locale.parse(language, sep="-")
    except (ValueError, UnknownLocaleError):
        return Locale("en")


def is_language(tag: str) -> bool:
    """Return whether a tag is that of a language, perhaps with a script or a region, that is known: `de`, `zh-Hant`."""
    return tag.replace("-", "_").lower() in _known_languages()


@cache
def _known_languages() -> frozenset[str]:
    return kept("languages", (), _languages_of_babel)


def _languages_of_babel() -> frozenset[str]:
    # Imported late: the list is kept between runs.
    from babel.localedata import locale_identifiers

    return frozenset(name.lower() for name in locale_identifiers())


def is_traditional_chinese(language: str) -> bool:
    """Return whether a tag means Chinese in traditional characters: `zh-Hant`, `zh-TW`."""
    first, *others = canonical_tag(language).lower().split("-")
    return first in ("zh", "yue") and ("hant" in others or (first == "yue" and "hk" in others))


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
