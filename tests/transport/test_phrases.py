"""How servers say what went wrong: each alternative of each pattern is there for a sentence."""

from pathlib import Path

import pytest

from composer.transport import phrase_patterns
from composer.transport.phrase_index import AnyOf
from composer.transport.phrases import masked

PATTERNS = {
    **{name: value for name, value in vars(phrase_patterns).items() if isinstance(value, AnyOf)},
    **{meaning.name: pattern for meaning, pattern in phrase_patterns.BY_WORDS},
}


def _examples() -> dict[str, list[tuple[str, bool]]]:
    found: dict[str, list[tuple[str, bool]]] = {}
    name = ""
    for line in (Path(__file__).parent / "phrase_examples.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            name = line[3:]
        elif line and not line.startswith("# "):
            found.setdefault(name, []).append((line.removeprefix("not: "), not line.startswith("not: ")))
    return found


def test_each_pattern_finds_its_sentences() -> None:
    """Every sentence of the table is found by the pattern that it stands under, or not found where it says so."""
    examples = _examples()
    assert examples.keys() == PATTERNS.keys()
    wrong = [
        (name, text)
        for name, rows in examples.items()
        for text, is_meant in rows
        if (PATTERNS[name].search(text) is not None) != is_meant
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("<spam@reader.example>: no", "<>: no"),
        ("spam@reader.example: no", "<>: no"),
        ("'spam@reader.example' is no user", "'<>' is no user"),
        ('"spam..block"@reader.example is no user', "<> is no user"),
        ("<spam> is no user", "<> is no user"),
        ("see https://spam.example/blocked?x=1", "see <>"),
        ("see HTTP://spam.example", "see <>"),
        ("see www.reputation.tld", "see <>"),
        ("see WWW.reputation.tld/blocked", "see <>"),
        ("at spam.example.com", "at <>"),
        ("at a.reputation.xy, no", "at <>, no"),
        ("at reputation.xy, no", "at reputation.xy, no"),
        # A block list says why even where it is the name of a host.
        ("see https://www.spamhaus.org/query", "see spamhaus"),
        ("listed at zen.SpamHaus.org", "listed at SpamHaus"),
        ("listed at b.barracudacentral.org", "listed at barracudacentral"),
        ("listed at bl.spamcop.net", "listed at spamcop"),
        ("see senderscore.org", "see senderscore"),
        ("see csi.cloudmark.com", "see cloudmark"),
        ("see dnsbl.sorbs.net", "see sorbs"),
        ("see dnsbl-1.uceprotect.net", "see uceprotect"),
        ("see combined.mail.abusix.zone.com", "see abusix"),
        ("postmaster@spamhaus.org", "<>"),
    ],
)
def test_addresses_and_hosts_are_masked(text: str, left: str) -> None:
    """A mailbox or a server may have any name: only what is said around it counts."""
    assert masked(text) == left
