"""The mailbox that bounces come to, as newsletter.yaml names it.

Comes in: the newsletter, the environment, the user's own configuration folder. Goes out: an `Account`, or a `SettingsError`.
"""

from dataclasses import dataclass

from composer.content.newsletter import Newsletter
from composer.content.values import Group, group_in, text_in, value_in
from composer.delivery.configured import ca_file
from composer.delivery.credentials import IMAP, credentials_of
from composer.surroundings import SettingsError, Surroundings
from composer.transport.server import Security, Server
from composer.workspace import Workspace

_PORTS = {Security.TLS: 993, Security.STARTTLS: 143, Security.NONE: 143}


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A mailbox at a server, and the folders in it."""

    server: Server
    #: Where messages arrive; where those go that were understood; where those are kept that a person should look at.
    folder: str = "INBOX"
    read: str = "compose-read"
    kept: str = "compose-kept"


def account_of(newsletter: Newsletter, workspace: Workspace, around: Surroundings) -> Account:
    """Give the mailbox that is set up. Raises SettingsError or ContentError."""
    given = value_in(group_in(newsletter.values, "delivery"), "imap")
    if not isinstance(given, Group):
        raise SettingsError(
            "no mailbox is set up", "write   delivery:   and below it   imap:   with   host:   into newsletter.yaml"
        )
    host = text_in(given, "host") or ""
    security = Security(text_in(given, "security") or "tls")
    port = value_in(given, "port")
    found = credentials_of(host, text_in(given, "username"), around, IMAP)
    if not found.username or found.secret is None:
        raise SettingsError(f"nobody is named who signs in at {host}", "write   username:   below   imap:")
    server = Server(
        host=host,
        port=port if isinstance(port, int) else _PORTS[security],
        security=security,
        username=found.username,
        secret=found.secret,
        is_token=found.is_token,
        ca_file=ca_file(workspace, text_in(given, "ca_file"), "delivery.imap.ca_file"),
    )
    folders = {name: text for name in ("folder", "read", "kept") if (text := text_in(given, name))}
    if wrong := next((text for text in folders.values() if not text.isascii() or not text.isprintable()), None):
        raise SettingsError(f"“{wrong}” cannot be a folder here", "name one in ASCII, as the server shows it")
    return Account(server=server, **folders)
