"""The messages of a mailing: made from frozen data, each for its subscriber, each always the same."""

from dataclasses import replace
from datetime import UTC, datetime

import dkim
import fast_mail_parser
import pytest

from composer.audience.identity.tokens import Purpose, Tokens
from composer.content.values.merge_fields import MergeField
from composer.core.addresses import Address
from composer.core.audience_filter import AudienceFilter
from composer.delivery.config.dkim_keys import generate, parse_key, record
from composer.delivery.core.mailing import FrozenVariant, Mailing
from composer.delivery.messages.message_factory import FrozenSettings, JobPayload, MailingMessages, MessageError
from composer.delivery.messages.outgoing import MessageRecipient
from composer.mail.compiled_message import MissingValueError, compile_message
from composer.mail.dkim_signing import Algorithm, Profile
from composer.mail.letterhead import Letterhead

NOW = datetime(2025, 1, 30, 6, 30, tzinfo=UTC)
TOKENS = Tokens((b"k" * 32,))
ANNA = MessageRecipient(
    subscriber_id=7,
    variant=0,
    address="anna@example.net",
    name="Anna Ö",
    first_name="Anna",
    last_name="Ö",
    language="en",
    fields='{"company": "ACME"}',
)
TERMS = FrozenSettings(
    sender="news@example.org",
    domain="example.org",
    bounces="bounce@example.org",
    public_url="https://example.org/n",
    unsubscribe_mailto="leave@example.org",
    page="2025-01-30",
    feedback=("2025-01-30", "mailing"),
    wants_notice=True,
)
FIELDS = tuple(
    MergeField(token=f"mfx{number}tok", name=name, default=None)
    for number, name in enumerate(("first_name", "company", "unsubscribe_url", "preferences_url", "web_url"))
)
TEXT = "Dear {}, of {}: leave <{}>, change <{}>, read <{}>".format(*(field.token for field in FIELDS))


def mailing(frozen_settings: FrozenSettings = TERMS, corrects: int | None = None) -> Mailing:
    return Mailing(
        id=3,
        public_id=3,
        issue="2025-01-30",
        again=0,
        is_rehearsal=False,
        made=NOW,
        made_by="anna",
        program="0.1.0",
        edition="e" * 64,
        git_commit=None,
        is_committed=None,
        subject="Hello",
        audience=AudienceFilter(),
        frozen_settings=frozen_settings.to_json(),
        frozen=1,
        left_out={},
        allowed={},
        again_because="",
        corrects=corrects,
        corrects_public_id=corrects,
        due=None,
        stopped=None,
        pause=None,
        ended=None,
    )


def variant() -> FrozenVariant:
    head = Letterhead(
        sender=Address(name="News", address="news@example.org"),
        subject=f"Hello {FIELDS[0].token}",
        language="en",
        list_id="news.example.org",
        feedback_id="examplenews",
    )
    html = f"<html><body><p>Dear {FIELDS[0].token}</p></body></html>"
    compiled = compile_message(head, html=html, text=TEXT, fields=FIELDS).to_bytes()
    return FrozenVariant(number=0, language="en", compiled=compiled)


def message_source(
    frozen_settings: FrozenSettings = TERMS, corrects: int | None = None, profile: Profile | None = None
) -> MailingMessages:
    return MailingMessages(
        JobPayload.of(mailing(frozen_settings, corrects), (variant(),), TOKENS, profile=profile), now=lambda: NOW
    )


def test_a_message_belongs_to_its_subscriber() -> None:
    """Name, links, ways to unsubscribe, Message-ID, envelope: all identify this subscriber to us only."""
    outgoing = message_source().outgoing(ANNA)
    leave, change = (TOKENS.make(purpose, 7, 3) for purpose in (Purpose.UNSUBSCRIBE, Purpose.PREFERENCES))
    bounce = TOKENS.make(Purpose.BOUNCE, 7, 3)
    mail = fast_mail_parser.parse_email(outgoing.message)
    headers = {name.lower(): values[0] for name, values in mail.headers.items()}
    assert mail.subject == "Hello Anna"
    assert headers["to"] == "Anna Ö <anna@example.net>"
    assert headers["message-id"] == message_source().message_id(7) == TOKENS.message_id(3, 7, "example.org")
    assert headers["x-compose-id"] == outgoing.envelope.id
    by_mail = f"mailto:leave@example.org?subject=unsubscribe%20{leave}"
    assert headers["list-unsubscribe"] == f"<https://example.org/n/unsubscribe/{leave}>, <{by_mail}>"
    assert headers["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    assert headers["feedback-id"] == "2025-01-30:mailing:examplenews"
    assert outgoing.envelope.sender == f"bounce+{bounce}@example.org"
    assert (outgoing.envelope.recipient, outgoing.envelope.wants_notice) == ("anna@example.net", True)
    text = " ".join(mail.text_plain[0].split())
    assert text == (
        f"Dear Anna, of ACME: leave <https://example.org/n/unsubscribe/{leave}>,"
        f" change <https://example.org/n/preferences/{change}>, read <https://example.org/n/2025-01-30>"
    )


def test_the_same_message_every_time() -> None:
    """A second attempt has the same Message-ID, so that a duplicate can be detected."""
    assert message_source().outgoing(ANNA) == message_source().outgoing(ANNA)


def test_an_own_unsubscribe_url() -> None:
    """`unsubscribe_url` with {token} in it instead of our page."""
    other = "https://other.example/u?t={token}"
    outgoing = message_source(replace(TERMS, unsubscribe_url=other, unsubscribe_mailto=None, bounces=None)).outgoing(
        ANNA
    )
    assert f"<https://other.example/u?t={TOKENS.make(Purpose.UNSUBSCRIBE, 7, 3)}>".encode() in outgoing.message
    assert outgoing.envelope.sender == "news@example.org"


def test_a_correction_replies_to_the_corrected_message() -> None:
    """In-Reply-To is the subscriber's own message of that mailing."""
    assert (
        f"In-Reply-To: {TOKENS.message_id(2, 7, 'example.org')}".encode()
        in message_source(corrects=2).outgoing(ANNA).message
    )


def test_signed_messages_are_valid() -> None:
    """With another library."""
    key = parse_key(generate(Algorithm.RSA), selector="s")
    outgoing = message_source(profile=Profile(domain="example.org", keys=(key,))).outgoing(ANNA)
    text = record(key).encode()
    assert dkim.verify(outgoing.message, dnsfunc=lambda name, timeout=5: text)


def test_a_message_that_cannot_be_made_is_an_error() -> None:
    """A missing value, an invalid address: never an unexpected exception."""
    with pytest.raises(MissingValueError, match="company"):
        message_source().outgoing(replace(ANNA, fields="{}"))
    with pytest.raises(MessageError, match="the address cannot be used"):
        message_source().outgoing(replace(ANNA, address="änna@example.net"))


def test_frozen_settings_are_read_back() -> None:
    """Also those of an older program, which had fewer settings."""
    assert FrozenSettings.from_json(TERMS.to_json()) == TERMS
    assert FrozenSettings.from_json('{"sender": "a@b.c", "domain": "b.c"}') == FrozenSettings(
        sender="a@b.c", domain="b.c"
    )
