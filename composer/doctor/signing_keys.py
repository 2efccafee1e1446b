"""Check the DKIM keys: whether they exist and are strong enough.

Input: the newsletter, and the folder of the keys. Output: diagnoses, and the DNS records of the keys.
"""

from composer.content.document.newsletter import Newsletter
from composer.core.environment import Environment
from composer.core.errors import ComposeError
from composer.delivery.config.dkim_keys import RSA_BITS, dkim_record, read_key
from composer.delivery.config.dns_record import DnsRecord
from composer.delivery.config.resolve import key_path, signing_of
from composer.doctor.diagnosis import Diagnosis, DiagnosisLevel
from composer.mail.dkim_signing import Algorithm


def look_at_keys(
    newsletter: Newsletter, around: Environment, host: str
) -> tuple[tuple[Diagnosis, ...], tuple[DnsRecord, ...]]:
    """Read each key; without keys of our own, the mail server signs, or DKIM is not set up."""
    try:
        signing = signing_of(newsletter, host)
    except ComposeError as error:
        return (Diagnosis(subject="DKIM", health=DiagnosisLevel.BAD, seen=error.message, step="fix delivery.dkim"),), ()
    if signing is None:
        step = "ask your mail provider to sign, and write   dkim: relay   or create keys:   compose dkim keygen"
        return (
            Diagnosis(subject="DKIM", health=DiagnosisLevel.WEAK, seen="DKIM signing is not set up", step=step),
        ), ()
    if signing.is_relayed:
        seen = "the mail server signs; check in a message you received that d= in DKIM-Signature is your domain"
        return (Diagnosis(subject="DKIM", health=DiagnosisLevel.GOOD, seen=seen),), ()
    found: list[Diagnosis] = []
    records: list[DnsRecord] = []
    algorithms = set()
    for selector in signing.selectors:
        subject = f"key {selector}"
        try:
            key = read_key(key_path(around, signing.domain, selector), selector=selector)
        except ComposeError as error:
            found.append(Diagnosis(subject=subject, health=DiagnosisLevel.BAD, seen=error.message, step=error.hint))
            continue
        algorithms.add(key.algorithm)
        records.append(dkim_record(key, signing.domain))
        is_short = key.algorithm is Algorithm.RSA and key.bits < RSA_BITS
        found.append(
            Diagnosis(
                subject=subject,
                health=DiagnosisLevel.WEAK if is_short else DiagnosisLevel.GOOD,
                seen=f"{key.algorithm}, {key.bits} bits",
                step="create a new one:   compose dkim keygen --selector compose2" if is_short else "",
            )
        )
    sender = newsletter.sender.domain
    if not (f".{sender}".endswith(f".{signing.domain}") or f".{signing.domain}".endswith(f".{sender}")):
        seen = (
            f"{signing.domain} signs, but the sender is at {sender}: the signature does not count for DMARC (RFC 9989)"
        )
        step = f"sign with keys of {sender}:   compose dkim keygen"
        found.append(Diagnosis(subject="DKIM", health=DiagnosisLevel.WEAK, seen=seen, step=step))
    if algorithms and Algorithm.RSA not in algorithms:
        step = "sign with an RSA key too: several receivers support only RSA"
        found.append(Diagnosis(subject="DKIM", health=DiagnosisLevel.WEAK, seen="only an Ed25519 key signs", step=step))
    return tuple(found), tuple(records)
