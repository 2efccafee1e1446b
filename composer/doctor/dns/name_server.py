"""Looks up DNS records with this computer's resolver.

Input: a name and a type. Output: the records as texts.
"""

from collections.abc import Callable

from composer.doctor.diagnosis import Diagnosis, DiagnosisLevel

#: Returns the records with a name and of a type; an empty tuple without records; None if no name server answered.
Ask = Callable[[str, str], tuple[str, ...] | None]


def ask_name_server(name: str, kind: str) -> tuple[str, ...] | None:
    """Look up records; host names in them have no dot at the end."""
    import dns.exception
    import dns.resolver

    try:
        answer = dns.resolver.resolve(name, kind, lifetime=6)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return ()
    except (dns.exception.DNSException, OSError):
        return None
    if kind == "TXT":
        return tuple(b"".join(record.strings).decode("utf-8", "replace") for record in answer)
    return tuple(record.to_text().rstrip(".") for record in answer)


def silent(subject: str) -> Diagnosis:
    """Return the diagnosis when no name server answered."""
    return Diagnosis(
        subject=subject,
        health=DiagnosisLevel.OPEN,
        seen="no name server answered",
        step="check the network connection, and run it again",
    )


def addresses_of(host: str, ask: Ask) -> tuple[str, ...] | None:
    """Return the IPv4 and IPv6 addresses of a host; None if no name server answered."""
    found = [ask(host, kind) for kind in ("A", "AAAA")]
    if all(each is None for each in found):
        return None
    return tuple(address for each in found for address in each or ())
