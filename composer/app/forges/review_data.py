"""A review as a value, and as JSON that another job reads.

Input: what was found in each issue; or the JSON that somebody else's job has written. Output: the JSON, or a `Review`.
Guarantees: pure but for the schema; JSON is used only if it follows docs/reference/review.schema.json, which limits every
text and list.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from composer.app.forges.placed_findings import PlacedFinding
from composer.core.errors import Level, UsageError, Who
from composer.core.workspace import NEWSLETTER, shipped

#: The largest file that is read, in bytes.
LARGEST = 2_000_000
#: How much of a change a review holds. The schema has the same limits.
MOST_ISSUES, MOST_FINDINGS, MOST_LINKS, MOST_LINES = 10, 50, 50, 200
#: The longest text; longer ones are cut.
LONGEST = 2_000
_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxLine:
    """What an inbox shows of a message."""

    sender: str
    subject: str
    preheader: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionChange:
    """A section whose texts have changed: its name, its words, and the lines with + or - in front."""

    name: str
    words_before: int
    words_after: int
    lines: tuple[str, ...]
    lines_left_out: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedIssue:
    """What a change makes of an issue. Without an inbox line and a size, the issue cannot be built."""

    path: str
    is_new: bool
    #: Whether both versions could be built.
    is_compared: bool
    inbox: InboxLine | None
    inbox_before: InboxLine | None
    sections: tuple[SectionChange, ...]
    #: The size of the HTML part, in bytes.
    size: int | None
    size_before: int | None
    links: int
    links_added: tuple[str, ...]
    links_removed: tuple[str, ...]
    findings: tuple[PlacedFinding, ...]
    findings_left_out: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """The issues of a change, and the files of issues that it removes."""

    issues: tuple[ReviewedIssue, ...]
    removed: tuple[str, ...] = ()
    #: How many more issues the change touches.
    left_out: int = 0

    @property
    def is_passing(self) -> bool:
        """Whether no issue has an error or a blocker that its authors can correct."""
        return not any(map(_prevents_merging, (each for issue in self.issues for each in issue.findings)))

    def to_json(self) -> dict[str, object]:
        """Return the JSON value that docs/reference/review.schema.json describes."""
        shortened: dict[str, object] = _shortened(asdict(self))
        return {"version": _VERSION, **shortened}


def _prevents_merging(finding: PlacedFinding) -> bool:
    """Check for errors and blockers, except what IT has to set once, before the first mailing, such as public_url."""
    is_setting = finding.who is Who.IT and PurePosixPath(finding.path).name == NEWSLETTER
    return finding.level is Level.ERROR or (finding.level is Level.BLOCKER and not is_setting)


def review_bytes(file: Path) -> bytes:
    """Return the beginning of a file: what is too large is not read. Raises UsageError."""
    try:
        with file.open("rb") as opened:
            return opened.read(LARGEST + 1)
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from None


def read_review(data: bytes) -> Review:
    """Return the review that JSON contains. Raises UsageError if it is too large, or does not follow the schema."""
    hint = "the file is written by   compose review --json   in the same version of compose"
    if len(data) > LARGEST:
        raise UsageError(f"the review is too large: more than {LARGEST // 1_000_000} MB", hint)
    try:
        value = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError):
        raise UsageError("the review is not JSON", hint) from None
    if (place := _violation(value)) is not None:
        raise UsageError(f"the review does not follow its schema: at {place or 'the top'}", hint)
    issues = tuple(map(_issue, value["issues"]))
    return Review(issues=issues, removed=tuple(value["removed"]), left_out=value["left_out"])


def _violation(value: object) -> str | None:
    """Return the place of the first value that does not follow the schema."""
    # Imported late: only for JSON that is read.
    import jsonschema_rs

    schema = json.loads((shipped("docs") / "reference" / "review.schema.json").read_text(encoding="utf-8"))
    error = next(jsonschema_rs.Draft202012Validator(schema).iter_errors(value), None)
    return None if error is None else "/".join(map(str, error.instance_path))


def _issue(value: Mapping[str, Any]) -> ReviewedIssue:
    parts = {
        "inbox": _inbox(value["inbox"]),
        "inbox_before": _inbox(value["inbox_before"]),
        "sections": tuple(SectionChange(**{**each, "lines": tuple(each["lines"])}) for each in value["sections"]),
        "findings": tuple(
            PlacedFinding(**{**each, "level": Level(each["level"]), "who": Who(each["who"])})
            for each in value["findings"]
        ),
        "links_added": tuple(value["links_added"]),
        "links_removed": tuple(value["links_removed"]),
    }
    return ReviewedIssue(**{**value, **parts})


def _inbox(value: Mapping[str, str] | None) -> InboxLine | None:
    return InboxLine(**value) if value is not None else None


def _shortened(value: Any) -> Any:
    match value:
        case dict():
            return {key: _shortened(each) for key, each in value.items()}
        case list() | tuple():
            return [_shortened(each) for each in value]
        case str():
            return value if len(value) <= LONGEST else f"{value[: LONGEST - 1]}…"
    return value
