"""Checks on the web, just before a mailing: the public pages answer with our key, the pictures are those of the
edition.

Input: addresses from newsletter.yaml, a key, pictures. Output: the problem as text; empty if everything is right.
Guarantees: follows no redirect, uses no proxy, waits 15 seconds at most, reads no more than it needs.
"""

import hmac
import http.client
import secrets
import ssl
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote, urlsplit

from composer.audience.identity.tokens import Tokens

_SECONDS = 15
#: Bytes of an answer with a line for each key.
_MOST = 65_536
_AT_ONCE = 8


class _NoAnswerError(Exception):
    """A request failed; the message says why."""


def trouble_with_pages(public_url: str, tokens: Tokens) -> str:
    """Ask the public pages to prove that they have our key; return the problem, or an empty text."""
    nonce = secrets.token_urlsafe(24)
    try:
        said = _get(f"{public_url}/probe/{nonce}", _MOST)
    except _NoAnswerError as error:
        return f"the public pages do not answer at {public_url}: {error}"
    lines = said.decode("ascii", "replace").split()
    if any(hmac.compare_digest(line, tokens.proofs(nonce)[0]) for line in lines if line.isascii()):
        return ""
    return f"the server at {public_url} does not have the key of this newsletter: links in the message would not work"


def trouble_with_pictures(assets_url: str, pictures: Sequence[tuple[str, bytes]]) -> tuple[str, ...]:
    """Fetch each picture by its file name; return those whose bytes differ or that cannot be fetched, with the reason."""
    base = assets_url.rstrip("/")
    wanted: Mapping[str, bytes] = dict(pictures)

    def look(name: str) -> str:
        data = wanted[name]
        try:
            return (
                "" if _get(f"{base}/{quote(name)}", len(data) + 1) == data else f"{name} (a different picture is there)"
            )
        except _NoAnswerError as error:
            return f"{name} ({error})"

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return tuple(said for said in pool.map(look, wanted) if said)


def _get(url: str, most: int) -> bytes:
    parts = urlsplit(url)
    host = parts.hostname or ""
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        context = ssl.create_default_context()
        connection = http.client.HTTPSConnection(host, parts.port, timeout=_SECONDS, context=context)
    else:
        connection = http.client.HTTPConnection(host, parts.port, timeout=_SECONDS)
    try:
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request("GET", path or "/", headers={"User-Agent": "compose", "Connection": "close"})
        answer = connection.getresponse()
        if answer.status != 200:
            raise _NoAnswerError(f"HTTP status {answer.status}")
        return answer.read(most)
    except ssl.SSLCertVerificationError as error:
        raise _NoAnswerError(f"its certificate is not valid: {error.verify_message}") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise _NoAnswerError(str(reason).lower()) from None
    finally:
        connection.close()
