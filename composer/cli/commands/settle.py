"""`compose settle`: the unknown become known, by a log or by a person's word."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from composer.cli.ui import console
from composer.cli.ui.mailing_texts import code_of, identity, people
from composer.core.command_lines import command_line
from composer.core.errors import UsageError

if TYPE_CHECKING:
    from composer.app.mailings.settlement import Unconfirmed


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
    from composer.app.context import open_newsletter
    from composer.app.mailings.settlement import SettleDecision, settle, unconfirmed
    from composer.cli.sending.proposal_view import ask
    from composer.cli.ui.clock import now

    if sum((log is not None, is_received, is_again)) > 1:
        raise UsageError("--log, --count-as-received and --send-again are three different answers", "choose one")
    if not named.isdecimal():
        issue = Path(named).name.split(".", 1)[0]
        return _settle_lost(issue, is_log=log is not None, is_received=is_received, is_again=is_again, yes=yes)
    mailing = int(named)
    with open_newsletter() as context:
        found = unconfirmed(context, mailing, now())
        if not found.count:
            console.answer(f"nobody's fate is unknown in mailing {mailing}")
            return 0
        if log is None and not is_received and not is_again:
            _name(found)
            return 3
        if log is None and not ask(
            found.count,
            yes=yes,
            what="send it again to" if is_again else "count it as taken by",
            otherwise="nothing was settled",
        ):
            return 1
        decision = SettleDecision.RECEIVED if is_received else SettleDecision.AGAIN
        done = settle(context, mailing, log or decision, now())
    if log is not None:
        console.answer(f"{people(done.settled)} found in the log; of {done.left:,} it says nothing for certain")
    else:
        console.answer(f"{people(done.settled)} settled")
    console.answer(identity(done.sums))
    if done.sums.open:
        console.answer(f"next: {command_line('send', done.mailing.issue)}")
    elif done.left:
        console.answer(f"next: compose settle {mailing} --count-as-received   or   --send-again")
    return code_of(done.sums)


def _settle_lost(issue: str, *, is_log: bool, is_received: bool, is_again: bool, yes: int | None) -> int:
    """Decide about an issue whose mailing was lost when the database was restored."""
    from composer.app.context import open_newsletter
    from composer.app.mailings.settlement import lost_mailing, release_lost
    from composer.cli.sending.proposal_view import ask
    from composer.cli.ui.mailing_texts import when

    with open_newsletter() as context:
        lost = lost_mailing(context, issue)
        if is_log:
            raise UsageError("a log cannot settle a mailing that is not recorded", "decide for all of them")
        if is_received:
            console.answer(f"{issue} is not sent to {people(lost.count)} without a record; --send-again changes that")
            return 0
        if not is_again:
            console.answer(
                f"a mailing of {issue} was lost when the database was restored ({when(lost.since, context.newsletter.zone)}):"
                f" of {people(lost.count)} nobody can know whether they have it"
            )
            received = command_line("settle", issue, options="--count-as-received")
            console.answer(f"next: {received}   or   --send-again")
            return 3
        if not ask(lost.count, yes=yes, what="let it be sent to", otherwise="nothing was settled"):
            return 1
        release_lost(context, issue)
    console.answer(f"{people(lost.count)} may be sent {issue}, some of them for the second time")
    console.answer(f"next: {command_line('send', issue)}")
    return 75


def _name(found: "Unconfirmed") -> None:
    number = found.mailing.id
    console.answer(f"of {people(found.count)} nobody can know whether they have it:")
    for each in found.first:
        console.answer(f"  {each.name}   {each.message_id}")
    if found.count > len(found.first):
        console.answer(f"  and {found.count - len(found.first):,} more: compose report {number} writes the whole list")
    console.answer(f"next: compose settle {number} --log FILE     a Postfix log that may name them")
    console.answer(f"      compose settle {number} --count-as-received   or   --send-again")
