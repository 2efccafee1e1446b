"""When the certificates of the public pages and the mail server expire.

Input: an open newsletter, the time. Output: a time for each service, in the database. Guarantees: the servers are asked as
`compose doctor` does; of several mail servers, the first to expire counts; if one cannot be checked, the time that was
last seen is kept.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from composer.app.context import MailingContext
from composer.core.errors import ComposeError
from composer.delivery.config.resolve import servers_of, transport_name
from composer.delivery.database_guard.ledger_age import set_state, state_of
from composer.doctor.diagnosis import Diagnosis, DiagnosisLevel
from composer.doctor.mail_server import look_at_server
from composer.doctor.public_site import look_at_public_site


class CertificateError(ComposeError):
    """A server's certificate cannot be checked."""


class CertifiedService(StrEnum):
    """What has a certificate."""

    PAGES = "pages"
    SMTP = "smtp"


def record_certificates(context: MailingContext, now: datetime) -> None:
    """Record when each certificate expires. Raises the error of the first one that cannot be checked, after the others."""
    failed: ComposeError | None = None
    for service in CertifiedService:
        try:
            expiry = min(filter(None, map(_expiry, _diagnose(service, context, now))), default=None)
        except ComposeError as error:
            failed = failed or error
            continue
        with context.database.write() as connection:
            set_state(connection, _state(service), None if expiry is None else expiry.isoformat())
    if failed is not None:
        raise failed


def certificate_expiries(connection: Connection) -> Mapping[CertifiedService, datetime]:
    """Return when certificates expire, as last seen; a service without one is not there."""
    stored = ((service, state_of(connection, _state(service))) for service in CertifiedService)
    return {service: datetime.fromisoformat(text) for service, text in stored if text is not None}


def _state(service: CertifiedService) -> str:
    """Return the name of the row of `database_state`."""
    return f"certificate_{service}"


def _diagnose(service: CertifiedService, context: MailingContext, now: datetime) -> Iterator[Iterable[Diagnosis]]:
    """Ask each server of a service; none if it is not set up, or without encryption."""
    newsletter, environment = context.newsletter, context.environment
    match service:
        case CertifiedService.PAGES:
            url = newsletter.delivery.public_url or ""
            if url.startswith("https:"):
                yield look_at_public_site(url, now)
        case CertifiedService.SMTP:
            if transport_name(newsletter, environment) != "outbox":
                for _, server in servers_of(newsletter, context.workspace, environment):
                    yield look_at_server(server, now)


def _expiry(diagnoses: Iterable[Diagnosis]) -> datetime | None:
    """Return when a certificate expires; None without encryption. Raises CertificateError if that is unknown."""
    found = tuple(diagnoses)
    for each in found:
        if each.expires is not None:
            return each.expires
    for each in found:
        if each.health is DiagnosisLevel.BAD:
            raise CertificateError(f"{each.subject}: {each.seen}", each.step)
    return None
