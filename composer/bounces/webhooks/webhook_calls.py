"""What the providers' calls over the web have in common: reading JSON of strangers, and what they come to.

Input: a request's body. Output: an `Event` for `recorder.record`, or `CallError`. Pure.
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from composer.bounces.parse.vocabulary import Returned
from composer.core.errors import ComposeError
from composer.transport.server_settings import Secret

#: Octets of a body; more is no notification. Bodies are bounded again by the server that takes them.
LARGEST = 1024 * 1024
#: Seconds that a signed call may be too early, and too late.
_EARLY, _LATE = 5 * 60, 25 * 3600
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")


class CallError(ComposeError):
    """A call is none of the provider's, or not for us: answer 403 and do nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that a provider tells."""

    #: By which it is known again: providers tell a thing more than once.
    hash: str
    returned: Returned


def hash_of(provider: str, number: str) -> str:
    """Return by what a provider's event is known again."""
    return hashlib.sha256(f"{provider}:{number}".encode("utf-8", "replace")).hexdigest()


def read_object(data: bytes | str) -> Mapping[str, Any]:
    """Read a JSON object. Raises CallError."""
    try:
        found = json.loads(data) if len(data) <= LARGEST else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise CallError("this is not a notification")
    return found


def text(found: Mapping[str, Any], name: str, most: int = 4096) -> str:
    """Return a text of an object; an empty one where it is none."""
    value = found.get(name)
    return value[:most] if isinstance(value, str) else ""


def read_objects(data: bytes | str, most: int = 1000) -> list[Mapping[str, Any]]:
    """Read a JSON object, or a list of them. Raises CallError, also for more than `most`."""
    try:
        found = json.loads(data) if len(data) <= LARGEST else None
    except (ValueError, RecursionError):
        found = None
    objects = [found] if isinstance(found, dict) else found
    if not isinstance(objects, list) or len(objects) > most or not all(isinstance(each, dict) for each in objects):
        raise CallError("this is not a notification")
    return objects


def status(found: Mapping[str, Any], name: str) -> str | None:
    """Return an enhanced status code (RFC 3463) of an object; None where it is none."""
    value = text(found, name)
    return value if _STATUS.fullmatch(value) else None


def check_password(header: Mapping[str, str], secret: Secret) -> None:
    """Check the name and password that were agreed, `name:password` (RFC 7617). Raises CallError."""
    if not is_authorized(header.get("authorization"), secret):
        raise CallError("the name or the password is wrong")


def is_authorized(header: str | None, secret: Secret) -> bool:
    """Return whether an Authorization header has the name and password that were agreed."""
    scheme, _, encoded = (header or "").partition(" ")
    try:
        given = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        given = b""
    is_right = hmac.compare_digest(given, secret.reveal().encode("utf-8", "surrogateescape"))
    return scheme.lower() == "basic" and is_right


def check_time(timestamp: str, now: datetime) -> None:
    """Check the time, in seconds since 1970, that a signature is for: providers repeat a call for a day. Raises CallError."""
    seconds = int(timestamp) if timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 12 else 0
    if not -_EARLY <= now.timestamp() - seconds <= _LATE:
        raise CallError("the time of the signature is out of range")


def inner(found: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return an object within an object; an empty one where there is none."""
    value = found.get(name)
    return value if isinstance(value, dict) else {}


def objects(found: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Return the objects of a list, 50 at most; none where there is no list."""
    value = found.get(name)
    return [each for each in value[:50] if isinstance(each, dict)] if isinstance(value, list) else []
