"""Certificates, generated for each test run."""

import datetime
import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NOW = datetime.datetime.now(datetime.UTC)
DAY = datetime.timedelta(days=1)
KEY = ec.generate_private_key(ec.SECP256R1())
AUTHORITY_KEY = ec.generate_private_key(ec.SECP256R1())


@dataclass(frozen=True)
class Papers:
    """Server contexts, each with another certificate, and the file of the authority."""

    ca_file: Path
    good: ssl.SSLContext
    wrong_host: ssl.SSLContext
    expired: ssl.SSLContext
    self_signed: ssl.SSLContext


def papers(folder: Path) -> Papers:
    authority = _certificate("test authority", AUTHORITY_KEY, AUTHORITY_KEY, is_authority=True)
    ca_file = folder / "ca.pem"
    ca_file.write_bytes(authority.public_bytes(serialization.Encoding.PEM))

    def server(
        name: str, *, host: str = "localhost", days: int = 1, signer: ec.EllipticCurvePrivateKey
    ) -> ssl.SSLContext:
        issuer = "test authority" if signer is AUTHORITY_KEY else "localhost"
        certificate = _certificate("localhost", KEY, signer, issuer=issuer, host=host, days=days)
        path = folder / f"{name}.pem"
        key = KEY.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path.write_bytes(key + certificate.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    return Papers(
        ca_file=ca_file,
        good=server("good", signer=AUTHORITY_KEY),
        wrong_host=server("wrong", host="other.example", signer=AUTHORITY_KEY),
        expired=server("expired", days=-1, signer=AUTHORITY_KEY),
        self_signed=server("self", signer=KEY),
    )


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    *,
    issuer: str = "",
    host: str = "",
    days: int = 1,
    is_authority: bool = False,
) -> x509.Certificate:
    names: list[x509.GeneralName] = [x509.DNSName(host or name)]
    if host == "localhost":
        names.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer or name)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - 3 * DAY)
        .not_valid_after(NOW + days * DAY)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    if is_authority:
        usage = x509.KeyUsage(*(each in (5, 6) for each in range(9)))
        builder = builder.add_extension(usage, critical=True)
    else:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(signer, hashes.SHA256())
