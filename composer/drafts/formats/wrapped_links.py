"""Where a link really leads: without the wrapping of mail filters and Google, and without tracking parameters.

Input: an address from a draft. Output: the address to write into an issue. Guarantees: pure; follows no link. An address
that is not wrapped keeps every character, except parameters whose only purpose is tracking.
"""

import re
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

#: Wrappers around wrappers are unwrapped, too, up to this many.
_MOST_WRAPPERS = 5
_TRACKING = re.compile(
    r"utm_\w+|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|twclid|ttclid|yclid|igshid|li_fat_id|mc_[ce]id|_hsenc|_hsmi|__hs\w+"
    r"|mkt_tok|vero_id|vero_conv|oly_enc_id|oly_anon_id|ck_subscriber_id|__s|_bhlid|sc_cid|cmpid|icid",
    re.IGNORECASE,
)
_GOOGLE = re.compile(r"(?:www\.)?google\.[a-z]{2,3}(?:\.[a-z]{2})?")
_SAFELINKS = re.compile(
    r"[\w-]+\.safelinks\.protection\.(?:outlook|office365)\.(?:com|us|cn)|safelinks\.protection\.outlook\.com"
)
_URLDEFENSE = re.compile(r"urldefense(?:\.proofpoint)?\.(?:com|us)")
_ABSOLUTE = re.compile(r"(?:https?://|mailto:|tel:)\S", re.IGNORECASE)


def clean_link(address: str) -> str:
    """Return an address without wrapping and tracking; "" for a place in the draft itself and for a script."""
    address = address.strip()
    if address.startswith("#") or re.match(r"(?:javascript|data|vbscript|about):", address, re.IGNORECASE):
        return ""
    for _ in range(_MOST_WRAPPERS):
        inner = _inside(address)
        if not _ABSOLUTE.match(inner):
            break
        address = inner
    return without_tracking(address)


def without_tracking(address: str) -> str:
    """Return an address without parameters that only identify a mailing or a person."""
    before, mark, rest = address.partition("?")
    if not mark:
        return address
    query, hash_, fragment = rest.partition("#")
    kept = [part for part in re.split("(?<=&)(?!amp;)", query) if not _TRACKING.fullmatch(part.partition("=")[0])]
    if len(kept) == len(re.split("(?<=&)(?!amp;)", query)):
        return address
    query = "".join(kept).rstrip("&")
    return f"{before}{'?' if query else ''}{query}{hash_}{fragment}"


def _inside(address: str) -> str:
    """Return the address inside a wrapped address; "" if it is not wrapped."""
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").lower()
    except ValueError:
        return ""
    return next((unwrap(parts) for matches, unwrap in _WRAPPERS if matches(host, parts.path)), "")


def _parameter(*names: str) -> Callable[[SplitResult], str]:
    def unwrap(parts: SplitResult) -> str:
        given = parse_qs(parts.query)
        return next((given[name][0] for name in names if name in given), "")

    return unwrap


def _urldefense(parts: SplitResult) -> str:
    if parts.path.startswith("/v3/"):
        return _urldefense_3(parts._replace(scheme="", netloc="").geturl())
    inner = _parameter("u")(parts)
    if parts.path.startswith("/v2/"):
        inner = unquote(inner.replace("-", "%").replace("_", "/"))
    return inner


def _urldefense_3(path: str) -> str:
    """Decode version 3: each `*` is one replaced byte, `**` and a letter are several; the bytes follow the address."""
    match = re.match(r"/v3/__(.+?)__;([^!]*)!", path)
    if match is None:
        return ""
    inner, encoded = match.groups()
    try:
        replaced = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
    except ValueError:
        return ""
    characters = iter(replaced)
    inner = re.sub(r"\*(?:\*(.))?", lambda found: _next(characters, found[1]), inner)
    # The address may have lost one of its two slashes.
    return re.sub(r"^([a-z][a-z0-9+.-]*:/)(?=[^/])", r"\1/", inner)


_LENGTHS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def _next(characters: Iterator[str], length: str | None) -> str:
    count = 1 if length is None else _LENGTHS.find(length) + 2
    return "".join(next(characters, "") for _ in range(count))


_WRAPPERS: tuple[tuple[Callable[[str, str], bool], Callable[[SplitResult], str]], ...] = (
    (lambda host, path: bool(_GOOGLE.fullmatch(host)) and path == "/url", _parameter("q", "url")),
    (lambda host, path: bool(_SAFELINKS.fullmatch(host)), _parameter("url")),
    (lambda host, path: bool(_URLDEFENSE.fullmatch(host)), _urldefense),
    (lambda host, path: host in ("l.facebook.com", "lm.facebook.com") and path == "/l.php", _parameter("u")),
    (lambda host, path: host == "linkprotect.cudasvc.com", _parameter("a")),
)
