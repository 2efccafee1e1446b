"""New issues, as a function."""

import datetime
import shutil
from pathlib import Path

import pytest

from composer.app.issues.build import build
from composer.app.issues.new_issue import new_issue
from composer.core.errors import Level, UsageError
from composer.editions.check_run import check_issue
from tests.factories import sample, sample_message

TODAY = datetime.date(2025, 2, 3)


def test_the_next_issue(tmp_path: Path) -> None:
    """It is written to the file of its date, with texts missing; the date follows from earlier issues, or is given."""
    workspace = sample_message(tmp_path)
    made = new_issue(workspace, today=TODAY)
    assert made.name == "issues/2025-02-06.yaml"
    assert not build(made).is_built
    assert new_issue(workspace, day=datetime.date(2025, 3, 1), today=TODAY).stem == "2025-03-01"


def test_an_issue_is_never_overwritten(tmp_path: Path) -> None:
    """An issue of that date is kept, whatever its file name, and another date is suggested."""
    workspace = sample_message(tmp_path)
    before = (workspace.root / "issues/2025-01-30.yaml").read_bytes()
    with pytest.raises(UsageError, match="already exists") as told:
        new_issue(workspace, day=datetime.date(2025, 1, 30), today=TODAY)
    assert "2025-02-06" in told.value.hint
    assert (workspace.root / "issues/2025-01-30.yaml").read_bytes() == before


def test_an_edition_in_another_language(tmp_path: Path) -> None:
    """The first one creates the overlay file and reports it; the texts to translate are comments."""
    workspace, made = sample_message(tmp_path), list[Path]()
    issue = new_issue(workspace, language="de", source="en", today=TODAY, file_made=made.append)
    assert issue.name == "issues/2025-01-30.de.yaml" and made == [workspace.root / "newsletter.de.yaml"]
    assert "# Dear subscribers, hello." in issue.path.read_text(encoding="utf-8")
    assert new_issue(workspace, language="de", today=TODAY, file_made=made.append).stem == "2025-02-06.de"
    assert len(made) == 1


def test_the_edition_that_the_newest_issue_lacks(tmp_path: Path) -> None:
    """Without a date, a language continues the newest issue, with its number, until it has this edition or is past."""
    workspace = sample_message(tmp_path)
    (workspace.root / "issues/2025-01-30.yaml").write_text(
        'date: 2025-01-30\nnumber: 8\nsubject: "Ports"\n', encoding="utf-8"
    )
    assert new_issue(workspace, language="de", today=datetime.date(2025, 1, 31)).stem == "2025-02-06.de"
    made = new_issue(workspace, today=datetime.date(2025, 1, 31))
    assert made.stem == "2025-02-06" and "number: 9\n" in made.path.read_text(encoding="utf-8")
    other = new_issue(workspace, language="fr", today=datetime.date(2025, 2, 6))
    assert other.stem == "2025-02-06.fr" and "number: 9\n" in other.path.read_text(encoding="utf-8")
    assert new_issue(workspace, language="fr", today=datetime.date(2025, 2, 6)).stem == "2025-02-13.fr"


def test_a_language_that_the_program_does_not_have(tmp_path: Path) -> None:
    """The texts of the theme and of the pages are written to be translated; what is left empty is English, and a finding."""
    workspace, made = sample(tmp_path), list[Path]()
    issue = new_issue(workspace, language="sw", source="en", today=TODAY, file_made=made.append)
    assert [workspace.name(path) for path in made] == [
        "newsletter.sw.yaml",
        "templates/briefing/phrases/sw.yaml",
        "templates/briefing/phrases/pages/sw.yaml",
    ]
    overlay = made[0].read_text(encoding="utf-8")
    assert '  top_story:\n    heading: ""                   # Top story\n' in overlay
    assert '    #   analysis: "Our analysis"\n' in overlay
    assert '# masthead:\n#   - heading: "' in overlay
    bare = overlay.partition("# masthead:")[2].replace("\n# ", "\n").partition("\noffers:")[0]
    assert "\n  - heading: " in bare and "\n      - name: " in bare and "\n        title: " in bare
    edition, pages = (path.read_text(encoding="utf-8") for path in made[1:])
    assert '# In this issue\ncontents: ""' in edition and 'colon: ": "' in edition
    assert 'language_name: "Kiswahili"' in pages and "reviewed: false" in pages
    shutil.copy(workspace.root / "issues/2025-01-30.yaml", issue.path)
    checked = check_issue(workspace, issue.path, datetime.datetime.combine(TODAY, datetime.time(), datetime.UTC))
    found = {(each.code, each.level, each.path) for each in checked.problems if each.code.startswith("LANG")}
    assert found == {
        ("LANG01", Level.WARNING, "newsletter.sw.yaml"),
        ("LANG02", Level.BLOCKER, "templates/briefing/phrases/sw.yaml"),
        ("LANG02", Level.BLOCKER, "templates/briefing/phrases/pages/sw.yaml"),
        # The issue is a copy of the English one, and no heading, label or role is translated.
        ("LANG05", Level.WARNING, "issues/2025-01-30.sw.yaml"),
        ("LANG04", Level.WARNING, "newsletter.sw.yaml"),
        ("LANG04", Level.WARNING, "newsletter.yaml"),
    }
    assert "IN THIS ISSUE" in checked.review.text
    again = new_issue(workspace, language="sw", today=TODAY, file_made=made.append)
    assert again.stem == "2025-02-06.sw" and len(made) == 3
