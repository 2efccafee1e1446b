"""Builds into the outbox, as a function."""

from pathlib import Path

from composer.app.issues.build import build
from composer.app.issues.issue_lookup import find_issue
from composer.core.errors import Level
from composer.pdf.pdf_reader import read_pdf
from composer.pdf.printer import PdfPrinter
from tests.factories import ROOT, sample_message


def test_the_result_lists_what_was_written(tmp_path: Path) -> None:
    """The result contains files, hash, and bytes by section, for the outbox or another folder."""
    workspace = sample_message(tmp_path)
    issue = find_issue("2025-01-30", workspace.root)
    result = build(issue)
    assert result.is_built and result.issue == "issues/2025-01-30.yaml" and not result.problems
    (edition,) = result.editions
    assert edition.files == tuple(
        workspace.root / "outbox/2025-01-30" / f"issue.{end}" for end in ("html", "txt", "eml")
    )
    assert sum(size for _, size in edition.sizes) == edition.files[0].stat().st_size
    assert {name for name, _ in edition.sizes} == {"letter", "page"}
    elsewhere = build(issue, tmp_path / "elsewhere")
    assert elsewhere.hash == result.hash != edition.hash
    assert elsewhere.editions[0].files[0].read_bytes() == edition.files[0].read_bytes()


def test_every_variant_has_its_files(tmp_path: Path) -> None:
    """If parts are for some subscribers only, each edition lists its own files, the one with the most content first."""
    result = build(find_issue("2025-01-30", ROOT / "tests/golden/variants"), tmp_path)
    folders = [{file.parent for file in edition.files} for edition in result.editions]
    assert len(folders) > 1 and all(len(each) == 1 for each in folders)
    assert folders[0] == {tmp_path / "2025-01-30"}
    assert all(folder.parent == tmp_path / "2025-01-30/variants" for (folder,) in folders[1:])
    assert len({edition.subscribers for edition in result.editions}) == len(folders)


def test_the_result_says_why_nothing_was_written(tmp_path: Path) -> None:
    """Mistakes are problems in the result; a failure to write is its error; an earlier edition is kept."""
    workspace = sample_message(tmp_path)
    issue = find_issue("2025-01-30", workspace.root)
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    stuck = build(issue, tmp_path / "file")
    assert not stuck.is_built and stuck.error and not stuck.problems
    page = build(issue).editions[0].files[0].read_bytes()
    issue.path.write_text("date: 2025-01-30\nsubjekt: x\n", encoding="utf-8")
    broken = build(issue)
    assert not broken.is_built and not broken.error and not broken.hash
    assert {problem.code for problem in broken.problems} >= {"unknown-key"}
    assert (workspace.root / "outbox/2025-01-30/issue.html").read_bytes() == page


def test_a_second_file_of_the_issue_is_reported(tmp_path: Path) -> None:
    """The issue is built, and the other file is a finding that prevents sending."""
    workspace = sample_message(tmp_path)
    issue = find_issue("2025-01-30", workspace.root)
    (workspace.root / "issues/2025-01-30 copy.yaml").write_bytes(issue.path.read_bytes())
    result = build(issue)
    assert result.is_built
    assert [problem.level for problem in result.problems] == [Level.BLOCKER]


def test_the_pdf_is_written_with_the_other_files(tmp_path: Path) -> None:
    """It is in the result with its pages; a build without a printer removes it, and one that cannot print writes nothing."""
    workspace = sample_message(tmp_path)
    issue = find_issue("2025-01-30", workspace.root)
    with PdfPrinter() as printer:
        result = build(issue, printer=printer)
    assert result.pdf == workspace.root / "outbox/2025-01-30/issue.pdf" and result.pdf_pages == 1
    assert result.pdf.read_bytes().startswith(b"%PDF") and not result.problems
    assert result.pdf not in result.editions[0].files and result.hash == build(issue).hash
    assert not result.pdf.exists() and build(issue).pdf is None
    page = (workspace.root / "outbox/2025-01-30/issue.html").read_bytes()
    issue.path.write_text(issue.path.read_text(encoding="utf-8").replace("hello", "goodbye"), encoding="utf-8")
    with PdfPrinter(time_limit=0.001) as printer:
        late = build(issue, printer=printer)
    assert not late.is_built and "0.001 seconds" in late.error and late.hint and late.pdf is None
    assert (workspace.root / "outbox/2025-01-30/issue.html").read_bytes() == page


def test_the_pdf_is_the_public_form_of_the_issue(tmp_path: Path) -> None:
    """What is for some subscribers only is not in it; a character without a glyph is a finding at its line."""
    with PdfPrinter() as printer:
        result = build(find_issue("2025-01-30", ROOT / "tests/golden/variants"), tmp_path, printer)
        workspace = sample_message(tmp_path, "Dear subscribers \U00013000, hello.")
        boxes = build(find_issue("2025-01-30", workspace.root), printer=printer)
    assert result.pdf == tmp_path / "2025-01-30/issue.pdf"
    words = "".join(fragment.text for fragment in read_pdf(result.pdf.read_bytes()).fragments)
    assert "press" not in words.lower()
    (problem,) = boxes.problems
    assert (problem.path, problem.line, problem.code) == ("issues/2025-01-30.yaml", 5, "PDF02")


def test_a_withdrawn_issue_is_not_printed(tmp_path: Path) -> None:
    """With a printer, nothing is written, and the reason is in the result; without one, the issue is built."""
    workspace = sample_message(tmp_path)
    issue = find_issue("2025-01-30", workspace.root)
    issue.path.write_text(f'{issue.path.read_text(encoding="utf-8")}withdrawn: "A mistake."\n', encoding="utf-8")
    with PdfPrinter() as printer:
        result = build(issue, printer=printer)
    assert not result.is_built and "withdrawn" in result.error and not (workspace.root / "outbox").exists()
    assert build(issue).is_built
