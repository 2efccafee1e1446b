"""The command `compose settle`: decide about unconfirmed recipients by a log, or by hand."""

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
@click.option("--log", metavar="FILE", type=click.Path(path_type=Path), help="Look up the messages in a Postfix log.")
@click.option("--count-as-received", "is_received", is_flag=True, help="Count the messages as received.")
@click.option(
    "--send-again", "is_again", is_flag=True, help="Send the messages again; some subscribers may get two copies."
)
@click.option(
    "--yes",
    type=click.IntRange(min=0),
    metavar="COUNT",
    help="Confirm without a prompt; must equal the number of recipients.",
)
def command(named: str, log: Path | None, is_received: bool, is_again: bool, yes: int | None) -> int:
    """Decide what to do about recipients whose delivery could not be confirmed.

    The mail server's log proves which messages it accepted; you decide about the others. Without options, this lists
    the recipients and the Message-IDs to look for. Nothing is sent again unless you choose --send-again.

    If a mailing was lost when a backup was restored, give its issue instead of its number.
    """
    from composer.app.clock import now
    from composer.app.context import open_newsletter
    from composer.app.mailings.settlement import SettleDecision, settle, unconfirmed
    from composer.cli.sending.proposal_view import ask

    if sum((log is not None, is_received, is_again)) > 1:
        raise UsageError("--log, --count-as-received and --send-again cannot be combined", "use one of them")
    if not named.isdecimal():
        issue = Path(named).name.split(".", 1)[0]
        return _settle_lost(issue, is_log=log is not None, is_received=is_received, is_again=is_again, yes=yes)
    mailing = int(named)
    with open_newsletter() as context:
        found = unconfirmed(context, mailing, now())
        if not found.count:
            console.answer(f"mailing {mailing} has no unconfirmed recipients")
            return 0
        if log is None and not is_received and not is_again:
            _name(found)
            return 3
        if log is None and not ask(
            found.count,
            yes=yes,
            what="send it again to" if is_again else "count it as received by",
            otherwise="nothing was changed",
        ):
            return 1
        decision = SettleDecision.RECEIVED if is_received else SettleDecision.AGAIN
        done = settle(context, mailing, log or decision, now())
    if log is not None:
        console.answer(f"accepted according to the log: {people(done.settled)}; still unconfirmed: {done.left:,}")
    else:
        console.answer(f"your decision is recorded for {people(done.settled)}")
    console.answer(identity(done.sums))
    if done.sums.open:
        console.answer(f"next: {command_line('send', done.mailing.issue)}")
    elif done.left:
        console.answer(f"next: compose settle {mailing} --count-as-received   or   --send-again")
    return code_of(done.sums)


def _settle_lost(issue: str, *, is_log: bool, is_received: bool, is_again: bool, yes: int | None) -> int:
    """Decide about an issue whose mailing was lost when the database was restored; return the exit code."""
    from composer.app.context import open_newsletter
    from composer.app.mailings.settlement import lost_mailing, release_lost
    from composer.cli.sending.proposal_view import ask
    from composer.cli.ui.mailing_texts import when

    with open_newsletter() as context:
        lost = lost_mailing(context, issue)
        if is_log:
            raise UsageError(
                "--log works only for a mailing that is still in the database",
                "use --count-as-received or --send-again",
            )
        if is_received:
            console.answer(
                f"{issue} will not be sent to {people(lost.count)} who may have received it;"
                " to send it to them, use --send-again"
            )
            return 0
        if not is_again:
            console.answer(
                f"a mailing of {issue} was lost in a database restore ({when(lost.since, context.newsletter.zone)}):"
                f" {people(lost.count)} may have received it (unconfirmed)"
            )
            received = command_line("settle", issue, options="--count-as-received")
            console.answer(f"next: {received}   or   --send-again")
            return 3
        if not ask(lost.count, yes=yes, what="allow sending it to", otherwise="nothing was changed"):
            return 1
        release_lost(context, issue)
    console.answer(f"{issue} can now be sent to {people(lost.count)}; some may get it twice")
    console.answer(f"next: {command_line('send', issue)}")
    return 75


def _name(found: "Unconfirmed") -> None:
    number = found.mailing.id
    console.answer(f"delivery to {people(found.count)} could not be confirmed:")
    for each in found.first:
        console.answer(f"  {each.name}   {each.message_id}")
    if found.count > len(found.first):
        console.answer(f"  and {found.count - len(found.first):,} more: compose report {number} writes the full list")
    console.answer(f"next: compose settle {number} --log FILE     if you have the Postfix log")
    console.answer(f"      compose settle {number} --count-as-received   or   --send-again")
