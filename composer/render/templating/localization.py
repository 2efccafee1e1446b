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


@lru_cache(maxsize=2048)
def written_date(language: str, day: date, pattern: str, until: date | None = None) -> str:
    """Return a day, or the days until another: in a width, such as `long`, as `day` (without the year), or in CLDR letters."""

    def write() -> str:
        from composer.render.templating.date_ranges import format_days

        return format_days(day, until, pattern, _locale(language))

    return kept("date", (language, day.isoformat(), pattern, until.isoformat() if until else ""), write)


@lru_cache(maxsize=2048)
def written_range(language: str, day: date, pattern: str, until: date) -> tuple[str, ...]:
    """Return the first day of several, what is between the days, and the last day; the last two may be empty."""

    def write() -> str:
        from composer.render.templating.date_ranges import day_parts

        return "\n".join(day_parts(day, until, pattern, _locale(language)))

    return tuple(kept("days", (language, day.isoformat(), pattern, until.isoformat()), write).split("\n"))


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
