"""The DNS records that a newsletter needs, with the reason for each.

Input: the newsletter, the environment with the keys, the host of the mail server, the hosts of the pages. Output:
planned records; those that need something unknown have it in angle brackets. Guarantees: no lookups.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from composer.app.administration.dkim_pair import dkim_records
from composer.content.document.newsletter import Newsletter
from composer.core.environment import Environment
from composer.core.errors import ComposeError
from composer.delivery.config.dns_record import DnsRecord, dmarc_record, is_own_host, spf_record
from composer.delivery.config.resolve import signing_of


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRecord:
    """A record and its reason. `is_open`: its value needs something that only a person knows."""

    record: DnsRecord
    reason: str
    is_open: bool = False


def planned_records(
    newsletter: Newsletter, environment: Environment, mail_host: str, hosts: Sequence[str]
) -> tuple[PlannedRecord, ...]:
    """Return the records of the pages' hosts, of the sender's domain, and of the domain for bounces."""
    domain = newsletter.sender.domain
    bounces = newsletter.delivery.bounces
    found = [*_of_hosts(hosts), _sender(domain, mail_host), *_keys(newsletter, environment, mail_host)]
    reason = (
        "What receivers do with mail without a valid signature (RFC 9989). Read the reports, then use p=quarantine."
    )
    found.append(PlannedRecord(record=dmarc_record(domain), reason=reason))
    if bounces is not None:
        mailbox = DnsRecord(bounces.domain, "MX", "10 <server of the bounce mailbox>")
        found.append(PlannedRecord(record=mailbox, reason="Where bounces arrive.", is_open=True))
        if bounces.domain != domain:
            found.append(_sender(bounces.domain, mail_host))
    if is_own_host(mail_host, domain):
        reverse = DnsRecord("<reverse name of the mail server's address>", "PTR", mail_host)
        reason = "The reverse name of your mail server. You set it in the settings of the server's provider."
        found.append(PlannedRecord(record=reverse, reason=reason, is_open=True))
    return tuple(found)


def _of_hosts(hosts: Sequence[str]) -> Iterator[PlannedRecord]:
    for host in hosts:
        for kind, what in (("A", "IPv4"), ("AAAA", "IPv6, if it has one")):
            yield PlannedRecord(
                record=DnsRecord(host, kind, f"<{what.partition(',')[0]} address of the web server>"),
                reason=f"The web server of {host}: {what}.",
                is_open=True,
            )


def _sender(domain: str, mail_host: str) -> PlannedRecord:
    if is_own_host(mail_host, domain):
        reason = f"Only your own mail server may send for {domain} (RFC 7208)."
        return PlannedRecord(record=spf_record(domain, mail_host), reason=reason)
    record = DnsRecord(domain, "TXT", "v=spf1 <what your mail provider tells you> -all")
    reason = f"Which servers may send for {domain} (RFC 7208)."
    return PlannedRecord(record=record, reason=reason, is_open=True)


def _keys(newsletter: Newsletter, environment: Environment, mail_host: str) -> Iterator[PlannedRecord]:
    """Yield the records of the signing keys on this computer; nothing if the mail server signs."""
    try:
        signing = signing_of(newsletter, mail_host)
        if signing is not None and signing.is_relayed:
            return
        keys = dkim_records(newsletter, environment).records
    except ComposeError:
        # There are no keys yet, or they are on another computer.
        record = DnsRecord(f"compose-rsa._domainkey.{newsletter.sender.domain}", "TXT", "<run compose dkim keygen>")
        yield PlannedRecord(record=record, reason="The keys that sign messages (RFC 6376).", is_open=True)
        return
    for each in keys:
        yield PlannedRecord(record=each, reason="A key that signs messages (RFC 6376).")
