"""The command `compose stop`: stop a mailing."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

from composer.cli.ui import console
from composer.cli.ui.mailing_texts import identity, people, when
from composer.core.command_lines import command_line

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from composer.app.context import MailingContext
    from composer.delivery.core.mailing import Sums
    from composer.delivery.ledger.reaper import DeadWorker


@click.command("stop")
@click.argument("mailing", type=click.IntRange(min=1), metavar="MAILING")
@click.option(
    "--for-good", "for_good", is_flag=True, help="Cancel the mailing; remaining recipients will not be sent to."
)
def command(mailing: int, for_good: bool) -> int:
    """Stop a mailing, whichever process or computer is sending it.

    From now on, no further message is sent. `compose send ISSUE` continues the mailing; `compose work` does not. Exit code 75
    if you cancel with --for-good and the sending process does not end in time.
    """
    from composer.app.clock import now
    from composer.app.context import open_newsletter
    from composer.app.mailings.mailing_stop import release, stop

    with open_newsletter() as context:
        stopped = stop(context, mailing, now())
        console.answer(f"mailing {mailing} is stopped" if stopped.is_new else f"mailing {mailing} was already stopped")
        if for_good:
            return _end(context, mailing)
        sums = release(context, mailing, now())
        console.answer(identity(sums))
        console.answer(f"next: {command_line('send', stopped.issue)}     continues it")
        _name_unknown(mailing, sums)
    return 0


def _end(context: "MailingContext", mailing: int) -> int:
    """Cancel the mailing, and print what it waits for; return the exit code."""
    from composer.app.clock import now
    from composer.app.mailings.mailing_stop import end

    def tell(alive: "Sequence[DeadWorker]", until: datetime) -> None:
        for each in alive:
            console.talk(_waits(mailing, each, until, context.newsletter.zone))

    sums = end(context, mailing, now, tell=tell).sums
    if sums is None:
        console.talk(f"error: mailing {mailing} has not ended yet: the process that sends it is still running")
        console.talk(
            f"    no further message is sent; end that process, then run again: compose stop {mailing} --for-good"
        )
        return 75
    console.answer(f"mailing {mailing} has ended: {identity(sums)}")
    _name_unknown(mailing, sums)
    return 0


def _waits(mailing: int, worker: "DeadWorker", until: datetime, zone: "ZoneInfo") -> str:
    """Return which process it waits for, and how long."""
    which = f"process {worker.process} on {worker.host}, since {when(worker.began, zone)}"
    limit = f"waiting for it to end, until {until.astimezone(zone):%H:%M:%S} at the latest"
    silent = (
        ""
        if worker.dies is None
        else f"; if it sends no heartbeat, it is considered dead from {when(worker.dies, zone)}"
    )
    return f"mailing {mailing} is being sent by {which}: {limit}{silent}"


def _name_unknown(mailing: int, sums: "Sums") -> None:
    from composer.delivery.core.states import DeliveryState

    if unknown := sums[DeliveryState.UNKNOWN]:
        console.answer(f"next: compose settle {mailing}     delivery to {people(unknown)} could not be confirmed")
