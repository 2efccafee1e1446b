"""DKIM signatures (RFC 6376, 8301, 8463), relaxed/relaxed, by RSA, by Ed25519 or by both.

Input: a message as bytes, keys, a domain, the time. Output: the same bytes below one DKIM-Signature per key.
Never changes a byte of the message, never writes l= (what is appended would pass, RFC 6376 section 8.2) nor i=.

Importing this module imports `cryptography`: nothing does before a signature is to be made.
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

#: What verifiers must refuse is shorter (RFC 8301 section 3.2).
LEAST_RSA_BITS = 1024

#: Signed once more often than they stand there, so that one more, added on the way, breaks the signature
#: (RFC 6376 section 8.15): mail programs differ in which of two they show.
OVERSIGNED = (
    *("From", "To", "Cc", "Subject", "Date", "Reply-To", "Sender", "Message-ID"),
    *("List-Unsubscribe", "List-Unsubscribe-Post", "Content-Type", "MIME-Version"),
)
#: Signed as often as they stand there. Whatever is in neither list is left to those on the way: above all Return-Path,
#: Received, Bcc, Authentication-Results and other signatures (RFC 6376 section 5.4).
SIGNED = (
    *("List-Id", "List-Help", "Feedback-ID", "CFBL-Address", "Auto-Submitted", "Precedence"),
    *("Content-Language", "Content-Transfer-Encoding"),
)

_WIDTH = 78
_NAME = re.compile(rb"[!-9;-~]+")
#: As long as a SHA-256 in base64, and made of what is in none.
_DIGEST = b"?" * 44
_NEXT_FIELD = re.compile(rb"\r\n(?![ \t])")


#: Headers in relaxed form, by name in small letters with its colon; of equal ones the lowest first.
Headers = Mapping[bytes, tuple[bytes, ...]]


class Algorithm(StrEnum):
    """The kinds of keys, as k= in DNS and, before `-sha256`, as a= in a signature."""

    RSA = "rsa"
    ED25519 = "ed25519"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A private key and the selector under which DNS has its public half. Raises ValueError for RSA under 1024 bits."""

    #: In any script; on the wire as A-labels.
    selector: str
    private: RSAPrivateKey | Ed25519PrivateKey = field(repr=False)

    def __post_init__(self) -> None:
        if self.bits < LEAST_RSA_BITS and self.algorithm is Algorithm.RSA:
            raise ValueError(f"an RSA key of {self.bits} bits: verifiers refuse less than {LEAST_RSA_BITS}")

    def __reduce__(self) -> "tuple[Callable[[str, bytes], Key], tuple[str, bytes]]":
        """Let it go to another process of ours."""
        return _key, (self.selector, self.private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))

    @property
    def algorithm(self) -> Algorithm:
        """The kind of the key."""
        return Algorithm.RSA if isinstance(self.private, RSAPrivateKey) else Algorithm.ED25519

    @property
    def bits(self) -> int:
        """The length of the key; RFC 8301 advises 2048 for RSA, and every Ed25519 key has 256."""
        return self.private.key_size if isinstance(self.private, RSAPrivateKey) else 256


def _key(selector: str, private: bytes) -> Key:
    made = load_der_private_key(private, password=None)
    assert isinstance(made, RSAPrivateKey | Ed25519PrivateKey)
    return Key(selector=selector, private=made)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """How a newsletter signs. Making a wrong one raises ValueError."""

    #: The signing domain, d=, in any script; on the wire as A-labels (RFC 8616 section 4).
    domain: str
    #: One key of each kind at most, each with a selector of its own (RFC 8463 section 4).
    keys: tuple[Key, ...]
    #: Names of headers that are left out wholly because the relay writes them anew: Date and Message-ID for Amazon SES.
    unsigned: frozenset[str] = frozenset()
    #: Seconds from signing to x=; None for a signature that does not end.
    expires_after: int | None = None

    def __post_init__(self) -> None:
        names = [wire_names(key.selector, self.domain) for key in self.keys]
        if not names:
            raise ValueError("a signature needs a key")
        if len({key.algorithm for key in self.keys}) < len(names) or len(set(names)) < len(names):
            raise ValueError("two keys must be of two kinds, under two selectors")
        if "from" in _lower(self.unsigned):
            raise ValueError("From must be signed (RFC 6376 section 5.4)")
        if self.expires_after is not None and self.expires_after <= 0:
            raise ValueError("a signature must not end before it begins")


@lru_cache
def wire_names(selector: str, domain: str) -> tuple[str, str]:
    """Return selector and domain in ASCII, as s= and d= (RFC 8616 section 4). Raises AddressError, a ValueError."""
    ascii_domain = domain_to_ascii(domain)
    # A selector is one label of a domain or more (RFC 6376 section 3.1): it is judged as such.
    return domain_to_ascii(f"{selector}.{ascii_domain}").removesuffix(f".{ascii_domain}"), ascii_domain


def sign(message: bytes, profile: Profile, *, now: int) -> bytes:
    """Return the message below its signatures; `now` in seconds since 1970.

    Raises ValueError for what no message of ours may be: without From, with a CR or LF alone, not in seven bits.
    """
    head, _, body = message.partition(b"\r\n\r\n")
    return signatures((headers_of(head),), body_hash(body), profile, now=now) + message


def signatures(heads: Sequence[Headers], hashed: bytes, profile: Profile, *, now: int) -> bytes:
    """Return the DKIM-Signature headers for a message's headers and its body's hash, one for each key.

    The headers may come in several parts: those that all messages have need be looked at once. Raises ValueError as `sign`.
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
    """Return whole header lines in relaxed form, as `signatures` takes them. Raises ValueError as `sign` does."""
    _check(lines)
    headers: dict[bytes, tuple[bytes, ...]] = {}
    for line in _NEXT_FIELD.split(lines.removesuffix(b"\r\n")):
        name, colon, value = line.partition(b":")
        name = name.lower() + colon
        if not colon or not _NAME.fullmatch(name, 0, len(name) - 1):
            raise ValueError("a line above the body that is no header")
        headers[name] = (name + _relaxed(value) + b"\r\n", *headers.get(name, ()))
    return headers


def body_hash(body: bytes) -> bytes:
    """Return the SHA-256 of a body in its relaxed form (RFC 6376 section 3.4.4). Raises ValueError as `sign` does."""
    _check(body)
    return hashlib.sha256(relaxed_body(body)).digest()


def relaxed_body(body: bytes) -> bytes:
    """Return a body with blanks squeezed, none before a line's end, no empty lines at its end (section 3.4.4).

    A last line without its CRLF gets one, as it does when it is sent. Takes CRLF line ends for granted.
    """
    body = squeezed(body)
    # `rfind` asks in a third of the time that `in` and `replace` take to find nothing.
    if body.rfind(b" \r\n") >= 0:
        body = body.replace(b" \r\n", b"\r\n")
    if body.endswith(b"\r\n") and body[-3:-2] not in (b"", b"\n"):
        return body  # as nearly all are, and without two copies of it
    body = body.rstrip(b" \r\n")
    return body + b"\r\n" if body else b""


@lru_cache(maxsize=16)
def _tags(
    selector: str, domain: str, algorithm: Algorithm, listed: tuple[str, ...], now: int, expires_after: int | None
) -> tuple[bytes, bytes]:
    """Return a signature's header as far as the value of b=, and its relaxed form, with _DIGEST for the body's hash.

    All messages of a second have the same.
    """
    selector, domain = wire_names(selector, domain)
    tags = ["DKIM-Signature: v=1;", f" a={algorithm}-sha256;", " c=relaxed/relaxed;", f" d={domain};"]
    tags += [f" s={selector};", f" t={now};"]
    if expires_after is not None:
        tags.append(f" x={now + expires_after};")
    tags += [f" h={listed[0]}", *listed[1:-1], f"{listed[-1][:-1]};", f" bh={_DIGEST.decode()};"]
    # b= begins a line, so that with its value taken out nothing is left behind it, not even a blank.
    unsigned = f"{_folded(tags)}\r\n b=".encode()
    return unsigned, b"dkim-signature:" + _relaxed(unsigned.partition(b":")[2])


def _check(data: bytes) -> None:
    """Refuse a CR or LF alone and bytes beyond seven bits."""
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError:
        raise ValueError("not ASCII: what is signed must be in seven bits (RFC 6376 section 5.3)") from None
    # It tells which line ends it saw, in C and without making lines: half the time of splitting and joining.
    decoder = io.IncrementalNewlineDecoder(None, translate=False)
    decoder.decode(text, final=True)
    if decoder.newlines not in (None, "\r\n"):
        raise ValueError("a CR or LF alone: what is signed must have CRLF line ends")


def _lower(names: frozenset[str]) -> frozenset[str]:
    return frozenset(name.lower() for name in names)


@lru_cache
def _to_sign(unsigned: frozenset[str]) -> tuple[tuple[str, bytes, int], ...]:
    """Return what h= is made of: names with their colon, the same in small letters, how often beyond what is there."""
    without = _lower(unsigned)
    names = [(name, 1) for name in OVERSIGNED] + [(name, 0) for name in SIGNED]
    return tuple((f"{name}:", f"{name.lower()}:".encode(), more) for name, more in names if name.lower() not in without)


def _signed(heads: Sequence[Headers], to_sign: tuple[tuple[str, bytes, int], ...]) -> tuple[tuple[str, ...], bytes]:
    """Return the names for h= and the headers that they stand for in relaxed form; of equal ones the lowest first."""
    if not any(b"from:" in head for head in heads):
        raise ValueError("no From: it must be signed (RFC 6376 section 5.4)")
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
    """Return a header's value unfolded, blanks squeezed, none at its ends (RFC 6376 section 3.4.2)."""
    value = value.replace(b"\r\n", b"")
    return (squeezed(value) if b"  " in value or b"\t" in value else value).strip(b" ")


def _signature(key: Key, data: bytes) -> bytes:
    if isinstance(key.private, RSAPrivateKey):
        return key.private.sign(data, PKCS1v15(), SHA256())
    # PureEdDSA over the hash, not over the data (RFC 8463 section 3).
    return key.private.sign(hashlib.sha256(data).digest())


def _folded(pieces: Iterable[str]) -> str:
    """Join pieces, on a new line where the next would pass the 78th character."""
    lines = [""]
    for piece in pieces:
        if len(lines[-1]) + len(piece) > _WIDTH:
            lines.append(f" {piece.lstrip()}")
        else:
            lines[-1] += piece
    return "\r\n".join(lines)


def _value(signature: bytes) -> bytes:
    """Return a signature in base64 as it goes on behind ` b=`, in lines of at most 78 characters, with its CRLF."""
    text = b64encode(signature)
    first, step = _WIDTH - len(" b="), _WIDTH - 1
    lines = [text[:first], *(text[at : at + step] for at in range(first, len(text), step))]
    return b"\r\n ".join(lines) + b"\r\n"
