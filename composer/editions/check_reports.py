"""The report of a check of an edition, for people and scripts, stored until the next check.

Input: a check's problems and the findings that a person allowed. Output: a `CheckReport`, also as JSON, and
`.compose/checks/STEM.json`: the record of the last check with the reasons. Guarantees: does not decide what is wrong.
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
    """The report for one edition. `hash` is empty if the edition could not be built."""

    issue: str
    stem: str
    hash: str
    #: The day it was checked for: the planned day of sending.
    day: datetime.date
    problems: tuple[Problem, ...]
    #: Findings that a person has allowed, with the reason.
    allowed: tuple[tuple[Problem, str], ...] = ()

    @property
    def counts(self) -> Mapping[Level, int]:
        """The number of findings of each level, without allowed findings."""
        found = Counter(problem.level for problem in self.problems)
        return {level: found[level] for level in Level}

    @property
    def stopping(self) -> frozenset[Level]:
        """The levels of findings that a build and a send look for, too: they never ask servers about links."""
        return frozenset(problem.level for problem in self.problems if problem.code != "LINK02")

    @property
    def is_ready(self) -> bool:
        """Whether the edition can be sent."""
        return not self.counts[Level.ERROR] and not self.counts[Level.BLOCKER]

    def to_json(self) -> dict[str, object]:
        """Return the JSON value that docs/reference/check.schema.json describes."""
        return {
            "issue": self.issue,
            "hash": self.hash or None,
            "day": self.day.isoformat(),
            "ready": self.is_ready,
            "counts": {level.value: count for level, count in self.counts.items()},
            "findings": [_as_json(problem) for problem in self.problems],
            "allowed": [{**_as_json(problem), "reason": reason} for problem, reason in self.allowed],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedCheck:
    """What the record of the last check says about the current state of an edition."""

    day: datetime.date
    #: Whether the edition can be sent.
    is_ready: bool
    #: The number of findings of each level, without allowed findings.
    counts: Mapping[Level, int]


def report(
    *, issue: str, stem: str, hash: str, day: datetime.date, problems: tuple[Problem, ...], allowed: Mapping[str, str]
) -> CheckReport:
    """Return a report that separates the findings whose code a person has allowed, with the reasons."""
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
    """Store a report as the last one of the edition. Raises OutputError."""
    path = workspace.root / _FOLDER / f"{made.stem}.json"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(made.to_json(), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        raise OutputError(f"{workspace.name(path)} cannot be written: {error.strerror}") from error


def last_check(workspace: Workspace, stem: str, hash: str) -> RecordedCheck | None:
    """Return the last check of the current state of an edition; None if that was not checked."""
    path = workspace.root / _FOLDER / f"{stem}.json"
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept["hash"] == hash:
            return RecordedCheck(
                day=datetime.date.fromisoformat(kept["day"]),
                is_ready=bool(kept["ready"]),
                counts={Level(level): int(count) for level, count in kept["counts"].items()},
            )
    return None
