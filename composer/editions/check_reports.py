"""What a check said of an edition: the report that people and scripts read, kept until the next one.

Input: a check's problems and what a person allowed. Output: a `CheckReport`, as JSON too, and `.compose/checks/STEM.json`:
the record of the last check and of the reasons given. Never decides what is wrong.
"""

import contextlib
import datetime
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from composer.checks.catalogue import catalogue
from composer.core.errors import Level, OutputError, Problem
from composer.core.workspace import Workspace

_FOLDER = Path(".compose") / "checks"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """A check of one edition. `hash` is empty where none could be built."""

    issue: str
    stem: str
    hash: str
    #: The day it was checked for: the one it is meant to go out on.
    day: datetime.date
    problems: tuple[Problem, ...]
    #: Findings that a person has allowed, with the reason.
    allowed: tuple[tuple[Problem, str], ...] = ()

    @property
    def counts(self) -> Mapping[Level, int]:
        """How many findings there are of each level; those that were allowed are none."""
        found = Counter(problem.level for problem in self.problems)
        return {level: found[level] for level in Level}

    @property
    def is_ready(self) -> bool:
        """Whether nothing keeps it from being sent."""
        return not self.counts[Level.ERROR] and not self.counts[Level.BLOCKER]

    def to_json(self) -> dict[str, object]:
        """Return it as docs/check.schema.json describes."""
        return {
            "issue": self.issue,
            "hash": self.hash or None,
            "day": self.day.isoformat(),
            "ready": self.is_ready,
            "counts": {level.value: count for level, count in self.counts.items()},
            "findings": [_as_json(problem) for problem in self.problems],
            "allowed": [{**_as_json(problem), "reason": reason} for problem, reason in self.allowed],
        }


def report(
    *, issue: str, stem: str, hash: str, day: datetime.date, problems: tuple[Problem, ...], allowed: Mapping[str, str]
) -> CheckReport:
    """Put the findings aside whose code a person has allowed, with the reason given; mistakes in the text have no code."""
    kept = tuple(each for each in problems if each.code not in allowed)
    aside = tuple((each, allowed[each.code]) for each in problems if each.code in allowed)
    return CheckReport(issue=issue, stem=stem, hash=hash, day=day, problems=kept, allowed=aside)


def _as_json(problem: Problem) -> dict[str, object]:
    check = catalogue().get(problem.code)
    return {
        "path": problem.path,
        "line": problem.line,
        "column": problem.column,
        "code": problem.code,
        "level": problem.level.value,
        "who": problem.who.value,
        "message": problem.message,
        "hint": problem.hint or None,
        "source": check.source if check else None,
    }


def keep(workspace: Workspace, made: CheckReport) -> None:
    """Keep a report as the edition's last one. Raises OutputError."""
    path = workspace.root / _FOLDER / f"{made.stem}.json"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(made.to_json(), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        raise OutputError(f"cannot write {workspace.name(path)}: {error.strerror}") from error


def last_check(workspace: Workspace, stem: str, hash: str) -> datetime.date | None:
    """Return the day for which an edition was last checked as it stands now, and found ready; else None."""
    path = workspace.root / _FOLDER / f"{stem}.json"
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept["hash"] == hash and kept["ready"]:
            return datetime.date.fromisoformat(kept["day"])
    return None
