"""newsletter.yaml's settings as values: each key reaches its field, and one place says what holds where nothing is written."""

from pathlib import Path

from composer.content.document.newsletter import Newsletter, read_newsletter
from composer.content.document.newsletter_config import DeliveryConfig, DkimConfig, ImapConfig, ServerConfig
from composer.core.addresses import Address
from tests.factories import LETTER, sample_message

DELIVERY = """\
delivery:
  transport: outbox
  list_id: letters.example.org
  feedback_id: letters
  smtp:
    host: smtp.example.org
    port: 2525
    security: tls
    username: letters
    ca_file: ca.pem
  imap:
    host: imap.example.org
    security: none
    username: bounces
    folder: Bounces
    read: Done
    kept: Odd
  dkim:
    domain: example.org
    selectors: [one, two]
  relay_rewrites: [date]
  bounces: Bounces <bounces@example.org>
  ses_topics: [arn:one]
  public_url: https://example.org/n/
  unsubscribe_url: https://example.org/leave/{token}
  unsubscribe_mailto: leave@example.org
  rate: 10/s
  connections: 7
  daily_quota: 900
  signup_mail_per_hour: 50
"""


def _newsletter(folder: Path, more: str = "") -> Newsletter:
    return read_newsletter(sample_message(folder, newsletter=LETTER + more))


def test_delivery(tmp_path: Path) -> None:
    """Every key below `delivery:` has a field of its own; addresses and rates are values already."""
    assert _newsletter(tmp_path, DELIVERY).delivery == DeliveryConfig(
        transport="outbox",
        list_id="letters.example.org",
        feedback_id="letters",
        smtp=ServerConfig(
            host="smtp.example.org", port=2525, security="tls", username="letters", ca_file="ca.pem"
        ),
        imap=ImapConfig(
            server=ServerConfig(host="imap.example.org", port=143, security="none", username="bounces"),
            folder="Bounces",
            read="Done",
            kept="Odd",
        ),
        dkim=DkimConfig(domain="example.org", selectors=("one", "two")),
        relay_rewrites=("date",),
        bounces=Address(name="Bounces", address="bounces@example.org"),
        ses_topics=("arn:one",),
        public_url="https://example.org/n/",
        unsubscribe_url="https://example.org/leave/{token}",
        unsubscribe_mailto=Address(address="leave@example.org"),
        rate=600.0,
        connections=7,
        daily_quota=900,
        signup_mail_per_hour=50,
    )  # fmt: skip


def test_delivery_where_little_is_written(tmp_path: Path) -> None:
    """Ports follow from the security, and folders have names, as the schema says to editors."""
    assert _newsletter(tmp_path).delivery == DeliveryConfig()
    given = "delivery:\n  smtp:\n    host: a.example\n  imap:\n    host: b.example\n  dkim: relay\n"
    delivery = _newsletter(tmp_path, given).delivery
    assert delivery == DeliveryConfig(
        smtp=ServerConfig(host="a.example", port=587, security="starttls"),
        imap=ImapConfig(server=ServerConfig(host="b.example", port=993, security="tls")),
        dkim="relay",
    )
