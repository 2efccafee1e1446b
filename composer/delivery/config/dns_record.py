"""DNS records to publish: as name, type and value for the form of a provider, and as a line of a zone file.

Input: a domain, the name of a mail server. Output: records. Guarantees: no lookups.
"""

import re
from dataclasses import dataclass

#: Bytes of one string in a TXT record (RFC 1035 section 3.3.14).
_STRING = 255
#: Types whose value ends with a host name.
_WITH_HOST = ("MX", "PTR", "CNAME")


@dataclass(frozen=True, slots=True)
class DnsRecord:
    """A record. Names have no dot at the end; the value is as people enter it, without quotation marks."""

    name: str
    type: str
    value: str

    @property
    def lines(self) -> tuple[str, str, str]:
        """Name, type and value, each on a line of its own, so that each can be copied."""
        return (f"name   {self.name}", f"type   {self.type}", f"value  {self.value}")

    @property
    def strings(self) -> tuple[str, ...]:
        """The value in strings of at most 255 bytes, which resolvers join without a space."""
        return tuple(self.value[at : at + _STRING] for at in range(0, len(self.value), _STRING))

    @property
    def zone_line(self) -> str:
        """The record as one line of a zone file (RFC 1035 section 5.1)."""
        value = f"{self.value}." if self.type in _WITH_HOST else self.value
        if self.type == "TXT":
            value = " ".join(f'"{text}"' for text in self.strings)
            value = f"( {value} )" if len(self.strings) > 1 else value
        return f"{self.name}. IN {self.type} {value}"


def is_own_host(host: str, domain: str) -> bool:
    """Return whether a server belongs to the owner of a domain: same domain, below it, or next to it.

    The domain above counts, too, unless it looks like a public suffix: co.uk, com.au.
    """
    above = domain.partition(".")[2]
    is_public = re.fullmatch(r"(?:[^.]{1,3}\.[a-z]{2}|[^.]*)", above) is not None
    return any(f".{host}".endswith(f".{each}") for each in (domain, *(() if is_public else (above,))))


def spf_record(domain: str, host: str) -> DnsRecord:
    """Return the record that allows only a mail server of one's own to send (RFC 7208)."""
    return DnsRecord(domain, "TXT", f"v=spf1 a:{host} -all")


def dmarc_record(domain: str) -> DnsRecord:
    """Return a policy to start with: it asks receivers for reports, and for nothing else (RFC 9989)."""
    return DnsRecord(f"_dmarc.{domain}", "TXT", f"v=DMARC1; p=none; rua=mailto:postmaster@{domain}")
