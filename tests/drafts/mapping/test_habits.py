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
    assert "    : TODO\n" in written and made.captions == 1
