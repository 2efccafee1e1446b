"""Messages that somebody asked for on the public pages, as they are kept: what for, for which address, how they stand.

Input: a connection, an address that was typed in. Output: a row of `transactional_emails`, and rows as values.
Guarantees: keeping one does
the same work for every address; codes are stored, never sentences.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, insert, select

from composer.audience.identity.tokens import TokenClaim
from composer.core.addresses import Address, mailbox_of, normal_address
from composer.database.tables.transactional_tables import transactional_emails

#: How long the link to confirm works, and the one to the preferences.
CONFIRM_FOR, LINK_FOR = timedelta(days=7), timedelta(hours=1)


class EmailKind(StrEnum):
    """What a letter is for."""

    #: to subscribe
    CONFIRM = "confirm"
    #: to see, change or delete
    LINK = "link"


class EmailState(StrEnum):
    """Where a letter stands. The last four are those of a transport's outcome (composer/transport/outcome.py)."""

    WAITING = "waiting"
    #: its final dot is about to be sent, or has been
    SENDING = "sending"
    #: not sent, and not going to be: `DropReason` says why
    DROPPED = "dropped"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    WRITTEN = "written"


class DropReason(StrEnum):
    """Why a letter is not sent."""

    #: the mailbox was asked for as often as it may be in a day
    LIMIT = "limit"
    #: the mailbox has got as many letters as it may in a day
    FULL = "full"
    #: the same was asked for a moment before
    REPEATED = "repeated"
    #: nobody has this address, so there is no link to send
    NOBODY = "nobody"
    #: it could not be sent within a day
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailRequest:
    """An address that somebody gave."""

    kind: EmailKind
    address: Address
    #: What they wrote of themselves: parts of the name, and the newsletter's own fields.
    values: Mapping[str, str] = field(default_factory=dict)
    #: Of the page.
    language: str
    #: Of the newsletter.
    edition: str = ""
    #: The site that the form stood on.
    origin: str = ""
    #: Its turn in the queue: how many came before it from the same network. The lowest is sent first.
    turn: int = 0
    asked: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionalEmail:
    """A wish as it is kept."""

    id: int
    kind: EmailKind
    address: str
    normal: str
    mailbox: str
    values: Mapping[str, str]
    language: str
    edition: str
    origin: str
    asked: datetime
    attempts: int
    is_used: bool


def request_email(connection: Connection, asked: EmailRequest) -> None:
    """Keep a wish. It does the same for every address, known or not: how long it takes tells nothing."""
    row = {
        "kind": asked.kind,
        "address": asked.address.address,
        "normal": normal_address(asked.address.address),
        "mailbox": mailbox_of(asked.address.address),
        "name": asked.values.get("name", ""),
        "fields": json.dumps({key: value for key, value in asked.values.items() if value and key != "name"}),
        "language": asked.language,
        "edition": asked.edition,
        "origin": asked.origin,
        "asked": asked.asked,
        "due": asked.asked,
        "turn": asked.turn,
        "state": EmailState.WAITING,
    }
    connection.execute(insert(transactional_emails), [row])


def email_of(connection: Connection, email_id: int) -> TransactionalEmail | None:
    """Return a wish as it is kept."""
    row = (
        connection.execute(select(transactional_emails).where(transactional_emails.c.id == email_id)).mappings().first()
    )
    if row is None:
        return None
    known = ("id", "address", "normal", "mailbox", "language", "edition", "origin", "asked", "attempts")
    values = {**json.loads(row["fields"]), **({"name": row["name"]} if row["name"] else {})}
    return TransactionalEmail(
        **{name: row[name] for name in known},
        values=values,
        kind=EmailKind(row["kind"]),
        is_used=row["used"] is not None,
    )


def requested(connection: Connection, claim: TokenClaim) -> TransactionalEmail | None:
    """Return the wish that a link to confirm stands for.

    Its time is compared as well as its number: in a database that was put back from a copy, numbers are given again.
    """
    email = email_of(connection, claim.subscriber_id)
    if email is None or email.kind is not EmailKind.CONFIRM or claim.expires is None:
        return None
    return email if int(claim.expires.timestamp()) == int((email.asked + CONFIRM_FOR).timestamp()) else None
