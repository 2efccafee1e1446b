"""`compose settle`: the unknown become known, by a log or by a person's word."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from composer.cli.ui import console
from composer.cli.ui.mailing_texts import code_of, identity, people
from composer.core.command_lines import command_line
from composer.core.errors import UsageError

if TYPE_CHECKING:
    from composer.audience.identity.tokens import Tokens
    from composer.delivery.core.mailing import Mailing
    from composer.delivery.ledger.reconciliation import SentWithoutAnswer
    from composer.delivery.reporting.statistics import RecipientOutcome

#: Messages that are named one by one.
_MOST = 20


@click.command("settle")
@click.argument("named", metavar="MAILING")
@click.option("--log", metavar="FILE", type=click.Path(path_type=Path), help="Look them up in a Postfix log.")
@click.option("--count-as-received", "is_received", is_flag=True, help="Say that they have it.")
@click.option("--send-again", "is_again", is_flag=True, help="Have it sent again: some may get it twice.")
@click.option("--yes", type=click.IntRange(min=0), metavar="COUNT", help="The number of subscribers, said beforehand.")
def command(named: str, log: Path | None, is_received: bool, is_again: bool, yes: int | None) -> int:
    """Settle those of whom nobody can know whether they have it.

    The mail server's log proves what it took; of the rest a person decides. Without an option: names them, and the
    Message-IDs to look for. Nothing is ever sent again unless somebody says so here.

    Name the issue instead of a mailing if its mailing was lost when a backup was restored.
    """
    from composer.app.context import open_newsletter, person
    from composer.audience.identity.token_secret import tokens_of
    from composer.cli.sending.proposal_view import ask
    from composer.cli.ui.open_database import now
    from composer.delivery.core.mailing import mailing_of, sums_of
    from composer.delivery.core.states import DeliveryState
    from composer.delivery.ledger.maintenance import end
    from composer.delivery.ledger.reaper import reap
    from composer.delivery.ledger.reconciliation import count_as_received, send_again, settle_by_log
    from composer.delivery.reporting.statistics import not_received

    if sum((log is not None, is_received, is_again)) > 1:
        raise UsageError("--log, --count-as-received and --send-again are three different answers", "choose one")
    if not named.isdecimal():
        issue = Path(named).name.split(".", 1)[0]
        return _settle_lost(issue, is_log=log is not None, is_received=is_received, is_again=is_again, yes=yes)
    mailing = int(named)
    with open_newsletter() as publication:
        database, who = publication.database, person(publication.workspace)
        reap(database, mailing, now())
        with database.read() as connection:
            found = mailing_of(connection, mailing)
            unknown = sums_of(connection, mailing)[DeliveryState.UNKNOWN]
            first = not_received(connection, mailing, _MOST, only=DeliveryState.UNKNOWN)
        if not unknown:
            console.answer(f"nobody's fate is unknown in mailing {mailing}")
            return 0
        tokens = tokens_of(database, publication.environment)
        if log is None and not is_received and not is_again:
            _name(found, tokens, first, unknown)
            return 3
        if log is None and not ask(
            unknown,
            yes=yes,
            what="send it again to" if is_again else "count it as taken by",
            otherwise="nothing was settled",
        ):
            return 1
        lines = list(_lines(log)) if log is not None else []
        with database.write() as connection:
            if log is not None:
                settled = settle_by_log(connection, mailing, lines, _sent(found, tokens), who, now())
            elif is_received:
                settled = count_as_received(connection, mailing, who, now())
            else:
                settled = send_again(connection, mailing, who, now())
            if not found.ended:
                end(connection, mailing, now())
            sums = sums_of(connection, mailing)
    if log is not None:
        console.answer(f"{people(settled.settled)} found in the log; of {settled.left:,} it says nothing for certain")
    else:
        console.answer(f"{people(settled.settled)} settled")
    console.answer(identity(sums))
    if sums.open:
        console.answer(f"next: {command_line('send', found.issue)}")
    elif settled.left:
        console.answer(f"next: compose settle {mailing} --count-as-received   or   --send-again")
    return code_of(sums)


def _settle_lost(issue: str, *, is_log: bool, is_received: bool, is_again: bool, yes: int | None) -> int:
    """Decide about an issue whose mailing was lost when the database was restored."""
    from composer.app.context import open_newsletter
    from composer.cli.sending.proposal_view import ask
    from composer.cli.ui.mailing_texts import when
    from composer.delivery.core.mailing import MailingError
    from composer.delivery.ledger.restore import forget_lost, lost_since
    from composer.delivery.selection.selection import LeftOut, Selection, count

    with open_newsletter() as publication:
        database = publication.database
        with database.read() as connection:
            since = lost_since(connection, issue)
            unknown = count(connection, Selection(issue=issue)).left_out.get(LeftOut.CANNOT_KNOW, 0)
        if since is None:
            raise MailingError(
                f"no mailing of {issue} was lost", "compose status lists the mailings; name one by its number"
            )
        if is_log:
            raise UsageError("a log cannot settle a mailing that is not recorded", "decide for all of them")
        if is_received:
            console.answer(f"{issue} is not sent to {people(unknown)} without a record; --send-again changes that")
            return 0
        if not is_again:
            console.answer(
                f"a mailing of {issue} was lost when the database was restored ({when(since, publication.newsletter.zone)}):"
                f" of {people(unknown)} nobody can know whether they have it"
            )
            received = command_line("settle", issue, options="--count-as-received")
            console.answer(f"next: {received}   or   --send-again")
            return 3
        if not ask(unknown, yes=yes, what="let it be sent to", otherwise="nothing was settled"):
            return 1
        with database.write() as connection:
            forget_lost(connection, issue)
    console.answer(f"{people(unknown)} may be sent {issue}, some of them for the second time")
    console.answer(f"next: {command_line('send', issue)}")
    return 75


def _name(mailing: "Mailing", tokens: "Tokens", first: "tuple[RecipientOutcome, ...]", unknown: int) -> None:
    sent = _sent(mailing, tokens)
    console.answer(f"of {people(unknown)} nobody can know whether they have it:")
    for each in first:
        console.answer(f"  {each.name}   {sent(each.subscriber_id).message_id}")
    if unknown > len(first):
        console.answer(f"  and {unknown - len(first):,} more: compose report {mailing.id} writes the whole list")
    console.answer(f"next: compose settle {mailing.id} --log FILE     a Postfix log that may name them")
    console.answer(f"      compose settle {mailing.id} --count-as-received   or   --send-again")


def _sent(mailing: "Mailing", tokens: "Tokens") -> "Callable[[int], SentWithoutAnswer]":
    """Return what makes the Message-ID and the envelope's sender of a subscriber's message in a mailing."""
    from composer.delivery.ledger.reconciliation import SentWithoutAnswer
    from composer.delivery.messages.message_factory import FrozenSettings, envelope_sender

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
