"""Resolves unconfirmed recipients: by a mail server's log, or by a person's decision.

Input: an open newsletter, a mailing or a lost issue, a log or a decision. Output: how many were resolved, and the
mailing's totals. Guarantees: sends nothing; later runs send again only if the decision was to send again.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from composer.app.context import MailingContext, person
from composer.audience.identity.token_secret import tokens_of
from composer.core.errors import UsageError
from composer.delivery.core.mailing import Mailing, MailingError, Sums, mailing_of, sums_of
from composer.delivery.core.states import DeliveryState
from composer.delivery.ledger import maintenance
from composer.delivery.ledger.reaper import reap
from composer.delivery.ledger.reconciliation import (
    SentWithoutAnswer,
    Settled,
    count_as_received,
    send_again,
    settle_by_log,
)
from composer.delivery.ledger.restore import forget_lost, lost_since
from composer.delivery.messages.message_factory import FrozenSettings, envelope_sender
from composer.delivery.reporting.statistics import not_received
from composer.delivery.selection.selection import LeftOut, Selection, count


class SettleDecision(StrEnum):
    """What a person decides about messages whose delivery could not be confirmed."""

    #: They count as accepted by the server.
    RECEIVED = "received"
    #: They are sent again; some people may get a second copy, with the same Message-ID.
    AGAIN = "again"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnconfirmedRecipient:
    """A recipient whose delivery the server did not confirm."""

    #: The name in lists: the address, or a number after an erasure.
    name: str
    #: The Message-ID to look for in a server's log.
    message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unconfirmed:
    """The recipients of a mailing whose delivery could not be confirmed."""

    mailing: Mailing
    count: int
    #: The first of them.
    first: tuple[UnconfirmedRecipient, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleResult:
    """The result for the unconfirmed recipients of a mailing."""

    mailing: Mailing
    #: How many were resolved, and how many are still unconfirmed.
    settled: int
    left: int
    sums: Sums


@dataclass(frozen=True, slots=True, kw_only=True)
class LostMailing:
    """An issue whose mailing was lost when the database was restored from a backup."""

    issue: str
    #: When the database was restored.
    since: datetime
    #: How many may have received it.
    count: int


def unconfirmed(context: MailingContext, mailing_id: int, now: datetime, *, most: int = 20) -> Unconfirmed:
    """Release recipients claimed by dead processes, and return who is unconfirmed, at most `most` by name.

    Raises MailingError.
    """
    reap(context.database, mailing_id, now)
    with context.database.read() as connection:
        mailing = mailing_of(connection, mailing_id)
        unknown = sums_of(connection, mailing_id)[DeliveryState.UNKNOWN]
        first = not_received(connection, mailing_id, most, only=DeliveryState.UNKNOWN)
    if not unknown:
        return Unconfirmed(mailing=mailing, count=0, first=())
    sent = _sent(context, mailing)
    named = tuple(
        UnconfirmedRecipient(name=each.name, message_id=sent(each.subscriber_id).message_id) for each in first
    )
    return Unconfirmed(mailing=mailing, count=unknown, first=named)


def settle(context: MailingContext, mailing_id: int, how: Path | SettleDecision, now: datetime) -> SettleResult:
    """Resolve unconfirmed recipients of a mailing by a Postfix log, or all of them by a decision.

    The mailing ends if nothing is left to do. Raises MailingError, UsageError for a log that cannot be read.
    """
    who, lines = person(context.workspace), list(_lines(how)) if isinstance(how, Path) else []
    with context.database.read() as connection:
        mailing = mailing_of(connection, mailing_id)
    sent = _sent(context, mailing) if isinstance(how, Path) else None
    with context.database.write() as connection:
        if sent is not None:
            settled = settle_by_log(connection, mailing_id, lines, sent, who, now)
        elif how is SettleDecision.RECEIVED:
            settled = count_as_received(connection, mailing_id, who, now)
        else:
            settled = send_again(connection, mailing_id, who, now)
        if not mailing.ended:
            maintenance.end(connection, mailing_id, now)
        return _result(mailing, settled, sums_of(connection, mailing_id))


def lost_mailing(context: MailingContext, issue: str) -> LostMailing:
    """Return the state of an issue whose mailing was lost. Raises MailingError if none was lost."""
    with context.database.read() as connection:
        since = lost_since(connection, issue)
        unknown = count(connection, Selection(issue=issue)).left_out.get(LeftOut.CANNOT_KNOW, 0)
    if since is None:
        raise MailingError(
            f"no mailing of {issue} was lost", "to list all mailings with their numbers:   compose status"
        )
    return LostMailing(issue=issue, since=since, count=unknown)


def release_lost(context: MailingContext, issue: str) -> None:
    """Allow an issue whose mailing was lost to be sent to everyone; some may get it twice."""
    with context.database.write() as connection:
        forget_lost(connection, issue)


def _sent(context: MailingContext, mailing: Mailing) -> Callable[[int], SentWithoutAnswer]:
    """Return a function that computes the Message-ID and envelope sender of a subscriber's message in a mailing."""
    tokens = tokens_of(context.database, context.environment)
    frozen_settings = FrozenSettings.from_json(mailing.frozen_settings)
    return lambda subscriber_id: SentWithoutAnswer(
        message_id=tokens.message_id(mailing.public_id, subscriber_id, frozen_settings.domain),
        sender=envelope_sender(frozen_settings, tokens, mailing.public_id, subscriber_id),
    )


def _lines(path: Path) -> Iterator[str]:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            yield from file
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from None


def _result(mailing: Mailing, settled: Settled, sums: Sums) -> SettleResult:
    return SettleResult(mailing=mailing, settled=settled.settled, left=settled.left, sums=sums)
