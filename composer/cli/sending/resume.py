"""A mailing that was frozen goes on: as it was, whatever has become of the issue since.

Comes in: an open publication and what the command line says. Goes out: printed lines, an exit code.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from composer.app.mailings.send_options import SendOptions
from composer.cli.sending.run_mailing import route, run_mailing
from composer.cli.ui import console
from composer.cli.ui.signals import listen
from composer.core.command_lines import command_line
from composer.core.errors import ContentError, UsageError

if TYPE_CHECKING:
    from composer.app.context import MailingContext
    from composer.core.audience_filter import AudienceFilter
    from composer.core.errors import Problem
    from composer.delivery.config.delivery_settings import Settings
    from composer.delivery.core.mailing import Mailing
    from composer.editions.check_run import Checked


def go_on(
    publication: "MailingContext", settings: "Settings", asked: SendOptions, mailing: "Mailing", paths: Sequence[Path]
) -> int:
    """Go on with a frozen mailing; nothing of the issue is read but to say that it has changed."""
    from composer.app.context import notes_of
    from composer.audience.identity.token_secret import tokens_of
    from composer.cli.sending import proposal_view as screen
    from composer.cli.sending.approval_state import allowed_until
    from composer.cli.ui.mailing_texts import when
    from composer.cli.ui.open_database import now
    from composer.delivery.approval.approvals import allow_until, allowance_of, approval_of_mailing
    from composer.delivery.approval.content_diff import BROKEN
    from composer.delivery.approval.recorded_editions import changes_of_mailing, edition_of
    from composer.delivery.core.mailing import MailingError, allow, is_early, sums_of
    from composer.delivery.core.states import DeliveryState
    from composer.delivery.database_guard.copy_detection import check_original
    from composer.delivery.ledger.reaper import reap
    from composer.delivery.preflight.preflight import Code, PreflightFacts, refusals, waived
    from composer.delivery.preflight.storage_place import trouble_with

    if asked.at is not None:
        raise UsageError(f"mailing {mailing.id} is frozen already", "a time is named at the beginning")
    if asked.audience is not None and audience_of(asked, publication).code != mailing.audience.code:
        raise MailingError(
            f"mailing {mailing.id} of {mailing.issue} is not finished, and goes to {mailing.audience.in_words}",
            f"{command_line('send', mailing.issue)} finishes it; then comes the next",
        )
    changed: dict[str, tuple[str, ...]]
    try:
        editions = [edition_of(each.variants) for each in check_all(publication, paths, now())]
        with publication.database.read() as connection:
            changed = dict(changes_of_mailing(connection, mailing.id, editions))
    except ContentError:
        changed = {mailing.issue: (BROKEN,)}
    reap(publication.database, mailing.id, now())
    with publication.database.read() as connection:
        sums = sums_of(connection, mailing.id)
        approval = approval_of_mailing(connection, mailing.id, settings)
        allowance = allowance_of(connection, mailing.id)
    path = publication.database.path
    known = PreflightFacts(
        editions=(),
        continues=mailing.id,
        issue=mailing.issue,
        approval=approval,
        allowed_until=allowance,
        differences=changed,
        database=trouble_with(path) if path is not None else "",
    )
    # What was allowed when it was frozen does not cover a request for changes that came since (`allowed_until`).
    before = {code: reason for code, reason in mailing.allowed.items() if code != Code.UNAPPROVED}
    allowed = {**before, **asked.allowed}
    zone, waits = publication.newsletter.zone, ""
    if mailing.due is not None and is_early(mailing, sums, now()):
        waits = when(mailing.due, zone)
    screen.show_rest(mailing, sums, zone, route=route(publication, is_rehearsal=False), waits=waits)
    found = refusals(known, allowed)
    screen.show_refusals(found)
    screen.show_waived(waived(known, allowed), allowed)
    if found:
        return 1
    if not sums.open:
        console.answer(f"next: compose settle {mailing.id}     everybody else is accounted for")
        return 3
    check_original(publication.database, notes_of(publication.environment), mailing.id)
    if asked.is_dry:
        console.answer("nothing was sent: --dry-run")
        return 0
    # What is on its way is another run's.
    if not screen.ask(
        sums.open - sums[DeliveryState.SENDING],
        yes=asked.yes,
        also=mailing.frozen,
        what=f"send it now instead of {waits} to" if waits else "send it to",
        but=f": it would go out now instead of {waits}" if waits else "",
    ):
        return 1
    tokens = tokens_of(publication.database, publication.environment)
    until = allowed_until(approval, asked.allowed)
    mattered = {each.code for each in waived(known, asked.allowed)}
    if mattered:
        with publication.database.write() as connection:
            allow(connection, mailing.id, {code: asked.allowed[code] for code in mattered})
            if until is not None:
                allow_until(connection, mailing.id, until)
    return run_mailing(publication, settings, asked, mailing, tokens, listen(), allowed_until=until)


def check_all(publication: "MailingContext", paths: Sequence[Path], now: datetime) -> "tuple[Checked, ...]":
    """Build and check every language edition. Raises ContentError with the problems of all."""
    from composer.editions.check_run import check_issue

    found: list[Checked] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            found.append(check_issue(publication.workspace, path, now))
        except ContentError as error:
            problems += error.problems
    if problems:
        raise ContentError(tuple(problems))
    return tuple(found)


def audience_of(asked: SendOptions, publication: "MailingContext") -> "AudienceFilter":
    """Give who is meant. Raises UsageError."""
    from composer.content.schema.messages import nearest
    from composer.core.audience_filter import AudienceFilter

    if asked.audience is None:
        return AudienceFilter()
    known = publication.newsletter.audiences
    if asked.audience not in known:
        near = nearest(asked.audience, tuple(known))
        hint = f"did you mean {near}?" if near else f"there are: {', '.join(known) or 'none'}"
        raise UsageError(f"newsletter.yaml has no audience “{asked.audience}”", hint)
    return known[asked.audience]
