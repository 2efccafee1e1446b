"""Values of the sample newsletter block sending, once the sender has an address of their own."""

import datetime
from pathlib import Path

import pytest

from composer.checks.rules.message.example_settings import SAMPLE_SUBJECTS
from composer.cli.main import run
from composer.core.errors import Level, Problem
from composer.core.workspace import Workspace
from composer.editions.check_run import check_issue
from tests.factories import ROOT, sample

pytestmark = pytest.mark.slow

NOW = datetime.datetime(2025, 1, 30, 9, tzinfo=datetime.UTC)


def _found(workspace: Workspace, stem: str) -> list[Problem]:
    problems = check_issue(workspace, workspace.issue(stem), NOW).problems
    return [problem for problem in problems if problem.code.startswith("SET")]


def test_the_subjects_are_those_of_the_sample() -> None:
    """The check knows the subjects of the sample's issues."""
    written = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "issues").glob("2025-01-30*.yaml"))]
    assert len(written) == len(SAMPLE_SUBJECTS)
    assert all(any(f'subject: "{subject}"' in text for text in written) for subject in SAMPLE_SUBJECTS)


@pytest.mark.parametrize("stem", ["2025-01-30", "2025-01-30.de"])
def test_a_copy_of_the_sample_with_a_real_sender(tmp_path: Path, stem: str) -> None:
    """If only the sender was changed, every other example value is a blocker at its line; in the sample itself, none is."""
    workspace = sample(tmp_path)
    assert _found(workspace, stem) == []
    for name in ("newsletter.yaml", "newsletter.de.yaml"):
        path = workspace.root / name
        text = path.read_text(encoding="utf-8").replace("briefing@news.example.org", "briefing@harbour-letter.eu")
        path.write_text(text, encoding="utf-8")
    found = _found(workspace, stem)
    assert {problem.level for problem in found} == {Level.BLOCKER}
    assert {problem.code for problem in found} == {"SET01", "SET02"}
    settings = {problem.about for problem in found}
    assert {"info@example.org", "https://news.example.org", "Example Institute", "A. Example"} <= settings
    for problem in found:
        line = (workspace.root / problem.path).read_text(encoding="utf-8").splitlines()[problem.line - 1]
        assert problem.about in line or problem.code == "SET02"


def test_a_new_newsletter_has_no_example_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `compose init` writes from answers is free of them, also with every comment removed but for what it shows as …"""
    monkeypatch.chdir(tmp_path)
    necessary = ("--name", "Letter", "--sender", "letter@harbour-letter.eu", "--postal-address", "Pier 1, Hamburg")
    assert run(["init", "news", *necessary, "--date", "2031-01-30"]) == 0
    workspace = Workspace(root=tmp_path / "news")
    path = workspace.root / "issues/2031-01-30.yaml"
    text = path.read_text(encoding="utf-8").replace('subject: ""', 'subject: "News"')
    path.write_text(text.replace("  body: |\n", "  body: |\n    Text.\n", 1), encoding="utf-8")
    assert _found(workspace, "2031-01-30") == []
    settings = workspace.root / "newsletter.yaml"
    written = settings.read_text(encoding="utf-8").replace("# imprint:", "imprint:").replace("#   name: …", "  name: …")
    settings.write_text(written, encoding="utf-8")
    path.write_text(path.read_text(encoding="utf-8").replace("# note: |\n#   …", "note: |\n  …"), encoding="utf-8")
    assert [problem.about for problem in _found(workspace, "2031-01-30")] == ["…"]
    codes = {problem.code for problem in check_issue(workspace, path, NOW).problems}
    assert "EDIT07" in codes
