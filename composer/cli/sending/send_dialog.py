"""A mailing from the question to its end: shows it, asks, freezes it, runs it; or goes on with one that was frozen.

Comes in: an open publication and what the command line says. Goes out: printed lines, an exit code. What may go out, and
what becomes of it, is decided in the delivery room.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from composer.app.mailings.send_options import MAILINGS, SendOptions
from composer.cli.sending.resume import audience_of, check_all, go_on
from composer.cli.sending.run_mailing import due_of, run_mailing
from composer.cli.sending.run_mailing import route as route_of
from composer.cli.sending.send_time import days_early, question
from composer.cli.ui import console
from composer.cli.ui.signals import listen
from composer.core.command_lines import command_line
from composer.core.errors import UsageError, WorkspaceError
from composer.core.issue_files import editions_of_issue, issue_key

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from composer.app.context import MailingContext
    from composer.audience.identity.tokens import Tokens
    from composer.delivery.config.delivery_settings import Settings
    from composer.delivery.core.mailing import Mailing
    from composer.delivery.preflight.preflight import PreflightFacts
    from composer.delivery.preflight.proposal import Proposal
    from composer.delivery.preflight.storage_place import Commit
    from composer.delivery.selection.selection import Selection
    from composer.editions.check_run import Checked


def send(publication: "MailingContext", settings: "Settings", asked: SendOptions, issue: str) -> int:
    from composer.delivery.config.resolve import transport_name
    from composer.delivery.core.mailing import MailingError, unfinished

    key, paths, missing = _editions(publication, issue)
    is_rehearsal = transport_name(publication.newsletter, publication.environment) == "outbox"
    if asked.is_all and not is_rehearsal:
        raise UsageError("--all is for rehearsals: without it all subscribers get it already", "leave it out")
    other = None
    if not is_rehearsal:
        with publication.database.read() as connection:
            other = unfinished(connection, key)
    if other is not None:
        if not asked.is_plain:
            raise MailingError(
                f"mailing {other.id} of {key} is not finished, and there is one at a time",
                f"{command_line('send', key)} finishes it; compose stop {other.id} --for-good ends it",
            )
        return go_on(publication, settings, asked, other, paths)
    if missing is not None:
        raise missing
    return _begin(publication, settings, asked, paths, is_rehearsal=is_rehearsal)


def _editions(
    publication: "MailingContext", issue: str
) -> "tuple[str, tuple[Path, ...], WorkspaceError | UsageError | None]":
    """Give the issue key and its files in all languages; or why there are none, which a frozen mailing need not mind."""
    workspace = publication.workspace
    try:
        named = workspace.issue(issue)
    except (WorkspaceError, UsageError) as error:
        return issue_key(Path(f"{Path(issue).name}.yaml")), (), error
    return issue_key(named), editions_of_issue(workspace, named), None


def _begin(
    publication: "MailingContext",
    settings: "Settings",
    asked: SendOptions,
    paths: Sequence[Path],
    *,
    is_rehearsal: bool,
) -> int:
    """Show a new mailing, ask, freeze it, send it."""
    from composer.app.context import notes_of
    from composer.audience.identity.token_secret import tokens_of
    from composer.cli.sending import proposal_view as screen
    from composer.cli.sending.approval_state import allowed_until
    from composer.cli.ui.open_database import now
    from composer.delivery.database_guard.copy_detection import check_original
    from composer.delivery.database_guard.sending_lock import lock_sending
    from composer.delivery.preflight.preflight import refusals, waived
    from composer.delivery.preflight.proposal import outlook, propose_mailing
    from composer.delivery.preflight.storage_place import commit_of

    if is_rehearsal:
        console.talk("A rehearsal: no mail server is set up, and nothing leaves this computer.")
    due = due_of(asked, publication, is_rehearsal=is_rehearsal)
    selection = _selection(asked, publication, paths)
    with publication.database.read() as connection:
        _judge_rest(connection, selection)
    # On the day when it goes out: dates are past then that are not past today.
    checked = check_all(publication, paths, due or now())
    tokens = tokens_of(publication.database, publication.environment)
    route = route_of(publication, is_rehearsal=is_rehearsal)
    known = _look(publication, settings, checked, tokens, is_rehearsal=is_rehearsal)
    commit = commit_of(publication.workspace.root)
    with publication.database.read() as connection:
        corrects = _corrected(connection, asked.got)
        proposal = propose_mailing(
            connection, checked, selection, settings, asked.allowed, is_rehearsal=is_rehearsal, known=known
        )
        first = min(proposal.counts.included, asked.limit or proposal.counts.included)
        view = outlook(connection, route, first, settings, due or now())
    screen.show(
        proposal, settings, view, route=f"files in {MAILINGS.as_posix()}/" if is_rehearsal else route,
        commit=commit, now=now(),
    )  # fmt: skip
    dated = min(each.built.issue.date for each in proposal.variants)
    early = 0 if is_rehearsal else days_early(dated, due or now(), publication.newsletter.zone)
    if early:
        console.answer(f"  warning   the issue is dated {dated}, and would go out {early:,} days before")
    found = refusals(proposal.known, asked.allowed)
    if is_rehearsal:
        screen.show_refusals(
            refusals(replace(proposal.known, is_rehearsal=False), asked.allowed), lead="before a real send"
        )
    else:
        screen.show_refusals(found)
        screen.show_waived(waived(proposal.known, asked.allowed), asked.allowed)
    if not proposal.counts.included:
        _nobody(proposal)
    if found:
        return 1
    database, notes = publication.database, notes_of(publication.environment)
    if not is_rehearsal:
        check_original(database, notes)
    if asked.is_dry:
        console.answer("nothing was sent: --dry-run")
        return 0
    if due is None:
        # Told before the question; a timer that comes meanwhile is not kept waiting by somebody who thinks it over.
        lock_sending(database).release()
    if not is_rehearsal and not screen.ask(proposal.counts.included, yes=asked.yes, what=question(due, early)):
        return 1
    if not is_rehearsal:
        check_original(database, notes)
    if due is not None:
        from composer.cli.ui.mailing_texts import when

        mailing = _freeze(publication, settings, asked, proposal, corrects=corrects, due=due, commit=commit)
        if mailing is None:
            return 1
        zone = publication.newsletter.zone
        console.answer(f"mailing {mailing.id} waits for {when(due, zone)}; compose send --due sends it then")
        return 0
    until = allowed_until(proposal.known.approval, asked.allowed)
    # Held from before the freezing on: whoever may not send leaves no frozen mailing behind.
    with lock_sending(database) as lock:
        mailing = _freeze(publication, settings, asked, proposal, corrects=corrects, due=due, commit=commit)
        if mailing is None:
            return 1
        return run_mailing(publication, settings, asked, mailing, tokens, listen(), lock, allowed_until=until)


def _judge_rest(connection: "Connection", selection: "Selection") -> None:
    """Refuse an issue that has gone to everybody, before anything else is asked of it. Raises MailingError."""
    from composer.delivery.core.mailing import MailingError, mailings_of
    from composer.delivery.selection.selection import LeftOut, count

    if all(each.is_rehearsal for each in mailings_of(connection, selection.issue)):
        return
    counts = count(connection, selection)
    if counts.included or LeftOut.HAS_IT not in counts.left_out:
        return
    may = ", or may have it" if LeftOut.CANNOT_KNOW in counts.left_out else ""
    key = selection.issue
    again = command_line("send", key, options='--again "the reason"')
    again = f"{again}   sends it once more, also to all who have it; the reason is kept"
    raise MailingError(
        f"everybody who is to get {key} has it already{may}",
        again if selection.got is None else "another correction is an issue of its own",
    )


def _nobody(proposal: "Proposal") -> NoReturn:
    from composer.delivery.core.mailing import MailingError

    if proposal.counts.left_out:
        raise MailingError("nobody would get it: everybody is left out", "the lines above say why")
    what = proposal.selection.condition.in_words
    raise MailingError(f"nobody would get it: there are no subscribers ({what})", "compose subscribers import FILE")


def _look(
    publication: "MailingContext",
    settings: "Settings",
    checked: "Sequence[Checked]",
    tokens: "Tokens",
    *,
    is_rehearsal: bool,
) -> "PreflightFacts":
    """Look at the disk and, for a real mailing, ask the web."""
    from composer.delivery.preflight.preflight import PreflightFacts
    from composer.delivery.preflight.probes import trouble_with_pages, trouble_with_pictures
    from composer.delivery.preflight.storage_place import trouble_with

    leaving = settings.unsubscribe_url or settings.public_url
    words = ""
    if leaving is not None and not leaving.startswith("https://"):
        words = f"subscribers' programs leave by https only, and this is not: {leaving}"
    if is_rehearsal:
        return PreflightFacts(editions=(), leaving=words)
    path = publication.database.path
    pages, pictures = "", tuple[str, ...]()
    if settings.public_url is not None:
        pages = trouble_with_pages(settings.public_url, tokens)
    if settings.assets_url is not None:
        every = {name: picture.data for each in checked for v in each.variants for name, picture in v.built.pictures}
        pictures = trouble_with_pictures(settings.assets_url, tuple(every.items()))
    return PreflightFacts(
        editions=(),
        leaving=words,
        database=trouble_with(path) if path is not None else "",
        pages=pages,
        pictures=pictures,
    )


def _selection(asked: SendOptions, publication: "MailingContext", paths: Sequence[Path]) -> "Selection":
    from composer.delivery.selection.selection import Selection

    return Selection(
        issue=issue_key(paths[0]),
        condition=audience_of(asked, publication),
        is_rest=asked.is_rest,
        got=asked.got,
        is_again=asked.again is not None,
    )


def _corrected(connection: "Connection", got: str | None) -> int | None:
    """Give the mailing that is corrected: of several of an issue the one with the most subscribers."""
    from composer.delivery.core.mailing import MailingError, mailings_of

    if got is None:
        return None
    found = [each for each in mailings_of(connection, got) if not each.is_rehearsal]
    if not found:
        raise MailingError(f"no mailing of {got} has gone out", "compose status lists them")
    return max(found, key=lambda each: each.frozen).id


def _freeze(
    publication: "MailingContext",
    settings: "Settings",
    asked: SendOptions,
    proposal: "Proposal",
    *,
    corrects: int | None,
    due: datetime | None,
    commit: "Commit | None",
) -> "Mailing | None":
    """Freeze a mailing as it was shown; None, and a refusal is printed, where its approvals have changed since."""
    from importlib.metadata import version

    from composer.app.context import person
    from composer.cli.sending.approval_state import allowed_until, is_still_approved, settings_now
    from composer.cli.ui.open_database import now
    from composer.delivery.approval.reviews import link_to_mailing
    from composer.delivery.core.mailing import MailingError, mailing_of, pause
    from composer.delivery.core.pause import PauseReason
    from composer.delivery.preflight.proposal import SAMPLES, draft_of, samples
    from composer.delivery.selection.freeze import freeze

    is_rehearsal = proposal.known.is_rehearsal
    until = None if is_rehearsal else allowed_until(proposal.known.approval, asked.allowed)
    approvers = settings if is_rehearsal else settings_now(publication)
    with publication.database.write() as connection:
        if not is_rehearsal and not is_still_approved(connection, proposal, approvers, until):
            return None
        only = None
        if is_rehearsal and not asked.is_all:
            only = samples(connection, proposal, asked.limit or SAMPLES)
        draft = draft_of(
            proposal,
            settings,
            made_by=person(publication.workspace),
            program=version("compose-newsletter"),
            commit=commit,
            allowed=proposal.reasons(asked.allowed),
            again_because=asked.again or "",
            corrects=corrects,
            due=due,
            only=only,
        )
        mailing = freeze(connection, draft, now())
        if asked.limit is not None and not is_rehearsal:
            # Before anything is sent: whatever becomes of this process, the rest is for a person to send.
            pause(connection, mailing.id, draft.made_by, PauseReason.LIMIT, now())
            mailing = mailing_of(connection, mailing.id)
        if not is_rehearsal and mailing.frozen != proposal.counts.included:
            raise MailingError(
                f"subscribers came or went meanwhile: it would be {mailing.frozen:,} now; nothing was sent",
                "run it again",
            )
        link_to_mailing(connection, mailing.id, proposal.review, now(), until)
    return mailing
