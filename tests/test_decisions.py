"""Decisions have one form, so that a reader finds at once what was decided, why, instead of what, and at which price."""

import re
from datetime import date
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent / "docs" / "decisions"
PAGES = sorted(FOLDER.glob("[0-9]*.md"))
SECTIONS = ["Context", "Decision", "Alternatives", "Consequences"]


@pytest.mark.parametrize("path", PAGES, ids=[path.stem for path in PAGES])
def test_a_decision_has_the_form(path: Path) -> None:
    """A number, a title, a date, then context, decision, alternatives and consequences, each with a text."""
    head, *sections = re.split(r"(?m)^## (.+)$", path.read_text(encoding="utf-8"))
    number, when = re.fullmatch(r"# (\d+)\. .+\n\nDate: (.+)\n\n", head).groups()  # type: ignore[union-attr]
    assert path.name.startswith(f"{int(number):04}-")
    assert date.fromisoformat(when)
    assert sections[::2] == SECTIONS
    assert all(len(text.split()) > 5 for text in sections[1::2])


def test_numbers_have_no_gaps() -> None:
    """A decision is never deleted: a later one replaces it and says so."""
    assert [int(path.name[:4]) for path in PAGES] == list(range(1, len(PAGES) + 1))
