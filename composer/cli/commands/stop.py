"""`compose stop`: nothing more goes out."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

from composer.cli.ui import console
from composer.cli.ui.mailing_texts import identity, when
from composer.core.command_lines import command_line

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from composer.app.context import MailingContext
    from composer.delivery.core.mailing import Sums
    from composer.delivery.ledger.reaper import DeadWorker


@click.command("stop")
@click.argument("mailing", type=click.IntRange(min=1), metavar="MAILING")
@click.option("--for-good", "for_good", is_flag=True, help="End it: who has not got it by now does not get it.")
def command(mailing: int, for_good: bool) -> int:
    """Stop a mailing, from wherever it is being sent.

    From that moment no further message goes out, whichever process or computer is sending. `compose send ISSUE` goes on;
    no timer does. Exit code 75 if a run that is to end for good has not ended in time.
    """
    from composer.app.context import open_newsletter
    from composer.app.mailings.mailing_stop import release, stop
    from composer.cli.ui.clock import now

    with open_newsletter() as context:
        stopped = stop(context, mailing, now())
        console.answer(f"mailing {mailing} is stopped" if stopped.is_new else f"mailing {mailing} was stopped already")
        if for_good:
            return _end(context, mailing)
        sums = release(context, mailing, now())
        console.answer(identity(sums))
        console.answer(f"next: {command_line('send', stopped.issue)}     goes on with it")
        _name_unknown(mailing, sums)
    return 0


def _end(context: "MailingContext", mailing: int) -> int:
    """End it for good, and say what is waited for; give the exit code."""
    from composer.app.mailings.mailing_stop import end
    from composer.cli.ui.clock import now

    def tell(alive: "Sequence[DeadWorker]", until: datetime) -> None:
        for each in alive:
            console.talk(_waits(mailing, each, until, context.newsletter.zone))

    sums = end(context, mailing, now, tell=tell).sums
    if sums is None:
        console.talk(f"error: mailing {mailing} is not over: the process that sends it has not ended")
        console.talk(f"    nothing more is sent; end that process, then run again: compose stop {mailing} --for-good")
        return 75
    console.answer(f"mailing {mailing} is over: {identity(sums)}")
    _name_unknown(mailing, sums)
    return 0


def _waits(mailing: int, worker: "DeadWorker", until: datetime, zone: "ZoneInfo") -> str:
    """Say which process is waited for, and how long."""
    which = f"process {worker.process} on {worker.host}, since {when(worker.began, zone)}"
    limit = f"waiting until {until.astimezone(zone):%H:%M:%S} at the latest for it to end"
    silent = (
        "" if worker.dies is None else f"; without a sign of life it counts as dead from {when(worker.dies, zone)} on"
    )
    return f"mailing {mailing} is being sent by {which}: {limit}{silent}"


def _name_unknown(mailing: int, sums: "Sums") -> None:
    from composer.delivery.core.states import DeliveryState

    if unknown := sums[DeliveryState.UNKNOWN]:
        console.answer(f"next: compose settle {mailing}     delivery to {unknown:,} could not be confirmed")
