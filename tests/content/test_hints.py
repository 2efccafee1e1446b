"""Hints that give the line to write: following one removes its mistake and adds no other."""

import re
from collections import Counter
from pathlib import Path

import pytest

from composer.core.errors import Problem
from tests.content.issue_factory import issue_workspace, problems
from tests.content.test_mistakes import CASES, Edit, I, N, apply

#: The number of parts of the table, each a test.
_PARTS = 6
#: The spaces and dashes before a key.
_LEAD = re.compile(r" *(?:- +)*")
#: A hint about the indentation of one line or of several.
_INDENT = re.compile(
    r"(?:indent (?:it|each of them) by (\d+) spaces?|start it at the left margin)"
    r"(?: too|, to line up with .*|, like the line above)?"
)


def _written(hint: str) -> str | None:
    """Return the line that a hint gives to write; None if the hint only describes it."""
    match = re.fullmatch(r"write   ((?:- )?[a-z_]+: .+?)(?:   and do the same .*)?", hint)
    return match[1] if match and "…" not in match[1] and "   " not in match[1] else None


def follow(problem: Problem, lines: list[str]) -> list[str] | None:
    """Do what a hint says; return None if the hint leaves the text to the editor."""
    row, column, hint, lines = problem.line - 1, problem.column - 1, problem.hint, list(lines)
    line = lines[row]
    lead = _LEAD.match(line)
    assert lead is not None
    if "is missing" in problem.message and problem.code == "required":
        return None  # the hint does not say where
    if (text := _written(hint)) is not None:
        if text.startswith("- "):
            dash = column - 2 if "the dash is missing" in problem.message else column
            lines[row] = " " * dash + text
            for other in re.findall(r"line (\d+)", hint):
                lines[int(other) - 1] = re.sub(r"[–•—]", "-", lines[int(other) - 1], count=1)
            return lines
        if not line[lead.end() :].startswith(text.partition(":")[0]):
            return None  # the hint is about lines below the key
        lines[row] = lead[0] + text
        return lines
    if match := re.fullmatch(r'(?:write |put it in quotes:   )(".*")', hint):
        lines[row] = line[:column] + match[1]
        return lines
    if match := re.fullmatch(r"did you mean (\S+?)( )?\?", hint):
        return _replaced(problem, lines, match[1])
    if match := _INDENT.fullmatch(hint):
        count = re.match(r"these (\d+) lines", problem.message)
        rows = [at for at in range(row, len(lines)) if lines[at].strip()][: int(count[1]) if count else 1]
        for at in rows:
            lines[at] = " " * int(match[1] or 0) + lines[at].lstrip(" ")
        return lines
    if match := re.fullmatch(r"add a closing (.) at the end of the text", hint):
        lines[row] = line + match[1]
        return lines
    if match := re.fullmatch(r"type a normal colon and a space:   (\w+): …", hint):
        lines[row] = re.sub(rf"({match[1]})\s*：\s*", r"\1: ", line)
        return lines
    if hint.startswith("delete everything before the text, and type spaces"):
        lines[row] = re.sub(
            r"^[^\w-]+", lambda gap: "".join("  " if each in "\t\u3000" else " " for each in gap[0]), line
        )
        return lines
    return _cleaned(problem, lines)


def _cleaned(problem: Problem, lines: list[str]) -> list[str] | None:
    """Delete what a hint says to delete."""
    row, column, hint = problem.line - 1, problem.column - 1, problem.hint
    line = lines[row]
    if match := re.fullmatch(r"delete (?:the key and|it completely, and) type it again: (\S+)", hint):
        begin = re.search(r"[^\s\"'(:]*(?:://[^\s\"'()]*)?$", line[:column])
        end = re.search(r"[\s\"')]|:(?:\s|$)|$", line[column:].replace("\u00a0", "x"))
        assert begin is not None and end is not None
        lines[row] = line[: begin.start()] + match[1] + line[column + end.start() :]
        return lines
    if hint.startswith("delete everything between"):
        lines[row] = line[:column] + " " + re.sub(r"^[\s\u200b\u2060]+", "", line[column:])
        return lines
    if hint.startswith("keep the lines you want"):
        last = int(re.findall(r"\d+", problem.message)[1]) - 1
        middle = next(at for at in range(row, last) if lines[at].startswith("="))
        return [*lines[:row], *lines[row + 1 : middle], *lines[last + 1 :]]
    if hint.startswith("delete this line; for a break") or "then delete this line" in hint:
        return [*lines[:row], *lines[row + 1 :]]
    if hint in ("delete one of the two", "delete it here"):
        below = (
            at
            for at in range(row + 1, len(lines))
            if lines[at].strip() and not lines[at].startswith(" " * (column + 1))
        )
        return [*lines[:row], *lines[next(below, len(lines)) :]]
    if hint.startswith("check that the text is complete"):
        return [*lines[:row], ""]
    return None


def _replaced(problem: Problem, lines: list[str], meant: str) -> list[str] | None:
    row, column = problem.line - 1, problem.column - 1
    head, line = lines[row][:column], lines[row][column:]
    wrong = re.search(r"“([^”]+)”", problem.message)
    if meant == "https://":
        lines[row] = head + re.sub(r"^[\"']?\w+:/*", meant, line, count=1)
        return lines
    if wrong is None or wrong[1] not in line:
        return None
    lines[row] = head + line.replace(wrong[1], meant, 1)
    return lines


def _kinds(found: tuple[Problem, ...]) -> Counter[tuple[str, str, str]]:
    """Count the problems without line numbers, because deleting a line moves those below it."""
    return Counter((each.path, each.code, re.sub(r"\d+", "#", each.message)) for each in found)


def _followed(folder: Path, edits: Edit | list[Edit]) -> list[tuple[Problem, tuple[Problem, ...], tuple[Problem, ...]]]:
    """Return each problem whose hint can be followed, with the problems before and after."""
    workspace = issue_workspace(folder)
    apply(workspace, edits)
    before = problems(workspace)
    done = []
    for problem in before:
        if problem.path not in (I, N):
            continue
        path = workspace.root / problem.path
        data = path.read_bytes()
        try:
            text = data.decode("utf-8-sig").replace("\0", "")
        except UnicodeDecodeError:
            continue
        lines = follow(problem, text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
        if lines is None:
            continue
        path.write_text("\n".join(lines), encoding="utf-8")
        done.append((problem, before, problems(workspace)))
        path.write_bytes(data)
    return done


@pytest.mark.parametrize("part", range(_PARTS))
@pytest.mark.slow
def test_a_hint_that_is_followed_makes_no_new_mistake(part: int, tmp_path: Path) -> None:
    """Following a hint removes its problem and adds none; the rules above reach a quarter of the rows."""
    rows, reached = CASES[part::_PARTS], 0
    for at, (name, edits) in enumerate(rows):
        done = _followed(tmp_path / str(at), edits)
        reached += bool(done)
        for problem, before, after in done:
            assert _kinds(after) - _kinds(before) == Counter(), (name, problem, after)
            assert _kinds(after) != _kinds(before), (name, problem)
    assert reached >= 0.25 * len(rows)
