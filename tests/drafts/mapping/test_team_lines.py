"""People of a masthead as drafts list them."""

from pathlib import Path

import pytest

from composer.drafts.draft_document import Span
from composer.drafts.mapping.outline.team_lines import team_line
from tests.drafts.mapping.test_typed_addresses import drafted

STORY = "January 27, 2025\n\n# Top story\n\n## Ports\n\nThey are open.\n\n"


@pytest.mark.parametrize(
    ("text", "role", "people"),
    [
        ("Editors: Anna Li, Bo Chen", "Editors", [("Anna Li", ""), ("Bo Chen", "")]),
        (
            "Redaktion: Dr. Eva von der Heide und José Ruiz",
            "Redaktion",
            [("Dr. Eva von der Heide", ""), ("José Ruiz", "")],
        ),
        ("Rédaction : Zoé d'Arc (cheffe), Ida Öz", "Rédaction", [("Zoé d'Arc", "cheffe"), ("Ida Öz", "")]),
        ("Editor: Anna Li, Senior Analyst", "Editor", [("Anna Li", "Senior Analyst")]),
        ("Anna Li, Bo Chen and Cy Doe", "", [("Anna Li", ""), ("Bo Chen", ""), ("Cy Doe", "")]),
        ("Anna Li, editor-in-chief", "", [("Anna Li", "editor-in-chief")]),
        ("Anna Li – Head of Research", "", [("Anna Li", "Head of Research")]),
        ("编辑：梁文锋、李强", "编辑", [("梁文锋", ""), ("李强", "")]),
    ],
)
def test_people(text: str, role: str, people: list[tuple[str, str]]) -> None:
    """The role before a colon, names with commas or `and` between them, and what each person does."""
    found = team_line((Span(text),))
    assert found is not None
    assert (found.role, [(each.name, each.title) for each in found.people]) == (role, people)


@pytest.mark.parametrize(
    "text", ["Editors: we are looking for one", "We are a team of three.", "Write to us", "Note: The ports are open"]
)
def test_lines_without_people(text: str) -> None:
    """A sentence, and words that do not look like a name, are something else."""
    assert team_line((Span(text),)) is None


def test_mastheads(tmp_path: Path) -> None:
    """A heading with names, a list, and one line at the end of a draft become the masthead; a sentence stays."""
    people = '  - people:\n      - name: "Anna Li"\n        title: "editor"\n      - name: "Bo Chen"\n'
    forms = ("# Editorial team\n\n- Anna Li, editor\n- Bo Chen\n", "Editorial team: Anna Li (editor), Bo Chen\n")
    roles = '  - heading: "Editors"\n    people:\n      - name: "Anna Li"\n\n'
    roles += '  - heading: "Layout"\n    people:\n      - name: "Bo Chen"\n'
    cases = [*((form, people) for form in forms), ("# Team\n\nEditors: Anna Li\n\nLayout: Bo Chen\n", roles)]
    for number, (form, expected) in enumerate(cases):
        (folder := tmp_path / str(number)).mkdir()
        made, written = drafted(folder, STORY + form)
        assert f"masthead:\n{expected}" in written and made.words.left_over == 0
    (folder := tmp_path / "text").mkdir()
    _, written = drafted(folder, f"{STORY}Editors: we are looking for one\n")
    assert "    Editors: we are looking for one\n" in written


@pytest.mark.parametrize("heading", ["# Editorial team\n\n", "# Team\n\n## Editors\n\n"])
def test_address_among_people(tmp_path: Path, heading: str) -> None:
    """One line that names nobody stays in the file as left over, and the people are the masthead."""
    address = "Example Institute, Rue de la Loi 12, 1040 Brussels, brief@example.org"
    made, written = drafted(tmp_path, f"{STORY}{heading}Anna Li, editor\n\n{address}\n\nBo Chen\n")
    assert '      - name: "Anna Li"\n        title: "editor"\n      - name: "Bo Chen"\n' in written
    assert f"#   {address}\n" in written and made.words.left_over == 11
