"""DKIM keys: generated, written to a file, read, and formatted as DNS records.

Input: the path of a PEM file. Output: a `Key` for composer/mail/dkim_signing.py, or a `KeyFileError`. Guarantees: never
overwrites a file, never uses a key that other users can read, never shows the content of a key.
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
from composer.delivery.config.dns_record import DnsRecord
from composer.mail.dkim_signing import LEAST_RSA_BITS, Algorithm, Key, wire_names

#: Of generated RSA keys: RFC 8301 recommends it, and some name servers truncate the record of a longer key.
RSA_BITS = 2048
_MAKE_ONE = "create a key (compose dkim keygen), or use the file that contains the signing key"
_LABEL = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----")


class KeyFileError(ComposeError):
    """A key file cannot be used or written; the message says why and never shows its content."""


def generate(algorithm: Algorithm) -> bytes:
    """Generate a private key: PKCS#8 in PEM, without a password."""
    private: rsa.RSAPrivateKey | Ed25519PrivateKey
    match algorithm:
        case Algorithm.RSA:
            private = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
        case Algorithm.ED25519:
            private = Ed25519PrivateKey.generate()
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def record(key: Key) -> str:
    """Return the content of the DNS record of a key (RFC 6376 section 3.6.1, RFC 8463 section 4)."""
    public = key.private.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        data = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    else:
        data = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return f"v=DKIM1; k={key.algorithm}; p={b64encode(data).decode()}"


def dkim_record(key: Key, domain: str) -> DnsRecord:
    """Return the DNS record of a key. Raises AddressError."""
    selector, ascii_domain = wire_names(key.selector, domain)
    return DnsRecord(f"{selector}._domainkey.{ascii_domain}", "TXT", record(key))


def read_key(path: Path, *, selector: str) -> Key:
    """Read the private key in a PEM file. Raises KeyFileError, also if the group or others may read the file."""
    try:
        found = read_private(path)
    except FileNotFoundError:
        raise KeyFileError(f"there is no key file {path}", _MAKE_ONE) from None
    except OSError as error:
        raise KeyFileError(f"{path} cannot be read: {error.strerror or error}") from None
    if not found.is_file:
        raise KeyFileError(f"{path} is not a file", _MAKE_ONE)
    # The content is checked first: if it is a public key, the file's mode does not matter.
    key = parse_key(found.data, selector=selector, name=str(path))
    if found.is_shared:
        raise KeyFileError(
            f"other users of this computer can read or change {path}; anyone who has the key can sign as you",
            f"allow only the owner to read it: {shell_line('chmod', '600', str(path))}",
        )
    return key


def parse_key(pem: bytes, *, selector: str, name: str = "the key") -> Key:
    """Return the private key in a PEM text; `name` is its name in messages. Raises KeyFileError."""
    if len(pem) > LARGEST:
        raise KeyFileError(f"{name} is too large for a key", _MAKE_ONE)
    found = _LABEL.findall(pem)
    labels = set(found)
    if b"ENCRYPTED PRIVATE KEY" in labels or b"Proc-Type: 4,ENCRYPTED" in pem:
        raise KeyFileError(
            f"{name} is protected by a password, which cannot be entered while mail is sent",
            "write it to a new file without the password: openssl pkey -in OLD -out NEW",
        )
    if b"OPENSSH PRIVATE KEY" in labels:
        raise KeyFileError(f"{name} contains an SSH key", _MAKE_ONE)
    if not any(label.endswith(b"PRIVATE KEY") for label in labels):
        raise KeyFileError(f"{name} {_instead(pem, labels)}", _MAKE_ONE)
    if sum(label.endswith(b"PRIVATE KEY") for label in found) > 1:
        raise KeyFileError(f"{name} contains several private keys", "put each key in its own file")
    try:
        private = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise KeyFileError(f"{name} is damaged, or its type is not supported", _MAKE_ONE) from None
    if isinstance(private, ec.EllipticCurvePrivateKey):
        raise KeyFileError(f"{name} contains an elliptic-curve (EC) key; DKIM needs RSA or Ed25519", _MAKE_ONE)
    if not isinstance(private, rsa.RSAPrivateKey | Ed25519PrivateKey):
        raise KeyFileError(f"{name} contains neither an RSA nor an Ed25519 key; DKIM needs one of these", _MAKE_ONE)
    if isinstance(private, rsa.RSAPrivateKey) and private.key_size < LEAST_RSA_BITS:
        raise KeyFileError(
            f"{name} contains an RSA key of {private.key_size} bits; mailbox providers require at least {LEAST_RSA_BITS}",
            f"create a new key; {RSA_BITS} bits are usual",
        )
    return Key(selector=selector, private=private)


def write_key(path: Path, pem: bytes) -> None:
    """Write a key to a new file that only its owner can read, completely or not at all; create its folder.

    Raises KeyFileError.
    """
    try:
        write_private(path, pem)
    except FileExistsError:
        raise KeyFileError(
            f"{path} already exists and was not changed: its selector cannot be used without it",
            "choose another file; a new key also needs a new selector",
        ) from None
    except OSError as error:
        raise KeyFileError(f"{path} cannot be written: {error.strerror or error}") from None


def _instead(pem: bytes, labels: set[bytes]) -> str:
    """Return what a text without a private key contains."""
    if not pem.strip():
        return "is empty"
    if any(label.endswith(b"PUBLIC KEY") for label in labels) or pem.startswith((b"ssh-", b"v=DKIM1")):
        return "contains a public key; signing needs the private key"
    if b"CERTIFICATE" in labels:
        return "contains a certificate; signing needs a private key"
    return "does not contain a private key in PEM format (-----BEGIN PRIVATE KEY-----)"
