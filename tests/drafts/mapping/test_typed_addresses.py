"""Web addresses that were typed, not linked."""

import datetime
from pathlib import Path

import pytest

from composer.app.issues.drafting import DraftedIssue, DraftFile, draft_issue
from tests.factories import sample

TOPIC = "# Topics\n\n## Heat\n\n**The facts:** Sales fall. More at https://example.org/more.\n\n"


def drafted(folder: Path, text: str, name: str = "draft.md") -> tuple[DraftedIssue, str]:
    made = draft_issue(sample(folder), [DraftFile(name=name, data=text.encode())], today=datetime.date(2025, 2, 3))
    assert made.words.is_complete
    return made, made.issue.path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["draft.md", "draft.txt"])
def test_source_lines(tmp_path: Path, name: str) -> None:
    """Outlet, title and address are told apart, with bullets of any kind; a link elsewhere stays in its text."""
    sources = """**Media coverage and sources**

- Reuters: Heat pump sales drop again https://example.org/reuters/heat
- Le Monde (FR) : Les pompes à chaleur <https://example.org/lemonde>
- Sales of heat pumps (https://example.org/ap) (AP)
- [Steel](https://example.org/steel) (The Times)
"""
    _, written = drafted(tmp_path, TOPIC + sources, name)
    assert "Reuters: [Heat pump sales drop again](https://example.org/reuters/heat)\n" in written
    assert "Le Monde (FR): [Les pompes à chaleur](https://example.org/lemonde)\n" in written
    assert "AP: [Sales of heat pumps](https://example.org/ap)\n" in written
    assert "https://example.org/more" in written
    assert "instead of its address" not in written


def test_two_sources_in_one_line(tmp_path: Path) -> None:
    """`Sources:` and two sources make two lines, separated by a sign or by the end of a line."""
    line = (
        "Media coverage and sources: AP: Border levy begins https://example.org/a; "
        "Die Zeit (DE): Die Grenzabgabe https://example.org/z\nCaixin: Steel https://example.org/c\n"
    )
    _, written = drafted(tmp_path, TOPIC + line)
    assert "AP: [Border levy begins](https://example.org/a)\n" in written
    assert "Die Zeit (DE): [Die Grenzabgabe](https://example.org/z)\n" in written
    assert "Caixin: [Steel](https://example.org/c)\n" in written


@pytest.mark.parametrize("label", ["Source: ", "Source:\n\n- ", "**Source:** "])
def test_a_single_source(tmp_path: Path, label: str) -> None:
    """Over one source, people write the singular; below a topic it is the label of its sources."""
    _, written = drafted(tmp_path, f"{TOPIC}{label}De Standaard (NL): The lens, https://example.org/l\n")
    assert "De Standaard (NL): [The lens](https://example.org/l)\n" in written


def test_address_without_a_title(tmp_path: Path) -> None:
    """A source that has only an address is a task."""
    made, written = drafted(tmp_path, TOPIC + "**Media coverage and sources**\n\n- Reuters: https://example.org/r\n")
    assert "# TODO write the title of this source instead of its address: Reuters" in written
    assert made.todos


def test_title_of_a_digest_item(tmp_path: Path) -> None:
    """The address after a headline is the address of the item."""
    text = "# China digest\n\n## Ports reopen https://example.org/ports (Reuters)\n\nThe ports are open again.\n"
    _, written = drafted(tmp_path, text)
    assert 'title: "Ports reopen"' in written and "url: https://example.org/ports\n" in written
    assert 'outlet: "Reuters"' in written
