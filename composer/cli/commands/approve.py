"""The command `compose approve`: record an approval or a request for changes, for one issue in all its languages."""

import datetime
from typing import TYPE_CHECKING

import click

from composer.cli.ui import console
from composer.cli.ui.completions import issue_names
from composer.core.command_lines import command_line, shell_line
from composer.core.errors import Level, UsageError

if TYPE_CHECKING:
    from composer.app.context import MailingContext
    from composer.app.mailings.issue_approval import ApprovalRound
    from composer.core.addresses import Address
    from composer.delivery.approval.reviews import AnswerEffect, Review


@click.command("approve")
@click.argument("issue", metavar="ISSUE", shell_complete=issue_names)
@click.option("--as", "who", metavar="ADDRESS", help="The approver: an address listed under approvals.by.")
@click.option("--return", "comment", metavar="WHY", help="Request changes instead, and say which ones.")
@click.option("--ask", "is_asking", is_flag=True, help="Send a link to all approvers who have not answered yet.")
def command(issue: str, who: str | None, comment: str | None, is_asking: bool) -> int:
    """Approve an issue, or request changes.

    An approval covers the issue exactly as it is now, in all its languages and for all its subscribers. If the issue
    changes, it needs new approvals, and you are told which section changed. A request for changes also stops an
    unfinished mailing of the issue.
    """
    from composer.app.context import open_newsletter
    from composer.app.issues.issue_lookup import folder_of_issue
    from composer.app.mailings.issue_approval import begin_approval

    if (who is None) == (not is_asking):
        raise UsageError(
            "no approver given",
            "run   compose approve ISSUE --as ADDRESS   or, to ask all approvers,   compose approve ISSUE --ask",
        )
    if comment is not None and not comment.strip():
        raise UsageError("--return needs a reason", 'write   --return "what needs to change"')
    start = folder_of_issue(issue)
    with open_newsletter(start) as context:
        found = begin_approval(context, issue, datetime.datetime.now().astimezone(), who=who)
        for path, each in zip(found.paths, found.checked, strict=True):
            if blockers := sum(problem.level is Level.BLOCKER for problem in each.problems):
                console.talk(
                    f"{blockers} blocker{'s' if blockers > 1 else ''} to fix:   {command_line('check', path.stem)}"
                )
        return _ask(context, found) if found.approver is None else _answer(context, found, found.approver, comment)


def _answer(context: "MailingContext", found: "ApprovalRound", approver: "Address", comment: str | None) -> int:
    from composer.app.clock import now
    from composer.app.context import person
    from composer.app.mailings.issue_approval import answer_review
    from composer.delivery.approval.content_diff import is_outdated, named
    from composer.delivery.approval.reviews import ReviewAnswer

    review = found.review
    typed_by = person(context.workspace)
    done = answer_review(context, review, found.settings, approver, changes=comment, typed_by=typed_by, now=now())
    if changed := done.before.changed_since:
        what = named(changed, review.issue)
        console.answer(what if is_outdated(changed) else f"changed since the last approval: {what}")
    console.answer(f"edition {review.hash}")
    names = ", ".join(each.stem for each in review.editions)
    verb = "approved" if done.answer is ReviewAnswer.YES else "requested changes to"
    console.answer(f"{approver.address} {verb} {names}")
    console.answer(f"{len(done.after.approved)} of {done.after.needed} required approvals")
    for each in done.after.returned:
        console.answer(f"changes requested by {each.address}: {each.comment}")
    _tell(done.effect, review, approver)
    return 0


def _tell(effect: "AnswerEffect", review: "Review", approver: "Address") -> None:
    """Print the effect of a request for changes on a mailing of the issue."""
    from composer.delivery.approval.reviews import AnswerEffect

    match effect:
        case AnswerEffect.RECORDED:
            return
        case AnswerEffect.HELD:
            withdraw = command_line("approve", review.issue, options=shell_line("--as", approver.address))
            console.answer(f"its mailing will not be sent until you withdraw the request:   {withdraw}")
        case AnswerEffect.STOPPED:
            console.answer(
                "its mailing had started and is now stopped; some subscribers may have received it:   compose status"
            )
        case AnswerEffect.LATE:
            console.answer("it was already sent; to correct it, send another issue with   --to-those-who-got")


def _ask(context: "MailingContext", found: "ApprovalRound") -> int:
    from composer.app.clock import now
    from composer.app.mailings.issue_approval import ask_for_approval
    from composer.transport.outcome import OutcomeState

    asked = ask_for_approval(context, found, now)
    if not asked.messages:
        console.answer("all approvers have answered")
        return 0
    codes = set()
    for sent in asked.send():
        is_taken = sent.outcome.state is OutcomeState.ACCEPTED
        codes.add(0 if is_taken else 1)
        said = str(sent.outcome.reply or sent.outcome.reason)
        console.answer(f"{sent.to.address}   {'request sent' if is_taken else 'request not sent'}   {said}")
    return max(codes)
