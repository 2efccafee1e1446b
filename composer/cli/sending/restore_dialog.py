"""The dialog of `compose db restored`.

Input: an open newsletter, named issues. Output: lines, an exit code. The work itself is done in
delivery/ledger/restore.py.
"""

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from composer.cli.ui import console
from composer.core.command_lines import command_line
from composer.core.errors import UsageError

if TYPE_CHECKING:
    from composer.app.context import MailingContext
    from composer.delivery.ledger.restore import RestoreResult, RestoreSurvey


def run(context: "MailingContext", named: Sequence[str], *, is_yes: bool) -> int:
    """Show what is uncertain, ask, and accept the database."""
    from composer.app.administration.database_restore import accept_database, survey_restore
    from composer.app.clock import now
    from composer.app.context import person

    if not is_yes and not sys.stdin.isatty():
        raise UsageError("not a terminal: confirm with --yes", "nothing was changed")
    for line in _found(context, survey_restore(context, named)):
        console.talk(line)
    name = context.database.location.name
    if not is_yes and not click.confirm(console.shown(f"Accept {name} as the original?"), err=True):
        console.talk("nothing was changed")
        return 1
    for line in _done(context, accept_database(context, person(context.workspace), now(), named)):
        console.answer(line)
    return 0


def _found(context: "MailingContext", found: "RestoreSurvey") -> Iterator[str]:
    from composer.cli.ui.mailing_texts import people, title, when

    zone, name = context.newsletter.zone, context.database.location.name
    for each in found.evidence:
        yield each.error(name).message
    if not found.evidence:
        yield f"nothing shows that {name} was restored or copied"
    if found.until is not None:
        yield f"its last change is from {when(found.until, zone)}; everything after that is lost:"
        yield "    new subscribers, unsubscribes, bounces, erasures, settled deliveries and approvals"
    for number, mailing in found.mailings.items():
        reached = people(found.reached.get(number, 0))
        yield f"{title(mailing)}: proof of delivery to {reached}; all other remaining recipients become unconfirmed"
    for key, why in found.issues.items():
        yield f"issue {key} ({why}): all subscribers without a record of receiving it become unconfirmed"


def _done(context: "MailingContext", done: "RestoreResult") -> Iterator[str]:
    from composer.cli.ui.mailing_texts import people, title

    for number, count in done.unconfirmed.items():
        mailing = done.survey.mailings[number]
        yield f"{title(mailing)}: {people(count)} unconfirmed, {done.survey.reached.get(number, 0):,} with proof"
        if count:
            yield f"next: compose settle {number}"
    for key in done.survey.issues:
        yield f"issue {key}: it is not sent again until you decide"
        yield f"next: {command_line('settle', key)}"
    yield f"{context.database.location.name} is now the original"
