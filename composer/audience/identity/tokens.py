"""Words that name one subscriber to us and tell nobody else anything: in links, envelopes and Message-IDs.

Input: keys, a purpose, numbers of a subscriber and of a mailing. Output: a token of small letters and digits; back from
one, whom it names, or None. Never looks anything up, never reads a clock; a token of one purpose is worth nothing for
another.

A token is an HMAC-SHA256 of what it says, cut to 96 bits, and behind it what it says, hidden under a stream that a second
HMAC makes from the first (the shape of RFC 5297, SIV): from outside one cannot see how many subscribers there are, who comes
after whom, or which mailing a link is from. The same numbers always give the same token.
"""

import hmac
import re
from base64 import b32decode
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache

from composer.core.addresses import domain_to_ascii

#: Letters of a key at least: 16 random bytes as hexadecimal digits. `openssl rand -hex 32` makes twice as many.
LEAST_KEY = 32
_MAC, _SUBSCRIBER, _MAILING, _EXPIRES = 12, 5, 4, 5
#: 21 or 26 bytes in base32 (RFC 4648 section 6).
_TOKEN = re.compile(r"[a-z2-7]{34}(?:[a-z2-7]{8})?")
_EMAILS = "abcdefghijklmnopqrstuvwxyz234567"
_PAIRS = tuple(first + second for first in _EMAILS for second in _EMAILS)


class Purpose(StrEnum):
    """What a token is for. The words are part of every token: they never change."""

    UNSUBSCRIBE = "unsubscribe"
    #: stands in the envelope's sender (VERP)
    BOUNCE = "bounce"
    PREFERENCES = "preferences"
    CONFIRM = "confirm"
    APPROVE = "approve"
    PROBE = "probe"
    #: stands in Message-ID and X-Compose-ID
    MESSAGE = "message"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenClaim:
    """What a token says."""

    subscriber_id: int
    #: 0 for none.
    mailing_id: int = 0
    expires: datetime | None = None


@dataclass(frozen=True, slots=True)
class Tokens:
    """Makes tokens by the first key, reads those of every key. Wrong keys raise ValueError."""

    keys: tuple[bytes, ...] = field(repr=False)

    def __post_init__(self) -> None:
        if not self.keys or min(map(len, self.keys)) < LEAST_KEY:
            raise ValueError(f"a token key needs at least {LEAST_KEY} letters")

    def make(self, purpose: Purpose, subscriber_id: int, mailing_id: int = 0, expires: datetime | None = None) -> str:
        """Make a token of 34 letters, of 42 if it expires (to the second). Raises ValueError for impossible numbers."""
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
        """Read a token; None if no key of ours made it for this purpose, or if its time is over.

        Capital letters are as good: mail servers and people change them. One that expires is read only if `now` is given.
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
        """Return the Message-ID of a subscriber's message in a mailing, the same whenever it is asked for.

        By it a message whose fate is unknown is found in a server's log, and a second copy is known as one. Raises
        ValueError, AddressError.
        """
        return f"<{self.make(Purpose.MESSAGE, subscriber_id, mailing_id)}@{domain_to_ascii(domain)}>"

    def proofs(self, nonce: str) -> tuple[str, ...]:
        """Prove to whoever made up a nonce that each key is here, in the order of the keys (64 hexadecimal digits)."""
        return tuple(_digest(_derived(key, Purpose.PROBE)[0], nonce.encode()).hex() for key in self.keys)


def fingerprint(key: bytes) -> bytes:
    """Return 8 bytes by which a key is known again, and that tell nothing of it."""
    return hmac.digest(key, b"compose: which key is this", "sha256")[:8]


@lru_cache(maxsize=64)
def _derived(key: bytes, purpose: Purpose) -> tuple[hmac.HMAC, hmac.HMAC]:
    """Return the HMACs of a purpose, with keys of its own: one that signs, one that hides."""
    signing, hiding = (
        hmac.new(hmac.digest(key, f"compose token 1: {use} {purpose}".encode(), "sha256"), digestmod="sha256")
        for use in ("sign", "hide")
    )
    return signing, hiding


def _digest(keyed: hmac.HMAC, data: bytes) -> bytes:
    """Return an HMAC of data; the key has been worked in before."""
    mac = keyed.copy()
    mac.update(data)
    return mac.digest()


def _hidden(said: bytes, mac: bytes, hiding: hmac.HMAC) -> bytes:
    """Hide what is said, or bring it back."""
    stream = _digest(hiding, mac)[: len(said)]
    return (int.from_bytes(said) ^ int.from_bytes(stream)).to_bytes(len(said))


def _encoded(data: bytes) -> str:
    """Write 21 or 26 bytes in base32: two letters at a time, twice as fast as base64.b32encode."""
    number = int.from_bytes(data) << 2
    return "".join([_PAIRS[number >> shift & 0x3FF] for shift in range(8 * len(data) - 8, -1, -10)])


def _decoded(token: str) -> bytes | None:
    token = token.lower() if token.isascii() else ""
    if not _TOKEN.fullmatch(token):
        return None
    data = b32decode(token.upper() + "=" * (-len(token) % 8))
    # The last letter holds two bits more than there are; but one token must not have four ways to be written.
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
