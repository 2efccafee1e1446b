"""Dates and names of languages, as they are written in a language (CLDR, by Babel).

Input: a language (BCP 47) and a value. Output: a text. Guarantees: imports Babel, which is slow, only for what was not
written in an earlier run.
"""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from composer.core.kept_results import kept

if TYPE_CHECKING:
    from babel.core import Locale


def written_date(language: str, day: date, pattern: str) -> str:
    """Return a date in a pattern of CLDR: a width, such as `long`, or letters, such as `d MMMM`."""

    def write() -> str:
        from babel.dates import format_date

        return format_date(day, pattern, locale=_locale(language))

    return kept("date", (language, day.isoformat(), pattern), write)


def language_name(language: str, tag: str) -> str:
    """Return the name of a language; the tag itself if it has no name."""
    names = _names(language)
    return names.get(tag.replace("-", "_")) or names.get(tag.split("-")[0]) or tag


@lru_cache(maxsize=16)
def _names(language: str) -> Mapping[str, str]:
    return kept(
        "language-names", (language,), lambda: {tag: str(name) for tag, name in _locale(language).languages.items()}
    )


def _locale(language: str) -> "Locale":
    from babel.core import Locale, parse_locale

    base, territory, script, variant = parse_locale(language.replace("-", "_"))[:4]
    return Locale(base, territory, script, variant)
