"""Times DKIM signatures compared to their minimum and to dkimpy, alternating in one process.

Input: a number of rounds. Output: signatures per second, each the median over the rounds. The minimum is what every
signer needs: one SHA-256 over the message and one RSA signature.
"""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import dkim
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from benchmarks.stages import sample
from composer.content.values.merge_fields import RESERVED
from composer.core.addresses import Address
from composer.delivery.config.dkim_keys import generate, parse_key
from composer.mail.compiled_message import Compiled, compile_message
from composer.mail.dkim_signing import Algorithm, Profile, sign
from composer.mail.letterhead import Addressing, Letterhead

#: Bytes of the signed message.
SIZE = 90_000
_NOW = 1_738_195_200
#: A subscriber's values: without slots a body would be hashed only once.
VALUES = {name: f"https://news.example.org/n/{name}/abcdefghij" for name in RESERVED}
#: Signatures in a row in a round; dkimpy needs 30 times as long as the others.
_IN_A_ROW = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """Signatures per second of one core on a message of 90 KB; ours as in a mailing, including filling the message."""

    floor: float
    rsa: float
    ed25519: float
    #: Both signatures on one message.
    dual: float
    #: With RSA, on a finished message, as in a test send.
    whole: float
    #: dkimpy with RSA, relaxed/relaxed, like ours.
    dkimpy: float

    @property
    def ratio(self) -> float:
        """The ratio of our RSA rate to the minimum."""
        return self.rsa / self.floor


def signing(rounds: int) -> Signing:
    """Sign with each alternately, `rounds` times, after one round that does not count."""
    compiled, addressing = _message()
    message = compiled.fill(VALUES, addressing)
    rsa_pem = generate(Algorithm.RSA)
    rsa, ed25519 = parse_key(rsa_pem, selector="rsa"), parse_key(generate(Algorithm.ED25519), selector="ed")
    private = rsa.private
    assert isinstance(private, RSAPrivateKey)
    by_rsa, by_ed25519, by_both = (
        Profile(domain="example.org", keys=keys) for keys in ((rsa,), (ed25519,), (rsa, ed25519))
    )
    same = [name.encode() for name in ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type")]
    head = message[:1500]

    def floor() -> None:
        hashlib.sha256(message).digest()
        private.sign(head, PKCS1v15(), SHA256())

    def dkimpy() -> None:
        dkim.sign(
            *(message, b"rsa", b"example.org", rsa_pem),
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=same,
        )

    calls: dict[str, tuple[Callable[[], object], int]] = {
        "floor": (floor, _IN_A_ROW),
        "rsa": (lambda: compiled.signed(VALUES, addressing, by_rsa, now=_NOW), _IN_A_ROW),
        "ed25519": (lambda: compiled.signed(VALUES, addressing, by_ed25519, now=_NOW), _IN_A_ROW),
        "dual": (lambda: compiled.signed(VALUES, addressing, by_both, now=_NOW), _IN_A_ROW),
        "whole": (lambda: sign(message, by_rsa, now=_NOW), _IN_A_ROW),
        "dkimpy": (dkimpy, 1),
    }
    rates: dict[str, list[float]] = {name: [] for name in calls}
    for number in range(rounds + 1):
        for name, (call, times) in calls.items():
            begin = time.perf_counter()
            for _ in range(times):
                call()
            if number:
                rates[name].append(times / (time.perf_counter() - begin))
    # The best round of each, because a busy machine can only slow down work without waits.
    return Signing(**{name: max(found) for name, found in rates.items()})


def _message() -> tuple[Compiled, Addressing]:
    """Return a compiled message of 90 KB from the sample's texts, without pictures, in quoted-printable."""
    edition = sample().edition
    letterhead = Letterhead(
        sender=Address(name="China Briefing", address="briefing@news.example.org"),
        subject="A cheap model shakes up the AI race",
        language="en",
        list_id="briefing.news.example.org",
        list_name="China Briefing",
        feedback_id="compose",
    )
    addressing = Addressing(
        to=Address(address="reader@example.net"),
        date=datetime.fromtimestamp(_NOW, UTC),
        message_id="<1@news.example.org>",
        unsubscribe="https://news.example.org/u/0123456789abcdef0123456789abcdef",
        feedback=("2025-01-30", "briefing"),
    )
    # Cut anywhere, because a signer does not parse tags.
    html = edition.html * 3
    length = len(html)
    while (
        len((compiled := compile_message(letterhead, html=html[:length], text=edition.text)).fill({}, addressing))
        > SIZE
    ):
        length -= 500
    return compiled, addressing
