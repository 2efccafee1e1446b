"""Lists with introductions and groups, the order of sections, and empty labels."""

from pathlib import Path

import pytest

from composer.content.document.issue import Issue, read_issue, select_variant
from composer.core.errors import ContentError
from composer.core.workspace import Workspace

NEWSLETTER = """\
name: Test
language: en
timezone: UTC
sender:
  from: a@example.org
sections:
  lead:
    type: text
  reading:
    type: links
    heading: Reading
    min: 2
    max: 3
    heading_url: https://example.org/reading
  dates:
    type: events
    labels:
      more_about: ""
"""
ISSUE = "date: 2025-02-06\nsubject: One\n"
LEAD = "lead:\n  body: |\n    A text.\n"
TWO = """\
reading:
  url: https://example.org/this-week
  intro: |
    What we read.
  groups:
    - heading: First
      items:
        - title: "A"
          url: https://example.org/a
    - heading: Second
      url: https://example.org/second
      items:
        - title: "B"
          url: https://example.org/b
          only:
            tag: press
        - title: "C"
          url: https://example.org/c
"""
DATES = 'dates:\n  - title: "D"\n    date: 2025-03-01\n'


def _read(folder: Path, text: str, newsletter: str = NEWSLETTER) -> Issue:
    (folder / "issues").mkdir()
    (folder / "newsletter.yaml").write_text(newsletter, encoding="utf-8")
    path = folder / "issues" / "2025-02-06.yaml"
    path.write_text(text, encoding="utf-8")
    return read_issue(Workspace(root=folder.resolve()), path.resolve())[1]


def _problems(folder: Path, text: str) -> list[tuple[str, int]]:
    with pytest.raises(ContentError) as caught:
        _read(folder, text)
    return [(problem.code, problem.line) for problem in caught.value.problems]


def test_groups_keep_their_items_and_paths(tmp_path: Path) -> None:
    """A list with groups has the same items as a plain list; parts are in reading order; variants drop items."""
    issue = _read(tmp_path, ISSUE + TWO)
    section = issue.sections[0]
    assert [item["title"] for item in section.items] == ["A", "B", "C"]
    assert section.frame is not None and section.frame.url == "https://example.org/this-week"
    assert [path for path, _ in section.parts] == [
        ("reading",),
        ("reading", "groups", 0),
        ("reading", "groups", 0, "items", 0),
        ("reading", "groups", 1),
        ("reading", "groups", 1, "items", 0),
        ("reading", "groups", 1, "items", 1),
    ]
    assert len(issue.variants) == 2
    smaller = select_variant(issue, issue.variants[1]).sections[0]
    assert [item["title"] for item in smaller.items] == ["A", "C"]
    assert [group.heading for group in smaller.groups] == ["First", "Second"]


def test_a_group_without_items_is_not_shown(tmp_path: Path) -> None:
    """If a variant has no item of a group, it does not have its heading."""
    text = TWO.replace('        - title: "C"\n          url: https://example.org/c\n', "")
    issue = _read(tmp_path, ISSUE + text, NEWSLETTER.replace("min: 2", "min: 1"))
    smaller = select_variant(issue, issue.variants[1]).sections[0]
    assert [group.heading for group in smaller.groups] == ["First"]


def test_an_issue_may_have_its_own_order(tmp_path: Path) -> None:
    """Sections in `order` come first; the others follow in the order of the newsletter; absent ones do not matter."""
    issue = _read(tmp_path, ISSUE + "order:\n  - dates\n  - reading\n" + LEAD + DATES)
    assert [section.spec.key for section in issue.sections] == ["dates", "lead"]
    assert issue.order == ("dates", "reading")


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("order:\n  - dates\n  - daets\n" + LEAD, [("choice", 5)]),
        ("order:\n  - dates\n  - dates\n" + LEAD, [("duplicate-key", 5)]),
        ("order: dates\n" + LEAD, [("type", 3)]),
        ("reading:\n  intro: |\n    Only this.\n", [("required", 4)]),
        ("reading:\n  groups:\n    - heading: X\n", [("required", 5)]),
        (
            "reading:\n  groups:\n    - items:\n        - title: A\n          url: https://example.org\n",
            [("required", 5)],
        ),
        ("reading:\n  items:\n    - title: A\n      url: https://example.org\n", [("count", 4)]),
        ("reading:\n  itmes:\n    - title: A\n", [("unknown-key", 4)]),
    ],
)
def test_mistakes_are_reported_at_their_lines(text: str, problems: list[tuple[str, int]], tmp_path: Path) -> None:
    """Unknown and repeated keys in `order`; lists without items, groups without a heading, too few items."""
    assert _problems(tmp_path, ISSUE + text) == problems


def test_items_and_groups_are_not_both_allowed(tmp_path: Path) -> None:
    """A list has items or groups; whoever writes both gets told to move the items."""
    both = TWO.replace("  groups:\n", "  items:\n    - title: X\n      url: https://example.org/x\n  groups:\n")
    assert _problems(tmp_path, ISSUE + both) == [("type", 4)]


def test_an_empty_label_is_an_empty_text(tmp_path: Path) -> None:
    """`more_about: ""` and `more_about:` mean no label; without the key, the theme uses its own words."""
    for number, (label, value) in enumerate((('      more_about: ""\n', ""), ("      more_about:\n", ""))):
        folder = tmp_path / str(number)
        folder.mkdir()
        issue = _read(folder, ISSUE + DATES, NEWSLETTER.replace('      more_about: ""\n', label))
        labels = issue.sections[0].spec.options["labels"]
        assert labels["more_about"] == value  # type: ignore[index, call-overload]
    folder = tmp_path / "none"
    folder.mkdir()
    issue = _read(folder, ISSUE + DATES, NEWSLETTER.replace('    labels:\n      more_about: ""\n', ""))
    assert issue.sections[0].spec.options["labels"]["more_about"] is None  # type: ignore[index, call-overload]
