"""Key files: private from the start, never overwritten, errors in one sentence; and the DNS records."""

import os
import re
import stat
from pathlib import Path

import dns.rdatatype
import dns.zone
import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from composer.delivery.config.dkim_keys import (
    KeyFileError,
    dkim_record,
    generate,
    parse_key,
    read_key,
    record,
    write_key,
)
from composer.mail.dkim_signing import Algorithm

RSA, ED25519 = generate(Algorithm.RSA), generate(Algorithm.ED25519)
POSIX = pytest.mark.skipif(os.name != "posix", reason="modes of files are POSIX")

#: Two primes for a key of 512 bits, because cryptography does not generate keys of this length.
PRIMES = (
    0xFEB5059957F78D1C9388ED9F1A5ACF9FA4C1325436D8A4CECE1F28424EC5C86B,
    0xE111088D4DB03B7A983132D94E76661294664C4B38A45CA5654AC21ED14F33E9,
)


def short_key() -> rsa.RSAPrivateKey:
    p, q = PRIMES
    exponent = pow(65537, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(65537, p * q)
    rest = (rsa.rsa_crt_dmp1(exponent, p), rsa.rsa_crt_dmq1(exponent, q), rsa.rsa_crt_iqmp(p, q))
    return rsa.RSAPrivateNumbers(p, q, exponent, *rest, public).private_key()


def pem(private: rsa.RSAPrivateKey | dsa.DSAPrivateKey | ec.EllipticCurvePrivateKey | ed448.Ed448PrivateKey) -> bytes:
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def wrong_files() -> dict[str, tuple[bytes, str]]:
    """Return wrong files in place of a key, and a fragment of each error."""
    private = parse_key(ED25519, selector="x").private
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    ssh_public = private.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    locked = BestAvailableEncryption(b"secret")
    old = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    return {
        "nothing": (b" \n", "is empty"),
        "a text": (b"From: a@example.org\n", "a private key in PEM format"),
        "a picture": (b"\x89PNG\xff\x00", "a private key in PEM format"),
        "DER": (
            private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
            "a private key in PEM format",
        ),
        "public": (public, "a public key"),
        "public, SSH": (ssh_public, "a public key"),
        "the record": (record(parse_key(RSA, selector="x")).encode(), "a public key"),
        "certificate": (b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", "a certificate"),
        "locked": (private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked), "protected by a password"),
        "locked of old": (
            old.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, locked),
            "protected by a password",
        ),
        "SSH": (private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()), "an SSH key"),
        "EC": (pem(ec.generate_private_key(ec.SECP256R1())), "elliptic-curve (EC) key"),
        "Ed448": (pem(ed448.Ed448PrivateKey.generate()), "neither an RSA nor an Ed25519 key"),
        "DSA": (pem(dsa.generate_private_key(1024)), "neither an RSA nor an Ed25519 key"),
        "short": (pem(short_key()), "RSA key of 512 bits"),
        "cut": (RSA[:800], "damaged"),
        "cut within": (RSA[:300] + RSA[400:], "damaged"),
        "two": (RSA + ED25519, "several private keys"),
        "large": (RSA + b"\n" * 70_000, "too large"),
    }


@pytest.mark.parametrize(("algorithm", "bits"), [(Algorithm.RSA, 2048), (Algorithm.ED25519, 256)])
def test_a_key_is_written_and_read(tmp_path: Path, algorithm: Algorithm, bits: int) -> None:
    """PKCS#8, private from the start, with its folder created, and no other file left."""
    path, made = tmp_path / "keys" / "dkim" / "a.pem", generate(algorithm)
    write_key(path, made)
    assert path.read_bytes() == made and made.startswith(b"-----BEGIN PRIVATE KEY-----\n")
    assert [file.name for file in path.parent.iterdir()] == ["a.pem"]
    key = read_key(path, selector="s1")
    assert (key.selector, key.algorithm, key.bits) == ("s1", algorithm, bits)
    assert record(key) == record(parse_key(made, selector="other"))


def test_two_keys_differ() -> None:
    """Keys are random."""
    assert generate(Algorithm.ED25519) != generate(Algorithm.ED25519)


@POSIX
def test_only_the_owner_can_read_a_key_file(tmp_path: Path) -> None:
    """With any umask."""
    before = os.umask(0)
    try:
        write_key(tmp_path / "keys" / "a.pem", ED25519)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "keys" / "a.pem").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700


@pytest.mark.parametrize("can_link", [True, False])
def test_nothing_is_overwritten(tmp_path: Path, can_link: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """An existing key stays, on file systems with and without hard links; so does a dangling link."""

    def refuse(path: Path, target: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    if not can_link:
        monkeypatch.setattr(Path, "hardlink_to", refuse)
    path = tmp_path / "a.pem"
    write_key(path, RSA)
    with pytest.raises(KeyFileError, match="already exists"):
        write_key(path, ED25519)
    assert path.read_bytes() == RSA
    (tmp_path / "b.pem").symlink_to(tmp_path / "nowhere")
    with pytest.raises(KeyFileError, match="already exists"):
        write_key(tmp_path / "b.pem", ED25519)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.pem", "b.pem"]
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    """A file in place of the folder is an error without a traceback."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(KeyFileError, match=r"cannot be written|already exists"):
        write_key(tmp_path / "file" / "a.pem", RSA)


@POSIX
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    """Any permission of group or others is an error; the hint is the command that fixes it, also for a path with a space."""
    path = tmp_path / "my key.pem"
    write_key(path, RSA)
    path.chmod(mode)
    with pytest.raises(KeyFileError) as caught:
        read_key(path, selector="a")
    assert caught.value.hint == f"allow only the owner to read it: chmod 600 '{path}'"
    path.chmod(0o400)
    assert read_key(path, selector="a").bits == 2048


@POSIX
def test_a_public_key_is_reported_before_its_mode(tmp_path: Path) -> None:
    """With the usual mode of a public file, because the mode is not the problem."""
    (tmp_path / "a.pub").write_bytes(wrong_files()["public"][0])
    (tmp_path / "a.pub").chmod(0o644)
    with pytest.raises(KeyFileError, match="public key"):
        read_key(tmp_path / "a.pub", selector="a")


def test_wrong_files_get_one_sentence(tmp_path: Path) -> None:
    """Each error names the file, says what is in it, gives a hint, and shows none of its content, not even in a traceback."""
    for name, (content, words) in wrong_files().items():
        path = tmp_path / name.replace(" ", "-")
        path.write_bytes(content)
        path.chmod(0o600)
        with pytest.raises(KeyFileError, match=re.escape(words)) as caught:
            read_key(path, selector="a")
        error = caught.value
        assert error.message.startswith(str(path)) and error.hint, name
        assert "\n" not in error.message and len(error.message) < len(str(path)) + 120, name
        assert error.__suppress_context__ or error.__context__ is None, name
        assert error.exit_code == 1


def test_a_key_must_be_a_file(tmp_path: Path) -> None:
    """A missing file, a folder, a pipe that nobody writes to."""
    with pytest.raises(KeyFileError, match="there is no key file"):
        read_key(tmp_path / "none.pem", selector="a")
    with pytest.raises(KeyFileError, match=r"is not a file|cannot be read"):
        read_key(tmp_path, selector="a")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe", 0o600)
        with pytest.raises(KeyFileError, match="is not a file"):
            read_key(tmp_path / "pipe", selector="a")


def test_keys_from_other_programs(tmp_path: Path) -> None:
    """The old format of RSA keys, 1024 bits, CRLF line ends."""
    old = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    text = old.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    assert b"BEGIN RSA PRIVATE KEY" in text
    assert parse_key(text.replace(b"\n", b"\r\n"), selector="a").bits == 1024


@pytest.mark.parametrize("made", [RSA, ED25519])
def test_the_record_survives_a_zone_file(made: bytes) -> None:
    """A name server parses the line: the strings are short enough, and together they are the record."""
    key = parse_key(made, selector="s1")
    made_record = dkim_record(key, "m\u00fcnchen.example")
    strings, line = made_record.strings, made_record.zone_line
    assert all(len(text) <= 255 for text in strings) and "".join(strings) == record(key)
    assert line.startswith("s1._domainkey.xn--mnchen-3ya.example. IN TXT ") and "\n" not in line
    zone = dns.zone.from_text(
        f"$TTL 300\n{line}\n", origin="xn--mnchen-3ya.example.", relativize=False, check_origin=False
    )
    (found,) = zone.find_rdataset("s1._domainkey.xn--mnchen-3ya.example.", dns.rdatatype.TXT)
    assert b"".join(found.strings).decode() == record(key)


def test_the_records_have_the_form_that_verifiers_know() -> None:
    """RSA as SubjectPublicKeyInfo, Ed25519 as its 32 bytes (RFC 8463 section 4)."""
    assert re.fullmatch(r"v=DKIM1; k=rsa; p=MII[A-Za-z0-9+/]+={0,2}", record(parse_key(RSA, selector="a")))
    assert len(dkim_record(parse_key(RSA, selector="a"), "example.org").strings) == 2
    assert re.fullmatch(r"v=DKIM1; k=ed25519; p=[A-Za-z0-9+/]{43}=", record(parse_key(ED25519, selector="a")))


def test_the_record_of_the_rfc() -> None:
    """The private key in RFC 8463 appendix A.2 has the record in that appendix."""
    secret = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    private = ed25519.Ed25519PrivateKey.from_private_bytes(secret)
    made = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    expected = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
    assert record(parse_key(made, selector="brisbane")) == expected
