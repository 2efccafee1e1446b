"""What the pages do to the database: each deed is one transaction's worth.

Input: a connection, what was asked, the time. Output: what is known afterwards. Nothing here sends a message or sees a
request. How a subscriber stands is the audience's to change (composer/audience).
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

#: Reasons for leaving that are kept of one subscriber.
_MOST_REASONS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileChange:
    """What a subscriber says of themselves. None and what is absent stay as they are."""

    #: The parts of the name that were asked.
    names: Mapping[str, str]
    language: str | None
    fields: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, bool] = field(default_factory=dict)


def request_mail(connection: Connection, claim: TokenClaim, language: str, turn: int, now: datetime) -> FoundHolder:
    """Keep the wish of the person whom a message's link means; return what the link led to."""
    found = resolve(connection, claim)
    subscriber = by_id(connection, found.person.id) if found.person else None
    if subscriber is not None:
        address = Address(address=subscriber.address)
        request_email(
            connection, EmailRequest(kind=EmailKind.LINK, address=address, language=language, turn=turn, asked=now)
        )
    return found.found


def confirm(connection: Connection, email: TransactionalEmail, words: str, now: datetime) -> bool:
    """Make the subscriber active who agreed to these words; once for each letter. Tell whether they are."""
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
    """Return whether the subscriber is active whom a used link made so."""
    subscriber = find(connection, email.address)
    return subscriber is not None and status_of(connection, subscriber) is Status.ACTIVE


def _evidence(email: TransactionalEmail, words: str, now: datetime) -> str:
    """Say how somebody agreed, when, and to which words (GDPR, article 7)."""
    where = f"a form on {email.origin}" if email.origin else "a form"
    return (
        f"double opt-in: asked {_minute(email.asked)} by {where}, agreed {_minute(now)} "
        f"by the link that was sent to the address, to these words: {words}"
    )


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsubscribeResult:
    """What became of a wish to leave: a page confirms that, and nothing else."""

    found: FoundHolder
    #: The language of whoever left.
    language: str | None = None
    is_reason_kept: bool = False


def look_up(connection: Connection, claim: TokenClaim) -> UnsubscribeResult:
    """Find out whom a token means, and in which language they read; nothing is changed."""
    found = resolve(connection, claim)
    return UnsubscribeResult(found=found.found, language=found.person.language if found.person else None)


def leave(connection: Connection, claim: TokenClaim, now: datetime, reason: str = "") -> UnsubscribeResult:
    """Unsubscribe everybody whom a token means; an address that nobody has any more, by its hash. Again is no mistake."""
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
    """Return whose data the link that was asked for opens; None if they are gone, or have another address since it was sent."""
    found = resolve(connection, claim)
    if found.person is None or claim.expires is None:
        return None
    asked = claim.expires - LINK_FOR
    moved = select(tombstones.c.subscriber_id).where(
        tombstones.c.subscriber_id == found.person.id, tombstones.c.last_mailing.is_not(None), tombstones.c.at >= asked
    )
    return None if found.person.id == claim.subscriber_id and connection.execute(moved).first() else found.person.id


def change(connection: Connection, subscriber_id: int, changed: ProfileChange, now: datetime) -> bool:
    """Change what a subscriber says of themselves; False for one who is not there any more."""
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
    """Gather all that is stored about a person (GDPR, article 15): a summary, then every record of the registry."""
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
    """Erase a subscriber, and what other rooms keep of them; False for one who is not there any more."""
    subscriber = by_id(connection, subscriber_id)
    if subscriber is not None:
        erase(connection, Address(address=subscriber.address), now, forget)
    return subscriber is not None
