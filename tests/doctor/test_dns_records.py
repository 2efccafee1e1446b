"""The doctor's judgement of TXT records, from a table instead of the DNS."""

from collections.abc import Mapping

import pytest

from composer.delivery.config.dns_record import DnsRecord
from composer.doctor.diagnosis import Diagnosis, DiagnosisLevel
from composer.doctor.dns.dns_records import look_at_names
from composer.doctor.dns.name_server import Ask

DOMAIN = "news.example.org"
KEY = f"c-rsa._domainkey.{DOMAIN}"
GOOD = {
    DOMAIN: ("something else", "v=spf1 include:_spf.relay.example -all"),
    "_spf.relay.example": ("v=spf1 ip4:192.0.2.0/24 -all",),
    KEY: ("v=DKIM1; k=rsa; p=MIIB IjAN",),
    "_dmarc.example.org": ("v=DMARC1; p=reject; rua=mailto:x@example.org",),
}


def table(records: Mapping[str, tuple[str, ...]]) -> Ask:
    return lambda name, kind: records.get(name, ()) if kind == "TXT" else ()


def look(records: Mapping[str, tuple[str, ...]], public: str = "MIIBIjAN") -> dict[str, Diagnosis]:
    found = look_at_names(DOMAIN, [DnsRecord(KEY, "TXT", f"v=DKIM1; k=rsa; p={public}")], table(records))
    return {each.subject.split()[0]: each for each in found}


def test_good_records() -> None:
    """SPF of the domain, the key that signs, and the policy of the domain above are fine."""
    found = look(GOOD)
    assert {each.health for each in found.values()} == {DiagnosisLevel.GOOD}
    assert "_dmarc.example.org" in found["DMARC"].seen
    assert not any(each.step for each in found.values())


@pytest.mark.parametrize(
    ("subject", "change", "words"),
    [
        ("SPF", {DOMAIN: ()}, "no record found"),
        ("SPF", {DOMAIN: ("v=spf1 -all", "v=spf1 ~all")}, "2 records found"),
        ("SPF", {DOMAIN: ("v=spf1 include:a +all",)}, "allows anyone to send"),
        ("SPF", {DOMAIN: ("v=spf1 " + " ".join(f"a:{n}.example.org" for n in range(11)) + " -all",)}, "11 lookups"),
        ("DKIM", {KEY: ()}, "has no record"),
        ("DKIM", {KEY: ("v=DKIM1; p=",)}, "revoked"),
        ("DKIM", {KEY: ("v=DKIM1; p=other",)}, "a different key"),
        ("DKIM", {KEY: ("v=DKIM1; p=MIIBIjAN", "v=DKIM1; p=other")}, "has 2 records"),
        ("DMARC", {"_dmarc.example.org": ()}, "no policy found"),
        ("DMARC", {"_dmarc.example.org": ("v=DMARC1; p=none", "v=DMARC1; p=none")}, "receivers ignore them"),
        ("DMARC", {"_dmarc.example.org": ("v=DMARC12; p=reject",)}, "no policy found"),
    ],
)
def test_mistakes_are_reported_with_a_step(subject: str, change: dict[str, tuple[str, ...]], words: str) -> None:
    """Each mistake is bad and has a next step; the other results stay good."""
    found = look({**GOOD, **change})
    assert found[subject].health is DiagnosisLevel.BAD
    assert words in found[subject].seen
    assert found[subject].step
    assert all(each.health is DiagnosisLevel.GOOD for name, each in found.items() if name != subject)


@pytest.mark.parametrize(
    ("records", "health", "place"),
    [
        # The domain's own record applies with p=; one above applies with sp= if it has that.
        ({"news.example.org": "p=none", "example.org": "p=reject"}, DiagnosisLevel.WEAK, "news.example.org"),
        ({"news.example.org": "p=quarantine; sp=none"}, DiagnosisLevel.GOOD, "news.example.org"),
        ({"example.org": "p=reject; sp=none"}, DiagnosisLevel.WEAK, "example.org"),
        ({"example.org": "p=none; sp=reject"}, DiagnosisLevel.GOOD, "example.org"),
        ({"example.org": "rua=mailto:x@example.org"}, DiagnosisLevel.WEAK, "example.org"),
        # A test policy asks for less than p= says.
        ({"example.org": "p=reject; t=y"}, DiagnosisLevel.WEAK, "example.org"),
        # A public suffix counts only without another record.
        ({"org": "p=reject; psd=y"}, DiagnosisLevel.GOOD, "org"),
        ({"example.org": "p=none", "org": "p=reject; psd=y"}, DiagnosisLevel.WEAK, "example.org"),
    ],
)
def test_the_policy_that_applies(records: dict[str, str], health: DiagnosisLevel, place: str) -> None:
    """RFC 9989: the domain's own record, else its organisation's, found by walking up; p=none is a result too."""
    named = {f"_dmarc.{name}": (f"v=DMARC1; {text}",) for name, text in records.items()}
    found = look({**GOOD, "_dmarc.example.org": (), **named})["DMARC"]
    assert found.health is health
    assert found.seen.startswith(f"_dmarc.{place}: ")
    assert bool(found.step) == (health is DiagnosisLevel.WEAK)


@pytest.mark.parametrize(
    ("records", "place"),
    [
        ({"d.example.org": "p=reject", "example.org": "p=none"}, "example.org"),
        ({"d.example.org": "p=reject; psd=n", "example.org": "p=none"}, "d.example.org"),
    ],
)
def test_the_organisation_is_found(records: dict[str, str], place: str) -> None:
    """Of several records above, the one with the fewest labels is the organisation's, unless one says otherwise."""
    asked: list[str] = []

    def ask(name: str, kind: str) -> tuple[str, ...]:
        asked.append(name)
        return tuple(f"v=DMARC1; {records[each]}" for each in records if name == f"_dmarc.{each}")

    domain = "1.2.3.4.5.6.7.8.9.d.example.org"
    *_, found = look_at_names(domain, [], ask)
    assert found.seen.startswith(f"_dmarc.{place}: ")
    # At most eight lookups, for any domain.
    policies = [name for name in asked if name.startswith("_dmarc.")]
    assert policies[:2] == [f"_dmarc.{domain}", "_dmarc.6.7.8.9.d.example.org"] and len(policies) <= 8


def test_circular_includes_end() -> None:
    """Records that include each other are counted once."""
    records = {**GOOD, "_spf.relay.example": (f"v=spf1 include:{DOMAIN} include:_spf.relay.example -all",)}
    assert look(records)["SPF"].health is DiagnosisLevel.GOOD


def test_without_a_network_nothing_is_judged() -> None:
    """If no name server answers, everything is open, and nothing is called bad."""
    found = list(look_at_names(DOMAIN, [DnsRecord(KEY, "TXT", "p=x")], lambda name, kind: None))
    assert {each.health for each in found} == {DiagnosisLevel.OPEN}


def test_keys_are_not_checked_if_the_relay_signs() -> None:
    """With `dkim: relay` no selector is known here."""
    assert [each.subject.split()[0] for each in look_at_names(DOMAIN, [], table(GOOD))] == ["SPF", "DMARC"]


def test_records_to_publish() -> None:
    """A missing record is named with type and value; SPF only for a mail server of one's own."""
    found = look({"_dmarc.example.org": ()})
    assert found["DKIM"].record == DnsRecord(KEY, "TXT", "v=DKIM1; k=rsa; p=MIIBIjAN")
    assert found["DMARC"].record == DnsRecord(
        f"_dmarc.{DOMAIN}", "TXT", f"v=DMARC1; p=none; rua=mailto:postmaster@{DOMAIN}"
    )
    assert found["SPF"].record is None
    own, *_ = look_at_names(DOMAIN, [], table({}), "mail.example.org")
    assert own.record == DnsRecord(DOMAIN, "TXT", "v=spf1 a:mail.example.org -all")
    other, *_ = look_at_names(DOMAIN, [], table({}), "smtp.relay.example")
    assert other.record is None
