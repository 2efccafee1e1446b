"""Lists without styles, or with few: where items begin, and what their lines are."""

import datetime
from pathlib import Path

import pytest

from composer.app.issues.drafting import DraftFile, draft_issue
from composer.core.workspace import Workspace
from tests.drafts.mapping.test_typed_addresses import drafted
from tests.drafts.word_factory import zipped

NEWSLETTER = """name: Rathausbrief
language: de
timezone: Europe/Berlin
sender: {from: Rathausbrief <brief@stadt.example.org>, postal_address: "Markt 1, 12345 Musterstadt"}
sections:
  news: {type: list, heading: Aus dem Rathaus}
  dates: {type: events, heading: Termine}
  people: {type: people, heading: Neue Mitglieder}
  reading: {type: links, heading: Zum Weiterlesen}
"""


def drafted_here(folder: Path, data: bytes, name: str = "draft.md") -> str:
    (folder / "newsletter.yaml").write_text(NEWSLETTER, encoding="utf-8")
    made = draft_issue(
        Workspace(root=folder.resolve()), [DraftFile(name=name, data=data)], today=datetime.date(2025, 4, 1)
    )
    assert made.words.is_complete
    return made.issue.path.read_text(encoding="utf-8")


def test_headlines_without_style(tmp_path: Path) -> None:
    """If the first line is a headline, each short line between two texts is one, and so is a line above a date."""
    news = "Freibad öffnet\n\nDas Bad öffnet früh.\n\nGlasfaser für alle\n\nIm Sommer werden Kabel verlegt.\n"
    dates = "Almabend\n\n14. Juni 2025, 18 Uhr, Alm\n\nWir grillen.\n\n"
    dates += "Felsenweg\n\n28. Juni 2025, 8 Uhr, Bahnhof\n\nNur für Geübte.\n"
    written = drafted_here(tmp_path, f"# Aus dem Rathaus\n\n{news}\n# Termine\n\n{dates}".encode())
    assert 'title: "Glasfaser für alle"\n    body: |\n      Im Sommer' in written
    assert 'title: "Felsenweg"\n    date: 2025-06-28\n    time: "8 Uhr"\n    place: "Bahnhof"\n' in written


@pytest.mark.parametrize(
    ("line", "time", "place"),
    [
        ("15.04.2025, 16 Uhr, Rathaus, Zimmer 12", "16 Uhr", "Rathaus, Zimmer 12"),
        ("15. April 2025 um 16:00 Uhr, Rathaus", "16:00 Uhr", "Rathaus"),
        ("Dienstag, 15. April 2025, à 18 h 30, Rathaus", "18 h 30", "Rathaus"),
    ],
)
def test_details_of_an_event(tmp_path: Path, line: str, time: str, place: str) -> None:
    """A place may have two parts, and a word may be between the date and the time."""
    written = drafted_here(tmp_path, f"# Termine\n\n## Sitzung\n\n{line}\n\nAlle sind eingeladen.\n".encode())
    assert f'date: 2025-04-15\n    time: "{time}"\n    place: "{place}"\n' in written


def test_people_and_links(tmp_path: Path) -> None:
    """The bold words before a text are the name of a person; linked lines are titles, each with its publisher."""
    people = "**Clara Stein**: Sie sammelt Moose.\n\n**Tom Hall**: Er ist zwölf.\n"
    links = "[Blasen](https://example.org/a) (Bergblatt)\n\n[Karten](https://example.org/b) (Wanderzeit)\n"
    written = drafted_here(tmp_path, f"# Neue Mitglieder\n\n{people}\n# Zum Weiterlesen\n\n{links}".encode())
    assert 'name: "Clara Stein"\n' in written and 'name: "Tom Hall"\n' in written
    assert written.count("outlet:") == 2 and 'title: "Karten"\n' in written


@pytest.mark.parametrize(
    "line", ["Newsletter, 14. April 2025", "April 2025 · 14.4.2025", "Infobrief Nr. 3 vom 14. April 2025"]
)
def test_date_beside_other_words_for_a_newsletter(tmp_path: Path, line: str) -> None:
    """A month or a word such as `Newsletter` next to the date is a title, not a note."""
    written = drafted_here(tmp_path, f"{line}\n\n# Aus dem Rathaus\n\n## Markt\n\nEr beginnt.\n".encode())
    assert "date: 2025-04-14\n" in written and "note:" not in written


def test_bold_words_in_a_page_of_google_docs(tmp_path: Path) -> None:
    """A style sheet that begins with an import still says which words are bold."""
    style = "<style>@import url(https://fonts.example/css?kit=x);.c0{font-weight:700}</style>"
    items = "".join(
        f'<ul><li><span class="c0">{name}</span><span>, 17. Mai 2025, 10 Uhr, Markt</span></li></ul>' for name in "AB"
    )
    page = f"<html><head>{style}</head><body><h1>Termine</h1>{items}</body></html>"
    written = drafted_here(tmp_path, zipped({"Draft.html": page}), "draft.zip")
    assert written.count("    date: 2025-05-17\n") == 2 and 'title: "B"\n' in written


def test_outlet_before_a_dash(tmp_path: Path) -> None:
    """`heise online – Title` with a linked title is a source with its outlet."""
    source = "- heise online – [Kleine Fabrik](https://example.org/heise)\n"
    text = f"# Topics\n\n## Heat\n\n**The facts:** It is hot.\n\n**Media coverage and sources**\n\n{source}"
    assert "heise online: [Kleine Fabrik](https://example.org/heise)\n" in drafted(tmp_path, text)[1]
