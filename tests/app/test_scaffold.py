"""The files that `compose new` writes: YAML in which only the texts are missing."""

import datetime
import itertools
from pathlib import Path

import pytest

from composer.app.scaffold.issue_skeleton import skeleton
from composer.app.scaffold.issue_translation import translation
from composer.app.scaffold.next_issue import NextIssue, next_issue
from composer.content.document.issue import read_issue
from composer.content.document.newsletter import read_newsletter
from composer.content.yaml.nodes import Mapping, Scalar
from composer.content.yaml.parser import parse
from composer.content.yaml.source import SourceText
from composer.core.errors import ContentError
from composer.core.workspace import Workspace
from tests.content.issue_factory import issue_workspace
from tests.factories import ROOT, sample

DAY = datetime.date(2025, 2, 6)


def _tree(text: str) -> Mapping:
    root, problems = parse(SourceText.of(text, name="issue.yaml"))
    assert problems == ()
    assert isinstance(root, Mapping)
    return root


def _told(workspace: Workspace, text: str, stem: str = "2025-02-06") -> list[tuple[str, str]]:
    path = workspace.root / f"issues/{stem}.yaml"
    path.write_text(text, encoding="utf-8")
    try:
        read_issue(workspace, path)
    except ContentError as error:
        return [(problem.code, problem.message) for problem in error.problems]
    return []


def test_an_empty_skeleton_lacks_only_required_texts(tmp_path: Path) -> None:
    """The skeleton is valid YAML; only empty required texts are reported, nothing about optional ones."""
    workspace = sample(tmp_path)
    text = skeleton(read_newsletter(workspace), NextIssue(date=DAY, number=215))
    tree = _tree(text)
    assert {"date", "number", "subject", "top_story", "topics", "digest", "podcasts"} <= {
        entry.key.text for entry in tree.entries
    }
    found = _told(workspace, text)
    assert {code for code, _ in found} == {"required"}
    assert all("is empty" in message or "is missing" in message for _, message in found)
    assert not any("podcasts" in message or "metrix" in message for _, message in found)


def test_a_skeleton_needs_only_texts(tmp_path: Path) -> None:
    """With the required texts filled in, the skeleton is a valid issue."""
    workspace = issue_workspace(tmp_path)
    text = skeleton(read_newsletter(workspace), NextIssue(date=DAY, number=None))
    assert "\nnumber:" not in text
    text = text.replace('subject: ""', 'subject: "A subject"')
    text = text.replace('  title: ""', '  title: "A title"').replace("  body: |\n", "  body: |\n    A text.\n")
    story, _, rest = text.partition("\n# Topics")
    assert _told(workspace, story) == []
    assert rest


@pytest.mark.parametrize(
    "theme_type", ["text", "image", "quote", "button", "events", "people", "links", "story", "media"]
)
def test_every_section_type_has_a_skeleton(tmp_path: Path, theme_type: str) -> None:
    """For any section types of a newsletter, the skeleton is valid YAML without unknown keys."""
    workspace = issue_workspace(tmp_path)
    path = workspace.root / "newsletter.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("type: metric", f"type: {theme_type}"), encoding="utf-8")
    text = skeleton(read_newsletter(workspace), NextIssue(date=DAY, number=1))
    _tree(text)
    assert not [each for each in _told(workspace, text) if each[0] not in ("required", "alt")]


def test_a_translation_keeps_everything_but_the_texts(tmp_path: Path) -> None:
    """Addresses, dates, pictures and sources are kept; each text is a comment above its empty value."""
    workspace = sample(tmp_path)
    source = _tree((ROOT / "issues/2025-01-30.yaml").read_text(encoding="utf-8"))
    newsletter = read_newsletter(workspace, "de")
    text = translation(newsletter, source)
    tree = _tree(text)
    assert [entry.key.text for entry in tree.entries] == [entry.key.text for entry in source.entries]
    assert "image: assets/chip-efficiency.png" in text
    assert '# A cheap model shakes up the AI race\nsubject: ""' in text
    lines = text.splitlines()
    dashed = [(above, line) for above, line in itertools.pairwise(lines) if line.lstrip().startswith("- ")]
    comments = [(above, line) for above, line in dashed if above.lstrip().startswith("#")]
    assert comments and all(above.index("#") == line.index("-") for above, line in comments)
    found = _told(workspace, text, "2025-01-30.de")
    assert {code for code, _ in found} <= {"required", "alt"}


def test_what_is_the_same_in_every_language_is_copied(tmp_path: Path) -> None:
    """Names, outlets, figures, times, places, credits, the order of sections and sources with keys are kept."""
    workspace = issue_workspace(tmp_path)
    path = workspace.root / "newsletter.yaml"
    kinds = "  dates:\n    type: events\n  voice:\n    type: quote\n  team:\n    type: people\nfields:"
    path.write_text(path.read_text(encoding="utf-8").replace("fields:", kinds), encoding="utf-8")
    kept = (
        "order:\n  - dates\n  - voice\n",
        "metrix:\n  value: 'CNY 45 bn'\n",
        "  outlet: AP\n",
        "    time: '18:00–19:30 CET'\n    place: 'Berlin and online'\n",
        "  author: 'Anna Li'\n",
        "  - name: 'Bo Chen'\n",
        "  sources:\n    - outlet: Reuters\n      title: 'A title: here'\n",
        "  title: 24/7\n",
        "masthead:\n",
        "      - name: 'Cy Doe'\n",
    )
    source = _tree(
        'date: 2025-01-30\norder:\n  - dates\n  - voice\nsubject: "S"\ntop_story:\n  title: "24/7"\n  body: |\n    Text.\n'
        '  sources:\n    - outlet: Reuters\n      title: "A title: here"\nmetrix:\n  value: CNY 45 bn\n  outlet: AP\n'
        'dates:\n  - title: "T"\n    date: 2025-02-06\n    time: "18:00–19:30 CET"\n    place: "Berlin and online"\n'
        'voice:\n  quote: |\n    Said.\n  author: "Anna Li"\n  role: "Analyst"\nteam:\n  - name: "Bo Chen"\n    title: "Editor"\n'
        'masthead:\n  - heading: "Editors"\n    people:\n      - name: "Cy Doe"\n        title: "Editor"\n'
    )
    text = translation(read_newsletter(workspace), source)
    assert [each for each in kept if each not in text] == []
    assert text.count('""') == 6


def test_the_next_issue_continues_the_interval(tmp_path: Path) -> None:
    """The next issue has the same interval and the next number, and is never in the past; the first issue is today's."""
    workspace = issue_workspace(tmp_path)
    path = workspace.root / "issues/2025-01-30.yaml"
    (workspace.root / "issues/2025-01-16.yaml").write_text("number: 213\n", encoding="utf-8")
    (workspace.root / "issues/2025-01-30.de.yaml").write_text("number: 214\n", encoding="utf-8")
    (workspace.root / "issues/2025-99-99.yaml").write_text("number: 999\n", encoding="utf-8")
    assert next_issue(workspace, datetime.date(2025, 2, 1)) == NextIssue(date=datetime.date(2025, 2, 13), number=215)
    assert next_issue(workspace, datetime.date(2025, 3, 1)).date == datetime.date(2025, 3, 13)
    # A pause is ignored; of the other intervals, the shortest counts.
    (workspace.root / "issues/2024-06-06.yaml").write_text("number: 201\n", encoding="utf-8")
    assert next_issue(workspace, datetime.date(2025, 2, 1)).date == datetime.date(2025, 2, 13)
    for other in path.parent.glob("*.yaml"):
        other.unlink()
    assert next_issue(workspace, DAY) == NextIssue(date=DAY, number=1)


def test_the_gap_to_the_sample_issue_is_ignored(tmp_path: Path) -> None:
    """The first real issue, long after the sample, is followed by one a week later."""
    workspace = issue_workspace(tmp_path)
    today = datetime.date(2026, 11, 26)
    first = next_issue(workspace, today)
    assert first.date == today
    (workspace.root / f"issues/{first.date}.yaml").write_text("number: 215\n", encoding="utf-8")
    assert next_issue(workspace, today) == NextIssue(date=datetime.date(2026, 12, 3), number=216)


def test_a_value_that_yaml_would_misread_is_quoted_in_a_translation(tmp_path: Path) -> None:
    """Whatever values an original contains, its translation is valid YAML with the same values."""
    workspace = issue_workspace(tmp_path)
    source = _tree(
        'date: 2025-01-30\nsubject: "S"\ntop_story:\n  title: "a: b # c"\n  body: |\n    # no comment\n    - one\n'
        "  sources: |\n    A: [b](https://e.org/#c)\nmetrix:\n  value: '49.1'\n  url: \"https://e.org/?a='b'#c\"\n"
    )
    tree = _tree(translation(read_newsletter(workspace), source))
    metrix = tree.get("metrix")
    assert isinstance(metrix, Mapping)
    url = metrix.get("url")
    assert isinstance(url, Scalar)
    assert url.text == "https://e.org/?a='b'#c"
