"""Check the DNS records of a sender's domain: SPF, DKIM, DMARC.

Input: a domain, public keys, and a function that looks up TXT records. Output: diagnoses. Guarantees: makes no lookups
itself, so it also runs in tests and on computers without a resolver.
"""

import re
from collections.abc import Callable, Iterator, Mapping

from composer.core.command_lines import command_line
from composer.doctor.diagnosis import Diagnosis, DiagnosisLevel

#: Returns the TXT records of a name; an empty tuple without records; None if no name server answered.
Ask = Callable[[str], tuple[str, ...] | None]
#: RFC 7208 section 4.6.4.
_LOOKUPS = 10
#: RFC 9989 walks up the tree, and skips to seven labels if there are more, so there are at most eight lookups.
_LABELS = 7


def txt_records(name: str) -> tuple[str, ...] | None:
    """Look up records with this computer's resolver."""
    import dns.exception
    import dns.resolver

    try:
        answer = dns.resolver.resolve(name, "TXT", lifetime=6)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return ()
    except (dns.exception.DNSException, OSError):
        return None
    return tuple(b"".join(record.strings).decode("utf-8", "replace") for record in answer)


def look_at_names(domain: str, keys: Mapping[str, str], ask: Ask) -> Iterator[Diagnosis]:
    """Check a sender's domain. `keys`: public keys (base64) by their records' names; empty if the mail server signs."""
    yield _spf(domain, ask)
    for name, public in keys.items():
        yield _dkim(name, public, ask)
    yield _dmarc(domain, ask)


def _silent(subject: str) -> Diagnosis:
    return Diagnosis(
        subject=subject,
        health=DiagnosisLevel.OPEN,
        seen="no name server answered",
        step="check the network connection, and run it again",
    )


def _spf(domain: str, ask: Ask) -> Diagnosis:
    subject = f"SPF of {domain}"
    records = ask(domain)
    if records is None:
        return _silent(subject)
    found = [record for record in records if re.match(r"v=spf1(?:\s|$)", record, re.IGNORECASE)]
    if not found:
        step = f"ask your mail provider for the TXT record of {domain}; it begins with v=spf1"
        return Diagnosis(subject=subject, health=DiagnosisLevel.BAD, seen="no record found", step=step)
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
            inner = next((each for each in ask(name) or () if each.lower().startswith("v=spf1")), "")
            count += _lookups(inner, ask, seen)
    return count


def _dkim(name: str, public: str, ask: Ask) -> Diagnosis:
    selector = name.partition("._domainkey.")[0]
    subject = f"DKIM key {selector}"
    records = ask(name)
    if records is None:
        return _silent(subject)
    step = f"publish the key that signs:   {command_line('dkim show', selector)}"
    if not records:
        return Diagnosis(subject=subject, health=DiagnosisLevel.BAD, seen=f"{name} has no record", step=step)
    if len(records) > 1:
        seen = f"{name} has {len(records)} records, and receivers may use any of them"
        return Diagnosis(
            subject=subject, health=DiagnosisLevel.BAD, seen=seen, step="delete all but the record of this key"
        )
    published = re.sub(r"\s", "", _tags(records[0]).get("p", ""))
    if published != public:
        what = "a different key is published" if published else "the key was revoked (p= is empty)"
        return Diagnosis(subject=subject, health=DiagnosisLevel.BAD, seen=f"{what} at {name}", step=step)
    return Diagnosis(subject=subject, health=DiagnosisLevel.GOOD, seen=f"{name} contains the key that signs")


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
        records = ask(f"_dmarc.{name}")
        if records is None:
            return _silent(subject)
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
        step = f"publish at _dmarc.{domain}:   v=DMARC1; p=none; rua=mailto:you@{domain}"
        return Diagnosis(
            subject=subject, health=DiagnosisLevel.BAD, seen="no policy found; Gmail asks for one", step=step
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
