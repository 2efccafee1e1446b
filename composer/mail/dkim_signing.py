"""DKIM signatures (RFC 6376, 8301, 8463), relaxed/relaxed, with RSA, Ed25519 or both.

Input: a message as bytes, keys, a domain, the time. Output: the same bytes after one DKIM-Signature per key.
Guarantees: does not change the message; never writes l= (appended text would be valid, RFC 6376 section 8.2) or i=.

Importing this module imports `cryptography`, so other modules import it only when they need a signature.
"""

import hashlib
import io
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_der_private_key

from composer.core.addresses import domain_to_ascii
from composer.mail.transfer_encoding import squeezed

#: Verifiers must reject shorter keys (RFC 8301 section 3.2).
LEAST_RSA_BITS = 1024

#: Listed once more than they occur, so that another one, added on the way, breaks the signature
#: (RFC 6376 section 8.15), because mail programs differ in which of two they show.
OVERSIGNED = (
    *("From", "To", "Cc", "Subject", "Date", "Reply-To", "Sender", "Message-ID"),
    *("List-Unsubscribe", "List-Unsubscribe-Post", "Content-Type", "MIME-Version"),
)
#: Listed as often as they occur. Headers in neither list are not signed, above all Return-Path, Received, Bcc,
#: Authentication-Results and other signatures (RFC 6376 section 5.4).
SIGNED = (
    *("List-Id", "List-Help", "Feedback-ID", "CFBL-Address", "Auto-Submitted", "Precedence"),
    *("Content-Language", "Content-Transfer-Encoding"),
)

_WIDTH = 78
_NAME = re.compile(rb"[!-9;-~]+")
#: A placeholder as long as a SHA-256 in base64, with a character that base64 does not have.
_DIGEST = b"?" * 44
_NEXT_FIELD = re.compile(rb"\r\n(?![ \t])")


#: Headers in relaxed form, by name in lower case with its colon; of equal ones the last first.
Headers = Mapping[bytes, tuple[bytes, ...]]


class Algorithm(StrEnum):
    """The types of keys, as in k= in DNS and, before `-sha256`, in a= in a signature."""

    RSA = "rsa"
    ED25519 = "ed25519"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A private key, and the selector of its public key in DNS. Raises ValueError for RSA below 1024 bits."""

    #: In any script; sent as A-labels.
    selector: str
    private: RSAPrivateKey | Ed25519PrivateKey = field(repr=False)

    def __post_init__(self) -> None:
        if self.bits < LEAST_RSA_BITS and self.algorithm is Algorithm.RSA:
            raise ValueError(f"the RSA key has {self.bits} bits; verifiers reject keys below {LEAST_RSA_BITS} bits")

    def __reduce__(self) -> "tuple[Callable[[str, bytes], Key], tuple[str, bytes]]":
        """Support sending the key to another process of this program."""
        return _key, (self.selector, self.private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))

    @property
    def algorithm(self) -> Algorithm:
        """The type of the key."""
        return Algorithm.RSA if isinstance(self.private, RSAPrivateKey) else Algorithm.ED25519

    @property
    def bits(self) -> int:
        """The length of the key; RFC 8301 recommends 2048 for RSA, and every Ed25519 key has 256."""
        return self.private.key_size if isinstance(self.private, RSAPrivateKey) else 256


def _key(selector: str, private: bytes) -> Key:
    made = load_der_private_key(private, password=None)
    assert isinstance(made, RSAPrivateKey | Ed25519PrivateKey)
    return Key(selector=selector, private=made)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """How a newsletter signs. An invalid profile raises ValueError."""

    #: The signing domain, d=, in any script; sent as A-labels (RFC 8616 section 4).
    domain: str
    #: At most one key of each type, each with its own selector (RFC 8463 section 4).
    keys: tuple[Key, ...]
    #: Headers that are not signed because the relay rewrites them: Date and Message-ID for Amazon SES.
    unsigned: frozenset[str] = frozenset()
    #: Seconds from signing to x=; None for a signature that does not expire.
    expires_after: int | None = None

    def __post_init__(self) -> None:
        names = [wire_names(key.selector, self.domain) for key in self.keys]
        if not names:
            raise ValueError("a signature needs a key")
        if len({key.algorithm for key in self.keys}) < len(names) or len(set(names)) < len(names):
            raise ValueError("two keys need different types and different selectors")
        if "from" in _lower(self.unsigned):
            raise ValueError("From must be signed (RFC 6376 section 5.4)")
        if self.expires_after is not None and self.expires_after <= 0:
            raise ValueError("a signature must not expire before it is made")


@lru_cache
def wire_names(selector: str, domain: str) -> tuple[str, str]:
    """Return selector and domain in ASCII, as s= and d= (RFC 8616 section 4). Raises AddressError, a ValueError."""
    ascii_domain = domain_to_ascii(domain)
    # A selector consists of domain labels (RFC 6376 section 3.1), so it is checked like a domain.
    return domain_to_ascii(f"{selector}.{ascii_domain}").removesuffix(f".{ascii_domain}"), ascii_domain


def sign(message: bytes, profile: Profile, *, now: int) -> bytes:
    """Return the message after its signatures; `now` in seconds since 1970.

    Raises ValueError for an invalid message: without From, with a single CR or LF, or not 7-bit.
    """
    head, _, body = message.partition(b"\r\n\r\n")
    return signatures((headers_of(head),), body_hash(body), profile, now=now) + message


def signatures(heads: Sequence[Headers], hashed: bytes, profile: Profile, *, now: int) -> bytes:
    """Return the DKIM-Signature headers for a message's headers and its body's hash, one for each key.

    The headers may be in several parts, so that the common ones are parsed only once. Raises ValueError as `sign`.
    """
    listed, signed = _signed(heads, _to_sign(profile.unsigned))
    digest = b64encode(hashed)
    made = []
    for key in profile.keys:
        tags, relaxed = _tags(key.selector, profile.domain, key.algorithm, listed, now, profile.expires_after)
        made.append(tags.replace(_DIGEST, digest))
        made.append(_value(_signature(key, signed + relaxed.replace(_DIGEST, digest))))
    return b"".join(made)


def headers_of(lines: bytes) -> Headers:
    """Return complete header lines in relaxed form, for `signatures`. Raises ValueError as `sign` does."""
    _check(lines)
    headers: dict[bytes, tuple[bytes, ...]] = {}
    for line in _NEXT_FIELD.split(lines.removesuffix(b"\r\n")):
        name, colon, value = line.partition(b":")
        name = name.lower() + colon
        if not colon or not _NAME.fullmatch(name, 0, len(name) - 1):
            raise ValueError("a line before the body is not a header")
        headers[name] = (name + _relaxed(value) + b"\r\n", *headers.get(name, ()))
    return headers


def body_hash(body: bytes) -> bytes:
    """Return the SHA-256 of a body in its relaxed form (RFC 6376 section 3.4.4). Raises ValueError as `sign` does."""
    _check(body)
    return hashlib.sha256(relaxed_body(body)).digest()


def relaxed_body(body: bytes) -> bytes:
    """Return a body with single spaces, no spaces at the end of a line, no empty lines at the end (section 3.4.4).

    A last line without CRLF gets one, as when it is sent. The line ends must be CRLF.
    """
    body = squeezed(body)
    # If there is no match, `rfind` takes a third of the time of `in` and `replace`.
    if body.rfind(b" \r\n") >= 0:
        body = body.replace(b" \r\n", b"\r\n")
    if body.endswith(b"\r\n") and body[-3:-2] not in (b"", b"\n"):
        return body  # the usual case, without two copies
    body = body.rstrip(b" \r\n")
    return body + b"\r\n" if body else b""


@lru_cache(maxsize=16)
def _tags(
    selector: str, domain: str, algorithm: Algorithm, listed: tuple[str, ...], now: int, expires_after: int | None
) -> tuple[bytes, bytes]:
    """Return a signature's header up to the value of b=, and its relaxed form, with _DIGEST for the body's hash.

    It is the same for all messages in one second.
    """
    selector, domain = wire_names(selector, domain)
    tags = ["DKIM-Signature: v=1;", f" a={algorithm}-sha256;", " c=relaxed/relaxed;", f" d={domain};"]
    tags += [f" s={selector};", f" t={now};"]
    if expires_after is not None:
        tags.append(f" x={now + expires_after};")
    tags += [f" h={listed[0]}", *listed[1:-1], f"{listed[-1][:-1]};", f" bh={_DIGEST.decode()};"]
    # b= starts a line, so that nothing follows it without its value, not even a space.
    unsigned = f"{_folded(tags)}\r\n b=".encode()
    return unsigned, b"dkim-signature:" + _relaxed(unsigned.partition(b":")[2])


def _check(data: bytes) -> None:
    """Raise ValueError for a single CR or LF, and for bytes that are not 7-bit."""
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError:
        raise ValueError("not ASCII: a signed message must be 7-bit (RFC 6376 section 5.3)") from None
    # The decoder detects the line ends in half the time of splitting and joining.
    decoder = io.IncrementalNewlineDecoder(None, translate=False)
    decoder.decode(text, final=True)
    if decoder.newlines not in (None, "\r\n"):
        raise ValueError("single CR or LF: a signed message must have CRLF line ends")


def _lower(names: frozenset[str]) -> frozenset[str]:
    return frozenset(name.lower() for name in names)


@lru_cache
def _to_sign(unsigned: frozenset[str]) -> tuple[tuple[str, bytes, int], ...]:
    """Return the names for h= with their colon, the same in lower case, and how often more than they occur."""
    without = _lower(unsigned)
    names = [(name, 1) for name in OVERSIGNED] + [(name, 0) for name in SIGNED]
    return tuple((f"{name}:", f"{name.lower()}:".encode(), more) for name, more in names if name.lower() not in without)


def _signed(heads: Sequence[Headers], to_sign: tuple[tuple[str, bytes, int], ...]) -> tuple[tuple[str, ...], bytes]:
    """Return the names for h= and their headers in relaxed form; of equal ones the last first."""
    if not any(b"from:" in head for head in heads):
        raise ValueError("there is no From header, but it must be signed (RFC 6376 section 5.4)")
    listed: list[str] = []
    lines: list[bytes] = []
    for name, lower, more in to_sign:
        for head in reversed(heads):
            if lower in head:
                found = head[lower]
                lines += found
                listed += [name] * len(found)
        listed += [name] * more
    return tuple(listed), b"".join(lines)


def _relaxed(value: bytes) -> bytes:
    """Return a header's value unfolded, with single spaces, without spaces at its ends (RFC 6376 section 3.4.2)."""
    value = value.replace(b"\r\n", b"")
    return (squeezed(value) if b"  " in value or b"\t" in value else value).strip(b" ")


def _signature(key: Key, data: bytes) -> bytes:
    if isinstance(key.private, RSAPrivateKey):
        return key.private.sign(data, PKCS1v15(), SHA256())
    # PureEdDSA signs the hash instead of the data (RFC 8463 section 3).
    return key.private.sign(hashlib.sha256(data).digest())


def _folded(pieces: Iterable[str]) -> str:
    """Join pieces, with a new line if the next piece would exceed 78 characters."""
    lines = [""]
    for piece in pieces:
        if len(lines[-1]) + len(piece) > _WIDTH:
            lines.append(f" {piece.lstrip()}")
        else:
            lines[-1] += piece
    return "\r\n".join(lines)


def _value(signature: bytes) -> bytes:
    """Return a signature in base64 as it follows ` b=`, in lines of at most 78 characters, with its CRLF."""
    text = b64encode(signature)
    first, step = _WIDTH - len(" b="), _WIDTH - 1
    lines = [text[:first], *(text[at : at + step] for at in range(first, len(text), step))]
    return b"\r\n ".join(lines) + b"\r\n"
