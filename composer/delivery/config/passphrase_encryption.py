"""Encrypts bytes with a passphrase, for a file that may be stored anywhere.

Input: bytes, a passphrase. Output: a text in lines, or the decrypted bytes; SealError for a wrong passphrase or a
damaged file. Guarantees: scrypt (RFC 7914) derives the key; AES-256-GCM encrypts and detects changes.
"""

import secrets
from base64 import b64decode, b64encode
from binascii import Error
from textwrap import wrap

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from composer.core.errors import ComposeError

#: The minimum length of a passphrase.
LEAST = 12
#: The first line: the format, its version, how the key is derived, the cipher.
_HEAD = "compose-keys:1:scrypt-65536-8-1:aes-256-gcm"
_SALT, _NONCE = 16, 12


class SealError(ComposeError):
    """An encrypted file cannot be decrypted."""


def seal(data: bytes, passphrase: str) -> str:
    """Return the encrypted text."""
    salt, nonce = secrets.token_bytes(_SALT), secrets.token_bytes(_NONCE)
    body = salt + nonce + AESGCM(_key(passphrase, salt)).encrypt(nonce, data, _HEAD.encode())
    return "\n".join((_HEAD, *wrap(b64encode(body).decode(), 76), ""))


def unseal(text: str, passphrase: str, name: str) -> bytes:
    """Return the decrypted bytes; `name` is the file's name in messages. Raises SealError."""
    head, _, rest = text.strip().partition("\n")
    if head.strip() != _HEAD:
        raise SealError(f"{name} is not a backup written by: compose keys backup")
    try:
        body = b64decode("".join(rest.split()), validate=True)
    except Error:
        body = b""
    if len(body) <= _SALT + _NONCE:
        raise SealError(f"{name} is damaged", "use another copy of it")
    salt, nonce, sealed = body[:_SALT], body[_SALT : _SALT + _NONCE], body[_SALT + _NONCE :]
    try:
        return AESGCM(_key(passphrase, salt)).decrypt(nonce, sealed, _HEAD.encode())
    except InvalidTag:
        raise SealError(f"{name} cannot be decrypted: the passphrase is wrong, or the file is damaged") from None


def _key(passphrase: str, salt: bytes) -> bytes:
    # 64 MB and a fifth of a second: expensive for an attacker who tries passphrases.
    return Scrypt(salt=salt, length=32, n=1 << 16, r=8, p=1).derive(passphrase.encode())
