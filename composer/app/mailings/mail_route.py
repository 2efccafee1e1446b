"""How messages are sent: by the configured mail server, or as files.

Input: an open newsletter. Output: a transport that is not connected yet, and its name for the throttle.
"""

from pathlib import Path

from composer.app.context import MailingContext
from composer.core.workspace import OUTBOX
from composer.delivery.config.resolve import server_of
from composer.transport.outbox_transport import FileTransport
from composer.transport.protocol import Transport
from composer.transport.smtp.smtp_transport import SmtpTransport


def transport_to(context: MailingContext, folder: Path | None = None) -> tuple[Transport, str]:
    """Return the transport and its host: files in a folder, or else the mail server. Raises ComposeError."""
    if folder is not None:
        return FileTransport(folder, context.workspace.root / OUTBOX), ""
    server = server_of(context.newsletter, context.workspace, context.environment)
    return SmtpTransport(server), server.host


def route_of(context: MailingContext, *, is_rehearsal: bool) -> str:
    """Return the server's name for the throttle. Raises ComposeError for errors in its settings."""
    return "outbox" if is_rehearsal else transport_to(context)[0].name
