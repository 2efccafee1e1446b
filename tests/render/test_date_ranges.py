"""Days and ranges of days, in the forms of each language."""

import datetime

import pytest
from babel.core import Locale

from composer.render.templating.date_ranges import format_days

DAY = datetime.date(2025, 2, 6)
SAME_MONTH, NEXT_MONTH, NEXT_YEAR = datetime.date(2025, 2, 8), datetime.date(2025, 3, 2), datetime.date(2026, 1, 2)


@pytest.mark.parametrize(
    ("language", "month", "months", "years"),
    [
        ("en", "February 6–8, 2025", "February 6 – March 2, 2025", "February 6, 2025 – January 2, 2026"),
        ("en_GB", "6–8 February 2025", "6 February – 2 March 2025", "6 February 2025 – 2 January 2026"),
        ("de", "6.–8. Februar 2025", "6. Februar – 2. März 2025", "6. Februar 2025 – 2. Januar 2026"),
        (
            "es",
            "6–8 de febrero de 2025",
            "6 de febrero – 2 de marzo de 2025",
            "6 de febrero de 2025 – 2 de enero de 2026",
        ),
        ("pl", "6–8 lutego 2025", "6 lutego – 2 marca 2025", "6 lutego 2025 – 2 stycznia 2026"),
        ("zh", "2025年2月6日至8日", "2025年2月6日至3月2日", "2025年2月6日至2026年1月2日"),
        ("ja", "2025年2月6日～8日", "2025年2月6日～3月2日", "2025年2月6日～2026年1月2日"),
        ("ko", "2025년 2월 6일~8일", "2025년 2월 6일~3월 2일", "2025년 2월 6일~2026년 1월 2일"),
        ("ar", "6–8 فبراير 2025", "6 فبراير – 2 مارس 2025", "6 فبراير 2025 – 2 يناير 2026"),
        ("he", "6–8 בפברואר 2025", "6 בפברואר – 2 במרץ 2025", "6 בפברואר 2025 – 2 בינואר 2026"),
    ],
)
def test_a_range_repeats_nothing(language: str, month: str, months: str, years: str) -> None:
    """What both days share is written once, and signs that belong to a number stay next to it."""
    locale = Locale.parse(language)
    found = [format_days(DAY, until, "long", locale) for until in (SAME_MONTH, NEXT_MONTH, NEXT_YEAR)]
    assert found == [month, months, years]


@pytest.mark.parametrize(
    ("pattern", "until", "expected"),
    [
        ("day", SAME_MONTH, "Feb 6–8"),
        ("day", NEXT_MONTH, "Feb 6 – Mar 2"),
        ("yy/MM/dd", SAME_MONTH, "25/02/06–08"),
        ("dd.MM.yyyy", SAME_MONTH, "06.–08.02.2025"),
        ("EEEE d MMMM", SAME_MONTH, "Thursday 6 – Saturday 8 February"),
        ("MMMM yyyy", SAME_MONTH, "February 2025"),
        ("MMMM yyyy", NEXT_MONTH, "February–March 2025"),
        ("'week' w", SAME_MONTH, "week 6–6"),
        ("'spring'", NEXT_YEAR, "spring"),
        ("long", DAY, "February 6, 2025"),
        ("long", datetime.date(2025, 2, 5), "February 6, 2025"),
        ("day", None, "Feb 6"),
    ],
)
def test_patterns_of_editors(pattern: str, until: datetime.date | None, expected: str) -> None:
    """Any pattern of CLDR letters has a range; an end that is not later is not written."""
    assert format_days(DAY, until, pattern, Locale.parse("en")) == expected
