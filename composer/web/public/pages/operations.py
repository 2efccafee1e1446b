"""The database operations of the pages; each is one transaction.

Input: a connection, the requested change, the time. Output: the result. Guarantees: sends no message and knows nothing of
requests. A subscriber's status is changed only by composer/audience.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import Connection, select, update

from composer.audience import changes
from composer.audience.change_history import changes_of, record
from composer.audience.erasure import ForgetElsewhere, erase
from composer.audience.identity.token_holders import FoundHolder, resolve, stop_mail
from composer.audience.identity.tokens import TokenClaim
from composer.audience.personal_record import personal_record
from composer.audience.subscribers import Status, by_id, find
from composer.audience.suppression import Reason, status_of
from composer.core.addresses import Address
from composer.database.tables.subscriber_tables import tombstones
from composer.database.tables.transactional_tables import transactional_emails
from composer.web.personal_data import records_of, subject_of
from composer.web.public.transactional.mail_requests import (
    LINK_FOR,
    EmailKind,
    EmailRequest,
    TransactionalEmail,
    request_email,
)

#: Most reasons for unsubscribing that are stored for one subscriber.
_MOST_REASONS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileChange:
    """A subscriber's own changes. None and missing values stay as they are."""

    #: The parts of the name that the form has.
    names: Mapping[str, str]
    language: str | None
    fields: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, bool] = field(default_factory=dict)


def request_mail(connection: Connection, claim: TokenClaim, language: str, turn: int, now: datetime) -> FoundHolder:
    """Queue a mail with a link for the subscriber that a message's link belongs to; return whom it belongs to."""
    found = resolve(connection, claim)
    subscriber = by_id(connection, found.person.id) if found.person else None
    if subscriber is not None:
        address = Address(address=subscriber.address)
        request_email(
            connection, EmailRequest(kind=EmailKind.LINK, address=address, language=language, turn=turn, asked=now)
        )
    return found.found


def confirm(connection: Connection, email: TransactionalEmail, words: str, now: datetime) -> bool:
    """Make the subscriber active who agreed to this text, once per mail. Return whether they are active."""
    unused = (transactional_emails.c.id == email.id, transactional_emails.c.used.is_(None))
    if connection.execute(update(transactional_emails).where(*unused).values(used=now)).rowcount != 1:
        return is_confirmed(connection, email)
    source = "double opt-in"
    values = {**email.values, "language": email.edition}
    given = {name: value for name, value in values.items() if value}
    subscriber = changes.sign_up(connection, Address(address=email.address), given, source=source, now=now)
    changes.change(connection, subscriber.id, given, source=source, now=now)
    changes.confirm(connection, subscriber.id, _evidence(email, words, now), source=source, now=now)
    return True


def is_confirmed(connection: Connection, email: TransactionalEmail) -> bool:
    """Return whether the subscriber whom a used link confirmed is still active."""
    subscriber = find(connection, email.address)
    return subscriber is not None and status_of(connection, subscriber) is Status.ACTIVE


def _evidence(email: TransactionalEmail, words: str, now: datetime) -> str:
    """Return how and when somebody agreed, and to which text (GDPR, article 7)."""
    where = f"a form on {email.origin}" if email.origin else "a form"
    return (
        f"double opt-in: requested {_minute(email.asked)} with {where}, confirmed {_minute(now)} "
        f"with the link that was sent to the address, agreeing to this text: {words}"
    )


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsubscribeResult:
    """The result of an unsubscribe request, which the page confirms."""

    found: FoundHolder
    #: The subscriber's language.
    language: str | None = None
    is_reason_kept: bool = False


def look_up(connection: Connection, claim: TokenClaim) -> UnsubscribeResult:
    """Return whom a token belongs to, and their language; nothing is changed."""
    found = resolve(connection, claim)
    return UnsubscribeResult(found=found.found, language=found.person.language if found.person else None)


def leave(connection: Connection, claim: TokenClaim, now: datetime, reason: str = "") -> UnsubscribeResult:
    """Unsubscribe everybody a token belongs to; a deleted address by its hash. Can be repeated."""
    found = resolve(connection, claim)
    source = f"link in mailing {found.mailing_id}" if found.mailing_id else "preferences page"
    stop_mail(connection, found, Reason.UNSUBSCRIBED, source, now)
    whose = found.person
    is_kept = whose is not None and bool(reason)
    if whose is not None and reason:
        given = [each.after for each in changes_of(connection, whose.id) if each.what == "reason"]
        is_kept = reason in given or len(given) < _MOST_REASONS
        if is_kept and reason not in given:
            record(connection, whose.id, "reason", "", reason, source, now)
    return UnsubscribeResult(found=found.found, language=whose.language if whose else None, is_reason_kept=is_kept)


def own_of(connection: Connection, claim: TokenClaim) -> int | None:
    """Return the subscriber whose data a requested link opens; None if they are gone or have changed their address since."""
    found = resolve(connection, claim)
    if found.person is None or claim.expires is None:
        return None
    asked = claim.expires - LINK_FOR
    moved = select(tombstones.c.subscriber_id).where(
        tombstones.c.subscriber_id == found.person.id, tombstones.c.last_mailing.is_not(None), tombstones.c.at >= asked
    )
    return None if found.person.id == claim.subscriber_id and connection.execute(moved).first() else found.person.id


def change(connection: Connection, subscriber_id: int, changed: ProfileChange, now: datetime) -> bool:
    """Apply a subscriber's own changes; False if they no longer exist."""
    if by_id(connection, subscriber_id) is None:
        return False
    source = "preferences page"
    values = {**changed.names, **changed.fields}
    if changed.language is not None:
        values["language"] = changed.language
    changes.change(connection, subscriber_id, values, source=source, now=now)
    give = [name for name, is_chosen in changed.tags.items() if is_chosen]
    take = [name for name, is_chosen in changed.tags.items() if not is_chosen]
    changes.tag(connection, subscriber_id, give=give, take=take, source=source, now=now)
    return True


def data_of(connection: Connection, subscriber_id: int) -> dict[str, object] | None:
    """Return everything stored about a person (GDPR, article 15): a summary, then every record of the registry."""
    subscriber = by_id(connection, subscriber_id)
    if subscriber is None:
        return None
    known = personal_record(connection, subscriber.address)
    agreed, listed, came = known.consent, known.suppression, known.origin
    return {
        "id": subscriber.id,
        "address": subscriber.address,
        "name": subscriber.name,
        "first_name": subscriber.first_name,
        "last_name": subscriber.last_name,
        "language": subscriber.language,
        "fields": dict(subscriber.fields),
        "tags": list(subscriber.tags),
        "status": subscriber.status,
        "since": _written(subscriber.created),
        "came_with": {"file": came.file, "at": _written(came.at)} if came else None,
        "consent": {"at": _written(agreed.when or agreed.recorded), "evidence": agreed.evidence} if agreed else None,
        "suppressed": {"since": _written(listed.since), "reason": listed.reason, "by": listed.source}
        if listed
        else None,
        "history": [
            {"at": _written(each.at), "what": each.what, "before": each.before, "after": each.after, "by": each.source}
            for each in known.history
        ],
        **records_of(connection, subject_of(connection, subscriber.address)),
    }


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def erase_subscriber(
    connection: Connection, subscriber_id: int, now: datetime, forget: Sequence[ForgetElsewhere]
) -> bool:
    """Erase a subscriber, and the data that other packages keep about them; False if they no longer exist."""
    subscriber = by_id(connection, subscriber_id)
    if subscriber is not None:
        erase(connection, Address(address=subscriber.address), now, forget)
    return subscriber is not None
