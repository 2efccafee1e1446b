"""Servers' error sentences: each alternative of each pattern has a sentence."""

import re
from pathlib import Path

import pytest

from composer.transport.replies import phrase_patterns
from composer.transport.replies.meanings import Meaning
from composer.transport.replies.phrase_index import AnyOf
from composer.transport.replies.phrases import (
    is_about_us,
    is_session_ended,
    is_session_full,
    masked,
    meaning_in,
    overrides,
)

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
    """Every sentence in the table is found by its pattern, or not found if the table says so."""
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
        # The name of a block list counts even as part of a host name.
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
    """A mailbox or a server may have any name: only the text around it counts."""
    assert masked(text) == left


ENDINGS = (
    *(
        "com",
        "net",
        "org",
        "edu",
        "gov",
        "mil",
        "info",
        "biz",
        "example",
        "invalid",
        "test",
        "local",
        "lan",
        "io",
        "eu",
    ),
    *("de", "fr", "es", "nl", "pl", "ru", "cn", "jp", "kr", "ch", "se", "dk", "cz", "uk", "ca", "au", "br"),
)


@pytest.mark.parametrize("ending", ENDINGS)
def test_names_with_one_dot_are_hosts_by_their_ending(ending: str) -> None:
    """Others may be two sentences without a space between them."""
    for text in (f"at spam.{ending}", f"at SPAM.{ending.upper()}: no", f"spam.{ending}, no", f"spam-1.{ending}/x"):
        assert masked(text) == text.replace(re.findall(r"\S+\.\w+", text)[0], "<>")
    # If a word continues after it, it is not an ending.
    assert masked(f"at spam.{ending}.blocked") == f"at spam.{ending}.blocked"
    assert masked(f"at spam.{ending}x") == f"at spam.{ending}x"


def test_names_with_two_dots_are_hosts_by_a_short_ending() -> None:
    """With two letters, and nothing after it."""
    for text, left in (
        ("at mx.spam.xy", "at <>"),
        ("at mx.spam.xyz", "at mx.spam.xyz"),
        ("at mx.spam.xy.blocked", "at mx.spam.xy.blocked"),
        ("at a.b.c.d.xy", "at <>"),
    ):
        assert masked(text) == left


M = Meaning


@pytest.mark.parametrize(
    ("text", "ours", "overriding", "meaning"),
    [
        ("MAIL FROM was not valid", M.SENDER, M.SENDER, M.SENDER),
        ("blocked using", M.STANDING, M.STANDING, M.STANDING),
        ("sender is over allow", M.STANDING, M.STANDING, M.STANDING),
        ("message limit", M.STANDING, M.STANDING, M.STANDING),
        ("message refused", M.STANDING, M.STANDING, M.STANDING),
        # Not about the sender if it names a mailbox that is closed or gone, busy, or full.
        ("message refused: account deleted", None, M.GONE, M.GONE),
        ("message refused: no such user", None, None, M.GONE),
        ("receiving email too quickly", None, M.RECIPIENT, M.RECIPIENT),
        ("receiving email too quickly: message refused", None, M.RECIPIENT, M.RECIPIENT),
        ("the mailbox is full", None, M.FULL, M.FULL),
        ("the mailbox is full: message refused", None, M.FULL, M.FULL),
        ("message too long", None, M.TOO_LARGE, M.TOO_LARGE),
        ("message too long: the mailbox is full", None, M.TOO_LARGE, M.TOO_LARGE),
        ("mail expired", None, M.NETWORK, M.NETWORK),
        ("temporary locked", None, M.RECIPIENT, M.RECIPIENT),
        ("user is disabled", None, M.GONE, M.GONE),
        ("no such user", None, None, M.GONE),
        ("good morning", None, None, None),
        # The order of several meanings.
        ("MAIL FROM was not valid, blocked using", M.SENDER, M.SENDER, M.SENDER),
        ("blocked using: the mailbox is full", M.STANDING, M.STANDING, M.STANDING),
        ("sender is over allow: the mailbox is full", M.STANDING, M.STANDING, M.STANDING),
    ],
)
def test_who_is_meant_by_a_sentence(
    text: str, ours: Meaning | None, overriding: Meaning | None, meaning: Meaning | None
) -> None:
    """Sentences about the sender first, then those that override a code, then those without a code."""
    assert (is_about_us(text), overrides(text), meaning_in(text)) == (ours, overriding, meaning)


@pytest.mark.parametrize(
    ("text", "is_full", "is_ended"),
    [
        ("too many messages in this session", True, True),
        ("session time limit exceeded", True, False),
        ("too many messages in this session, 10 per minute", False, False),
        ("closing connection", False, True),
        ("closing connection, slow down", False, False),
        ("closing connection, server busy", False, False),
        ("closing connection, receiving email too quickly", False, False),
        ("closing connection, the mailbox is full", False, False),
        ("closing connection, MAIL FROM was not valid", False, False),
        ("closing connection, sender is over allow", False, False),
        ("closing connection, blocked using", False, False),
        ("good morning", False, False),
    ],
)
def test_what_is_said_of_a_session(text: str, is_full: bool, is_ended: bool) -> None:
    """Full, or ended without another problem in the same sentence."""
    assert (is_session_full(text), is_session_ended(text)) == (is_full, is_ended)
