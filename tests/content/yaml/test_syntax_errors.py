"""One small mistake in an issue is reported once."""

import re

import pytest

from composer.content.document.issue import read_issue
from composer.content.yaml.silent_losses import lost_comment, lost_lines, lost_value, odd_key, swallowed_keys
from composer.content.yaml.source import SourceText
from composer.core.errors import ContentError, Problem
from composer.core.workspace import Workspace
from tests.factories import ROOT, sample

ISSUE = (ROOT / "issues/2025-01-30.yaml").read_text(encoding="utf-8")
LINES = ISSUE.split("\n")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A copy of the sample newsletter; each case writes its issue again."""
    return sample(tmp_path_factory.mktemp("mistakes"))


def _told(workspace: Workspace, text: str) -> tuple[Problem, ...]:
    path = workspace.root / "issues/2025-01-30.yaml"
    path.write_text(text, encoding="utf-8")
    try:
        read_issue(workspace, path)
    except ContentError as error:
        return error.problems
    return ()


def _row(begin: str) -> int:
    return next(row for row, line in enumerate(LINES) if line.startswith(begin))


def _shifted(first: int, last: int, by: int) -> str:
    return "\n".join(line[by:] if first <= row < last else line for row, line in enumerate(LINES))


def _without(old: str, new: str, within: str = "") -> str:
    start = ISSUE.index(within)
    return ISSUE[:start] + ISSUE[start:].replace(old, new, 1)


PARAGRAPH = _row("    There is some irony")
SOURCES = _row("  sources: |") + 1
ANALYSIS = _row("  analysis: |") + 1

ONE_SLIP = {
    "pipe of a text": (_without("  body: |", "  body:", "top_story:"), "yaml-pipe", "the | is missing after “body:”"),
    "pipe of a text with keys in it": (_without("facts: |", "facts:"), "yaml-pipe", "the | is missing after “facts:”"),
    "pipe of sources": (_without("sources: |", "sources:"), "yaml-pipe", "the | is missing after “sources:”"),
    "a > for a text of paragraphs": (
        _without("  body: |", "  body: >", "top_story:"),
        "yaml-pipe",
        "would run together",
    ),
    "a > for sources": (_without("sources: |", "sources: >"), "yaml-pipe", "all sources run together"),
    "paragraph at the margin": (_shifted(PARAGRAPH, PARAGRAPH + 5, 4), "yaml-indent", "lines are not indented enough"),
    "paragraph half out": (_shifted(PARAGRAPH, PARAGRAPH + 5, 2), "yaml-indent", "lines are not indented enough"),
    "sources out": (_shifted(SOURCES, SOURCES + 8, 2), "yaml-indent", "these 8 lines are not indented enough"),
    "first line further in": (
        _without("    A start-up", "      A start-up"),
        "yaml-indent",
        "the first line of this text is indented by 6 spaces, the others are indented by 4 spaces",
    ),
    "text in an open quote": (_without("  body: |\n", '  body: "\n', "metrix:"), "yaml-quote", "is never closed"),
    "dash at the margin": (_without("  - title:", "- title:"), "yaml-indent", "it should be indented by 2 spaces"),
    "first dash": (_without("  - title:", "    title:"), "yaml-dash", "the dash is missing before “title”"),
    "colon of a section": (_without("topics:", "topics"), "yaml-colon", "the colon is missing after “topics”"),
    "colon of a title": (
        _without('title: "', 'title "', "topics:"),
        "yaml-colon",
        "the colon is missing after “title”",
    ),
    "key too far": (_without("\n    alt:", "\n      alt:"), "yaml-indent", "it should be indented by 4 spaces"),
    "key out": (_without("\n    alt:", "\nalt:"), "yaml-indent", "it should be indented by 4 spaces"),
    "section too far": (_without("\ndigest:", "\n digest:"), "yaml-indent", "it should start at the left margin"),
    "first key too far": (_without("\ndate:", "\n  date:"), "yaml-indent", "it should start at the left margin"),
    "greeting at the top": ("Hello dear editor\n" + ISSUE, "yaml-indent", "this text has no key"),
    "sentence at the end": (ISSUE + "\nAnd so on.\n", "yaml-indent", "this paragraph is not indented enough"),
    "three dots": (_without("\ntopics:", "\n...\ntopics:"), "document", "three dots ends the file"),
}


@pytest.mark.parametrize(("text", "code", "words"), ONE_SLIP.values(), ids=ONE_SLIP.keys())
def test_one_mistake_is_reported_once(workspace: Workspace, text: str, code: str, words: str) -> None:
    """One mistake is one problem, even if YAML misreads many lines after it."""
    found = _told(workspace, text)
    assert [problem.code for problem in found] == [code], "\n".join(map(str, found))
    assert words in found[0].message


@pytest.mark.slow
def test_a_misplaced_line_causes_few_problems(workspace: Workspace) -> None:
    """A line of the sample indented by two spaces more or less, or without its colon, causes at most five problems."""
    for row, line in enumerate(LINES):
        if row % 6 or not line.strip():
            continue
        for changed in {"  " + line, line[2:], line.replace(":", "", 1)} - {line}:
            found = _told(workspace, "\n".join([*LINES[:row], changed, *LINES[row + 1 :]]))
            assert len(found) <= 5, (row + 1, changed, "\n".join(map(str, found)))


@pytest.mark.slow
def test_a_comment_anywhere_is_reported_at_its_line(workspace: Workspace) -> None:
    """A comment at the left margin causes no problem, or one at its own line if it ends a text."""
    told = 0
    for row in range(0, len(LINES), 3):
        found = _told(workspace, "\n".join([*LINES[:row], "# remember to ask Li", *LINES[row:]]))
        assert [problem.line for problem in found] in ([], [row + 1]), "\n".join(map(str, found))
        told += len(found)
    assert told > 10


def _source(text: str) -> SourceText:
    return SourceText.of(text, name="issue.yaml")


@pytest.mark.parametrize(
    ("line", "lost"),
    [
        ("Ranked #1 in exports", "#1 in exports"),
        ("Ranked  #1", "#1"),
        ("Ranked  # a note", None),
        ("Ranked #", "#"),
        ("Ranked#1", None),
    ],
)
def test_a_text_cut_off_at_a_hash(line: str, lost: str | None) -> None:
    """With two spaces before # and one after it, it is a comment; anything else is text."""
    problem = lost_comment(_source(line), len(re.split(r"\s+#", line)[0]))
    assert (problem is None) == (lost is None)
    assert lost is None or (problem and f"“{lost}”" in problem.message)


def test_a_value_read_as_a_comment() -> None:
    """A colour without quotes is lost; a comment after an empty key is not."""
    assert lost_value(_source("accent: #9b1c1c"), len("accent")) is not None
    assert lost_value(_source("accent: # a note"), len("accent")) is None


def test_a_quoted_text_that_includes_keys() -> None:
    """Keys inside a quoted text are reported, but not a colon in the middle of a line."""
    text = '"one\nbody: two"'
    problem = swallowed_keys(_source(text), 0, len(text))
    assert problem is not None
    assert "“body:”" in problem.message
    text = '"one\nand: so"'
    assert swallowed_keys(_source('"one\n  so: it"'), 0, 13) is not None
    assert swallowed_keys(_source('"one, so: it"'), 0, 13) is None


def test_lines_that_run_together() -> None:
    """Paragraphs and list items are lost without a `|`; a paragraph of several lines is not."""
    assert lost_lines(_source("one\n\n two"), 0, 9) is not None
    assert lost_lines(_source("one\n - two"), 0, 10) is not None
    assert lost_lines(_source("one\n 2. two"), 0, 11) is not None
    assert lost_lines(_source("one\n two"), 0, 8) is None


@pytest.mark.parametrize(("key", "meant"), [("“title”", "title"), ("-title", "title"), ("title:", "title")])
def test_a_key_that_is_a_mistake(key: str, meant: str) -> None:
    """Curly quotes, a dash without a space and a second colon are reported, and the key is read."""
    odd = odd_key(key)
    assert odd is not None
    assert odd[3] == meant
    assert odd_key(meant) is None
