"""The mail servers for single messages: tests, requests for approval, and the mail of the public pages.

Input: the newsletter, the environment. Output: a transport that is not connected yet. Guarantees: a server only for some
domains is not used.
"""

from composer.content.document.newsletter import Newsletter
from composer.core.environment import Environment
from composer.core.workspace import Workspace
from composer.delivery.config.resolve import servers_of
from composer.transport.failover_transport import FailoverTransport
from composer.transport.protocol import Transport
from composer.transport.smtp.smtp_transport import SmtpTransport


def single_mail_transport(newsletter: Newsletter, workspace: Workspace, around: Environment) -> Transport:
    """Return the transport to the mail servers. Raises SettingsError or ContentError."""
    servers = servers_of(newsletter, workspace, around)
    transports = [SmtpTransport(server) for given, server in servers if given is None or not given.domains]
    return transports[0] if len(transports) == 1 else FailoverTransport(transports)
