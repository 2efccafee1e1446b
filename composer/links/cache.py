"""Cache answers between runs, in one JSON file.

Input: a path. Output: answers by the address of the page. Guarantees: a file that is missing, broken or not writable
counts as empty and never causes an error. Its content is validated, because it may have come with a cloned repository.
"""

import contextlib
import datetime
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from composer.links.answer import LinkAnswer, LinkVerdict

_DAY = datetime.timedelta(days=1)
_HOUR = datetime.timedelta(hours=1)
#: Older answers are dropped.
_KEPT = 7 * _DAY
_FORM = 1


def is_fresh(answer: LinkAnswer, now: datetime.datetime) -> bool:
    """Return whether an answer can be used again: for a day, or for an hour if the check failed."""
    age = now - answer.asked_at
    return datetime.timedelta(0) <= age < (_HOUR if answer.verdict is LinkVerdict.UNSURE else _DAY)


def read(path: Path) -> dict[str, LinkAnswer]:
    """Read the cached answers, fresh or not; empty if the file cannot be read."""
    try:
        match json.loads(path.read_bytes()):
            case {"form": int(form), "answers": list(items)} if form == _FORM:
                answers = [answer for item in items if (answer := _answer(item)) is not None]
                return {answer.url: answer for answer in answers}
    except (OSError, ValueError, RecursionError):
        pass
    return {}


def write(path: Path, answers: Mapping[str, LinkAnswer], now: datetime.datetime) -> None:
    """Write answers, replacing the file atomically; only its owner can read it."""
    kept = [
        {
            "url": url,
            "verdict": answer.verdict.value,
            "reason": answer.reason,
            "final": answer.final,
            "status": answer.status,
            "asked_at": answer.asked_at.isoformat(),
        }
        for url, answer in sorted(answers.items())
        if answer.verdict is not LinkVerdict.REFUSED and now - answer.asked_at < _KEPT
    ]
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)  # mode 0600
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump({"form": _FORM, "answers": kept}, file, ensure_ascii=False, indent=1)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def _answer(item: object) -> LinkAnswer | None:
    match item:
        case {
            "url": str(url),
            "verdict": str(word),
            "reason": str(reason),
            "final": str() | None as final,
            "status": int() | None as status,
            "asked_at": str(at),
        }:
            try:
                verdict, asked_at = LinkVerdict(word), datetime.datetime.fromisoformat(at)
                utc = asked_at.astimezone(datetime.UTC)
            except (ValueError, OverflowError):
                return None
            if asked_at.tzinfo is None or verdict is LinkVerdict.REFUSED or not (_is_web(url) and reason.isprintable()):
                return None
            if (verdict is LinkVerdict.MOVED) != (final is not None) or (final is not None and not _is_web(final)):
                return None
            return LinkAnswer(url=url, verdict=verdict, reason=reason, final=final, status=status, asked_at=utc)
    return None


def _is_web(url: str) -> bool:
    return url.startswith(("http://", "https://")) and url.isascii() and url.isprintable() and " " not in url
