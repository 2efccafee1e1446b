"""The state of the current issue, and the next step.

Input: a workspace, the time, the environment. Output: an `Overview`. Guarantees: writes nothing, and opens the database
only if it exists. Builds in memory to compare with the outbox.
"""

import datetime
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from composer.content.document.newsletter import Newsletter, read_newsletter
from composer.core.command_lines import command_line
from composer.core.environment import Environment
from composer.core.environment import environment as own_environment
from composer.core.errors import ComposeError, ContentError, Level, Problem
from composer.core.issue_files import current_issue, issue_key
from composer.core.workspace import OUTBOX, Workspace
from composer.database.location import Location, location_of
from composer.delivery.config.resolve import transport_name
from composer.editions.check_reports import RecordedCheck, last_check
from composer.editions.check_run import same_issue_problems
from composer.editions.file_tests import has_file_test
from composer.editions.outbox import is_current
from composer.editions.pipeline import BuiltVariant, hash_of, variants_of

if TYPE_CHECKING:
    from composer.delivery.core.pause import Pause


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionOverview:
    """One language edition of the current issue."""

    name: str
    stem: str
    language: str | None
    problems: int
    #: Whether the outbox contains exactly what a build would write now.
    is_built: bool
    #: The last check of its current version; None if that was not checked.
    check: RecordedCheck | None = None
    #: Whether a server accepted a test of its current version.
    is_tested: bool = False
    #: Whether a test of its current version is in the outbox; without a mail server, that is all that can be done.
    has_test_files: bool = False
    #: Whether its current version has enough approvals; None if none are required, or without a database.
    is_approved: bool | None = None
    #: Whether it was tested or approved before the way editions are hashed changed.
    is_outdated: bool = False
    #: Other files with the same issue, which prevent sending it.
    same_issue: tuple[Problem, ...] = ()
    #: Its date; None while it has mistakes.
    date: datetime.date | None = None
    #: Everything that subscribers may get of it; empty while it has mistakes.
    variants: tuple[BuiltVariant, ...] = field(default=(), repr=False)

    @property
    def is_checked(self) -> bool:
        """Whether its current version was checked, and nothing prevents sending it."""
        return self.check is not None and self.check.is_ready


@dataclass(frozen=True, slots=True, kw_only=True)
class MailedIssue:
    """The last mailing of the current issue, as far as the next step depends on it."""

    number: int
    frozen: int
    taken: int
    unknown: int
    #: Whether the mailing is unfinished.
    is_open: bool
    #: Whether some of the remaining recipients may get it twice, as text.
    promise: str
    #: The time it is scheduled for, in the editors' time zone; empty if it is not scheduled.
    waits: str = ""
    #: Why it is paused, so that only a person can continue it.
    pause: "Pause | None" = None
    #: Whether it cannot continue, because its edition is no longer approved.
    is_held: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The current issue in all its languages; `next` is a command, and `why` says what it does."""

    newsletter: str
    editions: tuple[EditionOverview, ...]
    next: str
    why: str
    #: Files in the folder of issues whose names are not those of issues.
    other_files: tuple[str, ...] = ()
    #: What to do about files that are named like issues, but end with .txt.
    renamings: tuple[str, ...] = ()
    #: Its last mailing; None without a mailing.
    mailing: MailedIssue | None = None
    #: Why the database could not be read.
    trouble: str = ""


def overview(
    workspace: Workspace, now: datetime.datetime | None = None, environment: Environment | None = None
) -> Overview:
    """Return the state of the current issue, whose name sorts last. Raises ContentError for newsletter.yaml."""
    environment, now = environment or own_environment(), now or datetime.datetime.now().astimezone()
    newsletter = read_newsletter(workspace)
    paths, others = current_issue(workspace), tuple(workspace.name(path) for path in workspace.other_files())
    others = tuple(dict.fromkeys((*others, *map(workspace.name, workspace.misnamed()))))
    renamings = tuple(map(workspace.renaming, workspace.misnamed()))
    if not paths:
        why = "no file has the name of an issue yet" if others else "creates your first issue"
        return Overview(
            newsletter=newsletter.name,
            editions=(),
            next="compose new",
            why=why,
            other_files=others,
            renamings=renamings,
        )
    current = issue_key(paths[0])
    editions = tuple(_edition(workspace, path) for path in paths)
    mailing, trouble = None, ""
    try:
        location = location_of(newsletter, workspace, environment.environment)
        if location.path is None or location.path.is_file():
            editions, mailing = _mailed(location, newsletter, current, editions, now)
    except ComposeError as error:
        trouble = error.message
    # Without a mail server, tests are files that show what the issue looks like, and are not recorded as tests.
    has_server = transport_name(newsletter, environment) != "outbox"
    has_archive = newsletter.archive.url is not None
    step, why = _next(current, editions, mailing, now.date(), has_server=has_server, has_archive=has_archive)
    return Overview(
        newsletter=newsletter.name,
        editions=editions,
        next=step,
        why=why,
        other_files=others,
        renamings=renamings,
        mailing=mailing,
        trouble=trouble,
    )


def _mailed(
    location: Location,
    newsletter: Newsletter,
    current: str,
    editions: tuple[EditionOverview, ...],
    now: datetime.datetime,
) -> tuple[tuple[EditionOverview, ...], MailedIssue | None]:
    """Read from the database what was tested, approved and sent of the current version. Raises ComposeError."""
    # Imported late: a newsletter without subscribers needs no database.
    from composer.database.engine import connect
    from composer.database.schema_version import newest, version_of
    from composer.delivery.approval.approvals import approval_of, is_permitted
    from composer.delivery.approval.content_diff import OUTDATED
    from composer.delivery.approval.recorded_editions import edition_of, sent_tests
    from composer.delivery.approval.reviews import review_of
    from composer.delivery.config.delivery_settings import settings_of
    from composer.delivery.core.mailing import is_early, mailings_of, sums_of
    from composer.delivery.core.states import DeliveryState
    from composer.delivery.ledger.reconciliation import may_get_twice, promise

    settings = settings_of(newsletter)
    with connect(location) as database, database.read() as connection:
        if version_of(connection) != newest():
            # The first command that needs it upgrades it.
            return editions, None
        made = {each.stem: edition_of(each.variants) for each in editions if each.variants}
        approval = None
        if settings.approvals and len(made) == len(editions):
            approval = approval_of(connection, review_of([*made.values()]), settings)
        told = []
        for each in editions:
            if each.stem in made:
                tests = sent_tests(connection, made[each.stem])
                changed = (*tests.changed_since, *(approval.changed_since.get(current, ()) if approval else ()))
                each = replace(
                    each,
                    is_tested=bool(tests.sent),
                    is_approved=approval.is_enough if approval else None,
                    is_outdated=OUTDATED in changed,
                )
            told.append(each)
        mailings = [each for each in mailings_of(connection, current) if not each.is_rehearsal]
        if not mailings:
            return tuple(told), None
        last = mailings[-1]
        sums = sums_of(connection, last.id)
        is_open, waits = last.ended is None and sums.open > 0, ""
        twice = may_get_twice(connection, last.id) if is_open else 0
        is_held = is_open and not is_permitted(connection, last.id, settings)
    if last.due is not None and last.pause is None and is_early(last, sums, now):
        waits = f"{last.due.astimezone(newsletter.zone):%Y-%m-%d %H:%M}"
    mailed = MailedIssue(
        number=last.id,
        frozen=sums.frozen,
        taken=sums[DeliveryState.ACCEPTED],
        unknown=sums[DeliveryState.UNKNOWN],
        is_open=is_open,
        promise=promise(twice),
        waits=waits,
        pause=last.pause if is_open else None,
        is_held=is_held,
    )
    return tuple(told), mailed


def _next(
    current: str,
    editions: tuple[EditionOverview, ...],
    mailing: MailedIssue | None,
    today: datetime.date,
    *,
    has_server: bool,
    has_archive: bool,
) -> tuple[str, str]:
    """Return the next step, and what it does."""
    broken = next((edition for edition in editions if edition.problems), None)
    stale = [edition.stem for edition in editions if not edition.is_built]
    ahead = [edition for edition in editions if edition.date and edition.date >= today]
    double = [edition.stem for edition in editions if any(each.level is Level.BLOCKER for each in edition.same_issue)]
    unchecked = [edition.stem for edition in ahead if not edition.is_checked]
    untested = [edition for edition in ahead if not edition.is_tested]
    unseen = [edition.stem for edition in untested if has_server or not edition.has_test_files]
    unapproved = [edition.stem for edition in ahead if edition.is_approved is False]
    if mailing is not None and mailing.is_held:
        return f"compose status {mailing.number}", "its edition is no longer approved, so it is not sent"
    if mailing is not None and mailing.waits:
        return "compose send --due", f"sends mailing {mailing.number}, but not before {mailing.waits}"
    if mailing is not None and mailing.is_open:
        return command_line("send", current), f"continues; {mailing.promise}"
    if mailing is not None and mailing.unknown:
        return command_line("settle", str(mailing.number)), f"unconfirmed recipients: {mailing.unknown:,}"
    if mailing is not None:
        archive = "; for the archive:   compose publish" if has_archive else ""
        return "compose new", f"{current} was sent; for its report:   compose report {mailing.number}{archive}"
    if broken:
        return command_line("build", broken.stem), "lists the problems, each with its line"
    if stale:
        return command_line("build", *stale), "the current version is not in the outbox"
    if double:
        return command_line(
            "check", *double
        ), "several files contain this issue; nothing is sent until there is only one"
    if blocked := [each.stem for each in ahead if each.check is not None and not each.is_checked]:
        return command_line("check", *blocked), "shows what prevents sending it"
    if unchecked:
        return command_line("check", *unchecked), "checks size, links, accessibility and legal requirements"
    if unseen:
        return command_line("test", *unseen), "sends a test to the editors"
    if untested:
        return "compose doctor", "test messages are in outbox/tests/; this shows what sending needs"
    if unapproved:
        return command_line("approve", unapproved[0], options="--as ADDRESS"), "approves it for sending"
    if ahead:
        return command_line("send", current), "shows what will be sent, and asks for confirmation"
    return "compose new", f"{current} is built; open outbox/{current}/issue.html"


def _edition(workspace: Workspace, path: Path) -> EditionOverview:
    problems, is_built, checked, date = 0, False, None, None
    same: tuple[Problem, ...] = ()
    variants: tuple[BuiltVariant, ...] = ()
    try:
        fullest, *others = variants = variants_of(workspace, path)
        is_built = is_current(fullest.built, workspace.root / OUTBOX, others)
        checked = last_check(workspace, path.stem, hash_of((fullest, *others)))
        date = fullest.built.issue.date
        same = same_issue_problems(workspace, fullest.built)
    except ContentError as error:
        problems = len(error.problems)
    except ComposeError:
        problems = 1
    return EditionOverview(
        name=workspace.name(path),
        stem=path.stem,
        language=workspace.language_of(path),
        has_test_files=bool(variants) and has_file_test(workspace, path.stem, hash_of(variants)),
        same_issue=same,
        problems=problems,
        is_built=is_built,
        check=checked,
        date=date,
        variants=variants,
    )
