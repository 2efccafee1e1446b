"""The summaries of the issues that were published, kept for the next run: an unchanged issue is not read again.

Input: the lines of the cache, or records. Output: records by stem, or lines. Guarantees: pure; a cache that cannot be
read is empty.
"""

import datetime
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from composer.content.document.newsletter_config import ArchiveMode
from composer.publish.archive_model import Correction, EventSummary, IssueSummary, ItemSummary

_CLASSES = (IssueSummary, ItemSummary, EventSummary, Correction)
#: Increase this number when a summary gets other fields.
_VERSION = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueRecord:
    """An issue as it was published: the digest of everything that its page was made of, and its summary."""

    source: str
    summary: IssueSummary
    #: The files that it was read from besides its own.
    inputs: tuple[str, ...] = ()
    #: Its line in the cache as it was read, to be written again as it is.
    line: bytes = field(default=b"", compare=False, repr=False)


def parse_records(lines: Iterable[bytes]) -> Mapping[str, IssueRecord]:
    """Return the records by stem; none for another version or a damaged cache."""
    given = iter(lines)
    try:
        if json.loads(next(given, b"")) != {"version": _VERSION}:
            return {}
        return dict(map(_record, given))
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def record_lines(records: Mapping[str, IssueRecord]) -> Iterator[bytes]:
    """Yield the lines of a cache: its version, then an issue in each line, so that thousands need little memory."""
    yield _line({"version": _VERSION})
    for stem, each in sorted(records.items()):
        made = {"stem": stem, "source": each.source, "inputs": each.inputs, "summary": _as_json(each.summary)}
        yield each.line or _line(made)


def _line(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _record(line: bytes) -> tuple[str, IssueRecord]:
    given = json.loads(line)
    summary, inputs = _summary(given["summary"]), tuple(given["inputs"])
    return given["stem"], IssueRecord(source=given["source"], summary=summary, inputs=inputs, line=line)


def _as_json(value: Any) -> Any:
    """Return a summary as JSON, without the fields that have their default."""
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()
    if isinstance(value, _CLASSES):
        found = {each.name: (getattr(value, each.name), each.default) for each in fields(value)}
        return {name: _as_json(given) for name, (given, default) in found.items() if given != default}
    return [_as_json(each) for each in value] if isinstance(value, tuple) else value


def _summary(given: dict[str, Any]) -> IssueSummary:
    moment, day = datetime.datetime.fromisoformat, datetime.date.fromisoformat
    return IssueSummary(
        **{
            **given,
            "date": day(given["date"]),
            "published": moment(given["published"]),
            "updated": moment(given["updated"]),
            "mode": ArchiveMode(given.get("mode", ArchiveMode.PUBLIC)),
            "items": tuple(ItemSummary(**each) for each in given.get("items", ())),
            "events": tuple(EventSummary(**{**each, "date": day(each["date"])}) for each in given.get("events", ())),
            "pictures": tuple(given.get("pictures", ())),
            "corrections": tuple(
                Correction(at=moment(each["at"]), changes=tuple((a, b) for a, b in each.get("changes", ())))
                for each in given.get("corrections", ())
            ),
        }
    )
