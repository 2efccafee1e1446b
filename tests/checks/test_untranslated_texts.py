"""Texts of a translation that are still missing: LANG04 and LANG05."""

import datetime
from pathlib import Path

from composer.app.issues.build import build
from composer.app.issues.issue_lookup import IssueFile
from composer.app.issues.new_issue import new_issue
from composer.core.errors import Problem
from composer.core.workspace import Workspace
from composer.editions.check_run import check_issue
from tests.content.issue_factory import issue_workspace

DAY = datetime.date(2025, 1, 30)
ORIGINAL = """\
date: 2025-01-30
subject: "Ports"
preheader: "What the strike in the ports means"
top_story:
  title: "A strike closes three ports"
  body: |
    The strike began on Monday and will last for the whole of this week, says the union of the workers.
  analysis: |
    It will be settled soon.
  sources: |
    Reuters: [A strike closes three of the ports](https://example.org/1)
metrix:
  value: 49.1
  body: |
    The index fell.
  outlet: AP
"""


def _translated(tmp_path: Path) -> IssueFile:
    workspace = issue_workspace(tmp_path)
    (workspace.root / "newsletter.fr.yaml").write_text("language: fr\n", encoding="utf-8")
    (workspace.root / "issues/2025-01-30.yaml").write_text(ORIGINAL, encoding="utf-8")
    return new_issue(workspace, day=DAY, language="fr", source="en")


def test_each_text_that_is_missing_is_reported_at_its_line(tmp_path: Path) -> None:
    """Empty texts block, copied ones of several words are a warning; short ones and copied names are none; build says so, too."""
    issue = _translated(tmp_path)
    text = issue.path.read_text(encoding="utf-8")
    # The required texts; everything else is left as `compose new` wrote it, and one text is copied.
    text = text.replace('subject: ""', 'subject: "Ports"').replace("  body: |\n", "  body: |\n    Le texte.\n")
    text = text.replace('title: ""', 'title: "A strike closes three ports"')
    issue.path.write_text(text, encoding="utf-8")
    lines = text.splitlines()
    built = build(issue)
    assert built.is_built
    found = [(each.code, each.level, lines[each.line - 1].strip()) for each in built.problems]
    assert found == [
        ("LANG05", "blocker", 'preheader: ""'),
        ("LANG05", "warning", 'title: "A strike closes three ports"'),
        ("LANG05", "blocker", "analysis: |"),
    ]
    now = datetime.datetime.combine(DAY, datetime.time(), datetime.UTC)
    checked = check_issue(issue.workspace, issue.path, now).problems
    assert {each for each in checked if each.code == "LANG05"} == set(built.problems)


def test_a_text_without_a_translation_may_be_left_out(tmp_path: Path) -> None:
    """A key that was deleted is not reported; a copied paragraph is reported once, not by LANG03 as well."""
    issue = _translated(tmp_path)
    issue.path.write_text(ORIGINAL.replace('preheader: "What the strike in the ports means"\n', ""), encoding="utf-8")
    now = datetime.datetime.combine(DAY, datetime.time(), datetime.UTC)
    found = [each for each in check_issue(issue.workspace, issue.path, now).problems if each.code.startswith("LANG")]
    assert [(each.code, each.kind, each.line) for each in found if each.code != "LANG04"] == [
        ("LANG05", "same", 4),
        ("LANG05", "same", 5),
        ("LANG05", "same", 7),
    ]
    original = IssueFile(workspace=issue.workspace, path=issue.workspace.root / "issues/2025-01-30.yaml")
    assert build(original).problems == ()


MASTHEAD = """\
masthead:
  - heading: Editorial team
    people:
      - name: Anna Keller
        title: editor-in-chief
"""
IN_FRENCH = """\
language: fr
sections:
  top_story: {heading: À la une, labels: {analysis: Notre avis}}
  topics: {heading: Dossiers}
"""


def test_labels_and_the_masthead_of_another_language(tmp_path: Path) -> None:
    """Labels and roles of newsletter.yaml are reported, each at its line there; those of the language's own file are not."""
    workspace = issue_workspace(tmp_path)
    settings = workspace.root / "newsletter.yaml"
    labels = "  top_story:\n    labels: {analysis: Our view, sources: Read}\n"
    text = settings.read_text(encoding="utf-8").replace("  top_story:\n", labels) + MASTHEAD
    settings.write_text(text, encoding="utf-8")
    found = _untranslated_settings(workspace, IN_FRENCH)
    lines = text.splitlines()
    assert [(each.about, lines[each.line - 1].strip()) for each in found] == [
        ("top_story.sources", "labels: {analysis: Our view, sources: Read}"),
        ("masthead", "- heading: Editorial team"),
    ]
    translated = IN_FRENCH.replace("avis}", "avis, sources: Lire}") + MASTHEAD.replace("Editorial team", "Rédaction")
    assert _untranslated_settings(workspace, translated) == []


def _untranslated_settings(workspace: Workspace, overlay: str) -> list[Problem]:
    (workspace.root / "newsletter.fr.yaml").write_text(overlay, encoding="utf-8")
    path = workspace.root / "issues/2025-01-30.fr.yaml"
    path.write_text(ORIGINAL, encoding="utf-8")
    now = datetime.datetime.combine(DAY, datetime.time(), datetime.UTC)
    return [each for each in check_issue(workspace, path, now).problems if each.code == "LANG04"]
