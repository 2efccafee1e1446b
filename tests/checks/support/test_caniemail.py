"""The table that scripts/caniemail.py writes. Nothing is downloaded."""

import json

import pytest

from composer.checks.support.clients import table
from scripts.caniemail import CLIENTS, TABLE, VERSION, compact, newest


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ({}, "u"),
        ({"2019-08": "y", "2023-01": "n"}, "n"),
        ({"2024-04": "y #1", "2024-01": "n"}, "y"),
        ({"2011": "y", "2016": "y", "16.80": "a #1 #10"}, "a"),
        ({"2019-02": "y", "16.80": "y", "2024-10": "n #4"}, "n"),
        ({"16.80": "n", "16.103": "y"}, "y"),
        ({"16.103": "y", "16.80": "n"}, "y"),
        ({"9.0": "n", "10.0": "y"}, "y"),
        ({"2020-02": "y", "137.0b3": "n"}, "n"),
    ],
)
def test_the_newest_version_counts(results: dict[str, str], expected: str) -> None:
    """Dates and versions are compared by their numbers; the last key decides which of the two count."""
    assert newest(results) == expected


def feature(slug: str, **stats: dict[str, dict[str, str]]) -> dict[str, object]:
    url = f"https://www.caniemail.com/features/{slug}/"
    return {
        "slug": slug,
        "title": slug,
        "category": "css",
        "url": url,
        "last_test_date": "2024-05-1",
        "stats": stats,
    }


def test_the_script_writes_the_same_bytes_for_the_same_data() -> None:
    """The table is sorted, contains only detected features, and has one line for each."""
    rows = [
        feature("css-opacity", gmail={"ios": {"2019-08": "y", "2020-01": "n #1"}, "android": {"6": "a"}}),
        feature("bimi"),
        feature("css-border", outlook={"windows": {"2007": "n", "2019": "y"}}),
    ]
    data = {"last_update_date": "2024-05-13 14:45:41 +0000", "data": rows}
    text = compact(data, "1.0")
    assert text == compact({**data, "data": rows[::-1]}, "1.0")
    raw = json.loads(text)
    assert [row["slug"] for row in raw["features"]] == ["css-border", "css-opacity"]
    assert raw["features"][0]["support"] == "uuuu uu yuuuu uuu u u uuu uuu u"
    assert raw["features"][1]["support"] == "unau uu uuuuu uuu u u uuu uuu u"
    assert raw["features"][1]["tested"] == "2024-05-01"
    assert sum(line.startswith('{"slug"') for line in text.splitlines()) == 2


def test_the_table_names_its_source() -> None:
    """The head has source, version, date and licence; each feature has a date and a result for each program."""
    raw = json.loads(TABLE.read_text("utf-8"))
    assert raw["package"] == f"caniemail {VERSION}"
    assert raw["licence"] == "MIT, (c) 2019 Rémi Parmentier"
    assert raw["source"] == "https://www.caniemail.com"
    assert table().updated == raw["updated"]
    assert raw["clients"] == CLIENTS
    shape = [len(platforms) for platforms in CLIENTS.values()]
    assert all([len(word) for word in row["support"].split(" ")] == shape for row in raw["features"])
    assert {letter for row in raw["features"] for letter in row["support"]} == set("yanu ")
    assert all(len(known.tested) == 10 and known.title for known in table().features.values())
