"""Reading any issue ends quickly, with an issue or with problems that have places in the file."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from composer.content.document.issue import read_issue
from composer.content.document.newsletter import read_newsletter
from composer.content.yaml.parser import parse
from composer.content.yaml.source import LARGEST, SourceText
from composer.core.errors import ContentError, Problem
from composer.core.workspace import Workspace
from tests import processor_time
from tests.factories import ROOT, sample
from tests.sizes import sized

ISSUE = (ROOT / "issues/2025-01-30.yaml").read_text(encoding="utf-8")
#: The maximum processor seconds of this process for any file.
LONGEST = 2.0
PIECES = [
    *"\t\u00a0\u3000:#-*&!%@`'\"|>?,[]{}<\\\n \r\x00\x07\u2028\ufeff：“”=~^+()",
    *("\U0001f600", ": ", " #", "- ", "? ", "{{", "}}", "\n---\n", "\n...\n", "<<: *a", "&a ", "!!x ", "!<a> "),
    *("|2", "|\n", ">-\n", "\n\n", "\n  ", "%YAML 1.2\n", "\\x", "\\u12", "[a](", "](", "http://", "<b>", "***"),
    *("|", "|---|", "| a | b |", "[^1]", "[^1]: ", "### ", "> [!note] ", "`", "{button}", "[a](tel:1)"),
    *("```", "    ", "title: ", "  - ", "from: x", "a: ", "__proto__: ", "\ud800"),
]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A copy of the sample newsletter; each example writes its issue again."""
    return sample(tmp_path_factory.mktemp("hostile"))


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _lies_inside(problem: Problem, lines: list[str]) -> bool:
    return 1 <= problem.line <= len(lines) and 1 <= problem.column <= len(lines[problem.line - 1]) + 1


def _check(workspace: Workspace, name: str, data: bytes, read: Callable[[], object]) -> None:
    path = workspace.root / name
    path.write_bytes(data)
    found: tuple[Problem, ...] = ()
    with processor_time.at_most(LONGEST):
        try:
            read()
        except ContentError as error:
            found = error.problems
            assert found
    assert list(found) == sorted(found)
    lines = _lines(data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace"))
    for problem in found:
        assert problem.message
        if problem.path == name and problem.code not in ("encoding", "size"):
            assert _lies_inside(problem, lines), problem


def _check_issue(workspace: Workspace, data: bytes) -> None:
    path = workspace.root / "issues/2025-01-30.yaml"
    _check(workspace, "issues/2025-01-30.yaml", data, lambda: read_issue(workspace, path))


_quick = settings(deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))


@st.composite
def mutations(draw: st.DrawFn, text: str) -> str:
    """Draw a text with some lines and characters deleted, doubled, swapped or inserted."""
    lines = text.split("\n")
    rows = st.integers(0, len(lines) - 1)
    for _ in range(draw(st.integers(1, 3))):
        row, other = min(draw(rows), len(lines) - 1), min(draw(rows), len(lines) - 1)
        line = lines[row]
        column = draw(st.integers(0, len(line)))
        piece = draw(st.sampled_from(PIECES))
        match draw(st.integers(0, 7)):
            case 0 if len(lines) > 1:
                del lines[row]
            case 1:
                lines.insert(other, line)
            case 2:
                lines[row], lines[other] = lines[other], line
            case 3:
                lines[row] = line[:column] + line[column + 1 :]
            case 4:
                lines[row] = (
                    line[: column - 1] + line[column : column + 1] + line[column - 1 : column] + line[column + 1 :]
                )
            case 5:
                lines[row] = line[:column] + piece + line[column:]
            case 6:
                lines[row] = line.replace(": ", ": " + piece, 1)
            case _:
                lines[row] = draw(st.sampled_from([" " + line, "  " + line, line[1:], line[2:], line.lstrip()]))
    return "\n".join(lines)


@settings(_quick, max_examples=sized(50, 150))
@given(text=mutations(ISSUE))
@pytest.mark.slow
def test_a_damaged_issue_is_read_or_reported(workspace: Workspace, text: str) -> None:
    """Deleted, doubled, swapped or inserted lines and characters raise only ContentError, with places in the file."""
    _check_issue(workspace, text.encode("utf-8", "surrogatepass"))


@settings(_quick, max_examples=sized(40, 100))
@given(text=st.lists(st.sampled_from([*PIECES, "a", "b: c\n", "  ", "\n"]), max_size=60).map("".join))
def test_any_series_of_yaml_characters(workspace: Workspace, text: str) -> None:
    """Any series of YAML characters is read or reported."""
    _check_issue(workspace, text.encode("utf-8", "surrogatepass"))


@settings(_quick, max_examples=sized(25, 60))
@given(data=st.one_of(st.binary(max_size=300), st.text(max_size=300).map(lambda text: text.encode())))
@pytest.mark.slow
def test_any_bytes(workspace: Workspace, data: bytes) -> None:
    """Any bytes are read or reported."""
    _check_issue(workspace, data)


@settings(_quick, max_examples=sized(25, 60))
@given(text=mutations((ROOT / "newsletter.yaml").read_text(encoding="utf-8")))
@pytest.mark.slow
def test_a_damaged_newsletter_is_read_or_reported(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """The same holds for newsletter.yaml."""
    workspace = sample(tmp_path_factory.mktemp("newsletter"))
    _check(workspace, "newsletter.yaml", text.encode("utf-8", "surrogatepass"), lambda: read_newsletter(workspace))


_BULKY = {
    "one long line": "subject: " + "a" * (LARGEST - 100),
    "many keys": "".join(f"key{number}: x\n" for number in range(10_000)),
    "the same key": "a: x\n" * 20_000,
    "many dashes": "topics:\n" + "  - a\n" * 20_000,
    "many brackets": "a: " + "[" * 50_000,
    "many braces": "a: " + "{" * 50_000,
    "many open quotes": 'a: "b\n' * 2_000,
    "many lines below no key": "a line of text\n" * 5_000,
    "many broken lines": "a: b: c\n" * 5_000,
    "many lines out of place": "a: 'x'\n   b: 'x'\n" * 5_000,
    "many stars": "date: 2025-01-30\ntop_story:\n  body: |\n    " + "*a_" * 20_000,
    "many links": "date: 2025-01-30\ntop_story:\n  body: |\n    " + "[a](" * 5_000,
    "many quotes in a text": "date: 2025-01-30\ntop_story:\n  body: |\n    " + "> " * 2_000 + "a",
    "many list marks in a text": "date: 2025-01-30\ntop_story:\n  body: |\n    " + "- " * 2_000 + "a",
    "many rows": "date: 2025-01-30\ntop_story:\n  body: |\n    : C\n    | a | b |\n    |---|---|\n"
    + "    | c |\n" * 3_000,
    "many columns": "date: 2025-01-30\ntop_story:\n  body: |\n    " + "|a" * 5_000 + "\n    " + "|-" * 5_000,
    "many footnotes": "date: 2025-01-30\ntop_story:\n  body: |\n" + "    a[^1]\n    [^2]: b\n\n" * 3_000,
    "many callouts": "date: 2025-01-30\ntop_story:\n  body: |\n" + "    > [!note]\n" * 3_000,
    "many sources": "date: 2025-01-30\ntop_story:\n  sources: |\n" + "    a: [b](c\n" * 5_000,
    "many sources with wrong addresses": "date: 2025-01-30\ntop_story:\n  sources: |\n" + "    a: [b](c)\n" * 5_000,
    "a source of brackets": "date: 2025-01-30\ntop_story:\n  sources: |\n    a: " + "[" * 5_000,
    "many field signs": "subject: '" + "{{ " * 20_000 + "'",
    "aliases of aliases": "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60)),
}


@pytest.mark.parametrize("text", _BULKY.values(), ids=_BULKY.keys())
@pytest.mark.slow
def test_slow_input_is_reported_quickly(workspace: Workspace, text: str) -> None:
    """Files made to be slow are reported as quickly as others."""
    _check_issue(workspace, text.encode())


@settings(_quick, max_examples=sized(50, 150))
@given(text=mutations(ISSUE))
@pytest.mark.slow
def test_places_are_inside_the_file(text: str) -> None:
    """Parsing gives a tree or problems with places in the file, even after repairs in memory."""
    root, problems = parse(SourceText.of(text, name="issue.yaml"))
    assert root is not None or problems or not text.strip()
    assert all(_lies_inside(problem, _lines(text)) for problem in problems)


def test_the_sample_is_valid(tmp_path: Path) -> None:
    """The issue that is damaged above is valid before."""
    workspace = sample(tmp_path)
    read_issue(workspace, workspace.issue("2025-01-30"))
