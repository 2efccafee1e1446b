"""Which addresses may be contacted: only those of the public internet.

Input: an address from a resolver. Output: yes or no. Guarantees: never looks up a name, never connects.
"""

import ipaddress

#: What IANA has assigned to hosts of the IPv6 internet; the rest is special or not in use.
_IPV6_INTERNET = ipaddress.IPv6Network("2000::/3")
#: NAT64 (RFC 6052): the last 32 bits are the IPv4 address.
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
#: Special, although some releases of `ipaddress` call parts of them global.
_SPECIAL = (
    ipaddress.ip_network("100.64.0.0/10"),  # shared by providers' customers (RFC 6598)
    ipaddress.ip_network("168.63.129.16/32"),  # Azure's host, as seen from its guests
    ipaddress.ip_network("192.0.0.0/24"),  # protocol assignments (RFC 6890)
    ipaddress.ip_network("192.88.99.0/24"),  # relays of 6to4 (RFC 7526)
    ipaddress.ip_network("2001::/23"),  # protocol assignments: Teredo, ORCHID, benchmarks
    ipaddress.ip_network("3fff::/20"),  # documentation (RFC 9637)
)


def is_public(address: str) -> bool:
    """Return whether an address belongs to the public internet; an IPv4 address inside it must be public too."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.scope_id is not None:
            return False
        if ip in _NAT64:
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
        if ip not in _IPV6_INTERNET or (ip.sixtofour is not None and not is_public(str(ip.sixtofour))):
            return False
    return (
        ip.is_global
        and not (ip.is_private or ip.is_multicast or ip.is_reserved or ip.is_unspecified or ip.is_loopback)
        and not any(ip in network for network in _SPECIAL if network.version == ip.version)
    )
