"""Signing keys: made, written to a file, read back, told to DNS.

Input: the path of a PEM file. Output: a `Key` for composer/mail/dkim_signing.py, or one sentence on why there is none.
Never overwrites a file, never uses a key that others on this computer can read, never tells what is in one.
"""

import re
from base64 import b64encode
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from composer.core.command_lines import shell_line
from composer.core.environment import LARGEST, read_private, write_private
from composer.core.errors import ComposeError
from composer.mail.dkim_signing import LEAST_RSA_BITS, Algorithm, Key, wire_names

#: Of the RSA keys that are made here: RFC 8301 advises it, and a longer one meets name servers that cut its record off.
RSA_BITS = 2048
#: Bytes of one string in a TXT record (RFC 1035 section 3.3.14).
_STRING = 255
_MAKE_ONE = "make a new key, or name the file that holds the signing key"
_LABEL = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----")


class KeyFileError(ComposeError):
    """A key file cannot be used or written; the message says why, never what it holds."""


def generate(algorithm: Algorithm) -> bytes:
    """Make a private key: PKCS#8 in PEM, without a password."""
    private: rsa.RSAPrivateKey | Ed25519PrivateKey
    match algorithm:
        case Algorithm.RSA:
            private = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
        case Algorithm.ED25519:
            private = Ed25519PrivateKey.generate()
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def record(key: Key) -> str:
    """Return what DNS must say of a key (RFC 6376 section 3.6.1, RFC 8463 section 4)."""
    public = key.private.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        data = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    else:
        data = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return f"v=DKIM1; k={key.algorithm}; p={b64encode(data).decode()}"


def record_strings(key: Key) -> tuple[str, ...]:
    """Return the record in strings of at most 255 bytes, which resolvers join without a blank."""
    text = record(key)
    return tuple(text[at : at + _STRING] for at in range(0, len(text), _STRING))


def record_name(key: Key, domain: str) -> str:
    """Return the name in DNS at which the record stands, without a dot at its end. Raises AddressError."""
    selector, ascii_domain = wire_names(key.selector, domain)
    return f"{selector}._domainkey.{ascii_domain}"


def zone_line(key: Key, domain: str) -> str:
    """Return the record as one line of a zone file (RFC 1035 section 5.1). Raises AddressError."""
    strings = " ".join(f'"{text}"' for text in record_strings(key))
    return f"{record_name(key, domain)}. IN TXT ( {strings} )"


def read_key(path: Path, *, selector: str) -> Key:
    """Read the private key in a PEM file. Raises KeyFileError, also for a file that group or others may read."""
    try:
        found = read_private(path)
    except FileNotFoundError:
        raise KeyFileError(f"there is no key file {path}", _MAKE_ONE) from None
    except OSError as error:
        raise KeyFileError(f"{path} cannot be read: {error.strerror or error}") from None
    if not found.is_file:
        raise KeyFileError(f"{path} is not a file", _MAKE_ONE)
    # The contents are judged first: whoever names a public key's file needs to hear of that, not of modes.
    key = parse_key(found.data, selector=selector, name=str(path))
    if found.is_shared:
        raise KeyFileError(
            f"other people on this computer may read or change {path}, and whoever has the key can sign as you",
            f"let only its owner read it: {shell_line('chmod', '600', str(path))}",
        )
    return key


def parse_key(pem: bytes, *, selector: str, name: str = "the key") -> Key:
    """Return the private key in a PEM text; `name` is what messages call it. Raises KeyFileError."""
    if len(pem) > LARGEST:
        raise KeyFileError(f"{name} is too large for a key", _MAKE_ONE)
    found = _LABEL.findall(pem)
    labels = set(found)
    if b"ENCRYPTED PRIVATE KEY" in labels or b"Proc-Type: 4,ENCRYPTED" in pem:
        raise KeyFileError(
            f"{name} is locked by a password, which nobody can type while mail is sent",
            "take the password off, into a new file: openssl pkey -in OLD -out NEW",
        )
    if b"OPENSSH PRIVATE KEY" in labels:
        raise KeyFileError(f"{name} holds a key for SSH", _MAKE_ONE)
    if not any(label.endswith(b"PRIVATE KEY") for label in labels):
        raise KeyFileError(f"{name} {_instead(pem, labels)}", _MAKE_ONE)
    if sum(label.endswith(b"PRIVATE KEY") for label in found) > 1:
        raise KeyFileError(f"{name} holds several private keys", "keep each key in a file of its own")
    try:
        private = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise KeyFileError(f"{name} is damaged, or of a kind that is not known", _MAKE_ONE) from None
    if isinstance(private, ec.EllipticCurvePrivateKey):
        raise KeyFileError(f"{name} holds an elliptic-curve (EC) key; DKIM signs with RSA or Ed25519", _MAKE_ONE)
    if not isinstance(private, rsa.RSAPrivateKey | Ed25519PrivateKey):
        raise KeyFileError(f"{name} holds neither an RSA nor an Ed25519 key; DKIM signs with no others", _MAKE_ONE)
    if isinstance(private, rsa.RSAPrivateKey) and private.key_size < LEAST_RSA_BITS:
        raise KeyFileError(
            f"{name} holds an RSA key of {private.key_size} bits, and no mailbox provider accepts fewer than {LEAST_RSA_BITS}",
            f"make a new key; {RSA_BITS} bits are usual",
        )
    return Key(selector=selector, private=private)


def write_key(path: Path, pem: bytes) -> None:
    """Write a key to a new file that only its owner can read, wholly or not at all; make its folder.

    Raises KeyFileError.
    """
    try:
        write_private(path, pem)
    except FileExistsError:
        raise KeyFileError(
            f"{path} is there already and stays as it is: without it nobody can sign under its selector",
            "choose another file; a new key also takes a new selector",
        ) from None
    except OSError as error:
        raise KeyFileError(f"{path} cannot be written: {error.strerror or error}") from None


def _instead(pem: bytes, labels: set[bytes]) -> str:
    """Say what a text holds that has no private key."""
    if not pem.strip():
        return "is empty"
    if any(label.endswith(b"PUBLIC KEY") for label in labels) or pem.startswith((b"ssh-", b"v=DKIM1")):
        return "holds a public key; signing takes the private one"
    if b"CERTIFICATE" in labels:
        return "holds a certificate; signing takes a private key"
    return "holds no private key in PEM form (-----BEGIN PRIVATE KEY-----)"
