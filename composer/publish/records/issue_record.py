"""What is known of a published issue, as a line of text: an unchanged issue is not read again by the next run.

Input: a record and the parts of an issue, or a line. Output: the line, or the values. Guarantees: pure; the name, the
record and the parts of an issue can each be read by themselves; a line that is damaged is not used.
"""

import datetime
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from hashlib import blake2b
from sys import intern
from typing import Any

from composer.content.document.newsletter_config import ArchiveMode
from composer.publish.archive_model import (
    Correction,
    EventSummary,
    IssueParts,
    IssueSection,
    IssueSummary,
    ItemSummary,
)

_CLASSES = (IssueSummary, IssueParts, IssueSection, ItemSummary, EventSummary, Correction)
#: The first line. Increase the number when a record gets other fields.
HEAD = b'{"version":5}\n'
#: Between the name, the record, the parts and their digest: no JSON contains it as it is.
_BETWEEN = b"\t"
_DIGEST = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueRecord:
    """An issue as it was published."""

    summary: IssueSummary
    #: The files that it was read from besides its own.
    inputs: tuple[str, ...] = ()
    #: Its files in the archive besides the pages, with the digests of what they are made of; that of a PDF is empty if
    #: something is wrong with it.
    files: Mapping[str, str]
    #: The digest of its article.
    article: str = ""


def record_line(record: IssueRecord, parts: IssueParts) -> bytes:
    """Return the line of an issue."""
    made = {
        "inputs": record.inputs,
        "files": dict(record.files),
        "article": record.article,
        "summary": _as_json(record.summary),
    }
    texts = _BETWEEN.join((_json(record.summary.stem), _json(made), _json(_as_json(parts))))
    return texts + _BETWEEN + _digest(texts) + b"\n"


def stem_in(line: bytes) -> str:
    """Return the name of the issue in a line. Raises ValueError for another text."""
    return str(json.loads(line.partition(_BETWEEN)[0]))


def record_in(line: bytes) -> IssueRecord | None:
    """Return the record in a line; None if the line is damaged."""
    texts, _, digest = line.rstrip(b"\n").rpartition(_BETWEEN)
    if _digest(texts) != digest:
        return None
    given = json.loads(texts.split(_BETWEEN)[1])
    return IssueRecord(**{**given, "inputs": tuple(given["inputs"]), "summary": _summary(given["summary"])})


def parts_in(line: bytes) -> IssueParts:
    """Return the parts of the issue in a line that is not damaged."""
    given = json.loads(line.split(_BETWEEN)[2])
    day = datetime.date.fromisoformat
    return IssueParts(
        items=tuple(ItemSummary(**each) for each in given.get("items", ())),
        events=tuple(EventSummary(**{**each, "date": day(each["date"])}) for each in given.get("events", ())),
    )


def _digest(texts: bytes) -> bytes:
    return blake2b(texts, digest_size=_DIGEST).hexdigest().encode()


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _as_json(value: Any) -> Any:
    """Return a value as JSON, without the fields that have their default."""
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
            "sections": tuple(map(_section, given.get("sections", ()))),
            "corrections": tuple(
                Correction(at=moment(each["at"]), changes=tuple((a, b) for a, b in each.get("changes", ())))
                for each in given.get("corrections", ())
            ),
        }
    )


def _section(given: dict[str, Any]) -> IssueSection:
    """Return a section; most issues have sections with the same names, which need memory only once."""
    names = {name: intern(given[name]) for name in ("key", "anchor", "heading")}
    return IssueSection(**{**given, **names})
