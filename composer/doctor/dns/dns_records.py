"""Check the DNS records of a sender's domain: SPF, DKIM, DMARC.

Input: a domain, the records of keys, and a function that asks a name server. Output: diagnoses. Guarantees: makes no
lookups itself, so it also runs in tests and on computers without a resolver.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from composer.delivery.config.dns_record import DnsRecord, dmarc_record, is_own_host, spf_record
from composer.doctor.diagnosis import Diagnosis, DiagnosisLevel
from composer.doctor.dns.name_server import Ask, silent

#: RFC 7208 section 4.6.4.
_LOOKUPS = 10
#: RFC 9989 walks up the tree, and skips to seven labels if there are more, so there are at most eight lookups.
_LABELS = 7


def look_at_names(domain: str, keys: Sequence[DnsRecord], ask: Ask, host: str = "") -> Iterator[Diagnosis]:
    """Check a sender's domain. `keys`: the records of the keys that sign; `host`: the mail server, if it is known."""
    yield _spf(domain, ask, host)
    for key in keys:
        yield _dkim(key, ask)
    yield _dmarc(domain, ask)


def _spf(domain: str, ask: Ask, host: str) -> Diagnosis:
    subject = f"SPF of {domain}"
    records = ask(domain, "TXT")
    if records is None:
        return silent(subject)
    found = [record for record in records if re.match(r"v=spf1(?:\s|$)", record, re.IGNORECASE)]
    if not found:
        is_own = is_own_host(host, domain)
        step = f"ask your mail provider for the TXT record of {domain}; it begins with v=spf1"
        return Diagnosis(
            subject=subject,
            health=DiagnosisLevel.BAD,
            seen="no record found",
            step=_publish("only your own mail server may send then") if is_own else step,
            record=spf_record(domain, host) if is_own else None,
        )
    if len(found) > 1:
        step = "merge them into one: more than one is an error (RFC 7208, 4.5)"
        return Diagnosis(subject=subject, health=DiagnosisLevel.BAD, seen=f"{len(found)} records found", step=step)
    count = _lookups(found[0], ask, {domain})
    if count > _LOOKUPS:
        step = "remove includes: receivers stop at ten lookups (RFC 7208, 4.6.4)"
        return Diagnosis(subject=subject, health=DiagnosisLevel.BAD, seen=f"{count} lookups: {found[0]}", step=step)
    if re.search(r"(?:^|\s)\+?all(?:\s|$)", found[0], re.IGNORECASE):
        step = "end it with   ~all   or   -all"
        return Diagnosis(
            subject=subject, health=DiagnosisLevel.BAD, seen=f"it allows anyone to send: {found[0]}", step=step
        )
    return Diagnosis(subject=subject, health=DiagnosisLevel.GOOD, seen=found[0])


def _lookups(record: str, ask: Ask, seen: set[str]) -> int:
    """Count the lookups that a record needs, including those of its includes."""
    count = 0
    for term in record.split()[1:]:
        match = re.fullmatch(
            r"[+~?-]?(?:(?P<kind>include|exists)[:]|(?P<to>redirect)=)(?P<name>\S+)|[+~?-]?(?:a|mx|ptr)(?:[:/]\S*)?",
            term,
            re.IGNORECASE,
        )
        if match is None:
            continue
        count += 1
        name = (match["name"] or "").lower().rstrip(".")
        is_followed = bool(match["to"]) or (match["kind"] or "").lower() == "include"
        if is_followed and name and "%" not in name and name not in seen and len(seen) <= 2 * _LOOKUPS:
            seen.add(name)
            inner = next((each for each in ask(name, "TXT") or () if each.lower().startswith("v=spf1")), "")
            count += _lookups(inner, ask, seen)
    return count


def _dkim(key: DnsRecord, ask: Ask) -> Diagnosis:
    name = key.name
    subject = f"DKIM key {name.partition('._domainkey.')[0]}"
    records = ask(name, "TXT")
    if records is None:
        return silent(subject)
    if len(records) > 1:
        seen = f"{name} has {len(records)} records, and receivers may use any of them"
        return Diagnosis(
            subject=subject, health=DiagnosisLevel.BAD, seen=seen, step="delete all but the record of this key"
        )
    published, wanted = (_public_key(record) for record in (*(records or ("",)), key.value))
    if published == wanted:
        return Diagnosis(subject=subject, health=DiagnosisLevel.GOOD, seen=f"{name} contains the key that signs")
    if not records:
        seen = f"{name} has no record"
    else:
        seen = f"{'a different key is published' if published else 'the key was revoked (p= is empty)'} at {name}"
    return Diagnosis(
        subject=subject,
        health=DiagnosisLevel.BAD,
        seen=seen,
        step=_publish("it contains the key that signs"),
        record=key,
    )


def _public_key(record: str) -> str:
    return re.sub(r"\s", "", _tags(record).get("p", ""))


def _publish(reason: str) -> str:
    return f"publish this record; {reason}:"


def _dmarc(domain: str, ask: Ask) -> Diagnosis:
    """Check the policy that applies: the domain's own, otherwise that of its organisation (RFC 9989, section 4.10).

    Of several domains above, the organisation's is the one with the fewest labels, unless a record says that it is the
    one (psd=n), or that it is a public suffix (psd=y), which counts only without another record.
    """
    subject = f"DMARC of {domain}"
    labels = domain.split(".")
    above = [".".join(labels[at:]) for at in range(max(1, len(labels) - _LABELS), len(labels))]
    chosen, record = "", ""
    for name in (domain, *above):
        records = ask(f"_dmarc.{name}", "TXT")
        if records is None:
            return silent(subject)
        found = [each for each in records if re.match(r"v\s*=\s*DMARC1\s*(?:;|$)", each)]
        if len(found) > 1:
            seen = f"_dmarc.{name} has {len(found)} records, so receivers ignore them"
            return Diagnosis(subject=subject, health=DiagnosisLevel.BAD, seen=seen, step="delete all but one")
        if not found:
            continue
        suffix = _tags(found[0]).get("psd", "u").lower()
        if not record or suffix != "y":
            chosen, record = name, found[0]
        if name == domain or suffix in ("n", "y"):
            break
    if not record:
        return Diagnosis(
            subject=subject,
            health=DiagnosisLevel.BAD,
            seen="no policy found; Gmail asks for one",
            step=_publish("reports are sent to the address after rua=, which somebody must read"),
            record=dmarc_record(domain),
        )
    return _policy(subject, f"_dmarc.{chosen}: {record}", _tags(record), is_own=chosen == domain)


def _policy(subject: str, seen: str, tags: Mapping[str, str], *, is_own: bool) -> Diagnosis:
    policy = tags.get("p", "none")
    policy = (policy if is_own else tags.get("sp", policy)).lower()
    if policy not in ("quarantine", "reject"):
        step = "when reports show that all your mail passes, change it to p=quarantine"
        return Diagnosis(subject=subject, health=DiagnosisLevel.WEAK, seen=seen, step=step)
    if tags.get("t", "n").lower() == "y":
        step = "when reports show that all your mail passes, remove t=y: it asks receivers for less than p= says"
        return Diagnosis(subject=subject, health=DiagnosisLevel.WEAK, seen=seen, step=step)
    return Diagnosis(subject=subject, health=DiagnosisLevel.GOOD, seen=seen)


def _tags(record: str) -> dict[str, str]:
    """Parse a list of tags (RFC 6376 section 3.2), the format of DKIM and DMARC."""
    pairs = (each.partition("=") for each in record.split(";"))
    return {name.strip(): value.strip() for name, _, value in pairs}
