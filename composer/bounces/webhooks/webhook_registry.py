"""The providers that post events, each with the secret of its calls.

Input: nothing. Output: a table. Guarantees: secrets are read only from the environment.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from composer.bounces.webhooks.brevo import read_brevo
from composer.bounces.webhooks.generic import read_generic
from composer.bounces.webhooks.mailgun import read_mailgun
from composer.bounces.webhooks.mailjet import read_mailjet
from composer.bounces.webhooks.sendgrid import read_sendgrid
from composer.bounces.webhooks.webhook_calls import Event
from composer.transport.server_settings import Secret

#: Read the body and the header of a request. Raises CallError unless it is proven to be the provider's.
ReadCall = Callable[[bytes, Mapping[str, str], Secret, datetime], Iterator[Event]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """One provider."""

    #: The environment variable with the secret.
    variable: str
    read: ReadCall
    #: Whether the secret is `name:password`.
    is_password: bool = True


#: By the end of the address that they post to: `public_url` + /hooks/NAME.
WEBHOOKS: Mapping[str, Webhook] = {
    "bounces": Webhook(variable="COMPOSE_BOUNCE_WEBHOOK", read=read_generic),
    "brevo": Webhook(variable="COMPOSE_BREVO_WEBHOOK", read=read_brevo),
    "mailgun": Webhook(variable="COMPOSE_MAILGUN_WEBHOOK", read=read_mailgun, is_password=False),
    "mailjet": Webhook(variable="COMPOSE_MAILJET_WEBHOOK", read=read_mailjet),
    "sendgrid": Webhook(variable="COMPOSE_SENDGRID_WEBHOOK", read=read_sendgrid, is_password=False),
}
