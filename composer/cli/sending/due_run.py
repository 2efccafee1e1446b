"""`compose send --due`: what a timer sends, without anybody at the keyboard.

Input: an open publication and the command line. Output: printed lines, an exit code. Guarantees: a mailing that a person
paused is named and never sent; a mailing that cannot be sent keeps no other from being sent.
"""

import traceback
from typing import TYPE_CHECKING

from composer.app.mailings.send_options import SendOptions
from composer.cli.sending.run_mailing import run_mailing
from composer.cli.ui import console
from composer.cli.ui.mailing_texts import code_of, identity, paused, title, when
from composer.cli.ui.signals import Signalled, listen
from composer.core.command_lines import command_line
from composer.core.errors import ComposeError
from composer.delivery.core.scheduler import RateLevel

if TYPE_CHECKING:
    from composer.app.context import MailingContext
    from composer.delivery.config.delivery_settings import Settings
    from composer.delivery.core.mailing import Mailing

#: The exit codes of several mailings: the first of these that one of them has. Anything else is 0.
_HEAVIEST = (130, 1, 75, 3)


def send_due(publication: "MailingContext", settings: "Settings", asked: SendOptions) -> int:
    """Send every unfinished mailing whose time has come and that nobody paused: a person confirmed it when it was frozen."""
    from composer.cli.ui.open_database import now
    from composer.delivery.selection.due_mailings import next_due

    stop, seen, codes = listen(), set[int](), list[int]()
    while stop.level is RateLevel.NONE:
        # Asked anew each time: while one is sent for an hour, another may be paused, ended or come due.
        mailing = next_due(publication.database, now(), seen)
        if mailing is None:
            break
        seen.add(mailing.id)
        codes.append(_send(publication, settings, asked, mailing, stop))
    else:
        codes.append(130)
    if not codes:
        console.talk("nothing is due")
    return next((code for code in _HEAVIEST if code in codes), 0)


def _send(
    publication: "MailingContext", settings: "Settings", asked: SendOptions, mailing: "Mailing", stop: Signalled
) -> int:
    """Send one mailing, or say why not; give its exit code. Whatever is wrong with it is told, and the others go on."""
    try:
        return _try(publication, settings, asked, mailing, stop)
    except ComposeError as error:
        console.talk(f"{title(mailing)}:")
        console.stop(error)
        return error.exit_code
    except Exception:  # a bug keeps its traceback, and the other mailings their time
        console.talk(f"{title(mailing)}:")
        console.talk(traceback.format_exc().rstrip())
        return 1


def _try(
    publication: "MailingContext", settings: "Settings", asked: SendOptions, mailing: "Mailing", stop: Signalled
) -> int:
    from composer.audience.identity.token_secret import tokens_of
    from composer.cli.ui.open_database import now
    from composer.delivery.core.mailing import sums_of
    from composer.delivery.core.states import DeliveryState
    from composer.delivery.ledger.reaper import reap
    from composer.delivery.reporting.statistics import next_try

    database, zone = publication.database, publication.newsletter.zone
    if mailing.pause is not None:
        console.answer(f"{title(mailing)} is {paused(mailing.pause, zone)}")
        console.answer(f"next: {command_line('send', mailing.issue)}     goes on with it; --due does not")
        return 75
    if asked.is_dry:
        console.answer(f"{title(mailing)} is due")
        return 0
    reaped = reap(database, mailing.id, now())
    with database.read() as connection:
        sums, again = sums_of(connection, mailing.id), next_try(connection, mailing.id)
    if reaped.alive and database.path is not None:
        worker = reaped.alive[0]
        console.answer(f"{title(mailing)} is being sent by process {worker.process}, since {when(worker.began, zone)}")
        return 75
    is_nothing_new = not sums[DeliveryState.PENDING] and not reaped.alive and sums.open == sums[DeliveryState.DEFERRED]
    if sums.open and is_nothing_new and again is not None and again > now():
        console.answer(f"{title(mailing)} is tried again {when(again, zone)}")
        return 75
    console.answer(f"{title(mailing)}: {mailing.subject}")
    if not sums.open:
        # A run died while their messages were on their way: a person decides.
        console.answer(identity(sums))
        console.answer(f"next: compose settle {mailing.id}")
        return code_of(sums)
    tokens = tokens_of(database, publication.environment)
    return run_mailing(publication, settings, asked, mailing, tokens, stop, is_unattended=True)
