"""Check the mail server: whether it answers, encrypts and accepts the sign-in, and what it offers. Sends nothing.

Input: a `MailServer`. Output: diagnoses.
"""

import datetime
from collections.abc import Iterator

from composer.doctor.diagnosis import Diagnosis, DiagnosisLevel
from composer.transport.protocol import TransportError
from composer.transport.server_settings import MailServer
from composer.transport.smtp.session import make_trust, open_session
from composer.transport.smtp.wire import Encryption

#: How many days before a certificate expires it is reported.
_SOON = 14


def look_at_server(server: MailServer, now: datetime.datetime, name: str | None = None) -> Iterator[Diagnosis]:
    """Connect, sign in and disconnect. `name`: its name in newsletter.yaml, if there are several."""
    subject = f"mail server {f'{name} ({server.host}:{server.port})' if name else f'{server.host}:{server.port}'}"
    try:
        session = open_session(server, lambda: make_trust(server))
    except TransportError as error:
        yield Diagnosis(subject=subject, health=DiagnosisLevel.BAD, seen=error.message, step=error.hint)
        return
    try:
        signed = f"accepts the sign-in of {server.username}" if server.username else "without sign-in"
        offers = " ".join(sorted(session.extensions)) or "no extensions"
        yield Diagnosis(subject=subject, health=DiagnosisLevel.GOOD, seen=f"answers, {signed}; offers {offers}")
        encryption = session.wire.encryption
        if encryption is not None:
            yield _encryption(server, encryption, now)
        if "PIPELINING" not in session.extensions:
            seen = "does not offer PIPELINING: each message takes twice as many round trips"
            yield Diagnosis(subject=subject, health=DiagnosisLevel.WEAK, seen=seen)
    finally:
        session.wire.close()


def _encryption(server: MailServer, encryption: Encryption, now: datetime.datetime) -> Diagnosis:
    subject = f"certificate of {server.host}"
    days = (encryption.until - now).days
    seen = f"{encryption.version}, valid until {encryption.until:%Y-%m-%d} ({days} days)"
    is_late = days < _SOON
    return Diagnosis(
        subject=subject,
        health=DiagnosisLevel.WEAK if is_late else DiagnosisLevel.GOOD,
        seen=seen,
        step="tell the administrator of the server: nothing is sent after it expires" if is_late else "",
        expires=encryption.until,
    )
