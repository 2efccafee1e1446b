"""`compose stop`: nothing more goes out."""

import time
from datetime import datetime, timedelta
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

#: Seconds between two looks whether a run has ended, and beyond the time that it takes to end at most.
_LOOK, _MARGIN = 0.25, 10


@click.command("stop")
@click.argument("mailing", type=click.IntRange(min=1), metavar="MAILING")
@click.option("--for-good", "for_good", is_flag=True, help="End it: who has not got it by now does not get it.")
def command(mailing: int, for_good: bool) -> int:
    """Stop a mailing, from wherever it is being sent.

    From that moment no further message goes out, whichever process or computer is sending. `compose send ISSUE` goes on;
    no timer does. Exit code 75 if a run that is to end for good has not ended in time.
    """
    from composer.app.context import open_newsletter, person
    from composer.cli.ui.open_database import now
    from composer.delivery.core.mailing import mailing_of, stop, sums_of
    from composer.delivery.ledger.reaper import reap

    with open_newsletter() as publication:
        database, who = publication.database, person(publication.workspace)
        with database.write() as connection:
            issue = mailing_of(connection, mailing).issue
            is_new = stop(connection, mailing, who, now())
        console.answer(f"mailing {mailing} is stopped" if is_new else f"mailing {mailing} was stopped already")
        if for_good:
            return _end(publication, mailing, who)
        reap(database, mailing, now())
        with database.read() as connection:
            sums = sums_of(connection, mailing)
        console.answer(identity(sums))
        console.answer(f"next: {command_line('send', issue)}     goes on with it")
        _name_unknown(mailing, sums)
    return 0


def _end(publication: "MailingContext", mailing: int, who: str) -> int:
    """End it for good, as soon as no living run has anything in hand; give the exit code."""
    from composer.cli.ui.open_database import now
    from composer.delivery.core.retry_policy import RetryPolicy
    from composer.delivery.ledger.reaper import reap_and_end

    policy = RetryPolicy()
    most = policy.drain + policy.record + timedelta(seconds=_MARGIN)
    deadline, is_told = time.monotonic() + most.total_seconds(), False
    while True:
        sums, reaped = reap_and_end(publication.database, mailing, who, now())
        if sums is not None:
            console.answer(f"mailing {mailing} is over: {identity(sums)}")
            _name_unknown(mailing, sums)
            return 0
        if not is_told:
            is_told, until = True, now() + most
            for each in reaped.alive:
                console.talk(_waits(mailing, each, until, publication.newsletter.zone))
        if time.monotonic() >= deadline:
            console.talk(f"error: mailing {mailing} is not over: the process that sends it has not ended")
            console.talk(
                f"    nothing more is sent; end that process, then run again: compose stop {mailing} --for-good"
            )
            return 75
        time.sleep(_LOOK)


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
