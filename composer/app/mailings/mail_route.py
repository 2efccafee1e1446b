"""Which way messages leave: by the mail server that is set up, or as files.

Input: an open newsletter. Output: a transport that is not connected yet, and what the throttle calls it.
"""

from pathlib import Path

from composer.app.context import MailingContext
from composer.core.workspace import OUTBOX
from composer.delivery.config.resolve import server_of
from composer.transport.outbox_transport import FileTransport
from composer.transport.protocol import Transport
from composer.transport.smtp.smtp_transport import SmtpTransport


def transport_to(context: MailingContext, folder: Path | None = None) -> tuple[Transport, str]:
    """Return what hands messages over, and its host: files in a folder, else the mail server. Raises ComposeError."""
    if folder is not None:
        return FileTransport(folder, context.workspace.root / OUTBOX), ""
    server = server_of(context.newsletter, context.workspace, context.environment)
    return SmtpTransport(server), server.host


def route_of(context: MailingContext, *, is_rehearsal: bool) -> str:
    """Name the server, as the throttle knows it. Raises ComposeError for whatever is wrong with its settings."""
    return "outbox" if is_rehearsal else transport_to(context)[0].name
