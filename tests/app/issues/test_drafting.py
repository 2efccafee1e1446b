"""Issues from drafts, as functions."""

import datetime
from pathlib import Path

import pytest

from composer.app.issues.build import build
from composer.app.issues.check import check
from composer.app.issues.drafting import DraftedIssue, DraftFile, draft_issue, draft_section
from composer.app.issues.issue_lookup import find_issue
from composer.core.errors import Level, UsageError
from composer.core.workspace import Workspace
from composer.drafts.formats.draft_error import DraftError
from composer.drafts.formats.tracked_changes import ChangeDecision
from tests.drafts.mapping.draft_strategy import PNG
from tests.drafts.test_word_changes import change, gone
from tests.drafts.word_factory import paragraph, text, word_file
from tests.factories import sample

DAY = datetime.date(2025, 2, 3)
BOLD = "<w:b/>"
STORY = (
    paragraph(text("Top story", BOLD)) + paragraph(text("Ports reopen", BOLD)) + paragraph("The ports are open again.")
)
TOPIC = paragraph(text("Rivers rise", BOLD)) + paragraph(text("The facts:", BOLD) + text(" They rise."))


def word(body: str, name: str = "draft.docx") -> DraftFile:
    return DraftFile(name=name, data=word_file(body))


def drafted(workspace: Workspace, *files: DraftFile) -> DraftedIssue:
    return draft_issue(workspace, files, today=DAY)


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    """An issue of that day stays, and the error says how to write into it."""
    workspace = sample(tmp_path)
    before = (tmp_path / "issues/2025-01-30.yaml").read_bytes()
    with pytest.raises(UsageError, match="already exists") as told:
        drafted(workspace, word(paragraph("January 30, 2025") + STORY))
    assert "--into 2025-01-30" in told.value.hint
    assert (tmp_path / "issues/2025-01-30.yaml").read_bytes() == before


def test_dates_and_numbers_go_on(tmp_path: Path) -> None:
    """A draft without a date is the next issue; what its newsletter requires and it lacks is a line to fill in."""
    made = drafted(sample(tmp_path), word(STORY))
    written = made.issue.path.read_text(encoding="utf-8")
    assert made.issue.stem == "2025-02-03"
    assert "number: 1\n" in written
    assert "# TODO write this section: Topics\ntopics:\n" in written
    assert {problem.code for problem in made.problems} == {"required"}
    assert made.todos == 3


def test_open_changes_are_refused(tmp_path: Path) -> None:
    """The error counts them and says where they are; a decision makes the issue."""
    workspace = sample(tmp_path)
    body = STORY + paragraph(text("Some ") + change("ins", text("new")) + change("del", gone("old")) + text(" words"))
    with pytest.raises(DraftError, match="2 open changes") as told:
        drafted(workspace, word(body))
    assert "inserted in paragraph 4: “new”" in told.value.message
    assert not (tmp_path / "issues/2025-02-03.yaml").exists()
    made = draft_issue(workspace, [word(body)], decision=ChangeDecision.REJECT, today=DAY)
    assert "Some old words" in made.issue.path.read_text(encoding="utf-8")


def test_comments_stop_sending(tmp_path: Path) -> None:
    """A reviewer's comment is a line above the text that it is about; the issue can be built, but check has a blocker."""
    workspace = sample(tmp_path)
    mark = '<w:commentRangeStart w:id="4"/><w:r><w:t>open again</w:t></w:r><w:commentRangeEnd w:id="4"/>'
    mark += '<w:r><w:commentReference w:id="4"/></w:r>'
    comment = '<w:comment w:id="4" w:author="B. Sample"><w:p><w:r><w:t>Since when?</w:t></w:r></w:p></w:comment>'
    body = paragraph(text("Top story", BOLD)) + paragraph(text("Ports reopen", BOLD))
    body += paragraph(text("The ports are ") + mark) + paragraph(text("Topics", BOLD)) + TOPIC
    body += (
        paragraph(text("China digest", BOLD))
        + paragraph("Trade grows (BBC)")
        + paragraph("It grew last year, too. (25/01/20)")
    )
    data = word_file(body, parts={"comments.xml": ("comments", comment)})
    made = drafted(workspace, DraftFile(name="draft.docx", data=data))
    written = made.issue.path.read_text(encoding="utf-8")
    assert "  # TODO B. Sample: Since when?\n  body: |\n    The ports are open again\n" in written
    assert build(made.issue).is_built
    found = [each for each in check(made.issue, day=DAY).problems if each.code == "EDIT13"]
    assert {(each.level, each.kind) for each in found} == {(Level.BLOCKER, "todo")}
    assert any("Since when?" in each.message for each in found)


def test_several_files_are_one_issue(tmp_path: Path) -> None:
    """A file without a heading is the section that it is named after."""
    digest = paragraph("Trade grows (BBC)") + paragraph("It grew last year, too. (25/01/20)")
    made = drafted(sample(tmp_path), word(STORY), word(digest, "china-digest.docx"))
    written = made.issue.path.read_text(encoding="utf-8")
    assert 'digest:\n  - title: "Trade grows"\n    outlet: "BBC"\n    date: 2025-01-20\n' in written
    assert made.words.left_over == 0


def test_footnotes_of_two_files(tmp_path: Path) -> None:
    """Two files may have the same name and a footnote of the same number; each keeps its own text."""
    story = DraftFile(name="a.md", data=b"# Top story\n\n## Ports\n\nOpen[^1].\n\n[^1]: Since May.\n")
    topic = DraftFile(name="a.md", data=b"# Topics\n\n## Rivers\n\n**The facts:** Rising[^1].\n\n[^1]: By a foot.\n")
    written = drafted(sample(tmp_path), story, topic).issue.path.read_text(encoding="utf-8")
    assert "Since May." in written.split("topics:")[0]
    assert "By a foot." in written.split("topics:")[1]


def test_date_in_the_header(tmp_path: Path) -> None:
    """A header with name, date and page number is not text of the issue, but its date counts."""
    header = paragraph("China Briefing, March 6, 2025, page 1")
    reference = '<w:sectPr><w:headerReference w:type="default" r:id="part:header1.xml"/></w:sectPr>'
    data = word_file(STORY + reference, parts={"header1.xml": ("header1", header)})
    made = drafted(sample(tmp_path), DraftFile(name="draft.docx", data=data))
    assert made.issue.stem == "2025-03-06"
    assert made.words.left_over == 0


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_into_an_empty_section(tmp_path: Path, newline: str) -> None:
    """Only the section changes: comments, order and line ends around it stay, byte for byte."""
    sample(tmp_path)
    before = (
        '\ufeff# My comment\ndate: 2025-02-06\nsubject: "A subject"\n\ntop_story:\n  title: "x"   # why\n  body: |\n    y\n\n'
        '# Topics: several\ntopics:\n  - title: ""\n    facts: |\n\n# about the digest\ndigest:\n- title: "z"\n  body: "zz"\n'
    ).replace("\n", newline)
    path = tmp_path / "issues/2025-02-06.yaml"
    path.write_bytes(before.encode())
    draft_section(find_issue(path), [word(TOPIC)], "topics")
    written = path.read_bytes().decode()
    new = '  - title: "Rivers rise"\n    facts: |\n      They rise.\n'.replace("\n", newline)
    assert written == before.replace(f'  - title: ""{newline}    facts: |{newline}', new)


def test_into_a_list(tmp_path: Path) -> None:
    """A list gets more items, with the indentation of those that are there; a text is not overwritten."""
    workspace = sample(tmp_path)
    issue = find_issue("2025-01-30", tmp_path)
    before = issue.path.read_text(encoding="utf-8")
    made = draft_section(issue, [word(TOPIC)], "topics")
    after = issue.path.read_text(encoding="utf-8")
    assert after.replace('\n  - title: "Rivers rise"\n    facts: |\n      They rise.\n', "") == before
    assert made.words.total == made.words.placed == 6
    with pytest.raises(UsageError, match="already has a text"):
        draft_section(issue, [word(STORY)], "top_story")
    with pytest.raises(UsageError, match="has no section") as told:
        draft_section(issue, [word(STORY)], "topstory")
    assert "top_story" in told.value.hint
    assert workspace.root == issue.workspace.root


def test_into_a_missing_section(tmp_path: Path) -> None:
    """It is inserted in the order of the newsletter, above the comments of the next section."""
    sample(tmp_path)
    path = tmp_path / "issues/2025-02-06.yaml"
    path.write_text(
        'date: 2025-02-06\nsubject: "s"\n\n# digest\ndigest:\n  - title: "z"\n    body: "zz"', encoding="utf-8"
    )
    draft_section(find_issue(path), [word(TOPIC)], "topics")
    new = 'topics:\n  - title: "Rivers rise"\n    facts: |\n      They rise.\n\n'
    assert f'subject: "s"\n\n{new}# digest\ndigest:\n' in path.read_text(encoding="utf-8")


def test_pictures(tmp_path: Path) -> None:
    """A picture is a file with a free name, and a figure of the text that it is in."""
    workspace = sample(tmp_path)
    (tmp_path / "issues/assets/2025-02-03-1.png").write_bytes(b"mine")
    drawing = (
        '<w:r><w:drawing><wp:inline><wp:docPr id="1" name="x" descr="A port"/><a:graphic><a:graphicData><pic:pic><pic:blipFill>'
        '<a:blip r:embed="file:media/a.png"/></pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>'
    )
    body = STORY + paragraph(drawing) + paragraph(text("Figure 1: Ports", "<w:i/>")) + paragraph("More about ports.")
    data = word_file(body, files={"media/a.png": PNG})
    made = drafted(workspace, DraftFile(name="draft.docx", data=data))
    written = made.issue.path.read_text(encoding="utf-8")
    assert (
        '  figure:\n    image: assets/2025-02-03-2.png\n    alt: "A port"\n    caption: "Figure 1: Ports"\n    after: 1\n'
        in written
    )
    assert [path.name for path in made.pictures] == ["2025-02-03-2.png"]
    assert made.pictures[0].read_bytes() == PNG
    assert (tmp_path / "issues/assets/2025-02-03-1.png").read_bytes() == b"mine"
