"""The command `compose draft`."""

import io
import re
from pathlib import Path

import pytest

from composer.cli.main import run
from tests.app.issues.test_drafting import BOLD, STORY
from tests.drafts.word_factory import paragraph, text, word_file
from tests.factories import sample


@pytest.fixture
def newsletter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    sample(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_totals(newsletter: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command prints the file, the totals, names that differ, what is missing, and the next step."""
    lost = paragraph(text("Job offers", BOLD), '<w:pStyle w:val="berschrift1"/>')
    body = paragraph("Top story", '<w:pStyle w:val="berschrift1"/>') + paragraph(
        "Ports", '<w:pStyle w:val="berschrift2"/>'
    )
    body += paragraph("They are open.") + lost + paragraph("We need two editors.")
    body += paragraph("The China digest", '<w:pStyle w:val="berschrift1"/>')
    (newsletter / "draft.docx").write_bytes(word_file(body))
    assert run(["draft", "draft.docx"]) == 0
    told = capsys.readouterr()
    assert told.out.startswith("issues/20")
    assert "15 words: 9 placed, 6 left over" in told.err
    assert "“The China digest” is printed as “China digest”" in told.err
    assert "TODO" in told.err and "compose preview" in told.err
    written = next((newsletter / "issues").glob("202[6-9]*.yaml")).read_text(encoding="utf-8")
    assert "# left over, paragraph 4:\n#   Job offers\n#   We need two editors.\n" in written


def test_name_without_quotes(newsletter: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A name with spaces that the shell has divided is recognized."""
    (newsletter / "Weekly briefing.docx").write_bytes(word_file(STORY))
    assert run(["draft", "Weekly", "briefing.docx"]) == 2
    told = capsys.readouterr().err
    assert "put the name in quotes" in told and "compose draft 'Weekly briefing.docx'" in told


def test_one_word(newsletter: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The totals name the language and the date."""
    (newsletter / "draft.md").write_text("# Topics\n", encoding="utf-8")
    assert run(["draft", "draft.md", "--language", "de"]) == 0
    told = capsys.readouterr()
    assert "1 word: " in told.err
    assert f"language: de, date: {told.out.strip()[7:17]}" in told.err


def test_standard_input(newsletter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` reads a draft from standard input."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(word_file(STORY))))
    assert run(["draft", "-"]) == 0
    assert list((newsletter / "issues").glob("202[6-9]*.yaml"))


@pytest.mark.parametrize(
    "options",
    [
        ["draft.docx", "--accept-changes", "--reject-changes"],
        ["draft.docx", "--into", "2025-01-30"],
        ["draft.docx", "--section", "topics"],
        ["draft.docx", "--into", "2025-01-30", "--section", "topics", "--language", "de"],
        [],
    ],
)
def test_wrong_options(newsletter: Path, options: list[str]) -> None:
    """Options that exclude or need each other are an error of the command line."""
    assert run(["draft", *options]) == 2


def test_unreadable_files(newsletter: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A missing file and a file of another kind are errors without a traceback, and nothing is written."""
    (newsletter / "draft.pdf").write_bytes(b"%PDF-1.7\n...")
    before = set((newsletter / "issues").iterdir())
    assert run(["draft", "missing.docx"]) == 1
    assert run(["draft", "draft.pdf"]) == 1
    assert "PDF" in capsys.readouterr().err
    assert set((newsletter / "issues").iterdir()) == before


def test_unknown_label(newsletter: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command says where the text is, and prints the lines that make a label of it."""
    topic = "## Heat\n\n**The facts:** Sales fall.\n\n**What to watch:** Prices.\n\n**Our view:** This is good.\n\n"
    (newsletter / "draft.md").write_text(f"# Topics\n\n{topic}{topic}", encoding="utf-8")
    assert run(["draft", "draft.md"]) == 0
    told = capsys.readouterr().err
    assert "“Our view” is not a label of the newsletter" in told and "topics, key watch (2 times)" in told
    assert "newsletter.yaml what is missing of these lines:\n        sections:\n          topics:\n" in told
    assert '            labels:\n              analysis: "Our view"\n    then delete issues/' in told


def test_unknown_labels_without_a_field(newsletter: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A label of a translation names its file; two labels never get the same field, and a subhead gets none."""
    topic = "## Wärme\n\n**Die Fakten:** Es wird kalt.\n\n**Ausblick:** Es bleibt kalt.\n\n**Unsere Sicht:** Das ist gut.\n\n"
    text = f"{topic}**Und morgen**\n\nEs wird wärmer. Das ist für uns alle und auch für die anderen sehr gut.\n"
    (newsletter / "draft.md").write_text(f"# Themen\n\n{text}\n{topic}", encoding="utf-8")
    assert run(["draft", "draft.md", "--language", "de"]) == 0
    told = capsys.readouterr().err
    assert "add to newsletter.de.yaml" in told and "“Und morgen” is a subhead" in told
    assert told.count("labels:\n") == len(set(re.findall(r"label of   (\w+)", told))) == 2
