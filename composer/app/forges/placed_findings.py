"""Findings with their places in a git repository, as forges need them.

Input: reports of checks, each with its newsletter's folder. Output: `PlacedFinding` values: paths from the root of the
repository, columns in UTF-16 code units, fingerprints. Guarantees: reads only the files in which something was found.
"""

import hashlib
import unicodedata
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from composer.core.errors import Level, Problem, Who
from composer.core.workspace import Workspace
from composer.editions.check_reports import CheckReport


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedFinding:
    """A finding with the path from the root of the repository, and the column in UTF-16 code units."""

    path: str
    line: int
    column: int
    code: str
    level: Level
    who: Who
    message: str
    hint: str
    #: The same as long as the finding is in the same file, in a line with the same text.
    fingerprint: str
    #: The reason for which a person has allowed it.
    allowed: str = ""

    @property
    def text(self) -> str:
        """The message, who should read it if that is not the editor, and the hint in a line of its own."""
        message = self.message if self.who is Who.EDITOR else f"{self.message}  (for: {self.who})"
        return f"{message}\n{self.hint}" if self.hint else message


def place_findings(reports: Iterable[tuple[Workspace, CheckReport]]) -> tuple[PlacedFinding, ...]:
    """Return the findings of all reports, those that are allowed last; one that several reports share only once."""
    read = cache(_lines)
    found = [
        (bool(reason), problem.level.rank, _place(workspace, report, problem, reason, read))
        for workspace, report in reports
        for problem, reason in (*((each, "") for each in report.problems), *report.allowed)
    ]
    return _distinguish(dict.fromkeys(placed for *_, placed in sorted(found, key=lambda each: each[:2])))


def repository_of(folder: Path) -> Path:
    """Return the root of the git repository that contains a folder; without one, the folder itself."""
    return next((each for each in (folder, *folder.parents) if (each / ".git").exists()), folder)


def _place(
    workspace: Workspace, report: CheckReport, problem: Problem, reason: str, read: Callable[[Path], Sequence[str]]
) -> PlacedFinding:
    path, line, column, message = problem.path, problem.line, problem.column, problem.message
    lines = read(workspace.root / path)
    if not lines:
        # The file is part of the program (the included theme), so that the repository does not contain it.
        message = f"{path}:{line}:{column}: {message}"
        path, line, column = report.issue, 1, 1
        lines = read(workspace.root / path)
    written = lines[line - 1] if line <= len(lines) else ""
    key = (problem.code, path, written.strip(), problem.about)
    return PlacedFinding(
        path=_in_repository(workspace.root, path),
        line=line,
        column=_utf16_column(written, column),
        code=problem.code,
        level=problem.level,
        who=problem.who,
        message=message,
        hint=problem.hint,
        fingerprint=_digest("\0".join(key)),
        allowed=reason,
    )


def _distinguish(findings: Iterable[PlacedFinding]) -> tuple[PlacedFinding, ...]:
    """Number findings with the same fingerprint, in the order of their places."""
    found = tuple(findings)
    seen: Counter[str] = Counter()
    made: dict[PlacedFinding, PlacedFinding] = {}
    for finding in sorted(found, key=lambda each: (each.path, each.line, each.column)):
        seen[finding.fingerprint] += 1
        fingerprint = _digest(f"{finding.fingerprint} {seen[finding.fingerprint]}")
        made[finding] = replace(finding, fingerprint=fingerprint)
    return tuple(made[finding] for finding in found)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _in_repository(root: Path, path: str) -> str:
    whole, repository = root / path, repository_of(root)
    return (whole.relative_to(repository) if whole.is_relative_to(repository) else whole).as_posix()


def _lines(path: Path) -> Sequence[str]:
    """Return the lines of a file; nothing if it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8-sig", errors="replace") if path.is_file() else ""
    except OSError:
        return ()
    return text.split("\n") if text else ()


def _utf16_column(line: str, column: int) -> int:
    """Return a column in UTF-16 code units of the line as it is in the file.

    The program counts characters of the text in Unicode form C, in which a letter and its accent are one character.
    """
    if unicodedata.is_normalized("NFC", line):
        end = column - 1
    else:
        lengths = range(len(line) + 1)
        end = bisect_right(lengths, column - 1, key=lambda end: len(unicodedata.normalize("NFC", line[:end]))) - 1
    return len(line[:end].encode("utf-16-le")) // 2 + 1
