"""Check that subscribers reach the public pages: at their address, with a valid certificate.

Input: `delivery.public_url`. Output: diagnoses. Guarantees: one GET request to the health page, which changes nothing.
"""

import http.client
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from composer.doctor.diagnosis import Diagnosis, DiagnosisLevel

#: Seconds to connect, and for each part of the answer.
_TIMEOUT = 15
#: How many days before a certificate expires it is reported: it should have been renewed by then.
_SOON = 14
_SERVE = "start the pages with   compose serve   and check the reverse proxy:   compose help run-the-public-pages"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    status: int
    text: str
    #: When the certificate expires; None without TLS.
    until: datetime | None


def look_at_public_site(url: str, now: datetime, trust: ssl.SSLContext | None = None) -> Iterator[Diagnosis]:
    """Request the health page of the public pages. `trust`: other certificates than those that the system trusts."""
    subject = f"public pages {url}"
    if urlsplit(url).scheme != "https":
        step = "write an https address: without it, mail programs offer no button to unsubscribe"
        yield Diagnosis(subject=subject, health=DiagnosisLevel.BAD, seen="the address is not https", step=step)
    try:
        answer = _ask(f"{url.rstrip('/')}/health", trust or ssl.create_default_context())
    except (OSError, http.client.HTTPException, ValueError) as error:
        seen, step = _in_words(error)
        yield Diagnosis(subject=subject, health=DiagnosisLevel.BAD, seen=seen, step=step)
        return
    yield from _judge(subject, answer)
    if answer.until is not None:
        yield _certificate(urlsplit(url).hostname or "", answer.until, now)


def _ask(url: str, trust: ssl.SSLContext) -> _Answer:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(host, port, timeout=_TIMEOUT, context=trust)
    else:
        connection = http.client.HTTPConnection(host, port, timeout=_TIMEOUT)
    try:
        connection.connect()
        # The answer may close the connection, so the certificate is read first.
        certificate = connection.sock.getpeercert() if isinstance(connection.sock, ssl.SSLSocket) else None
        connection.request("GET", parts.path)
        answer = connection.getresponse()
        text = answer.read(2000).decode("utf-8", "replace")
    finally:
        connection.close()
    until = None
    if certificate:
        until = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)
    return _Answer(status=answer.status, text=text, until=until)


def _in_words(error: Exception) -> tuple[str, str]:
    """Return what went wrong, and the next step."""
    match error:
        case socket.gaierror():
            return "its host name has no address in DNS", "publish an A record with the address of your server"
        case ssl.SSLCertVerificationError():
            return (
                f"its certificate is not valid: {error.verify_message.rstrip('.')}",
                "renew the certificate, or set up the reverse proxy to do it:   compose help run-the-public-pages",
            )
        case ssl.SSLError():
            return "it does not answer with TLS", "set up the reverse proxy:   compose help run-the-public-pages"
        case TimeoutError():
            return f"no answer within {_TIMEOUT} seconds", f"check the firewall; {_SERVE}"
        case OSError():
            return f"it cannot be reached: {error.strerror or error}", _SERVE
    return "its answer is not HTTP", _SERVE


def _judge(subject: str, answer: _Answer) -> Iterator[Diagnosis]:
    first, *others = answer.text.splitlines() or [""]
    if answer.status == 200 and first == "ok":
        yield Diagnosis(subject=subject, health=DiagnosisLevel.GOOD, seen="reachable, and mail is sent")
        for line in others:
            step = "see “When something is wrong” in   compose help run-the-public-pages"
            yield Diagnosis(subject=subject, health=DiagnosisLevel.WEAK, seen=line, step=step)
    elif answer.status == 503:
        seen = f"they report a problem: {first or 'no reason'}"
        step = "read the log of   compose serve   (with systemd: journalctl)"
        yield Diagnosis(subject=subject, health=DiagnosisLevel.BAD, seen=seen, step=step)
    else:
        seen = f"something else answers: status {answer.status} for its page /health"
        yield Diagnosis(subject=subject, health=DiagnosisLevel.BAD, seen=seen, step=_SERVE)


def _certificate(host: str, until: datetime, now: datetime) -> Diagnosis:
    days = (until - now).days
    seen = f"valid until {until:%Y-%m-%d} ({days} days)"
    is_late = days < _SOON
    return Diagnosis(
        subject=f"certificate of {host}",
        health=DiagnosisLevel.WEAK if is_late else DiagnosisLevel.GOOD,
        seen=seen,
        step="check why the reverse proxy has not renewed it" if is_late else "",
        expires=until,
    )
