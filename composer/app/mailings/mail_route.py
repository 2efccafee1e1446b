"""How the messages of a mailing are sent: by the configured mail servers, or as files.

Input: an open newsletter. Output: the servers with their limits; routes that are not connected yet.
"""

from collections.abc import Sequence
from pathlib import Path

from composer.app.context import MailingContext
from composer.core.workspace import OUTBOX
from composer.delivery.config.delivery_settings import Settings
from composer.delivery.config.resolve import ConfiguredRoute, routes_of
from composer.delivery.worker.route_work import Route
from composer.transport.outbox_transport import FileTransport
from composer.transport.smtp.smtp_transport import SmtpTransport


def configured_routes(
    context: MailingContext, settings: Settings, *, is_rehearsal: bool = False
) -> tuple[ConfiguredRoute, ...]:
    """Return the mail servers; none for a rehearsal. Raises ComposeError for errors in their settings."""
    return () if is_rehearsal else routes_of(context.newsletter, context.workspace, context.environment, settings)


def opened_routes(configured: Sequence[ConfiguredRoute]) -> tuple[Route, ...]:
    """Return the routes to mail servers."""
    return tuple(
        Route(
            transport=SmtpTransport(each.server),
            name=each.name,
            bucket=each.bucket,
            domains=each.domains,
            connections=each.connections,
            rate=each.rate,
            daily_quota=each.daily_quota,
        )
        for each in configured
    )


def file_route(context: MailingContext, folder: Path) -> Route:
    """Return the route of a rehearsal: files in a folder."""
    return Route(transport=FileTransport(folder, context.workspace.root / OUTBOX), connections=1)


def fastest(routes: Sequence[Route]) -> float | None:
    """Return the messages per minute by all routes; None for no limit."""
    rates = [each.rate for each in routes]
    return None if None in rates else sum(filter(None, rates))
