"""The command `compose` without arguments: the state of the current issue."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from composer.cli.commands.check import counts_in_words
from composer.cli.ui import console
from composer.core.errors import WorkspaceError
from composer.core.workspace import Workspace

if TYPE_CHECKING:
    from composer.app.issues.overview import EditionOverview

#: The most file names in one line.
_MOST = 5


def show() -> None:
    """Print the state of the current issue and the next step; outside a newsletter, how to start one."""
    try:
        workspace = Workspace.find(Path.cwd())
    except WorkspaceError:
        console.answer("This folder does not contain a newsletter.")
        console.answer("")
        console.answer("next: compose init DIR            creates one, with an empty first issue")
        console.answer("      compose init DIR --sample   copies the sample newsletter")
        console.answer("      compose --help              lists the commands")
        return
    from composer.app.issues.overview import overview

    now = overview(workspace)
    console.answer(now.newsletter)
    width = max((len(edition.name) for edition in now.editions), default=0)
    for edition in now.editions:
        if edition.problems:
            count = "1 problem" if edition.problems == 1 else f"{edition.problems} problems"
            state = f"{count}, not built"
        else:
            state = "built" if edition.is_built else "current version not built"
            state += f", {_checked(edition)}"
            state += f", {_tested(edition)}" if now.mailing is None else ""
            state += ", approved" if edition.is_approved else ""
        console.answer(f"  {edition.name:<{width}}   {state}")
        for problem in edition.same_issue:
            console.answer(f"    {problem.level}: {problem.message}  [{problem.code}]")
    if now.mailing is None and any(edition.is_outdated for edition in now.editions):
        from composer.delivery.approval.content_diff import OUTDATED, in_words

        console.answer(f"  {in_words((OUTDATED,))[0]}")
    if (mailed := now.mailing) is not None:
        unknown = f", {mailed.unknown:,} unconfirmed" if mailed.unknown else ""
        state = "not finished" if mailed.is_open else "finished"
        if mailed.waits:
            state = f"scheduled for {mailed.waits}"
        if mailed.pause is not None:
            from composer.cli.ui.mailing_texts import PAUSED

            state = f"not finished, paused: {PAUSED[mailed.pause.reason]}"
        if mailed.is_held:
            state += ", no longer approved"
        console.answer(f"  mailing {mailed.number}: {mailed.taken:,} of {mailed.frozen:,} accepted{unknown}; {state}")
    if now.other_files:
        console.answer(f"  ignored (not named like an issue): {_several(now.other_files)}")
    for step in now.renamings[:_MOST]:
        console.answer(f"    {step}")
    if now.trouble:
        console.talk(f"mailings could not be read: {now.trouble}")
    console.answer(f"next: {now.next}     ({now.why})")


def _checked(edition: "EditionOverview") -> str:
    """Return the result of the last check of the current version."""
    if edition.check is None:
        return "not checked"
    return f"checked: {counts_in_words(edition.check.counts)}"


def _tested(edition: "EditionOverview") -> str:
    """Return whether the editors got a test of the current version."""
    if edition.is_tested:
        return "tested"
    return "test written to outbox/tests, not sent" if edition.has_test_files else "not tested"


def _several(names: Sequence[str]) -> str:
    """Join the names of files; if there are many, only the first ones."""
    shown = ", ".join(names[:_MOST])
    return shown if len(names) <= _MOST else f"{shown} and {len(names) - _MOST} more"
