"""The doctor's judgement of MX records and reverse names; the lookups, with a real name server on this computer."""

import pytest

from composer.delivery.config.dns_record import DnsRecord, is_own_host
from composer.doctor.diagnosis import DiagnosisLevel
from composer.doctor.dns.mail_hosts import look_at_bounce_domain, look_at_reverse_names
from composer.doctor.dns.name_server import ask_name_server
from tests.doctor.name_server import Table, name_server

DOMAIN = "bounces.example.org"
HOST = "mail.example.org"
GOOD: Table = {
    (DOMAIN, "MX"): (f"10 {HOST}.", "20 backup.example.org."),
    (HOST, "A"): ("192.88.99.10",),
    (HOST, "AAAA"): ("2a00:1450::10",),
    ("10.99.88.192.in-addr.arpa", "PTR"): (f"{HOST}.",),
    ("0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.5.4.1.0.0.a.2.ip6.arpa", "PTR"): (f"{HOST}.",),
}


@pytest.mark.parametrize(
    ("change", "health"),
    [
        ({}, DiagnosisLevel.GOOD),
        ({(DOMAIN, "MX"): ("0 .",)}, DiagnosisLevel.BAD),
        ({(DOMAIN, "MX"): (), (DOMAIN, "A"): ("192.88.99.11",)}, DiagnosisLevel.WEAK),
        ({(DOMAIN, "MX"): ()}, DiagnosisLevel.BAD),
        ({(DOMAIN, "MX"): ("10 gone.example.org.",)}, DiagnosisLevel.BAD),
    ],
)
def test_where_bounces_arrive(change: Table, health: DiagnosisLevel, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server with an address, a null MX, only an address, nothing, a server without an address."""
    with name_server({**GOOD, **change}, monkeypatch):
        found = look_at_bounce_domain(DOMAIN, ask_name_server)
    assert found.health is health
    assert (DOMAIN in found.step or "MX" in found.step) is (health is not DiagnosisLevel.GOOD)


def test_a_server_with_reverse_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each public address has a name that leads back to it; private addresses are not looked at."""
    with name_server({**GOOD, (HOST, "A"): ("192.88.99.10", "10.0.0.1")}, monkeypatch):
        found = list(look_at_reverse_names(HOST, ask_name_server))
    assert [each.health for each in found] == [DiagnosisLevel.GOOD] * 2
    assert {each.subject for each in found} == {"reverse DNS of 192.88.99.10", "reverse DNS of 2a00:1450::10"}


@pytest.mark.parametrize("names", [(), ("vps-17.provider.example.",)])
def test_a_server_without_reverse_name(names: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """No name, or one that leads elsewhere: the record to publish is named."""
    with name_server({**GOOD, ("10.99.88.192.in-addr.arpa", "PTR"): names}, monkeypatch):
        found = list(look_at_reverse_names(HOST, ask_name_server))
    assert [each.health for each in found] == [DiagnosisLevel.BAD, DiagnosisLevel.GOOD]
    assert found[0].record == DnsRecord("10.99.88.192.in-addr.arpa", "PTR", HOST)


def test_no_name_server() -> None:
    """Nothing is judged without an answer."""
    assert look_at_bounce_domain(DOMAIN, lambda name, kind: None).health is DiagnosisLevel.OPEN
    assert [each.health for each in look_at_reverse_names(HOST, lambda name, kind: None)] == [DiagnosisLevel.OPEN]


@pytest.mark.parametrize(
    ("host", "domain", "is_own"),
    [
        ("mail.example.org", "example.org", True),
        ("mail.example.org", "news.example.org", True),
        ("news.example.org", "news.example.org", True),
        ("smtp.relay.example", "example.org", False),
        ("notexample.org", "example.org", False),
        ("smtp.relay.co.uk", "example.co.uk", False),
        ("mail.example.co.uk", "news.example.co.uk", True),
        ("", "example.org", False),
    ],
)
def test_a_server_of_ones_own(host: str, domain: str, is_own: bool) -> None:
    """A server next to the sender's domain, or below it, is our own; one that shares a public suffix is not."""
    assert is_own_host(host, domain) is is_own


def test_records_as_people_copy_them() -> None:
    """Name, type and value in lines of their own; a zone file quotes texts and ends hosts with a dot."""
    made = DnsRecord("_dmarc.example.org", "TXT", "v=DMARC1; p=none")
    assert made.lines == ("name   _dmarc.example.org", "type   TXT", "value  v=DMARC1; p=none")
    assert made.zone_line == '_dmarc.example.org. IN TXT "v=DMARC1; p=none"'
    assert DnsRecord("bounces.example.org", "MX", "10 mail.example.org").zone_line.endswith("MX 10 mail.example.org.")
