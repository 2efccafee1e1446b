"""What commands cost, as counts that do not depend on the machine; and that `make bench` writes down what it measured."""

from pathlib import Path

import pytest

from benchmarks.calls import LIMITS, counted
from benchmarks.growth import Cost, is_level
from benchmarks.history import FILE, record

pytestmark = pytest.mark.slow


def test_no_command_and_no_save_takes_many_more_calls() -> None:
    """A new import or a file that is read twice is noticed here; benchmarks/calls.py says what to do."""
    found = dict(counted())
    assert found.keys() == LIMITS.keys()
    too_many = {name: (count, LIMITS[name]) for name, count in found.items() if count > LIMITS[name]}
    assert not too_many
    # A limit far above the count would let it grow unnoticed.
    assert {name: count for name, count in found.items() if count < LIMITS[name] / 2} == {}


def test_measured_ratios_are_written_by_commit(tmp_path: Path) -> None:
    """The rows of other commits stay; those of this one are replaced."""
    file = tmp_path / "history.tsv"
    file.write_text("commit\tday\tprocessors\tname\tvalue\nabc\t2026-01-01\t2\tbuild_to_mjml\t0.9\n")
    record({"build_to_mjml": 0.5, "html_of_clip": 0.25}, file)
    record({"build_to_mjml": 0.41234567}, file)
    rows = [line.split("\t") for line in file.read_text().splitlines()]
    assert [(row[3], row[4]) for row in rows[1:]] == [
        ("build_to_mjml", "0.9"),
        ("html_of_clip", "0.25"),
        ("build_to_mjml", "0.4123"),
    ]
    assert rows[1][0] == "abc" and rows[2][0] == rows[3][0] != "abc"


def test_the_history_is_a_table() -> None:
    """It is tracked, and was written by `make bench`."""
    head, *rows = (line.split("\t") for line in FILE.read_text(encoding="utf-8").splitlines())
    assert head == ["commit", "day", "processors", "name", "value"] and rows
    assert all(len(row) == len(head) and float(row[4]) >= 0 for row in rows)


def test_growth_is_judged_without_the_start_of_a_process() -> None:
    """Linear is fine after any start, also with n log n; a square is not, nor memory that grows with the list."""

    def costs(of_one: float, power: float = 1.0, megabytes: float = 0.0) -> list[Cost]:
        sizes = (1_000, 10_000, 100_000)
        return [Cost(count=n, cpu=0.7 + of_one * n**power, peak=70 + megabytes * n) for n in sizes]

    assert is_level(costs(0.0003)) and is_level(costs(0.0))
    assert not is_level(costs(1e-7, power=2.0))
    assert not is_level(costs(0.0003, megabytes=0.001))
