"""Gathers all that is known of one person.

Input: a newsletter's context and an address, however it is written. Output: the person's record, every mailing with its
Message-ID, and all other records. Guarantees: changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from composer.app.context import MailingContext
from composer.audience.identity.token_secret import tokens_of
from composer.audience.personal_record import PersonalRecord, personal_record
from composer.audience.subscribers import address_of
from composer.core.environment import SettingsError
from composer.delivery.reporting.subscriber_history import ReceivedMailing, received_mailings_under
from composer.web.personal_data import records_of, subject_of


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonOnRecord:
    """One person, as far as anything is known of them."""

    summary: PersonalRecord
    #: Each mailing that was frozen for them, with its Message-ID; that is empty where it cannot be told.
    mailings: tuple[tuple[ReceivedMailing, str], ...]
    #: What else is on record, by the keys of the registry of personal data.
    records: Mapping[str, Sequence[Mapping[str, object]]]
    #: Why no Message-ID can be told here: the key may be on another computer.
    without_key: SettingsError | None = None

    @property
    def is_unknown(self) -> bool:
        """Whether nothing at all is on record."""
        return self.summary.is_unknown and not any(self.records.values())


def person_on_record(context: MailingContext, address: str) -> PersonOnRecord:
    """Return what is known by an address. Raises AudienceError for what is no address."""
    with context.database.read() as connection:
        written = address_of(address).address
        summary, subject = personal_record(connection, written), subject_of(connection, written)
        received = received_mailings_under(connection, subject.spans)
        records = records_of(connection, subject)
    without_key = None
    names = [""] * len(received)
    if received:
        try:
            tokens = tokens_of(context.database, context.environment)
        except SettingsError as error:
            without_key = error
        else:
            names = [
                tokens.message_id(each.public_id, each.subscriber_id, each.domain) if each.domain else ""
                for each in received
            ]
    mailings = tuple(zip(received, names, strict=True))
    return PersonOnRecord(summary=summary, mailings=mailings, records=records, without_key=without_key)
