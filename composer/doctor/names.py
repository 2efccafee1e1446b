"""What the DNS says about a sender's domain: SPF, DKIM, DMARC.

Comes in: a domain, public keys, and a function that asks for TXT records. Goes out: diagnoses. Never asks by itself, so
tests and machines without a resolver have their say.
"""

import re
from collections.abc import Callable, Iterator, Mapping

from composer.doctor.diagnosis import Diagnosis, Health

#: Gives the TXT records of a name; none is an empty tuple; None where nobody answered.
Ask = Callable[[str], tuple[str, ...] | None]
#: RFC 7208 section 4.6.4.
_LOOKUPS = 10
#: RFC 9989 walks up the tree, and skips to eight labels where there are more.
_LABELS = 8


def txt_records(name: str) -> tuple[str, ...] | None:
    """Ask this computer's resolver."""
    import dns.exception
    import dns.resolver

    try:
        answer = dns.resolver.resolve(name, "TXT", lifetime=6)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return ()
    except (dns.exception.DNSException, OSError):
        return None
    return tuple(b"".join(record.strings).decode("utf-8", "replace") for record in answer)


def look_at_names(domain: str, keys: Mapping[str, str] | None, ask: Ask) -> Iterator[Diagnosis]:
    """Look at a sender's domain. `keys`: the public key (base64) by selector; None where the mail server signs."""
    yield _spf(domain, ask)
    if keys is not None:
        for selector, public in keys.items():
            yield _dkim(domain, selector, public, ask)
    yield _dmarc(domain, ask)


def _silent(subject: str) -> Diagnosis:
    return Diagnosis(
        subject=subject,
        health=Health.OPEN,
        seen="no name server answered",
        step="run it again where there is a network",
    )


def _spf(domain: str, ask: Ask) -> Diagnosis:
    subject = f"SPF of {domain}"
    records = ask(domain)
    if records is None:
        return _silent(subject)
    found = [record for record in records if re.match(r"v=spf1(?:\s|$)", record, re.IGNORECASE)]
    if not found:
        step = f"ask your mail provider for the TXT record of {domain}; it begins with v=spf1"
        return Diagnosis(subject=subject, health=Health.BAD, seen="there is no record", step=step)
    if len(found) > 1:
        step = "join them into one: two are an error (RFC 7208, 4.5)"
        return Diagnosis(subject=subject, health=Health.BAD, seen=f"there are {len(found)} records", step=step)
    count = _lookups(found[0], ask, {domain})
    if count > _LOOKUPS:
        step = "take includes out: receivers stop at ten look-ups (RFC 7208, 4.6.4)"
        return Diagnosis(subject=subject, health=Health.BAD, seen=f"{count} look-ups: {found[0]}", step=step)
    if re.search(r"(?:^|\s)\+?all(?:\s|$)", found[0], re.IGNORECASE):
        step = "end it with   ~all   or   -all"
        return Diagnosis(subject=subject, health=Health.BAD, seen=f"it lets everybody send: {found[0]}", step=step)
    return Diagnosis(subject=subject, health=Health.GOOD, seen=found[0])


def _lookups(record: str, ask: Ask, seen: set[str]) -> int:
    """Count the look-ups that a record costs, those of what it includes too."""
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


def _dkim(domain: str, selector: str, public: str, ask: Ask) -> Diagnosis:
    name = f"{selector}._domainkey.{domain}"
    subject = f"DKIM key {selector}"
    records = ask(name)
    if records is None:
        return _silent(subject)
    if not records:
        step = f"publish it:   compose dkim show {selector}"
        return Diagnosis(subject=subject, health=Health.BAD, seen=f"{name} has no record", step=step)
    published = dict(re.findall(r"(\w+)\s*=\s*([^;]*)", records[0])).get("p", "")
    if re.sub(r"\s", "", published) != public:
        what = "the key was withdrawn (p= is empty)" if not published.strip() else "another key is published"
        step = f"publish the one that signs:   compose dkim show {selector}"
        return Diagnosis(subject=subject, health=Health.BAD, seen=f"{what} at {name}", step=step)
    return Diagnosis(subject=subject, health=Health.GOOD, seen=f"{name} holds the key that signs")


def _dmarc(domain: str, ask: Ask) -> Diagnosis:
    """Find the policy that holds: the domain's own, else the nearest above it (RFC 9989, tree walk)."""
    subject = f"DMARC of {domain}"
    labels = domain.split(".")
    names = [domain, *(".".join(labels[at:]) for at in range(max(1, len(labels) - _LABELS + 1), len(labels)))]
    for name in names:
        records = ask(f"_dmarc.{name}")
        if records is None:
            return _silent(subject)
        found = [record for record in records if re.match(r"v\s*=\s*DMARC1\b", record)]
        if found:
            policy = dict(re.findall(r"(\w+)\s*=\s*([^;\s]*)", found[0])).get("p", "none").lower()
            seen = f"_dmarc.{name}: {found[0]}"
            if policy == "none":
                step = "when reports show that all your mail passes, ask for p=quarantine"
                return Diagnosis(subject=subject, health=Health.WEAK, seen=seen, step=step)
            return Diagnosis(subject=subject, health=Health.GOOD, seen=seen)
    step = f"publish at _dmarc.{domain}:   v=DMARC1; p=none; rua=mailto:you@{domain}"
    return Diagnosis(subject=subject, health=Health.BAD, seen="there is no policy; Gmail asks for one", step=step)
