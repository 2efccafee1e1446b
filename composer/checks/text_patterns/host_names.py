"""Host names of addresses: of this computer or a private network, or reserved for examples.

Input: an address or a host name. Output: what it is. Guarantees: nothing is looked up.
"""

import ipaddress
import re
from functools import lru_cache
from urllib.parse import urlsplit

from composer.checks.text_patterns.scan_memory import MOST

_LOCAL = (".local", ".localhost", ".internal", ".lan", ".home", ".corp", ".test", ".invalid", ".example")
#: Hosts that are reserved for examples (RFC 2606).
_EXAMPLE = re.compile(r"(?:.+\.)?example\.(?:com|net|org)", re.IGNORECASE)


@lru_cache(maxsize=MOST)
def host_of(url: str) -> str:
    """Return the host of an address, without www."""
    return (urlsplit(url).hostname or "").removeprefix("www.")


def mail_host(url: str) -> str:
    """Return the host of a mailto: address, or an empty text."""
    return url.partition("?")[0].rpartition("@")[2] if url.startswith("mailto:") else ""


@lru_cache(maxsize=MOST)
def is_local(host: str) -> bool:
    """Return whether a host is this computer or in a private network."""
    return host == "localhost" or host.endswith(_LOCAL) or _is_private(host)


def is_example(host: str) -> bool:
    """Return whether a host is reserved for examples."""
    return _EXAMPLE.fullmatch(host) is not None


def ip_address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the IP address that is in place of a host name, or None."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_private(host: str) -> bool:
    address = ip_address(host)
    return address is not None and not address.is_global
