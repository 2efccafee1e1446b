"""The summaries of the issues that were published, kept for the next run: an unchanged issue is not read again.

Input: the bytes of the cache, or records. Output: records by stem, or bytes. Guarantees: pure; a cache that cannot be read is
empty.
"""

import datetime
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from composer.content.document.newsletter_config import ArchiveMode
from composer.publish.archive_model import Correction, EventSummary, IssueSummary, ItemSummary

_CLASSES = (IssueSummary, ItemSummary, EventSummary, Correction)
#: Increase this number when a summary gets other fields.
_VERSION = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueRecord:
    """An issue as it was published: the digest of everything that its page was made of, and its summary."""

    source: str
    summary: IssueSummary
    #: The files that it was read from besides its own.
    inputs: tuple[str, ...] = ()
    #: The record as it was read, to be written again as it is.
    as_read: object = field(default=None, compare=False, repr=False)


def parse_records(data: bytes) -> Mapping[str, IssueRecord]:
    """Return the records by stem; none for another version or a damaged cache."""
    try:
        given = json.loads(data)
        if given["version"] != _VERSION:
            return {}
        return {
            stem: IssueRecord(
                source=each["source"], summary=_summary(each["summary"]), inputs=tuple(each["inputs"]), as_read=each
            )
            for stem, each in given["issues"].items()
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def record_bytes(records: Mapping[str, IssueRecord]) -> bytes:
    """Return the bytes of a cache."""
    issues = {
        stem: each.as_read or {"source": each.source, "inputs": each.inputs, "summary": _as_json(each.summary)}
        for stem, each in sorted(records.items())
    }
    return json.dumps({"version": _VERSION, "issues": issues}, ensure_ascii=False, separators=(",", ":")).encode()


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
