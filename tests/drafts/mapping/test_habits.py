"""Ways in which people write names, sources and languages."""

from pathlib import Path

from composer.app.issues.drafting import DraftFile, draft_issue
from tests.drafts.mapping.test_typed_addresses import drafted
from tests.factories import sample


def test_name_of_the_newsletter_in_another_language(tmp_path: Path) -> None:
    """The German name above an English draft is a title, not a note."""
    workspace = sample(tmp_path)
    settings = tmp_path / "newsletter.de.yaml"
    text = settings.read_text(encoding="utf-8").replace("name: China-Briefing", "name: Chinanachrichten", 1)
    settings.write_text(text, encoding="utf-8")
    draft = b"# Chinanachrichten\n\n# Top story\n\n## Ports reopen\n\nThe ports are open.\n"
    made = draft_issue(workspace, [DraftFile(name="draft.md", data=draft)])
    assert "Chinanachrichten" not in made.issue.path.read_text(encoding="utf-8")
    assert made.words.is_complete and made.words.left_over == 0


def test_source_after_the_last_sentence(tmp_path: Path) -> None:
    """`Source: ÖBB` needs no brackets; another word before a colon stays text."""
    items = "# China digest\n\n## Trains\n\nThey run again. Source: ÖBB\n\n## Ports\n\nThey are open. Reason: rain\n"
    _, written = drafted(tmp_path, items)
    assert 'title: "Trains"\n    outlet: "ÖBB"\n' in written
    assert "They run again.\n" in written and "They are open. Reason: rain\n" in written


def test_country_after_a_comma(tmp_path: Path) -> None:
    """`(Die Zeit, DE)` is an outlet and its language; a place is part of the outlet."""
    items = "# China digest\n\n## Levy (Die Zeit, DE)\n\nIt begins.\n\n## Vote (Post, Washington)\n\nIt ends.\n"
    _, written = drafted(tmp_path, items)
    assert 'outlet: "Die Zeit"\n    language: de\n' in written
    assert 'outlet: "Post, Washington"\n' in written


def test_table_without_a_caption(tmp_path: Path) -> None:
    """A missing caption is counted, so that the command can announce it."""
    table = "# Top story\n\n## Ports\n\nOpen.\n\n| Year | Ports |\n|---|---|\n| 2024 | 3 |\n"
    made, written = drafted(tmp_path, table)
    assert "    : TODO: caption of this table\n" in written and made.captions == 1


def test_date_beside_the_outlet(tmp_path: Path) -> None:
    """`The Guardian, 11/12/24: title` and `13.12.2024 – Die Zeit: title`, in a digest and in a list of sources."""
    items = "# China digest\n\n## The Guardian, 22/01/2025: [Levy begins](https://example.org/a)\n\nIt begins.\n\n"
    items += "## 23.01.2025 – Die Zeit: [Abgabe](https://example.org/b)\n\nIt ends.\n"
    _, written = drafted(tmp_path, "January 27, 2025\n\n" + items)
    assert (
        'title: "Levy begins"\n    outlet: "The Guardian"\n    url: https://example.org/a\n    date: 2025-01-22\n'
        in written
    )
    assert 'title: "Abgabe"\n    outlet: "Die Zeit"\n    url: https://example.org/b\n    date: 2025-01-23\n' in written


def test_dated_sources_begin_items(tmp_path: Path) -> None:
    """Without any style, each line with a date, an outlet and a link is the title of an item."""
    items = "January 27, 2025\n\n# China digest\n\n22.01.2025 – Die Zeit: [Abgabe](https://example.org/b)\n\n"
    items += (
        "It begins, and nobody knows when it is going to end.\n\n23.01.2025 – AP: [Levy](https://example.org/a)\n\n"
    )
    items += "It ends, and nobody knows why it began at all.\n"
    _, written = drafted(tmp_path, items)
    assert 'title: "Abgabe"\n    outlet: "Die Zeit"\n    url: https://example.org/b\n    date: 2025-01-22\n' in written
    assert 'title: "Levy"\n    outlet: "AP"\n    url: https://example.org/a\n    date: 2025-01-23\n' in written
