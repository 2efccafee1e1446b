"""Tokens in links, envelopes and Message-IDs that only this publication can trace to a subscriber.

Input: keys, a purpose, the numbers of a subscriber and of a mailing. Output: a token of lower-case letters and digits;
from a token, the numbers in it, or None. Guarantees: looks nothing up and reads no clock; a token of one purpose is
invalid for every other purpose.

A token is an HMAC-SHA256 of its content, cut to 96 bits, followed by the content, encrypted with a stream that a second
HMAC makes from the first (as in RFC 5297, SIV). So other people cannot see how many subscribers there are, in which
order they joined, or which mailing a link is from. The same numbers always make the same token.
"""

import hmac
import re
from base64 import b32decode
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache

from composer.core.addresses import domain_to_ascii

#: Minimum length of a key: 16 random bytes as hexadecimal digits. `openssl rand -hex 32` makes twice as many.
LEAST_KEY = 32
_MAC, _SUBSCRIBER, _MAILING, _EXPIRES = 12, 5, 4, 5
#: 21 or 26 bytes in base32 (RFC 4648 section 6).
_TOKEN = re.compile(r"[a-z2-7]{34}(?:[a-z2-7]{8})?")
_EMAILS = "abcdefghijklmnopqrstuvwxyz234567"
_PAIRS = tuple(first + second for first in _EMAILS for second in _EMAILS)


class Purpose(StrEnum):
    """The purpose of a token. These values are part of every token, so they must never change."""

    UNSUBSCRIBE = "unsubscribe"
    #: part of the envelope sender (VERP)
    BOUNCE = "bounce"
    PREFERENCES = "preferences"
    CONFIRM = "confirm"
    APPROVE = "approve"
    PROBE = "probe"
    #: part of Message-ID and X-Compose-ID
    MESSAGE = "message"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenClaim:
    """The content of a token."""

    subscriber_id: int
    #: 0 without a mailing.
    mailing_id: int = 0
    expires: datetime | None = None


@dataclass(frozen=True, slots=True)
class Tokens:
    """Make tokens with the first key, and read tokens of every key. Raises ValueError for invalid keys."""

    keys: tuple[bytes, ...] = field(repr=False)

    def __post_init__(self) -> None:
        if not self.keys or min(map(len, self.keys)) < LEAST_KEY:
            raise ValueError(f"a token key needs at least {LEAST_KEY} letters")

    def make(self, purpose: Purpose, subscriber_id: int, mailing_id: int = 0, expires: datetime | None = None) -> str:
        """Make a token of 34 letters, or 42 if it expires (to the second). Raises ValueError for numbers out of range."""
        if not 0 <= subscriber_id < 1 << 8 * _SUBSCRIBER or not 0 <= mailing_id < 1 << 8 * _MAILING:
            raise ValueError("a subscriber's or a mailing's number is too large for a token")
        said = subscriber_id.to_bytes(_SUBSCRIBER) + mailing_id.to_bytes(_MAILING)
        if expires is not None:
            if expires.tzinfo is None:
                raise ValueError("the time has no time zone")
            said += int(expires.timestamp()).to_bytes(_EXPIRES)
        signing, hiding = _derived(self.keys[0], purpose)
        mac = _digest(signing, said)[:_MAC]
        return _encoded(mac + _hidden(said, mac, hiding))

    def read(self, purpose: Purpose, token: str, now: datetime | None = None) -> TokenClaim | None:
        """Read a token; None if it was not made with our keys for this purpose, or has expired.

        Upper-case letters are accepted, because mail servers and people change the case. A token that
        expires is read only if `now` is given.
        """
        data = _decoded(token)
        if data is None:
            return None
        mac, hidden = data[:_MAC], data[_MAC:]
        for key in self.keys:
            signing, hiding = _derived(key, purpose)
            said = _hidden(hidden, mac, hiding)
            if hmac.compare_digest(_digest(signing, said)[:_MAC], mac):
                claim = _claim(said)
                return claim if claim.expires is None or (now is not None and now < claim.expires) else None
        return None

    def message_id(self, mailing_id: int, subscriber_id: int, domain: str) -> str:
        """Return the Message-ID of a subscriber's message in a mailing; it is always the same.

        With it, an unconfirmed message can be found in a server's log, and servers can recognise a second copy.
        Raises ValueError, AddressError.
        """
        return f"<{self.make(Purpose.MESSAGE, subscriber_id, mailing_id)}@{domain_to_ascii(domain)}>"

    def proofs(self, nonce: str) -> tuple[str, ...]:
        """Prove that each key is here, by an answer to a nonce, in the order of the keys (64 hexadecimal digits)."""
        return tuple(_digest(_derived(key, Purpose.PROBE)[0], nonce.encode()).hex() for key in self.keys)


def fingerprint(key: bytes) -> bytes:
    """Return 8 bytes that identify a key and reveal nothing about it."""
    return hmac.digest(key, b"compose: which key is this", "sha256")[:8]


@lru_cache(maxsize=64)
def _derived(key: bytes, purpose: Purpose) -> tuple[hmac.HMAC, hmac.HMAC]:
    """Return the HMACs of a purpose, with separate keys: one for signing, one for encryption."""
    signing, hiding = (
        hmac.new(hmac.digest(key, f"compose token 1: {use} {purpose}".encode(), "sha256"), digestmod="sha256")
        for use in ("sign", "hide")
    )
    return signing, hiding


def _digest(keyed: hmac.HMAC, data: bytes) -> bytes:
    """Return an HMAC of data; the key is already part of its state."""
    mac = keyed.copy()
    mac.update(data)
    return mac.digest()


def _hidden(said: bytes, mac: bytes, hiding: hmac.HMAC) -> bytes:
    """Encrypt the content, or decrypt it."""
    stream = _digest(hiding, mac)[: len(said)]
    return (int.from_bytes(said) ^ int.from_bytes(stream)).to_bytes(len(said))


def _encoded(data: bytes) -> str:
    """Encode 21 or 26 bytes in base32: two letters at a time, twice as fast as base64.b32encode."""
    number = int.from_bytes(data) << 2
    return "".join([_PAIRS[number >> shift & 0x3FF] for shift in range(8 * len(data) - 8, -1, -10)])


def _decoded(token: str) -> bytes | None:
    token = token.lower() if token.isascii() else ""
    if not _TOKEN.fullmatch(token):
        return None
    data = b32decode(token.upper() + "=" * (-len(token) % 8))
    # The last letter has two unused bits; accept only one spelling of a token.
    return data if _encoded(data) == token else None


def _claim(said: bytes) -> TokenClaim:
    subscriber, mailing, expires = (
        said[:_SUBSCRIBER],
        said[_SUBSCRIBER : _SUBSCRIBER + _MAILING],
        said[_SUBSCRIBER + _MAILING :],
    )
    return TokenClaim(
        subscriber_id=int.from_bytes(subscriber),
        mailing_id=int.from_bytes(mailing),
        expires=datetime.fromtimestamp(int.from_bytes(expires), UTC) if expires else None,
    )
