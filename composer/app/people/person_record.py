"""Collects everything on record about one person.

Input: a newsletter's context and an address, in any spelling. Output: the person's record, every mailing with its
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
    """Everything on record about one person."""

    summary: PersonalRecord
    #: Each mailing that was frozen for them, with its Message-ID, which is empty if it cannot be computed.
    mailings: tuple[tuple[ReceivedMailing, str], ...]
    #: The other records, by the keys of the registry of personal data.
    records: Mapping[str, Sequence[Mapping[str, object]]]
    #: Why Message-IDs cannot be computed here: the key may be on another computer.
    without_key: SettingsError | None = None

    @property
    def is_unknown(self) -> bool:
        """Whether nothing is on record."""
        return self.summary.is_unknown and not any(self.records.values())


def person_on_record(context: MailingContext, address: str) -> PersonOnRecord:
    """Return everything on record about an address. Raises AudienceError for an invalid address."""
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
