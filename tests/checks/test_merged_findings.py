"""The findings of all variants are merged into one list."""

import datetime
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from composer.checks.merged_findings import MergedFinding, merged
from composer.content.document.conditional_blocks import BlockSpan
from composer.core.errors import Level, Problem
from composer.core.workspace import Workspace
from composer.editions.check_run import Checked, check_issue

CASE = Path(__file__).parent.parent / "golden/variants"
NOW = datetime.datetime(2025, 1, 30, 9, tzinfo=datetime.UTC)
PRESS, OTHERS = "subscribers tagged press", "subscribers not tagged press"


def finding(line: int, message: str, level: Level = Level.WARNING, code: str = "SIZE01") -> Problem:
    return Problem(path="issue.yaml", line=line, column=1, code=code, message=message, level=level)


def said(subscribers: str, *problems: Problem, lost: tuple[BlockSpan, ...] = ()) -> MergedFinding:
    return MergedFinding(subscribers=subscribers, lost=lost, problems=problems)


def test_one_variant_is_not_merged() -> None:
    """With one variant, nothing is merged, not even equal findings."""
    twice = (finding(1, "a"), finding(1, "a"))
    assert merged([said("all subscribers", *twice)]) == twice


def test_a_finding_in_all_variants_is_reported_once() -> None:
    """The same finding in every variant is one finding without subscribers; the first variant's numbers are used."""
    found = merged([said(PRESS, finding(1, "it has 90,000 bytes")), said(OTHERS, finding(1, "it has 88,000 bytes"))])
    assert found == (finding(1, "it has 90,000 bytes"),)


def test_the_most_severe_level_is_used() -> None:
    """A blocker in one variant is a blocker in the merged list."""
    light, heavy = finding(1, "80 bytes"), finding(1, "99 bytes", Level.BLOCKER)
    assert merged([said(PRESS, light), said(OTHERS, heavy)]) == (heavy,)


def test_a_finding_in_some_variants_names_their_subscribers() -> None:
    """A finding names its subscribers if others get the same lines without the finding."""
    (found,) = merged([said(PRESS, finding(1, "too long")), said(OTHERS)])
    assert found.message == "too long (for subscribers tagged press)"
    many = [said(f"subscribers tagged {tag}", finding(1, "too long")) for tag in "abcd"]
    (found,) = merged([*many, said(OTHERS)])
    assert found.message == "too long (for subscribers tagged a; subscribers tagged b and 2 more)"


def test_a_finding_in_a_conditional_part_names_no_subscribers() -> None:
    """A mistake in an item for the press names no subscribers, because the item itself says who gets it."""
    lost = (BlockSpan(path="issue.yaml", first=3, last=9),)
    assert merged([said(PRESS, finding(5, "a typo")), said(OTHERS, lost=lost)]) == (finding(5, "a typo"),)


def test_two_findings_at_one_place_stay_two() -> None:
    """Two findings of one variant at one place are not merged."""
    both = (finding(1, "image 1 is wide"), finding(1, "image 2 is wide"))
    assert merged([said(PRESS, *both), said(OTHERS, *both)]) == both


def test_findings_are_identified_by_their_subject() -> None:
    """Findings of one check at one place are merged if their subject is the same, whatever their message."""
    table, grid = (replace(finding(1, f"{name} is not supported"), about=name) for name in ("table", "grid"))
    reworded = replace(grid, message="Outlook does not know grid")
    found = merged([said(PRESS, table, grid), said(OTHERS, reworded)])
    assert [(each.about, "(for" in each.message) for each in found] == [("grid", False), ("table", True)]


@pytest.fixture
def desks(tmp_path: Path) -> Workspace:
    shutil.copytree(CASE, tmp_path / "desks")
    return Workspace(root=(tmp_path / "desks").resolve())


def _check(workspace: Workspace, *edits: tuple[str, str]) -> Checked:
    path = workspace.issue("2025-01-30")
    text = path.read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return check_issue(workspace, path, NOW)


def test_every_variant_is_checked(desks: Workspace) -> None:
    """A mistake that occurs only in some variants is found and names their subscribers."""
    checked = _check(
        desks,
        ("[ministry](https://example.org/ministry?for={{ company }})", "ministry (we think"),
        ("did not say.\n", "did not say.\n    sources: |\n      The Herald: [One](https://example.org/one)\n"),
        ("What it said.\n", "What it said.\n    sources: |\n      Herald: [Two](https://example.org/two)\n"),
        ("A shorter word", "A shorter [word](https://todo.example.org/x)"),
    )
    assert len(checked.reviews) == len(checked.variants) == 4
    told = {(problem.line, problem.code): problem.message for problem in checked.problems}
    # Only the editions for the press have both spellings.
    (spelled,) = (message for (_, code), message in told.items() if code == "EDIT03")
    assert spelled.endswith("(for subscribers tagged press, not tagged staff; subscribers tagged press and staff)")
    # In the item for the press, and in the item that others get instead.
    assert all(
        " (for subscribers" not in message for (_, code), message in told.items() if code in ("EDIT05", "LINK01")
    )
    assert {code for _, code in told} >= {"EDIT05", "LINK01"}


def test_an_included_file(desks: Workspace) -> None:
    """A mistake in an included item has its place in that file, and names no subscribers."""
    drafts = desks.root / "issues/drafts"
    drafts.mkdir()
    item = 'title: "The long recording"\nurl: https://todo.example.org/x\n'
    (drafts / "one.yaml").write_text(item, encoding="utf-8")
    checked = _check(
        desks, ('  - title: "The recording"\n    url: https://example.org/recording', "  - from: drafts/one.yaml")
    )
    (found,) = (problem for problem in checked.problems if problem.code == "LINK01")
    assert (found.path, found.line) == ("issues/drafts/one.yaml", 2)
    assert "(for subscribers" not in found.message


def test_item_numbers_are_those_of_the_file(desks: Workspace) -> None:
    """The third topic is number 3 also in variants without the first topic."""
    newsletter = desks.root / "newsletter.yaml"
    text = newsletter.read_text(encoding="utf-8").replace("    max: 2\n", "    max: 2\n    words: 5\n")
    newsletter.write_text(text, encoding="utf-8")
    checked = _check(desks, ("A shorter word for", "A much shorter word, as far as words go, for"))
    lines = (desks.issue("2025-01-30")).read_text(encoding="utf-8").splitlines()
    third = next(number for number, line in enumerate(lines, 1) if "In place of" in line)
    told = [(each.line, each.message.split(":")[0]) for each in checked.problems if each.code == "EDIT04"]
    assert (third, "topic 3") in told
    assert len(told) == len(set(told))
