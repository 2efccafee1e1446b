"""Finds what the name of an issue refers to: its files in all languages, its unfinished mailing, an audience.

Input: an open newsletter, the name of an issue. Output: values, or an error that suggests the right name.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from composer.app.context import MailingContext
from composer.app.mailings.send_options import SendOptions
from composer.content.schema.messages import nearest
from composer.core.audience_filter import AudienceFilter
from composer.core.command_lines import command_line
from composer.core.errors import ContentError, Problem, UsageError, WorkspaceError
from composer.core.issue_files import editions_of_issue, issue_key
from composer.core.workspace import Workspace
from composer.delivery.config.resolve import transport_name
from composer.delivery.core.mailing import Mailing, MailingError, unfinished
from composer.editions.check_run import Checked, check_issue


@dataclass(frozen=True, slots=True, kw_only=True)
class SendTarget:
    """An issue to send."""

    issue: str
    #: Its file in every language; empty if the files were removed and a frozen mailing continues.
    paths: tuple[Path, ...]
    #: Whether no mail server is set up, so that messages are only written to files.
    is_rehearsal: bool
    #: Its unfinished mailing; there is at most one.
    unfinished: Mailing | None = None


def target_of(context: MailingContext, issue: str, options: SendOptions | None = None) -> SendTarget:
    """Find what to send: a new mailing, or the rest of an unfinished one.

    Raises UsageError, WorkspaceError; MailingError if another mailing of the issue must be finished first.
    """
    options = options or SendOptions()
    key, paths, missing = _editions(context.workspace, issue)
    is_rehearsal = transport_name(context.newsletter, context.environment) == "outbox"
    if options.is_all and not is_rehearsal:
        raise UsageError(
            "--all is for rehearsals only; a real mailing goes to all subscribers anyway", "leave out --all"
        )
    other = None
    if not is_rehearsal:
        with context.database.read() as connection:
            other = unfinished(connection, key)
    if other is not None and not options.is_plain:
        raise MailingError(
            f"mailing {other.id} of {key} is not finished, and an issue can have only one unfinished mailing",
            f"{command_line('send', key)} finishes it; compose stop {other.id} --for-good cancels it",
        )
    if other is None and missing is not None:
        raise missing
    return SendTarget(issue=key, paths=paths, is_rehearsal=is_rehearsal, unfinished=other)


def _editions(workspace: Workspace, issue: str) -> tuple[str, tuple[Path, ...], WorkspaceError | UsageError | None]:
    """Return the issue key and its files in all languages, or the error, which does not matter to a frozen mailing."""
    try:
        named = workspace.issue(issue)
    except (WorkspaceError, UsageError) as error:
        return issue_key(Path(f"{Path(issue).name}.yaml")), (), error
    return issue_key(named), editions_of_issue(workspace, named), None


def check_all(context: MailingContext, paths: Sequence[Path], now: datetime) -> tuple[Checked, ...]:
    """Build and check every language edition of an issue. Raises ContentError with the problems of all editions."""
    found: list[Checked] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            found.append(check_issue(context.workspace, path, now))
        except ContentError as error:
            problems += error.problems
    if problems:
        raise ContentError(tuple(problems))
    return tuple(found)


def audience_of(context: MailingContext, name: str | None) -> AudienceFilter:
    """Return the filter of an audience; without a name, it matches everyone. Raises UsageError."""
    if name is None:
        return AudienceFilter()
    known = context.newsletter.audiences
    if name not in known:
        near = nearest(name, tuple(known))
        hint = f"did you mean {near}?" if near else f"its audiences are: {', '.join(known) or 'none'}"
        raise UsageError(f"newsletter.yaml has no audience “{name}”", hint)
    return known[name]
