"""What the providers' calls over the web have in common: reading JSON of strangers, and what they come to.

Comes in: a request's body. Goes out: an `Event` for `recording.record`, or `CallError`. Pure.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from composer.bounces.vocabulary import Returned
from composer.errors import ComposeError

#: Octets of a body; more is no notification. Bodies are bounded again by the server that takes them.
LARGEST = 1024 * 1024


class CallError(ComposeError):
    """A call is none of the provider's, or not for us: answer 403 and do nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that a provider tells."""

    #: By which it is known again: providers tell a thing more than once.
    hash: str
    returned: Returned


def hash_of(provider: str, number: str) -> str:
    """Give by what a provider's event is known again."""
    return hashlib.sha256(f"{provider}:{number}".encode("utf-8", "replace")).hexdigest()


def read_object(data: bytes | str) -> Mapping[str, Any]:
    """Read a JSON object. Raises CallError."""
    try:
        found = json.loads(data) if len(data) <= LARGEST else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise CallError("this is no notification")
    return found


def text(found: Mapping[str, Any], name: str, most: int = 4096) -> str:
    """Give a text of an object; an empty one where it is none."""
    value = found.get(name)
    return value[:most] if isinstance(value, str) else ""


def inner(found: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Give an object within an object; an empty one where there is none."""
    value = found.get(name)
    return value if isinstance(value, dict) else {}


def objects(found: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Give the objects of a list, 50 at most; none where there is no list."""
    value = found.get(name)
    return [each for each in value[:50] if isinstance(each, dict)] if isinstance(value, list) else []
