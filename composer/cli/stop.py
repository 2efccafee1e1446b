"""`compose stop`: nothing more goes out."""

import time

import click

from composer.cli import console
from composer.cli.mailings import identity
from composer.command_line import command_line

#: Seconds that a run elsewhere is given to end, when the mailing is to end for good.
_PATIENCE = 60


@click.command("stop")
@click.argument("mailing", type=click.IntRange(min=1), metavar="MAILING")
@click.option("--for-good", "for_good", is_flag=True, help="End it: who has not got it by now does not get it.")
def command(mailing: int, for_good: bool) -> int:
    """Stop a mailing, from wherever it is being sent.

    From that moment no further message goes out, whichever process or computer is sending. `compose send ISSUE` goes on.
    """
    from composer.cli.database import now
    from composer.cli.publication import opened, person
    from composer.delivery.mailing import mailing_of, stop, sums_of
    from composer.delivery.states import DeliveryState
    from composer.delivery.upkeep import end_for_good

    with opened() as publication:
        database, who = publication.database, person(publication.workspace)
        with database.write() as connection:
            issue = mailing_of(connection, mailing).issue
            is_new = stop(connection, mailing, who, now())
        console.answer(f"mailing {mailing} is stopped" if is_new else f"mailing {mailing} was stopped already")
        if for_good:
            deadline = time.monotonic() + _PATIENCE
            while time.monotonic() < deadline:
                with database.read() as connection:
                    sums = sums_of(connection, mailing)
                if not sums[DeliveryState.CLAIMED] and not sums[DeliveryState.SENDING]:
                    break
                time.sleep(0.25)
            with database.write() as connection:
                sums = end_for_good(connection, mailing, who, now())
            console.answer(f"mailing {mailing} is over: {identity(sums)}")
        else:
            with database.read() as connection:
                console.answer(identity(sums_of(connection, mailing)))
            console.answer(f"next: {command_line('send', issue)}     goes on with it")
    return 0
