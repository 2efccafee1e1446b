"""Relays that report bounces with webhooks instead of messages: how to detect them, and the header that they return.

Input: the host of a mail server. Output: a relay, or None. Guarantees: pure; the header contains only the id of the
message.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """A provider that does not send bounces by email."""

    name: str
    #: The domains of its mail servers.
    hosts: tuple[str, ...]
    #: The name of its webhook below /hooks/; `bounces` is for all other relays.
    webhook: str = "bounces"
    #: The header whose value its webhook returns, and the value, with {} for the id of the message.
    header: str = ""
    value: str = ""


_RELAYS = (
    Relay(
        name="SendGrid",
        hosts=("sendgrid.net",),
        webhook="sendgrid",
        header="X-SMTPAPI",
        value='{{"unique_args": {{"compose_id": "{}"}}}}',
    ),
    Relay(
        name="Mailgun",
        hosts=("mailgun.org",),
        webhook="mailgun",
        header="X-Mailgun-Variables",
        value='{{"compose_id": "{}"}}',
    ),
    Relay(
        name="Brevo",
        hosts=("brevo.com", "sendinblue.com"),
        webhook="brevo",
        header="X-Mailin-custom",
        value="{}",
    ),
    Relay(name="Mailjet", hosts=("mailjet.com",), webhook="mailjet", header="X-MJ-CustomID", value="{}"),
    Relay(name="Postmark", hosts=("postmarkapp.com",), webhook="postmark"),
    Relay(name="SparkPost", hosts=("sparkpostmail.com",)),
    Relay(name="Mandrill", hosts=("mandrillapp.com",)),
    Relay(name="Resend", hosts=("resend.com",)),
    Relay(name="MailerSend", hosts=("mailersend.net",)),
    Relay(name="SMTP2GO", hosts=("smtp2go.com",)),
    Relay(name="Elastic Email", hosts=("elasticemail.com",)),
)


def relay_at(host: str) -> Relay | None:
    """Return the relay that a mail server belongs to, or None."""
    name = host.lower().rstrip(".")
    return next((relay for relay in _RELAYS for end in relay.hosts if name == end or name.endswith(f".{end}")), None)


def echo_headers(hosts: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return the headers that the relays' webhooks return, and their values with {} for the id."""
    relays = dict.fromkeys(relay_at(host) for host in hosts)
    return tuple((relay.header, relay.value) for relay in relays if relay and relay.header)
