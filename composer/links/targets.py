"""Split a link into the parts that a request needs.

Input: a link as written, or a Location header and the address it is relative to. Output: a `Target`, ASCII only, or the
reason why the link has no target. Guarantees: never looks anything up.
"""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit

import idna

from composer.links.answer import Hindrance, LinkVerdict

_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}")
_UNREADABLE = Hindrance(verdict=LinkVerdict.UNSURE, reason="the address is not valid")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A page to request."""

    scheme: str
    #: A name in lower case (A-labels, RFC 5891), or an address without brackets.
    host: str
    port: int
    #: Path and query.
    path: str
    #: Not part of the page's address, never sent.
    fragment: str

    @property
    def authority(self) -> str:
        """The Host header: with a port only if it is not the default of the scheme."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The address of the page, without a fragment: it is the same for two links to one page."""
        return f"{self.scheme}://{self.authority}{self.path}"


def read_target(text: str, base: str = "") -> Target | Hindrance:
    """Parse a link (RFC 3986, or an IRI of RFC 3987), relative to `base` if given."""
    try:
        parts = urlsplit(urljoin(base, text.strip()))
        port = parts.port
    except ValueError:
        return _UNREADABLE
    if parts.scheme not in _PORTS:
        if not parts.scheme:
            return _UNREADABLE
        reason = f"it begins with “{parts.scheme[:20]}:”, and only http and https links are checked"
        return Hindrance(verdict=LinkVerdict.REFUSED, reason=reason)
    if "@" in parts.netloc:
        return Hindrance(verdict=LinkVerdict.UNSURE, reason="the address contains a user name, which is not sent")
    host = _host(parts.hostname or "")
    if host is None or port == 0:
        return _UNREADABLE
    query = f"?{_encode(parts.query)}" if parts.query else ""
    return Target(
        scheme=parts.scheme,
        host=host,
        port=port or _PORTS[parts.scheme],
        path=(_encode(parts.path) or "/") + query,
        fragment=_encode(parts.fragment),
    )


def read_location(raw: bytes) -> str:
    """Read a Location header: ASCII as it should be, UTF-8 as it often is, or bytes that only its server understands."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return quote(raw, safe=bytes(range(0x21, 0x7F)))


def _encode(part: str) -> str:
    return quote(part, safe="/%:@!$&'()*+,;=?~-._[]", errors="surrogatepass")


def _host(host: str) -> str | None:
    if len(host) > 253:
        return None
    if ":" in host:
        try:
            return str(ipaddress.IPv6Address(host))
        except ValueError:
            return None
    if not host.isascii():
        try:
            host = idna.encode(host, uts46=True).decode("ascii")
        except UnicodeError:  # IDNAError is one
            return None
    host = host.removesuffix(".")
    return host if _HOST.fullmatch(host) else None
