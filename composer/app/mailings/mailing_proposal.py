"""Checks everything before a mailing is confirmed: who would get what, by which route, and what prevents sending.

Input: an open newsletter, an issue, options. Output: a `ProposedMailing`; `mailing_start.send` freezes exactly that.
Guarantees: nothing is written and nothing is sent. The caller asks for confirmation.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from composer.app.clock import now
from composer.app.context import MailingContext, notes_of
from composer.app.mailings.mail_route import configured_routes
from composer.app.mailings.send_options import SendOptions
from composer.app.mailings.send_target import SendTarget, audience_of, check_all
from composer.audience.identity.token_secret import tokens_of
from composer.audience.identity.tokens import Tokens
from composer.core.command_lines import command_line
from composer.core.issue_files import issue_key
from composer.delivery.config.delivery_settings import Settings, settings_of
from composer.delivery.config.resolve import ConfiguredRoute
from composer.delivery.core.mailing import MailingError, mailings_of
from composer.delivery.database_guard.copy_detection import check_original
from composer.delivery.database_guard.sending_lock import lock_sending
from composer.delivery.preflight.preflight import PreflightFacts, Refusal, refusals, waived
from composer.delivery.preflight.probes import trouble_with_pages, trouble_with_pictures
from composer.delivery.preflight.proposal import Proposal, ProposalOutlook, outlook, propose_mailing
from composer.delivery.preflight.storage_place import Commit, commit_of, trouble_with
from composer.delivery.selection.selection import LeftOut, Selection, count
from composer.editions.check_run import Checked

#: An issue may be sent on the evening before its date; from this number of days on, a person is asked.
_EARLY_DAYS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedMailing:
    """A new mailing as it would be sent, and what prevents it."""

    proposal: Proposal
    options: SendOptions
    settings: Settings
    #: When it will be sent; None for now.
    due: datetime | None
    #: The mail servers; none for a rehearsal.
    routes: tuple[ConfiguredRoute, ...]
    outlook: ProposalOutlook
    commit: Commit | None
    #: The number of the mailing that it corrects.
    corrects: int | None
    #: The issue's date, and how many days before it the mailing would be sent; 0 if no question is needed.
    dated: date
    days_early: int
    refusals: tuple[Refusal, ...]
    #: Refusals that are overridden by a reason in the options.
    waived: tuple[Refusal, ...]
    #: For a rehearsal: what would prevent sending if a mail server were set up.
    later_refusals: tuple[Refusal, ...] = ()
    tokens: Tokens = field(repr=False)

    @property
    def is_rehearsal(self) -> bool:
        """Whether messages are only written to files."""
        return self.proposal.known.is_rehearsal

    @property
    def count(self) -> int:
        """The number of recipients, which confirms the mailing."""
        return self.proposal.counts.included

    def require_recipients(self) -> None:
        """Check that there are recipients. Raises MailingError."""
        if self.count:
            return
        if self.proposal.counts.left_out:
            raise MailingError("no recipients: every selected subscriber is excluded", "the lines above show why")
        what = self.proposal.selection.condition.in_words
        raise MailingError(
            f"no recipients: no subscribers match ({what})", "to add some:   compose subscribers import FILE"
        )


def propose(
    context: MailingContext,
    target: SendTarget,
    options: SendOptions | None = None,
    settings: Settings | None = None,
    clock: Callable[[], datetime] = now,
    *,
    due: datetime | None = None,
    probe: Callable[[str, Tokens], str] = trouble_with_pages,
) -> ProposedMailing:
    """Propose a new mailing of an issue, with everything a person should know before they confirm it.

    `probe` asks the pages at the public address for our key, and returns what is wrong with them.
    Raises UsageError, ContentError, MailingError if everyone has the issue, SettingsError about the mail server.
    """
    options = options or SendOptions()
    settings = settings or settings_of(context.newsletter)
    is_rehearsal = target.is_rehearsal
    selection = Selection(
        issue=issue_key(target.paths[0]),
        condition=audience_of(context, options.audience),
        is_rest=options.is_rest,
        got=options.got,
        is_again=options.again is not None,
    )
    with context.database.read() as connection:
        _require_somebody_without(connection, selection)
    # For the date on which it is sent: dates that are in the future today may be in the past then.
    checked = check_all(context, target.paths, due or clock())
    tokens = tokens_of(context.database, context.environment)
    routes = configured_routes(context, settings, is_rehearsal=is_rehearsal)
    known = _look(context, settings, checked, tokens, probe, is_rehearsal=is_rehearsal)
    commit = commit_of(context.workspace.root)
    with context.database.read() as connection:
        corrects = _corrected(connection, options.got)
        proposal = propose_mailing(
            connection, checked, selection, settings, options.allowed, is_rehearsal=is_rehearsal, known=known
        )
        first = min(proposal.counts.included, options.limit or proposal.counts.included)
        view = outlook(connection, routes, first, due or clock())
    dated = min(each.built.issue.date for each in proposal.variants)
    later: tuple[Refusal, ...] = ()
    if is_rehearsal:
        later = refusals(replace(proposal.known, is_rehearsal=False), options.allowed)
    return ProposedMailing(
        proposal=proposal,
        options=options,
        settings=settings,
        due=due,
        routes=routes,
        outlook=view,
        commit=commit,
        corrects=corrects,
        dated=dated,
        days_early=0 if is_rehearsal else days_early(dated, due or clock(), context.newsletter.zone),
        refusals=refusals(proposal.known, options.allowed),
        waived=() if is_rehearsal else waived(proposal.known, options.allowed),
        later_refusals=later,
        tokens=tokens,
    )


def check_ready(context: MailingContext, proposed: ProposedMailing, *, is_dry: bool = False) -> None:
    """Check, before the prompt, that this database may send, and that no other process is sending.

    `is_dry`: nothing will be sent, so another process may be sending. Raises CopyError, BusyError.
    """
    if not proposed.is_rehearsal:
        check_original(context.database, notes_of(context.environment))
    if proposed.due is None and not is_dry:
        # Checked before the prompt and released, so that a timer does not have to wait while a person decides.
        lock_sending(context.database).release()


def days_early(dated: date, moment: datetime, zone: ZoneInfo) -> int:
    """Return how many days before its date an issue would be sent; 0 if no question is needed."""
    days = (dated - moment.astimezone(zone).date()).days
    return days if days >= _EARLY_DAYS else 0


def _require_somebody_without(connection: Connection, selection: Selection) -> None:
    """Check first that not everyone has received the issue already. Raises MailingError."""
    if all(each.is_rehearsal for each in mailings_of(connection, selection.issue)):
        return
    counts = count(connection, selection)
    if counts.included or LeftOut.HAS_IT not in counts.left_out:
        return
    may = ", or may have received it" if LeftOut.CANNOT_KNOW in counts.left_out else ""
    key = selection.issue
    again = command_line("send", key, options='--again "the reason"')
    again = f"to send it to all of them again, with a reason that is recorded:   {again}"
    raise MailingError(
        f"all selected subscribers have already received {key}{may}",
        again if selection.got is None else "to send another correction, write another issue",
    )


def _look(
    context: MailingContext,
    settings: Settings,
    checked: Sequence[Checked],
    tokens: Tokens,
    probe: Callable[[str, Tokens], str],
    *,
    is_rehearsal: bool,
) -> PreflightFacts:
    """Check the disk and, for a real mailing, the public pages and pictures."""
    leaving = settings.unsubscribe_url or settings.public_url
    words = ""
    if leaving is not None and not leaving.startswith("https://"):
        words = f"the unsubscribe address must begin with https://, so that mail programs can use it: {leaving}"
    if is_rehearsal:
        return PreflightFacts(editions=(), leaving=words, has_mail_server=False)
    path = context.database.path
    pages, pictures = "", tuple[str, ...]()
    if settings.public_url is not None:
        pages = probe(settings.public_url, tokens)
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


def _corrected(connection: Connection, got: str | None) -> int | None:
    """Return the number of the corrected mailing: of several of an issue, the one with the most recipients."""
    if got is None:
        return None
    found = [each for each in mailings_of(connection, got) if not each.is_rehearsal]
    if not found:
        raise MailingError(f"no mailing of {got} was sent", "to list all mailings:   compose status")
    return max(found, key=lambda each: each.frozen).id
