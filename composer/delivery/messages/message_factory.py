"""Makes the messages of a mailing from frozen data.

Input: the mailing with its settings, the compiled variants, keys for tokens and signatures. Output: an
`OutgoingMessage` for each recipient. Guarantees: reads neither the issue nor newsletter.yaml; a recipient always gets
the same Message-ID; opens no connection.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING

from composer.audience.identity.tokens import Purpose, Tokens
from composer.core.addresses import Address, AddressError
from composer.core.errors import ComposeError
from composer.delivery.messages.outgoing import MessageRecipient, MessageSource, OutgoingMessage
from composer.mail.bulk_headers import leave_by_mail, verp
from composer.mail.compiled_message import Compiled, PersonalPieces
from composer.mail.letterhead import Addressing
from composer.transport.envelope import Envelope

if TYPE_CHECKING:
    from composer.delivery.core.mailing import FrozenVariant, Mailing
    from composer.mail.dkim_signing import Profile


class MessageError(ComposeError):
    """A recipient's message cannot be made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenSettings:
    """The settings of every message of a mailing; frozen with the mailing as JSON."""

    #: The envelope's sender if there is no address for bounces.
    sender: str
    #: The sender's domain, which is also in Message-IDs.
    domain: str
    #: Bounces go to this address, with a token after a plus sign.
    bounces: str | None = None
    #: The address of the public pages.
    public_url: str | None = None
    #: The address to unsubscribe, with {token} in it, instead of a page below `public_url`.
    unsubscribe_url: str | None = None
    unsubscribe_mailto: str | None = None
    #: The page of the edition below `public_url`; if there are several editions, the page of each variant, by its
    #: number.
    page: str = ""
    pages: Mapping[str, str] = field(default_factory=dict)
    #: The identifiers before the sender's id in Feedback-ID.
    feedback: tuple[str, ...] = ()
    #: Whether to request delivery status notifications (DSN).
    wants_notice: bool = False

    def to_json(self) -> str:
        """Return the settings as they are stored."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "FrozenSettings":
        """Return the settings from JSON that this program or an older one wrote."""
        found = json.loads(text)
        return cls(**{**found, "feedback": tuple(found.get("feedback", ()))})


def envelope_sender(frozen_settings: FrozenSettings, tokens: Tokens, mailing: int, subscriber_id: int) -> str:
    """Return the envelope's sender of a recipient's message; `mailing` is the public id."""
    if frozen_settings.bounces is None:
        return frozen_settings.sender
    return verp(frozen_settings.bounces, tokens.make(Purpose.BOUNCE, subscriber_id, mailing))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A mailing whose messages a correction replies to."""

    #: Its public id.
    mailing: int
    #: The domain in its Message-IDs.
    domain: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPayload:
    """The data to make the messages of a mailing; it can be sent to another process."""

    #: The public ids of the mailing, and of the mailing that it corrects.
    mailing: int
    corrects: int | None
    #: `FrozenSettings`, as they are stored.
    frozen_settings: str
    #: The compiled messages, by the numbers of their variants.
    compiled: Mapping[int, bytes] = field(repr=False)
    tokens: Tokens = field(repr=False)
    #: Of a correction: the mailings whose messages its recipients have, by their numbers.
    answered: Mapping[int, Answered] = field(default_factory=dict)
    #: The keys that sign messages; None if this program does not sign.
    profile: "Profile | None" = field(default=None, repr=False)
    #: The time zone of the Date header.
    zone: tzinfo = UTC
    #: The header that the relay's webhook returns (mail/relays.py).
    echoes: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(
        cls,
        mailing: "Mailing",
        variants: "Iterable[FrozenVariant]",
        tokens: Tokens,
        *,
        answered: Mapping[int, Answered] | None = None,
        profile: "Profile | None" = None,
        zone: tzinfo = UTC,
        echoes: tuple[tuple[str, str], ...] = (),
    ) -> "JobPayload":
        """Return the data of a mailing."""
        return cls(
            mailing=mailing.public_id,
            corrects=mailing.corrects_public_id,
            frozen_settings=mailing.frozen_settings,
            compiled={each.number: each.compiled for each in variants},
            tokens=tokens,
            answered=answered or {},
            profile=profile,
            zone=zone,
            echoes=echoes,
        )


class MailingMessages(MessageSource):
    """Makes the messages of one mailing; threads share it."""

    def __init__(self, payload: JobPayload, now: Callable[[], datetime] | None = None) -> None:
        """Raises FrozenError if a newer program froze the messages. `now`: another clock."""
        self._payload, self._frozen_settings = payload, FrozenSettings.from_json(payload.frozen_settings)
        self._compiled = {number: Compiled.from_bytes(data) for number, data in payload.compiled.items()}
        self._fields = {
            number: {field.name for field in compiled.fields} for number, compiled in self._compiled.items()
        }
        self._tokens, self._profile = payload.tokens, payload.profile
        self._now = now or (lambda: datetime.now(payload.zone))

    def outgoing(self, recipient: MessageRecipient) -> OutgoingMessage:
        """Return one recipient's message. Raises MessageError, or MissingValueError."""
        return self.joined(recipient.variant, *self.pieces(recipient))

    def joined(self, variant: int, envelope: Envelope, pieces: PersonalPieces) -> OutgoingMessage:
        """Return a message from its pieces, which may come from another process."""
        return OutgoingMessage(envelope=envelope, message=self._compiled[variant].joined(pieces))

    def pieces(self, recipient: MessageRecipient) -> tuple[Envelope, PersonalPieces]:
        """Return what only this recipient's message has. Raises MessageError, or MissingValueError."""
        try:
            return self._make(recipient)
        except AddressError as error:
            raise MessageError(f"the address cannot be used: {error}") from None

    def _make(self, recipient: MessageRecipient) -> tuple[Envelope, PersonalPieces]:
        frozen_settings, now = self._frozen_settings, self._now()
        message_id, leave = self.message_id(recipient.subscriber_id), self._unsubscribe_url(recipient.subscriber_id)
        addressing = Addressing(
            to=Address(name=recipient.name, address=recipient.address),
            date=now,
            message_id=message_id,
            unsubscribe=leave,
            unsubscribe_mailto=self._unsubscribe_mailto(recipient.subscriber_id),
            feedback=frozen_settings.feedback,
            in_reply_to=self._corrected(recipient),
            echoes=self._payload.echoes,
        )
        values = self._values(recipient, leave)
        pieces = self._compiled[recipient.variant].pieces(values, addressing, self._profile, now=int(now.timestamp()))
        envelope = Envelope(
            sender=envelope_sender(frozen_settings, self._tokens, self._payload.mailing, recipient.subscriber_id),
            recipient=recipient.address,
            id=message_id[1:].partition("@")[0],
            wants_notice=frozen_settings.wants_notice,
        )
        return envelope, pieces

    def message_id(self, subscriber_id: int) -> str:
        """Return the Message-ID of a recipient's message; its left side is also in X-Compose-ID."""
        return self._tokens.message_id(self._payload.mailing, subscriber_id, self._frozen_settings.domain)

    def _corrected(self, recipient: MessageRecipient) -> str | None:
        """Return the Message-ID of the corrected message that this recipient has."""
        corrects, number = self._payload.corrects, recipient.answered_mailing
        if number is not None and recipient.answered_subscriber is not None and number in self._payload.answered:
            found = self._payload.answered[number]
            return self._tokens.message_id(found.mailing, recipient.answered_subscriber, found.domain)
        # An earlier version froze the mailing and did not record it.
        return (
            None
            if corrects is None
            else self._tokens.message_id(corrects, recipient.subscriber_id, self._frozen_settings.domain)
        )

    def _token(self, purpose: Purpose, subscriber_id: int) -> str:
        return self._tokens.make(purpose, subscriber_id, self._payload.mailing)

    def _unsubscribe_mailto(self, subscriber_id: int) -> str | None:
        """Return the mailto: link with which this subscriber unsubscribes; `compose bounces ingest` reads the requests."""
        to = self._frozen_settings.unsubscribe_mailto
        return None if to is None else leave_by_mail(to, self._token(Purpose.UNSUBSCRIBE, subscriber_id))

    def _unsubscribe_url(self, subscriber_id: int) -> str | None:
        """Return the address at which this subscriber unsubscribes with one click."""
        frozen_settings = self._frozen_settings
        if frozen_settings.unsubscribe_url is not None:
            return frozen_settings.unsubscribe_url.replace("{token}", self._token(Purpose.UNSUBSCRIBE, subscriber_id))
        if frozen_settings.public_url is not None:
            return f"{frozen_settings.public_url}/unsubscribe/{self._token(Purpose.UNSUBSCRIBE, subscriber_id)}"
        return None

    def _values(self, recipient: MessageRecipient, leave: str | None) -> Mapping[str, str]:
        links = {}
        if leave is not None:
            links["unsubscribe_url"] = leave
        if (base := self._frozen_settings.public_url) is not None:
            links["web_url"] = (
                f"{base}/{self._frozen_settings.pages.get(str(recipient.variant), self._frozen_settings.page)}"
            )
            if "preferences_url" in self._fields[recipient.variant]:
                links["preferences_url"] = (
                    f"{base}/preferences/{self._token(Purpose.PREFERENCES, recipient.subscriber_id)}"
                )
        return {
            **(json.loads(recipient.fields) if recipient.fields != "{}" else {}),
            "email": recipient.address,
            "name": recipient.name,
            "first_name": recipient.first_name,
            "last_name": recipient.last_name,
            "language": recipient.language,
            **links,
        }
