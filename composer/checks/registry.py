"""The registry of checks: each is a function of a reviewed edition with a code, a level and limits.

Input: a ReviewedEdition and the settings of newsletter.yaml. Output: problems. Guarantees: every code is registered once.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from composer.checks.review import ReviewedEdition
from composer.content.yaml.source import SourcePlace
from composer.core.errors import Level, Problem, Who


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckFinding:
    """What a check found. Without a level or a hint, the check's own are used."""

    place: SourcePlace
    message: str
    level: Level | None = None
    hint: str = ""
    #: The subject of the finding, as written, if one place may have several findings: an address, a name, a feature.
    about: str = ""
    #: Distinguishes findings of one check that need different fixes.
    kind: str = ""


@dataclass(frozen=True, slots=True)
class CheckLimits:
    """The limits from which a finding has a level."""

    by_level: Mapping[Level, int]

    def over(self, figure: float) -> Level | None:
        """Return the most severe level whose limit a number exceeds."""
        return next((level for level in Level if level in self.by_level and figure > self.by_level[level]), None)

    def under(self, figure: float) -> Level | None:
        """Return the most severe level whose limit a number is below."""
        return next((level for level in Level if level in self.by_level and figure < self.by_level[level]), None)

    def at(self, level: Level) -> int:
        """Return a level's limit."""
        return self.by_level[level]


Run = Callable[[ReviewedEdition, CheckLimits], Iterable[CheckFinding]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check. Its findings have the levels of its limits; without limits, they have `level`."""

    code: str
    what: str
    level: Level
    who: Who
    fix: str
    source: str
    limits: Mapping[Level, int]
    #: Whether it reports numbers below its limits, not above them.
    is_least: bool
    unit: str
    run: Run

    @property
    def levels_in_words(self) -> str:
        """Return the levels with their limits: `warning over 75 characters`."""
        if not self.limits:
            return self.level
        side = "below" if self.is_least else "over"
        limits = ", ".join(f"{level} {side} {limit:,}" for level, limit in self.limits.items())
        return f"{limits} {self.unit}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """The setting of a check in newsletter.yaml."""

    level: Level | None = None
    is_off: bool = False
    limits: Mapping[Level, int] = field(default_factory=dict)


#: Every check by its code, as the modules of `rules` register them.
CHECKS: dict[str, Check] = {}


def check(
    code: str,
    what: str,
    *,
    who: Who = Who.EDITOR,
    level: Level = Level.WARNING,
    fix: str,
    source: str,
    unit: str = "",
    is_least: bool = False,
    info: int | None = None,
    warn: int | None = None,
    block: int | None = None,
) -> Callable[[Run], Run]:
    """Register a function as a check."""
    given = {Level.BLOCKER: block, Level.WARNING: warn, Level.INFO: info}
    limits = {level: limit for level, limit in given.items() if limit is not None}

    def enter(run: Run) -> Run:
        assert code not in CHECKS, code
        heaviest = next(iter(limits), level)
        CHECKS[code] = Check(
            code=code,
            what=what,
            level=heaviest,
            who=who,
            fix=fix,
            source=source,
            limits=limits,
            is_least=is_least,
            unit=unit,
            run=run,
        )
        return run

    return enter


def problems_of(check: Check, review: ReviewedEdition, setting: Setting | None) -> Iterator[Problem]:
    """Run one check with its setting from newsletter.yaml."""
    setting = setting or Setting()
    if setting.is_off:
        return
    limits = CheckLimits({**check.limits, **setting.limits})
    for finding in check.run(review, limits):
        yield to_problem(check, finding, setting.level)


def to_problem(check: Check, finding: CheckFinding, level: Level | None = None) -> Problem:
    """Convert a finding to a problem; a level from newsletter.yaml takes precedence."""
    place = finding.place
    return Problem(
        path=place.path,
        line=place.line,
        column=place.column,
        code=check.code,
        message=finding.message,
        hint=finding.hint or check.fix,
        level=level or finding.level or check.level,
        who=check.who,
        about=finding.about,
        kind=finding.kind,
    )
