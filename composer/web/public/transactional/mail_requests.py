"""Stores mails that were requested on the public pages: purpose, address and state.

Input: a connection, a submitted address. Output: a row of `transactional_emails`, and rows as values. Guarantees: storing one
takes the same work for every address; stores codes rather than sentences. The states are those of a delivery
(delivery/core/states.py).
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
from composer.delivery.core.states import DeliveryState

#: How long the link to confirm and the link to the preferences work.
CONFIRM_FOR, LINK_FOR = timedelta(days=7), timedelta(hours=1)


class EmailKind(StrEnum):
    """The purpose of a mail."""

    #: to confirm a subscription
    CONFIRM = "confirm"
    #: to see, change or delete one's data
    LINK = "link"


class DropReason(StrEnum):
    """Why a mail is suppressed: it is not sent, and will not be sent."""

    #: the mailbox has had the maximum number of requests for the day
    LIMIT = "limit"
    #: the mailbox has received the maximum number of mails for the day
    FULL = "full"
    #: the same was requested moments before
    REPEATED = "repeated"
    #: no subscriber has this address, so a link cannot be sent
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailRequest:
    """A request with a submitted address."""

    kind: EmailKind
    address: Address
    #: Submitted values: parts of the name, and the newsletter's own fields.
    values: Mapping[str, str] = field(default_factory=dict)
    #: The language of the page.
    language: str
    #: The language of the edition.
    edition: str = ""
    #: The site of the form.
    origin: str = ""
    #: Its turn in the queue: the number of earlier requests from the same network. The lowest is sent first.
    turn: int = 0
    asked: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionalEmail:
    """A stored request."""

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
    """Store a request. The work is the same for every address, so that its duration reveals nothing."""
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
        "next_at": asked.asked,
        "changed": asked.asked,
        "turn": asked.turn,
        "state": DeliveryState.PENDING,
    }
    connection.execute(insert(transactional_emails), [row])


def email_of(connection: Connection, email_id: int) -> TransactionalEmail | None:
    """Return a stored request, or None."""
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
    """Return the request that a link to confirm belongs to, or None.

    Both its time and its number must match, because a database restored from a backup assigns numbers again.
    """
    email = email_of(connection, claim.subscriber_id)
    if email is None or email.kind is not EmailKind.CONFIRM or claim.expires is None:
        return None
    return email if int(claim.expires.timestamp()) == int((email.asked + CONFIRM_FOR).timestamp()) else None
