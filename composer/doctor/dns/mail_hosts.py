"""Check the names of mail servers: whether bounces can arrive, and whether the sending server has a reverse name.

Input: host names, and a function that asks a name server. Output: diagnoses. Guarantees: makes no lookups itself.
"""

import ipaddress
from collections.abc import Iterator

from composer.delivery.config.dns_record import DnsRecord
from composer.doctor.diagnosis import Diagnosis, DiagnosisLevel
from composer.doctor.dns.name_server import Ask, addresses_of, silent


def look_at_bounce_domain(domain: str, ask: Ask) -> Diagnosis:
    """Check that the domain of the bounce address receives mail: otherwise, bounces are lost."""
    subject = f"MX of {domain}"
    step = f"bounces to this domain are lost: ask the provider of the bounce mailbox for the MX record of {domain}"
    records = ask(domain, "MX")
    if records is None:
        return silent(subject)
    hosts = [record.split()[-1].rstrip(".") for record in records if record.split()[1:] and record.split()[-1] != "."]
    if records and not hosts:
        seen = "a null MX record says that the domain receives no mail"
        return Diagnosis(subject=subject, health=DiagnosisLevel.BAD, seen=seen, step=step)
    if not records:
        return _without_mx(subject, domain, step, ask)
    missing = [host for host in hosts if addresses_of(host, ask) == ()]
    if len(missing) == len(hosts):
        seen = f"{', '.join(missing)}: no address in DNS"
        return Diagnosis(subject=subject, health=DiagnosisLevel.BAD, seen=seen, step=step)
    return Diagnosis(subject=subject, health=DiagnosisLevel.GOOD, seen=", ".join(hosts))


def _without_mx(subject: str, domain: str, step: str, ask: Ask) -> Diagnosis:
    """Servers try the address of a domain without MX records (RFC 5321 section 5.1)."""
    if addresses_of(domain, ask):
        return Diagnosis(
            subject=subject,
            health=DiagnosisLevel.WEAK,
            seen="no MX record; other servers try the address of the domain itself",
            step="if the bounce mailbox is on another server, publish its MX record",
        )
    return Diagnosis(subject=subject, health=DiagnosisLevel.BAD, seen="no MX record found", step=step)


def look_at_reverse_names(host: str, ask: Ask) -> Iterator[Diagnosis]:
    """Check each public address of a sending server of one's own: its reverse name must lead back to it."""
    found = addresses_of(host, ask)
    if found is None:
        yield silent(f"reverse DNS of {host}")
    for address in found or ():
        if ipaddress.ip_address(address).is_global:
            yield _reverse_name(host, address, ask)


def _reverse_name(host: str, address: str, ask: Ask) -> Diagnosis:
    subject = f"reverse DNS of {address}"
    reverse = ipaddress.ip_address(address).reverse_pointer
    names = ask(reverse, "PTR")
    if names is None:
        return silent(subject)
    if any(address in (addresses_of(name, ask) or ()) for name in names):
        return Diagnosis(subject=subject, health=DiagnosisLevel.GOOD, seen=", ".join(names))
    seen = f"{', '.join(names)} does not lead back to this address" if names else "no record found"
    return Diagnosis(
        subject=subject,
        health=DiagnosisLevel.BAD,
        seen=f"{seen}: Gmail and Outlook refuse mail from it",
        step="ask the provider of the server for this record; you often set it in the provider's own settings",
        record=DnsRecord(reverse, "PTR", host),
    )
