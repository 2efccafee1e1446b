"""The common part of the providers' webhooks: read untrusted JSON, and check passwords and times.

Input: the body of a request. Output: an `Event` for `recorder.record`, or a `CallError`. Guarantees: pure.
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

#: The maximum size of a body in bytes. The web server has a limit too.
LARGEST = 1024 * 1024
#: How many seconds the time of a signature may be ahead, and how many behind.
_EARLY, _LATE = 5 * 60, 25 * 3600
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")


class CallError(ComposeError):
    """A call is not from the provider, or not for us: answer 403 and do nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event of a provider."""

    #: The identity of the event: providers post an event more than once.
    hash: str
    returned: Returned


def hash_of(provider: str, number: str) -> str:
    """Return the identity of a provider's event."""
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
    """Return a text of an object; empty if it is not a text."""
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
    """Return an enhanced status code (RFC 3463) of an object; None if it is not one."""
    value = text(found, name)
    return value if _STATUS.fullmatch(value) else None


def check_password(header: Mapping[str, str], secret: Secret) -> None:
    """Check the name and password of the webhook, `name:password` (RFC 7617). Raises CallError."""
    if not is_authorized(header.get("authorization"), secret):
        raise CallError("the name or the password is wrong")


def is_authorized(header: str | None, secret: Secret) -> bool:
    """Return whether an Authorization header has the name and password of the webhook."""
    scheme, _, encoded = (header or "").partition(" ")
    try:
        given = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        given = b""
    is_right = hmac.compare_digest(given, secret.reveal().encode("utf-8", "surrogateescape"))
    return scheme.lower() == "basic" and is_right


def check_time(timestamp: str, now: datetime) -> None:
    """Check the time of a signature, in seconds since 1970: providers repeat a call for a day. Raises CallError."""
    seconds = int(timestamp) if timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 12 else 0
    if not -_EARLY <= now.timestamp() - seconds <= _LATE:
        raise CallError("the time of the signature is out of range")


def inner(found: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return an object inside an object; empty if it is missing."""
    value = found.get(name)
    return value if isinstance(value, dict) else {}


def objects(found: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Return the objects of a list, 50 at most; empty if it is not a list."""
    value = found.get(name)
    return [each for each in value[:50] if isinstance(each, dict)] if isinstance(value, list) else []
