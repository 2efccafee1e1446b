"""The sources of bounces in newsletter.yaml: the mailbox, and the providers that may call.

Input: the newsletter, the environment, the user's own configuration folder. Output: a `MailboxAccount`, `Webhooks`, or
a `SettingsError`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from composer.bounces.webhooks.webhook_registry import WEBHOOKS, Webhook
from composer.content.document.newsletter import Newsletter
from composer.content.document.newsletter_config import INBOX, KEPT, READ
from composer.core.environment import Environment, SettingsError
from composer.core.workspace import Workspace
from composer.delivery.config.credentials import IMAP, credentials_of
from composer.delivery.config.resolve import ca_file
from composer.transport.server_settings import MailServer, Secret, Security


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxAccount:
    """A mailbox on a server, and its folders."""

    server: MailServer
    #: The folder where messages arrive, the folder for understood messages, and the folder for messages for a person.
    folder: str = INBOX
    read: str = READ
    kept: str = KEPT


#: The variable with the `name:password` of Postmark's webhook.
POSTMARK = "COMPOSE_POSTMARK_WEBHOOK"


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhooks:
    """The providers that may call, and how they are recognised."""

    #: The ARNs of our topics at Amazon SNS; without any, Amazon may not call.
    ses_topics: tuple[str, ...] = ()
    #: None: Postmark may not call.
    postmark: Secret | None = None
    #: The secrets of the other providers, by their names in webhooks.WEBHOOKS.
    secrets: Mapping[str, Secret] = field(default_factory=dict)


def webhooks_of(newsletter: Newsletter, around: Environment) -> Webhooks:
    """Return which providers may call: topics from newsletter.yaml, secrets from the environment."""
    password = around.environment.get(POSTMARK)
    if password and ":" not in password:
        raise SettingsError(f"{POSTMARK} must be a name and a password", "write it as   name:password")
    return Webhooks(
        ses_topics=newsletter.delivery.ses_topics,
        postmark=Secret(password) if password else None,
        secrets={name: secret for name, each in WEBHOOKS.items() if (secret := _secret(each, around))},
    )


def _secret(webhook: Webhook, around: Environment) -> Secret | None:
    found = around.environment.get(webhook.variable)
    if found and webhook.is_password and ":" not in found:
        raise SettingsError(f"{webhook.variable} must be a name and a password", "write it as   name:password")
    return Secret(found) if found else None


def account_of(newsletter: Newsletter, workspace: Workspace, around: Environment) -> MailboxAccount:
    """Return the configured mailbox. Raises SettingsError or ContentError."""
    given = newsletter.delivery.imap
    if given is None:
        raise SettingsError(
            "no bounce mailbox is set up",
            "write   delivery:   and below it   imap:   with   host:   into newsletter.yaml",
        )
    host = given.server.host
    found = credentials_of(host, given.server.username, around, IMAP)
    if not found.username or found.secret is None:
        raise SettingsError(f"the user name for {host} is missing", "write   username:   below   imap:")
    server = MailServer(
        host=host,
        port=given.server.port,
        security=Security(given.server.security),
        username=found.username,
        secret=found.secret,
        is_token=found.is_token,
        ca_file=ca_file(workspace, given.server.ca_file, "delivery.imap.ca_file"),
    )
    folders = (given.folder, given.read, given.kept)
    if wrong := next((text for text in folders if not text.isascii() or not text.isprintable()), None):
        raise SettingsError(f"“{wrong}” cannot be used as a folder name", "write the ASCII name that the server shows")
    return MailboxAccount(server=server, folder=given.folder, read=given.read, kept=given.kept)
