"""What the doctor reads out of TXT records, asked of a table in the place of the DNS."""

from collections.abc import Mapping

import pytest

from composer.doctor.diagnosis import Diagnosis, Health
from composer.doctor.names import Ask, look_at_names

DOMAIN = "news.example.org"
GOOD = {
    DOMAIN: ("something else", "v=spf1 include:_spf.relay.example -all"),
    "_spf.relay.example": ("v=spf1 ip4:192.0.2.0/24 -all",),
    "c-rsa._domainkey.news.example.org": ("v=DKIM1; k=rsa; p=MIIB IjAN",),
    "_dmarc.example.org": ("v=DMARC1; p=reject; rua=mailto:x@example.org",),
}


def table(records: Mapping[str, tuple[str, ...]]) -> Ask:
    return lambda name: records.get(name, ())


def look(records: Mapping[str, tuple[str, ...]], public: str = "MIIBIjAN") -> dict[str, Diagnosis]:
    found = look_at_names(DOMAIN, {"c-rsa": public}, table(records))
    return {each.subject.split()[0]: each for each in found}


def test_all_is_well() -> None:
    """SPF of the domain, the key that signs, and the policy of the domain above."""
    found = look(GOOD)
    assert {each.health for each in found.values()} == {Health.GOOD}
    assert "_dmarc.example.org" in found["DMARC"].seen
    assert not any(each.step for each in found.values())


@pytest.mark.parametrize(
    ("subject", "change", "words"),
    [
        ("SPF", {DOMAIN: ()}, "there is no record"),
        ("SPF", {DOMAIN: ("v=spf1 -all", "v=spf1 ~all")}, "there are 2 records"),
        ("SPF", {DOMAIN: ("v=spf1 include:a +all",)}, "lets everybody send"),
        ("SPF", {DOMAIN: ("v=spf1 " + " ".join(f"a:{n}.example.org" for n in range(11)) + " -all",)}, "11 look-ups"),
        ("DKIM", {"c-rsa._domainkey.news.example.org": ()}, "has no record"),
        ("DKIM", {"c-rsa._domainkey.news.example.org": ("v=DKIM1; p=",)}, "withdrawn"),
        ("DKIM", {"c-rsa._domainkey.news.example.org": ("v=DKIM1; p=other",)}, "another key"),
        ("DMARC", {"_dmarc.example.org": ()}, "there is no policy"),
    ],
)
def test_what_is_wrong_is_named_with_a_step(subject: str, change: dict[str, tuple[str, ...]], words: str) -> None:
    """Each mistake is bad, said in words, and has a next step; the others stay good."""
    found = look({**GOOD, **change})
    assert found[subject].health is Health.BAD
    assert words in found[subject].seen
    assert found[subject].step
    assert all(each.health is Health.GOOD for name, each in found.items() if name != subject)


def test_a_policy_that_does_nothing_is_weak() -> None:
    """p=none is enough for the receivers, and not the end."""
    found = look({**GOOD, "_dmarc.news.example.org": ("v=DMARC1; p=none",)})
    assert found["DMARC"].health is Health.WEAK


def test_includes_that_go_round_end() -> None:
    """Records that include each other are counted once."""
    records = {**GOOD, "_spf.relay.example": (f"v=spf1 include:{DOMAIN} include:_spf.relay.example -all",)}
    assert look(records)["SPF"].health is Health.GOOD


def test_without_a_network_nothing_is_claimed() -> None:
    """Where no name server answers, all is open, and nothing is called bad."""
    found = list(look_at_names(DOMAIN, {"c-rsa": "x"}, lambda name: None))
    assert {each.health for each in found} == {Health.OPEN}


def test_keys_are_left_out_where_the_relay_signs() -> None:
    """With `dkim: relay` no selector is known here."""
    assert [each.subject.split()[0] for each in look_at_names(DOMAIN, None, table(GOOD))] == ["SPF", "DMARC"]
