"""Dates as lists write them are read, asked about, or not understood; never guessed."""

import pytest

from composer.audience.lists.meaning.dates import AmbiguousDateError, DateOrder, looks_like_date, read_date


@pytest.mark.parametrize(
    "text",
    [
        *(
            "2024-03-14",
            "2024/03/14",
            "2024.3.14",
            "20240314",
            "14.03.2024",
            "14.3.24",
            "14/03/2024",
            "03/14/2024",
            "3/14/24",
        ),
        *(
            "14 March 2024",
            "14th March 2024",
            "March 14th, 2024",
            "Thursday, March 14, 2024",
            "14-Mar-24",
            "Thu, 14 Mar 2024",
        ),
        *(
            "14. März 2024",
            "Donnerstag, 14. März 2024",
            "14 mars 2024",
            "le 14 mars 2024",
            "14 de marzo de 2024",
            "2024年3月14日",
        ),
        *(
            "2024-03-14T00:00:00Z",
            "2024-03-14 00:00:00 UTC",
            "2024-03-14T00:00:00.000+00:00",
            "1710374400",
            "1710374400000",
        ),
    ],
)
def test_one_day_in_many_spellings(text: str) -> None:
    """Each of these is 14 March 2024 at midnight."""
    assert read_date(text).isoformat() == "2024-03-14T00:00:00+00:00"


@pytest.mark.parametrize(
    "text",
    [
        "14.03.2024 22:22",
        "14.03.2024, 22:22 Uhr",
        "Mar 14, 2024 10:22 PM",
        "14/03/2024 22:22:00",
        "14 mars 2024 à 22h22",
    ],
)
def test_times_are_read(text: str) -> None:
    """Times are read, in 24 hours or 12."""
    assert read_date(text).isoformat() == "2024-03-14T22:22:00+00:00"


@pytest.mark.parametrize("text", ["03/04/2024", "3/4/24", "03-04-2024", "03/04/2024 10:22", "12/11/2023"])
def test_ambiguous_dates_are_asked_about(text: str) -> None:
    """An ambiguous date is read only with an order."""
    with pytest.raises(AmbiguousDateError):
        read_date(text)
    first, second = read_date(text, DateOrder.DAY_FIRST), read_date(text, DateOrder.MONTH_FIRST)
    assert (first.day, first.month) == (second.month, second.day)
    assert first != second


@pytest.mark.parametrize(
    "text", ["", "yesterday", "31.02.2024", "March 2024", "2024-13-01", "14.03", "45365", "10:22", "14 foo 2024"]
)
def test_other_texts_are_not_dates(text: str) -> None:
    """A text that is not a date is never read as one."""
    assert not looks_like_date(text)
