"""Where a draft goes: an empty issue, one section of several, the edition in its language."""

from pathlib import Path

import pytest

from composer.app.issues.drafting import DraftedIssue, DraftFile, draft_issue, draft_section
from composer.app.issues.issue_lookup import find_issue
from composer.app.issues.new_issue import new_issue
from composer.core.errors import UsageError
from composer.core.workspace import Workspace
from composer.drafts.formats.draft_error import DraftError
from tests.app.issues.test_drafting import DAY
from tests.factories import sample

STORY = "# Top story\n\n## Ports reopen\n\nThe ports are open[^1].\n\n[^1]: Since May.\n"
TOPICS = "# Topics\n\n## Rivers rise\n\n**The facts:** They rise.\n"
FRENCH = (
    "# Les ports\n\nLes ports de la région sont ouverts depuis le mois de mai, et les navires qui attendaient dans la baie "
    "sont arrivés avec une semaine de retard. Pour les entreprises, ce n'est pas une bonne nouvelle, mais la situation est "
    "plus stable que dans les autres régions.\n"
)


def drafted(workspace: Workspace, text: str) -> DraftedIssue:
    return draft_issue(workspace, [DraftFile(name="draft.md", data=text.encode())], today=DAY)


@pytest.mark.parametrize("date", ["", "February 20, 2025\n\n"])
def test_an_empty_issue_is_replaced(tmp_path: Path, date: str) -> None:
    """With the date that the draft has, or with that of the empty issue; its number stays."""
    workspace = sample(tmp_path)
    empty = new_issue(workspace, day=DAY.replace(day=20), today=DAY)
    assert "number: 1\n" in empty.path.read_text(encoding="utf-8")
    made = drafted(workspace, date + STORY)
    written = empty.path.read_text(encoding="utf-8")
    assert made.has_replaced and made.issue.path == empty.path
    assert "date: 2025-02-20\nnumber: 1\n" in written and "Ports reopen" in written


@pytest.mark.parametrize("change", [('subject: ""', 'subject: "x"'), ("number: 1\n", "number: 1\n# mine\n")])
def test_a_changed_issue_is_not_replaced(tmp_path: Path, change: tuple[str, str]) -> None:
    """One word or one comment is enough."""
    workspace = sample(tmp_path)
    path = new_issue(workspace, day=DAY, today=DAY).path
    before = path.read_text(encoding="utf-8").replace(*change, 1)
    path.write_text(before, encoding="utf-8")
    with pytest.raises(UsageError, match="already exists"):
        drafted(workspace, "February 3, 2025\n\n" + STORY)
    assert path.read_text(encoding="utf-8") == before


def test_one_section_of_a_whole_draft(tmp_path: Path) -> None:
    """Only the section is written; the other sections, with their footnotes, are named and counted."""
    sample(tmp_path)
    path = tmp_path / "issues/2025-02-06.yaml"
    path.write_text('date: 2025-02-06\nsubject: "s"\n', encoding="utf-8")
    made = draft_section(find_issue(path), [DraftFile(name="a.md", data=(STORY + TOPICS).encode())], "topics")
    written = path.read_text(encoding="utf-8")
    assert "Rivers rise" in written and "Ports" not in written and "May" not in written
    assert made.skipped == ("Top story",)
    assert (made.words.total, made.words.placed, made.words.left_over, made.words.skipped) == (17, 7, 0, 10)


def test_another_section(tmp_path: Path) -> None:
    """A draft that has other sections only is refused."""
    sample(tmp_path)
    path = tmp_path / "issues/2025-02-06.yaml"
    path.write_text('date: 2025-02-06\nsubject: "s"\n', encoding="utf-8")
    with pytest.raises(DraftError, match="no heading “Topics”, but the headings of other sections: Top story"):
        draft_section(find_issue(path), [DraftFile(name="a.md", data=STORY.encode())], "topics")
    assert path.read_text(encoding="utf-8") == 'date: 2025-02-06\nsubject: "s"\n'


def test_language_of_the_text(tmp_path: Path) -> None:
    """A French text is the French edition, although its headings are not translated yet."""
    workspace = sample(tmp_path)
    new_issue(workspace, day=DAY, language="fr", today=DAY)
    made = drafted(workspace, FRENCH)
    assert made.issue.name == "issues/2025-02-03.fr.yaml"
    assert (made.language, made.date) == ("fr", DAY)
    assert made.has_replaced
